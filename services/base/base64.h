#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace samverkan {

// RFC 4648 base64. Decoding is strict: one text per byte string, so that no two texts stand for one
// signature, proof or token. A foreign character, a line break, padding that is missing,
// superfluous or misplaced, or bits left over that are not zero give nothing.

// Section 4, with padding.
std::string Base64Encode(absl::string_view bytes);
std::optional<std::string> Base64Decode(absl::string_view text);

// Section 5, for names in URLs and tokens, without padding.
std::string Base64UrlEncode(absl::string_view bytes);
std::optional<std::string> Base64UrlDecode(absl::string_view text);

}  // namespace samverkan
