#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/base/secret.h"

namespace samverkan {

// The hub's own keys, read from a file that is kept apart from the database and backed up apart
// from it: one line per key, "NAME BASE64" with 32 bytes each, "#" begins a comment. Names: token
// (sealed tokens), content/{party} (wraps the keys of records), audit-ref/{party} (keyed hashes in
// the audit log); "hub" stands for the hub itself.
class KeyRing {
 public:
  // Fails with INVALID_ARGUMENT, naming file and line, where the file is malformed, readable by
  // others, or lacks `token`.
  static absl::StatusOr<KeyRing> Load(const std::string& path);
  static absl::StatusOr<KeyRing> Parse(absl::string_view text, absl::string_view file_name);

  // FAILED_PRECONDITION naming the line to add where a key is missing.
  absl::Status RequireParty(absl::string_view party) const;

  const Secret& TokenKey() const { return keys_.at("token"); }
  // For a party ("parties/pol") that RequireParty accepted; the hub's own for "".
  const Secret& ContentKey(absl::string_view party) const;
  const Secret& AuditRefKey(absl::string_view party) const;

 private:
  const Secret& KeyOf(absl::string_view family, absl::string_view party) const;

  absl::flat_hash_map<std::string, Secret> keys_;
};

}  // namespace samverkan
