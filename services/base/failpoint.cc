#include "services/base/failpoint.h"

#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace samverkan {
namespace {

struct Armed {
  std::string name;
  std::atomic<int> remaining{1};
};

// Leaked on purpose: failpoints are reached until the last thread ends.
Armed* ReadEnvironment() {
  const char* setting = std::getenv("SAMVERKAN_FAILPOINT");
  if (setting == nullptr || *setting == '\0') return nullptr;
  std::pair<std::string, std::string> parts = absl::StrSplit(setting, absl::MaxSplits(':', 1));
  auto* armed = new Armed;
  armed->name = parts.first;
  int count = 1;
  if (absl::SimpleAtoi(parts.second, &count) && count > 0) armed->remaining = count;
  return armed;
}

}  // namespace

void ReachFailpoint(const char* name) {
  static Armed* const armed = ReadEnvironment();
  failpoint_mode.store(armed == nullptr ? FailpointMode::kOff : FailpointMode::kArmed,
                       std::memory_order_relaxed);
  if (armed == nullptr || armed->name != name) return;
  if (armed->remaining.fetch_sub(1) == 1) std::raise(SIGKILL);
}

}  // namespace samverkan
