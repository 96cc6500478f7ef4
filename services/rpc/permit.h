#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/access/principal.h"
#include "services/access/snapshot.h"
#include "services/access/store/object_store.h"
#include "services/rpc/inbound.h"
#include "services/rpc/method.h"
#include "services/storage/database.h"

namespace samverkan::rpc {

// The mandate a call acts by: the one it names, or the only one of its holder that is valid now.
// NO_MANDATE, with what to do.
absl::StatusOr<access::MandateId> ResolveMandate(const access::Snapshot& policy,
                                                 const access::Principal& principal,
                                                 absl::string_view named, absl::Time now);

// The purpose that a call names where it is a code of list PUR. What else was typed goes no
// further, into the log least of all (R42).
std::string KnownPurpose(const access::Snapshot& policy, const Inbound& inbound);

// What holds for every caller, whatever the call is about: the sign-in (R2), the function's
// permission, the purpose (R31).
absl::Status CheckCaller(const access::Snapshot& policy, const access::Principal& principal,
                         access::MandateId mandate, const Inbound& inbound, const Method& method,
                         absl::Time now);

// A unit as an object that a refusal may hide; nothing for an unknown one.
std::optional<access::Object> HiddenUnit(const access::Snapshot& policy, const std::string& name);

// What a call has been permitted on.
struct Permitted {
  access::Object object;  // id 0 where the resource is a unit, a party or nothing
  std::string resource;   // its full name; the caller's unit where the method names nothing
};

// The outcome of Permit: a refusal carries what exists behind it, for the audit log alone.
struct PermitOutcome {
  absl::Status status;
  Permitted permitted;
  std::optional<access::Object> hidden;
};

// Judges one call inside its transaction, in the order that reveals nothing: mandate and permission
// first, then existence and scope in one answer, then the kind of what the caller's own name names,
// then the mandate's area. A storage failure is the StatusOr's own status.
absl::StatusOr<PermitOutcome> Permit(storage::ReadTx& tx, const access::ObjectStore& objects,
                                     const access::Snapshot& policy,
                                     const access::Principal& principal, access::MandateId mandate,
                                     const Inbound& inbound, const Method& method,
                                     const google::protobuf::Message& request);

}  // namespace samverkan::rpc
