#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/base/random.h"
#include "services/base/secret.h"

namespace samverkan {

using Hash = std::array<uint8_t, 32>;

// A fixed-size array's bytes as text types take them; valid as long as the array.
template <size_t kSize>
absl::string_view AsBytes(const std::array<uint8_t, kSize>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), kSize};
}

// The array with these bytes; nothing when the length differs.
template <size_t kSize>
std::optional<std::array<uint8_t, kSize>> ArrayFrom(absl::string_view bytes) {
  if (bytes.size() != kSize) return std::nullopt;
  std::array<uint8_t, kSize> array;
  for (size_t i = 0; i < kSize; ++i) array[i] = static_cast<uint8_t>(bytes[i]);
  return array;
}

Hash Sha256(absl::string_view bytes);
// Of the parts one after the other, without copying them together.
Hash Sha256Parts(absl::Span<const absl::string_view> parts);
Hash HmacSha256(const Secret& key, absl::string_view bytes);

// Equal length and bytes, in a time that depends on the length alone.
bool ConstantTimeEqual(absl::string_view a, absl::string_view b);

// Joins parts so that no two different lists give the same bytes: each with its length before it.
// For hashes and associated data made of several fields.
std::string JoinUnambiguously(absl::Span<const absl::string_view> parts);

// Authenticated encryption with AES-256-GCM (NIST SP 800-38D): nonce (12 bytes), ciphertext, tag
// (16 bytes). The nonce is drawn at random, so one key must seal no more than 2^32 messages; where
// more may come, derive a key per message (sealed_token.h) or per record. Thread-safe.
class Aead {
 public:
  static constexpr size_t kKeySize = 32;
  static constexpr size_t kNonceSize = 12;
  static constexpr size_t kTagSize = 16;
  static constexpr size_t kOverhead = kNonceSize + kTagSize;

  // INVALID_ARGUMENT unless the key has 32 bytes.
  static absl::StatusOr<Aead> Create(Secret key);

  std::string Seal(RandomSource& random, absl::string_view plaintext,
                   absl::string_view associated_data) const;
  // The plaintext; nothing when any byte of what was sealed or of the associated data differs.
  std::optional<std::string> Open(absl::string_view sealed,
                                  absl::string_view associated_data) const;

 private:
  explicit Aead(Secret key) : key_(std::move(key)) {}

  Secret key_;
};

}  // namespace samverkan
