#pragma once

#include "absl/status/statusor.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/access/snapshot.h"
#include "services/access/store/object_store.h"
#include "services/incidents/incident_store.h"
#include "services/rpc/call.h"
#include "services/storage/database.h"

namespace samverkan::incidents {

// A received copy as its holder sees it now: of a sealed one only the tombstone; marked when its
// clause no longer lets anything through (R13).
class DeliveryView {
 public:
  DeliveryView(const access::ObjectStore& objects, const ReleaseStore& releases)
      : objects_(objects), releases_(releases) {}

  absl::StatusOr<v1::Delivery> Load(storage::ReadTx& tx, const access::Snapshot& policy,
                                    const access::Object& object) const;
  // The same as the answer to a call, whose record then tells which item is behind the copy.
  absl::StatusOr<v1::Delivery> Show(rpc::Call& call, storage::ReadTx& tx,
                                    const access::Object& object) const;

 private:
  absl::StatusOr<v1::Delivery> Load(storage::ReadTx& tx, const access::Snapshot& policy,
                                    const access::Object& object, const DeliveryRow& row) const;
  absl::StatusOr<std::string> NameOf(storage::ReadTx& tx, int64_t id) const;

  const access::ObjectStore& objects_;
  const ReleaseStore& releases_;
};

}  // namespace samverkan::incidents
