#pragma once

#include <string>

#include "absl/status/status.h"
#include "clients/cli/text.h"

namespace samverkan::cli {

// What a script can tell apart.
enum ExitCode : int { kDone = 0, kRefused = 1, kTypedWrong = 2, kUnreachable = 3 };

ExitCode ExitCodeOf(const absl::Status& status);

// A failure as a person reads it: the reason with its sentence in their language, the hub's own
// sentence, what varies, the fields at fault and what to do.
std::string DescribeFailure(const absl::Status& status, Language language);
// The same as one JSON object.
std::string FailureJson(const absl::Status& status);

// The sentence of a reason without prefix, e.g. "NO_CLAUSE_IN_FORCE"; empty where the contract has
// none.
std::string ReasonSentence(const std::string& reason, Language language);

}  // namespace samverkan::cli
