#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace samverkan::cli {

// Rows of fields (RFC 4180: quoted fields may hold commas, line ends and doubled quotes).
// INVALID_ARGUMENT with the line where a quote is not closed.
absl::StatusOr<std::vector<std::vector<std::string>>> ParseCsv(absl::string_view text);

}  // namespace samverkan::cli
