#pragma once

#include <string>

#include "absl/status/status.h"
#include "services/base/key_ring.h"
#include "services/journal/audit_log.h"
#include "services/rpc/call.h"
#include "services/storage/database.h"

namespace samverkan::rpc {

// Turns calls into audit records. Each allowed call leaves one in the caller's tree and whatever
// its handler asked for in others'. A refusal by absence follows the two-log rule: the caller's
// tree gets the name as typed, hashed under its own key and of one length; the owner's tree, or the
// hub's where there is no such object, gets a record of its own. So no one's own extract tells
// hidden from absent, and both cost the same rows.
class Recorder {
 public:
  Recorder(const journal::AuditLog& log, const KeyRing& keys) : log_(log), keys_(keys) {}

  // Notes who calls as records name it, under the party's own key (R39). Once, when the caller is
  // known, so that no transaction waits for it.
  void NoteCaller(Call& call) const;

  absl::Status Allowed(storage::WriteTx& tx, const Call& call,
                       audit::v1::Record::Kind default_kind) const;
  // `typed_name` is the resource as the caller wrote it; `hidden` is set where it exists and is not
  // for the caller.
  absl::Status Refused(storage::WriteTx& tx, const Call& call, const absl::Status& why,
                       absl::string_view typed_name, const access::Object* hidden) const;

 private:
  audit::v1::Record Base(const Call& call) const;

  const journal::AuditLog& log_;
  const KeyRing& keys_;
};

}  // namespace samverkan::rpc
