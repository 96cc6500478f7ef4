#include <signal.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/base/log.h"
#include "services/hub/config.h"
#include "services/hub/hub.h"

namespace {

constexpr char kHelp[] =
    "samverkan-hub serves the collaboration hub.\n"
    "\n"
    "  samverkan-hub --config FILE [--demo] [--restored] [--check]\n"
    "\n"
    "  --config FILE  configuration (samverkan.hub.v1.HubConfig, protobuf text format)\n"
    "  --demo         take demo issuers, which sign anybody in: never where real data is\n"
    "  --restored     the database is a backup that lacks what was signed since: go on from it, "
    "under "
    "a new log_origin, with\n"
    "                 what was retracted meanwhile destroyed again; once, as docs/restore.md says\n"
    "  --check        check the configuration and end\n"
    "\n"
    "Logs are JSON lines on standard error. SIGTERM or SIGINT stops: streams end with their "
    "resume\n"
    "tokens, calls under way are answered. SIGHUP reads issuers' keys and revocations again; a\n"
    "change of these files counts within a second without it. All else takes a restart.\n"
    "Exit: 0 stopped, 1 could not start, 2 wrong usage.\n"
    "\n"
    "  samverkan-hub --config /etc/samverkan/hub.textproto --check\n";

struct Arguments {
  std::string config;
  bool demo = false;
  bool restored = false;
  bool check = false;
  bool help = false;
};

// False for what it does not know.
bool Parse(int argc, char** argv, Arguments& arguments) {
  const std::vector<absl::string_view> words(argv + 1, argv + argc);
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--help" || words[i] == "-h") {
      arguments.help = true;
    } else if (words[i] == "--demo") {
      arguments.demo = true;
    } else if (words[i] == "--restored") {
      arguments.restored = true;
    } else if (words[i] == "--check") {
      arguments.check = true;
    } else if (words[i] == "--config" && i + 1 < words.size()) {
      arguments.config = std::string(words[++i]);
    } else {
      return false;
    }
  }
  return arguments.help || !arguments.config.empty();
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "samverkan-hub: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  // Debian's Abseil looks for deadlocks at every lock otherwise, inside gRPC too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  Arguments arguments;
  if (!Parse(argc, argv, arguments)) {
    std::fputs(kHelp, stderr);
    return 2;
  }
  if (arguments.help) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  // Before any thread is made, so that all of them leave the signals to this one.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const absl::StatusOr<samverkan::hub::v1::HubConfig> config =
      samverkan::hub::LoadConfig(arguments.config);
  if (!config.ok()) return Fail(config.status());
  if (arguments.check) {
    std::printf("%s is well-formed\n", arguments.config.c_str());
    return 0;
  }
  absl::StatusOr<std::unique_ptr<samverkan::hub::Hub>> hub =
      samverkan::hub::Hub::Start(*config, {.demo = arguments.demo, .restored = arguments.restored});
  if (!hub.ok()) return Fail(hub.status());
  samverkan::Log(samverkan::LogLevel::kInfo, "serving",
                 {{"port", int64_t{(*hub)->port()}}, {"demo", arguments.demo}});
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) (void)(*hub)->ReloadIdentities();
  samverkan::Log(samverkan::LogLevel::kInfo, "stopping", {{"signal", int64_t{signal}}});
  hub->reset();
  samverkan::Log(samverkan::LogLevel::kInfo, "stopped", {});
  return 0;
}
