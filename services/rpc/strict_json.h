#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace samverkan::rpc {

// A JSON object as security needs it read (RFC 8725, 2.4 and RFC 7515, 4): exactly one object of
// UTF-8 with no byte order mark, no member twice and nothing nested deeper than `depth_max`, the
// object itself being 1. INVALID_ARGUMENT with a word for the log: "syntax", "duplicate-member",
// "too-deep", "not-an-object". Numbers that fit no 64-bit integer are floating-point. The caller
// bounds the size.
absl::StatusOr<nlohmann::json> ParseStrictJson(absl::string_view text, int depth_max);

}  // namespace samverkan::rpc
