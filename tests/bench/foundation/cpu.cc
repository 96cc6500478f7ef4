#include "tests/bench/foundation/cpu.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace samverkan::bench {
namespace {

constexpr double kLeastShown = 0.05;

}  // namespace

CpuByThread CpuOf(pid_t process) {
  CpuByThread cpu;
  std::error_code gone;
  for (const auto& thread :
       std::filesystem::directory_iterator(absl::StrCat("/proc/", process, "/task"), gone)) {
    std::string name;
    std::getline(std::ifstream(thread.path() / "comm") >> std::ws, name);
    // Nanoseconds on a processor come first.
    double nanoseconds = 0;
    std::ifstream(thread.path() / "schedstat") >> nanoseconds;
    cpu[name] += nanoseconds / 1e9;
  }
  return cpu;
}

CpuByThread Between(const CpuByThread& before, const CpuByThread& after) {
  CpuByThread spent = after;
  for (const auto& [name, seconds] : before) spent[name] -= seconds;
  return spent;
}

double Total(const CpuByThread& cpu) {
  double total = 0;
  for (const auto& [name, seconds] : cpu) total += seconds;
  return total;
}

std::string PerCall(const CpuByThread& cpu, int calls) {
  std::vector<std::pair<double, std::string>> shares;
  for (const auto& [name, seconds] : cpu) {
    const double micros = seconds * 1e6 / calls;
    if (micros >= kLeastShown) shares.emplace_back(micros, name);
  }
  std::sort(shares.rbegin(), shares.rend());
  return absl::StrJoin(shares, ", ", [](std::string* out, const auto& share) {
    absl::StrAppendFormat(out, "%s %.1f us", share.second, share.first);
  });
}

}  // namespace samverkan::bench
