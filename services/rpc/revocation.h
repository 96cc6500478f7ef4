#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/base/crypto.h"

namespace samverkan::rpc {

// Who and what is no longer let in, whatever else is valid: one line each, "#" begins a comment.
//
//   certificate {SHA-256 of the DER in hexadecimal, colons allowed}
//   spiffe {id}                 every certificate of a system
//   token {issuer} {jti}
//   person {issuer} {subject}   every token of a person
//
// Immutable, thread-safe.
class RevocationList {
 public:
  static constexpr size_t kBytesMax = 4 * 1024 * 1024;

  // Nothing revoked.
  RevocationList() = default;
  // INVALID_ARGUMENT with the line that is malformed: half a list would let somebody in.
  static absl::StatusOr<RevocationList> Parse(absl::string_view text);

  bool HasCertificate(const Hash& fingerprint) const;
  bool HasSpiffeId(absl::string_view id) const;
  bool HasToken(absl::string_view issuer, absl::string_view token_id) const;
  bool HasPerson(absl::string_view issuer, absl::string_view subject) const;

  bool operator==(const RevocationList& other) const { return entries_ == other.entries_; }

 private:
  // Lines in one form: words with one space between.
  absl::flat_hash_set<std::string> entries_;
};

}  // namespace samverkan::rpc
