#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The two macros handlers may use. The first returns a failed status to the caller, the second
// unwraps a StatusOr or returns its status.
#define SV_RETURN_IF_ERROR(expression)                                            \
  do {                                                                            \
    if (absl::Status sv_status = (expression); !sv_status.ok()) return sv_status; \
  } while (false)

#define SV_ASSIGN_OR_RETURN(target, expression) \
  SV_ASSIGN_OR_RETURN_IMPL_(SV_CONCAT_(sv_result_, __LINE__), target, expression)

// NOLINTBEGIN(bugprone-macro-parentheses): both are names that are declared here.
#define SV_ASSIGN_OR_RETURN_IMPL_(result, target, expression) \
  auto result = (expression);                                 \
  if (!result.ok()) return std::move(result).status();        \
  target = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)

#define SV_CONCAT_(a, b) SV_CONCAT_INNER_(a, b)
#define SV_CONCAT_INNER_(a, b) a##b

// Ends the process: a programmer's mistake, never something a client, a disk or a network can
// cause. The sentence says what was expected.
#define SV_CHECK(condition, sentence) \
  ((condition) ? static_cast<void>(0) : ::samverkan::CheckFailed(__FILE__, __LINE__, sentence))

namespace samverkan {
[[noreturn]] void CheckFailed(const char* file, int line, const char* sentence);
}  // namespace samverkan
