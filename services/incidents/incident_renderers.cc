#include "services/incidents/incident_renderers.h"

#include <memory>
#include <utility>

#include "samverkan/feed/v1/feed.pb.h"
#include "services/base/status.h"
#include "services/incidents/incident_codec.h"
#include "services/rpc/event_label.h"

namespace samverkan::incidents {
namespace {

absl::StatusOr<access::Object> FindTarget(const access::ObjectStore& objects, storage::ReadTx& tx,
                                          const journal::ChangeTarget& target) {
  SV_ASSIGN_OR_RETURN(std::optional<access::Object> object, objects.FindById(tx, target.object_id));
  if (!object) return absl::DataLossError("a change names no object");
  return *std::move(object);
}

}  // namespace

absl::StatusOr<journal::RenderedEvent> IncidentRenderer::Render(
    storage::ReadTx& tx, const journal::ChangeEntry& entry, const journal::ChangeTarget& target) {
  SV_ASSIGN_OR_RETURN(const access::Object object, FindTarget(objects_, tx, target));
  SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, incidents_.Load(tx, object));
  feed::v1::Event event;
  event.set_unit(target.unit);
  *event.mutable_incident() = ToProto(object, std::move(record), object.change_time);
  return journal::RenderedEvent{.event = event.SerializeAsString(),
                                .label = std::make_shared<rpc::ObjectLabel>(object)};
}

absl::StatusOr<journal::RenderedEvent> DeliveryRenderer::Render(
    storage::ReadTx& tx, const journal::ChangeEntry& entry, const journal::ChangeTarget& target) {
  SV_ASSIGN_OR_RETURN(const access::Object object, FindTarget(objects_, tx, target));
  feed::v1::Event event;
  event.set_unit(target.unit);
  SV_ASSIGN_OR_RETURN(*event.mutable_delivery(), view_.Load(tx, *policy_.Current(), object));
  return journal::RenderedEvent{.event = event.SerializeAsString(),
                                .label = std::make_shared<rpc::ObjectLabel>(object)};
}

}  // namespace samverkan::incidents
