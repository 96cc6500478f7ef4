#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "samverkan/access/v1/policy.pb.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "samverkan/agreements/v1/record.pb.h"
#include "services/access/snapshot.h"

namespace samverkan::agreements {

// One agreement in memory: content parsed, record as stored.
struct Agreement {
  v1::AgreementContent content;
  v1::AgreementRecord record;

  static absl::StatusOr<Agreement> Parse(v1::AgreementRecord record);
};

// The first instant at which it is no longer valid: by its own end, or by an earlier notice.
absl::Time EndOf(const Agreement& agreement);

// The state an agreement is in at an instant. It follows from what was signed, suspended and given
// notice of; no timer decides it.
v1::Agreement::State StateAt(const Agreement& agreement, absl::Time now);

// Checks a draft: names, codes and limits are known and well-formed, every flow has a sender and a
// receiver, local and thematic agreements name a frame. FIELD_INVALID with the path under
// "content".
absl::Status CheckContent(const access::Snapshot& policy, const v1::AgreementContent& content);

// What the parties sign: SHA-256 of the exact bytes.
std::string ContentHash(absl::string_view content_bytes);
// The text an Ed25519 signature covers.
std::string SigningText(const v1::AgreementContent& content, absl::string_view content_hash);
// The name of the registered key (C2SP vkey) that made the signature; nothing where none did.
std::optional<std::string> FindSigningKey(const directory::v1::Unit& unit, absl::string_view text,
                                          absl::string_view signature);

enum class Role { kNone, kFounding, kAcceding };
// What a party is to the agreement, and the unit that signs for it.
Role RoleOf(const v1::AgreementContent& content, absl::string_view party);
std::string SigningUnitOf(const v1::AgreementContent& content, absl::string_view party);
bool HasSigned(const Agreement& agreement, absl::string_view party);
std::vector<std::string> PartiesOf(const v1::AgreementContent& content);

// What the policy needs of it.
access::v1::AgreementPolicy PolicyOf(const Agreement& agreement);

// STATE_OR_EMBARGO with the state in metadata unless the agreement is in one of these.
absl::Status CheckState(const Agreement& agreement, absl::Time now,
                        std::initializer_list<v1::Agreement::State> allowed);

}  // namespace samverkan::agreements
