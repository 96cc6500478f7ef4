#include "clients/cli/command.h"
namespace samverkan::cli {
std::vector<Command> AuditCommands() {
  return {};
}
}  // namespace samverkan::cli
