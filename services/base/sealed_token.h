#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/base/random.h"
#include "services/base/secret.h"

namespace samverkan {

// Makes the opaque texts the hub hands out and later takes back: page tokens, resume and freshness
// tokens, etags. What is in one can neither be read nor made nor changed by a client, and one made
// for a purpose, a caller and arguments opens only for these. A token grants nothing: whoever
// brings it is authorized anew.
//
// AES-256-GCM under a key derived per token (HMAC-SHA-256 of purpose and 16 random bytes), so that
// the number of tokens a key may seal has no practical bound. base64url text; the same payload
// gives another text each time. Thread-safe.
class TokenSealer {
 public:
  static constexpr size_t kTextSizeMax = 4096;

  // `random` outlives the sealer. INVALID_ARGUMENT unless the key has at least 32 bytes.
  static absl::StatusOr<TokenSealer> Create(Secret key, RandomSource& random);

  // `purpose` names the kind of token ("page", "resume"), `bound_to` whom and what it is for
  // (principal, mandate, arguments), in a fixed order.
  std::string Seal(absl::string_view purpose, absl::Span<const absl::string_view> bound_to,
                   absl::string_view payload) const;
  // The payload; nothing for anything that Seal did not make with the same purpose and binding.
  std::optional<std::string> Open(absl::string_view purpose,
                                  absl::Span<const absl::string_view> bound_to,
                                  absl::string_view token) const;

 private:
  TokenSealer(Secret key, RandomSource& random) : key_(std::move(key)), random_(&random) {}

  Secret key_;
  RandomSource* random_;
};

}  // namespace samverkan
