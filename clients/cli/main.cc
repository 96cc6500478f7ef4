#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "clients/cli/command.h"

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  samverkan::cli::Console console{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .terminal = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
      .environment = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
      }};
  return samverkan::cli::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc), console);
}
