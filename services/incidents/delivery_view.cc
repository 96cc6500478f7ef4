#include "services/incidents/delivery_view.h"

#include <algorithm>

#include "services/base/status.h"
#include "services/incidents/incident_codec.h"

namespace samverkan::incidents {
namespace {

bool AccessEnded(const access::Snapshot& policy, const DeliveryRow& row, absl::Time now) {
  const std::optional<uint32_t> clause = policy.FindClause(row.clause);
  if (!clause) return true;
  const access::Snapshot::Pair pair{policy.FindUnit(row.originator_unit),
                                    policy.FindUnit(row.unit)};
  const std::vector<access::Snapshot::Pair> open = policy.OpenPairs(*clause, now);
  return std::find(open.begin(), open.end(), pair) == open.end();
}

}  // namespace

absl::StatusOr<std::string> DeliveryView::NameOf(storage::ReadTx& tx, int64_t id) const {
  if (id == 0) return std::string();
  SV_ASSIGN_OR_RETURN(const std::optional<access::Object> object, objects_.FindById(tx, id));
  if (!object) return absl::DataLossError("a delivery has no object");
  return object->name;
}

absl::StatusOr<v1::Delivery> DeliveryView::Show(rpc::Call& call, storage::ReadTx& tx,
                                                const access::Object& object) const {
  SV_ASSIGN_OR_RETURN(const DeliveryRow row, releases_.LoadDelivery(tx, object.id));
  SV_ASSIGN_OR_RETURN(const std::string item, NameOf(tx, row.incident_id));
  call.AlsoAbout(item);
  return Load(tx, call.policy(), object, row);
}

absl::StatusOr<v1::Delivery> DeliveryView::Load(storage::ReadTx& tx, const access::Snapshot& policy,
                                                const access::Object& object) const {
  SV_ASSIGN_OR_RETURN(const DeliveryRow row, releases_.LoadDelivery(tx, object.id));
  return Load(tx, policy, object, row);
}

absl::StatusOr<v1::Delivery> DeliveryView::Load(storage::ReadTx& tx, const access::Snapshot& policy,
                                                const access::Object& object,
                                                const DeliveryRow& row) const {
  DeliveryNames names;
  SV_ASSIGN_OR_RETURN(names.supersedes, NameOf(tx, row.supersedes));
  SV_ASSIGN_OR_RETURN(names.superseded_by, NameOf(tx, row.superseded_by));
  const bool ended = AccessEnded(policy, row, tx.now());
  if (StateOf(row) == v1::Delivery::STATE_SEALED)
    return ToProto(object, row, nullptr, names, ended);
  SV_ASSIGN_OR_RETURN(const v1::ReleasedRecord content,
                      releases_.LoadContent(tx, row, object.owner_party));
  return ToProto(object, row, &content, names, ended);
}

}  // namespace samverkan::incidents
