#include "services/journal/utf8.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace samverkan::journal {
namespace {

// Takes the next code point off; nothing when the bytes are not UTF-8 (RFC 3629).
std::optional<uint32_t> TakeCodePoint(absl::string_view& text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  size_t size = 1;
  uint32_t value = lead;
  uint32_t smallest = 0;
  if (lead >= 0xf8 || (lead >= 0x80 && lead < 0xc0)) return std::nullopt;
  if (lead >= 0xf0) {
    size = 4, value = lead & 0x07u, smallest = 0x10000;
  } else if (lead >= 0xe0) {
    size = 3, value = lead & 0x0fu, smallest = 0x800;
  } else if (lead >= 0xc0) {
    size = 2, value = lead & 0x1fu, smallest = 0x80;
  }
  if (text.size() < size) return std::nullopt;
  for (size_t i = 1; i < size; ++i) {
    const auto next = static_cast<uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (next & 0x3fu);
  }
  if (value < smallest || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
    return std::nullopt;
  }
  text.remove_prefix(size);
  return value;
}

bool IsSpace(uint32_t c) {
  return c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

}  // namespace

bool IsUtf8WithoutControls(absl::string_view text) {
  while (!text.empty()) {
    const std::optional<uint32_t> c = TakeCodePoint(text);
    if (!c || (*c < 0x20 && *c != '\n')) return false;
  }
  return true;
}

bool IsUtf8WithoutSpace(absl::string_view text) {
  while (!text.empty()) {
    const std::optional<uint32_t> c = TakeCodePoint(text);
    if (!c || *c < 0x20 || IsSpace(*c)) return false;
  }
  return true;
}

}  // namespace samverkan::journal
