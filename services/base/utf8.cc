#include "services/base/utf8.h"

#include <cstddef>

namespace samverkan {
namespace {

struct Lead {
  size_t size;     // bytes of the whole code point; 0 for a byte that starts none
  char32_t bits;   // what the first byte holds of it
  char32_t least;  // smaller values are overlong
};

Lead LeadOf(uint8_t byte) {
  if (byte < 0x80) return {1, byte, 0};
  if (byte < 0xc0) return {0, 0, 0};
  if (byte < 0xe0) return {2, byte & 0x1fu, 0x80};
  if (byte < 0xf0) return {3, byte & 0x0fu, 0x800};
  if (byte < 0xf8) return {4, byte & 0x07u, 0x10000};
  return {0, 0, 0};
}

std::optional<char32_t> FirstCodePoint(absl::string_view text, size_t size, char32_t value,
                                       char32_t least) {
  if (size == 0 || text.size() < size) return std::nullopt;
  for (size_t i = 1; i < size; ++i) {
    const auto next = static_cast<uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (next & 0x3fu);
  }
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (value < least || value > 0x10ffff || surrogate) return std::nullopt;
  return value;
}

}  // namespace

std::optional<char32_t> internal::TakeLongCodePoint(absl::string_view& text) {
  const Lead lead = LeadOf(static_cast<uint8_t>(text[0]));
  const std::optional<char32_t> value = FirstCodePoint(text, lead.size, lead.bits, lead.least);
  text.remove_prefix(value ? lead.size : 1);
  return value;
}

std::optional<int64_t> CountCodePoints(absl::string_view text) {
  int64_t count = 0;
  while (!text.empty()) {
    if (!TakeCodePoint(text)) return std::nullopt;
    ++count;
  }
  return count;
}

}  // namespace samverkan
