#pragma once

#include "clients/cli/command.h"

namespace samverkan::cli {

// "explain": why an item may or may not be released.
Command ExplainCommand();

}  // namespace samverkan::cli
