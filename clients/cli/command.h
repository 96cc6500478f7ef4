#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "clients/cli/arguments.h"
#include "clients/cli/session.h"
#include "clients/cli/text.h"

namespace samverkan::cli {

// One row of the command table; help is made from it.
struct Command {
  // "incident release"
  const char* path;
  // The positions it takes, e.g. "ITEM"; "…" at the end where more may follow.
  const char* positions;
  Text summary;
  std::vector<Flag> flags;
  std::vector<const char*> examples;
  absl::Status (*run)(Session& session, const Arguments& arguments);
};

std::vector<Command> DirectoryCommands();
std::vector<Command> AgreementCommands();
std::vector<Command> IncidentCommands();
std::vector<Command> DisclosureCommands();
std::vector<Command> DeliveryCommands();
std::vector<Command> WatchCommands();
std::vector<Command> ImportCommands();
std::vector<Command> AuditCommands();
std::vector<Command> DemoCommands();

// All of them, in the order help shows them.
const std::vector<Command>& AllCommands();
// What every command takes.
const std::vector<Flag>& CommonFlags();

// Runs what was typed and returns the exit code: 0 done, 1 refused or failed, 2 typed wrong, 3 the
// hub cannot be reached.
int RunCommandLine(const std::vector<std::string>& words, Console& console);

}  // namespace samverkan::cli
