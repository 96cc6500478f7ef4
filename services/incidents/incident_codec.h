#pragma once

#include <string>

#include "samverkan/incidents/v1/incidents.pb.h"
#include "samverkan/incidents/v1/record.pb.h"
#include "services/access/snapshot.h"
#include "services/access/store/object_store.h"
#include "services/incidents/incident_store.h"

namespace samverkan::incidents {

// An item as its owner sees it. Takes the record apart: move one that is no longer needed.
v1::Incident ToProto(const access::Object& object, v1::IncidentRecord record,
                     absl::Time update_time);

// What a reporter gets back from another unit's slot, at once and on every repeat: that it was
// received, and nothing that the owner has done since.
v1::Incident ToReceipt(const access::Object& object, const v1::IncidentRecord& record);

// A release as its originator sees it.
v1::Release ToProto(const ReleaseRow& row, const std::vector<DeliveryRow>& deliveries);

// A received copy as its holder sees it. `content` is nullptr once sealed; `names` gives the
// resource names of older and newer copies.
struct DeliveryNames {
  std::string supersedes;
  std::string superseded_by;
};
v1::Delivery ToProto(const access::Object& object, const DeliveryRow& row,
                     const v1::ReleasedRecord* content, const DeliveryNames& names,
                     bool access_ended);

v1::Delivery::State StateOf(const DeliveryRow& row);

}  // namespace samverkan::incidents
