#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The two macros of the client layer. It shares nothing with the hub but the contract in protos/.
#define SC_RETURN_IF_ERROR(expression)                                            \
  do {                                                                            \
    if (absl::Status sc_status = (expression); !sc_status.ok()) return sc_status; \
  } while (false)

#define SC_ASSIGN_OR_RETURN(target, expression) \
  SC_ASSIGN_OR_RETURN_IMPL_(SC_CONCAT_(sc_result_, __LINE__), target, expression)

#define SC_ASSIGN_OR_RETURN_IMPL_(result, target, expression) \
  auto result = (expression);                                 \
  if (!result.ok()) return std::move(result).status();        \
  target = *std::move(result)

#define SC_CONCAT_(a, b) SC_CONCAT_INNER_(a, b)
#define SC_CONCAT_INNER_(a, b) a##b
