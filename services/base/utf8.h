#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace samverkan {

// Takes the first code point off a text that is not empty. Nothing when the bytes there are not
// UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF); then one byte is
// taken off, so that every loop ends.
inline std::optional<char32_t> TakeCodePoint(absl::string_view& text);

// The number of code points, as every limit on text counts; nothing when the text is not UTF-8.
std::optional<int64_t> CountCodePoints(absl::string_view text);

namespace internal {
std::optional<char32_t> TakeLongCodePoint(absl::string_view& text);
}  // namespace internal

inline std::optional<char32_t> TakeCodePoint(absl::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  // Most text is ASCII.
  if (first >= 0x80) return internal::TakeLongCodePoint(text);
  text.remove_prefix(1);
  return first;
}

}  // namespace samverkan
