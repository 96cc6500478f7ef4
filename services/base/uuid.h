#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/base/random.h"

namespace samverkan {

// An RFC 9562 UUID.
class Uuid {
 public:
  using Bytes = std::array<uint8_t, 16>;

  // The nil UUID.
  Uuid() = default;
  explicit Uuid(const Bytes& bytes) : bytes_(bytes) {}

  // A new version 4.
  static Uuid Random(RandomSource& random);
  // Only the canonical text, lower-case with hyphens, of any version: one text per identifier.
  static std::optional<Uuid> Parse(absl::string_view text);

  const Bytes& bytes() const { return bytes_; }
  std::string ToString() const;
  // The version of a UUID of the RFC's variant, 0 otherwise. A request_id is 4 or 7.
  int version() const;

  auto operator<=>(const Uuid&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const Uuid& uuid) {
    return H::combine(std::move(state), uuid.bytes_);
  }

 private:
  Bytes bytes_ = {};
};

}  // namespace samverkan
