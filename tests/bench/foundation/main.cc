#include <fcntl.h>
#include <unistd.h>

#include <set>
#include <string>

#include "absl/synchronization/mutex.h"
#include "tests/bench/foundation/calls.h"
#include "tests/bench/foundation/server.h"
#include "tests/bench/foundation/watchers.h"
#include "tests/bench/foundation/writes.h"
#include "tests/support/decision_bench.h"
#include "tests/support/figures.h"
#include "tests/support/hub_folder.h"

namespace samverkan::bench {
namespace {

// A hub logs a line a call; here into a file, as a service's manager would keep it.
void SendLogTo(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  Require(file >= 0 && ::dup2(file, STDERR_FILENO) >= 0, "the hub's log can be written");
  ::close(file);
}

// All parts, or those named.
int Main(const std::set<std::string>& parts) {
  // As the programs do: Debian's Abseil looks for deadlocks at every lock otherwise, inside gRPC
  // too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const testing::HubFolder folder;
  SendLogTo(folder.path() + "/hub.log");
  const auto wanted = [&](const char* part) { return parts.empty() || parts.contains(part); };
  if (wanted("writes")) MeasureWrites(folder);
  if (wanted("calls")) MeasureCalls(folder);
  if (wanted("watchers")) MeasureWatchers(folder);
  if (wanted("decisions")) MeasureDecisions();
  return 0;
}

}  // namespace
}  // namespace samverkan::bench

int main(int argc, char** argv) {
  if (argc == 3 && samverkan::bench::IsRole(argv[1])) {
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    return samverkan::bench::Serve(argv[1], argv[2]);
  }
  std::set<std::string> parts(argv + 1, argv + argc);
  parts.erase("--long");  // It has one form.
  return samverkan::bench::Main(parts);
}
