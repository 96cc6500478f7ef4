#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/base/key_ring.h"
#include "services/base/random.h"
#include "services/base/secret.h"

namespace samverkan {

// Encrypts content at rest: AES-256-GCM under a key of the record's own, that key wrapped under a
// party's key (KeyRing). A record is readable by exactly those for whom a wrap is left; destroying
// the wraps destroys the record, in every backup of the database too, once the party's key is
// rotated. Thread-safe.
class RecordCipher {
 public:
  RecordCipher(const KeyRing& keys, RandomSource& random) : keys_(keys), random_(random) {}

  struct Sealed {
    Secret record_key;
    std::string ciphertext;
  };
  // `context` says what the record is (a table and a number); it must be the same at Open.
  Sealed Seal(absl::string_view plaintext, absl::string_view context) const;
  std::string Wrap(const Secret& record_key, absl::string_view party,
                   absl::string_view context) const;
  // Nothing where the wrap or the ciphertext is not what was made for this party and context.
  std::optional<Secret> Unwrap(absl::string_view wrapped, absl::string_view party,
                               absl::string_view context) const;
  std::optional<std::string> Open(const Secret& record_key, absl::string_view ciphertext,
                                  absl::string_view context) const;
  // Unwrap and Open in one.
  std::optional<std::string> Open(absl::string_view wrapped, absl::string_view party,
                                  absl::string_view ciphertext, absl::string_view context) const;

 private:
  const KeyRing& keys_;
  RandomSource& random_;
};

}  // namespace samverkan
