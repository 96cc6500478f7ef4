#include "services/base/uuid.h"

#include <cstddef>

#include "absl/types/span.h"

namespace samverkan {
namespace {

constexpr size_t kTextSize = 36;

bool IsHyphen(size_t place) {
  return place == 8 || place == 13 || place == 18 || place == 23;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

Uuid Uuid::Random(RandomSource& random) {
  Bytes bytes;
  random.Fill(absl::MakeSpan(bytes));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return Uuid(bytes);
}

std::optional<Uuid> Uuid::Parse(absl::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  Bytes bytes = {};
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsHyphen(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = HexValue(text[i]);
    if (value < 0) return std::nullopt;
    bytes[digits / 2] = static_cast<uint8_t>(bytes[digits / 2] << 4 | value);
    ++digits;
  }
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(kTextSize);
  for (uint8_t byte : bytes_) {
    if (IsHyphen(text.size())) text.push_back('-');
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 0x0f]);
  }
  return text;
}

int Uuid::version() const {
  return (bytes_[8] & 0xc0) == 0x80 ? bytes_[6] >> 4 : 0;
}

}  // namespace samverkan
