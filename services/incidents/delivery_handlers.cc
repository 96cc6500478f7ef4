#include "services/incidents/delivery_handlers.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/base/error.h"
#include "services/base/names.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"
#include "services/incidents/listing.h"

namespace samverkan::incidents {
namespace {

using access::Object;
using audit::v1::Record;
using rpc::Call;
using storage::ReadTx;
using storage::WriteTx;

absl::Status Sealed(const v1::Delivery& delivery) {
  const v1::Tombstone& tombstone = delivery.tombstone();
  return Error(errors::v1::ERROR_REASON_SEALED,
               "The originator has retracted this; only the tombstone is left.",
               {{"name", delivery.name()},
                {"tombstone_reason", tombstone.reason()},
                {"retract_time",
                 absl::FormatTime(FromProto(tombstone.retract_time()), absl::UTCTimeZone())}});
}

}  // namespace

absl::StatusOr<v1::Delivery> DeliveryHandlers::Get(Call& call, ReadTx& tx,
                                                   const v1::GetDeliveryRequest& request) {
  SV_ASSIGN_OR_RETURN(v1::Delivery delivery, view_.Show(call, tx, call.object()));
  call.Cite(delivery.clause().clause(), delivery.clause().version());
  if (delivery.state() == v1::Delivery::STATE_SEALED) return Sealed(delivery);
  if (!delivery.has_first_open_time()) {
    call.OnRecord([this, object = call.object()](WriteTx& write) -> absl::Status {
      SV_ASSIGN_OR_RETURN(const bool first, deps_.releases.NoteOpened(write, object.id));
      if (!first) return absl::OkStatus();
      return deps_.changes
          .Append(write,
                  {.kind = journal::ChangeKind::kDelivery,
                   .object_id = object.id,
                   .revision = object.revision,
                   .targets = {{journal::ChangeKind::kDelivery, object.owner_unit, object.id}}})
          .status();
    });
  }
  return delivery;
}

absl::StatusOr<v1::ListDeliveriesResponse> DeliveryHandlers::List(
    Call& call, ReadTx& tx, const v1::ListDeliveriesRequest& request) {
  if (call.object().id != 0) return NotFound();  // a copy has no copies below it
  SV_ASSIGN_OR_RETURN(const rpc::Page page, deps_.pager.Open(call, request));
  SV_ASSIGN_OR_RETURN(ListingCursor cursor, ListingCursor::Open(page.cursor, [&] {
                        return deps_.resume_token(call, tx);
                      }));
  v1::ListDeliveriesResponse response;
  SV_ASSIGN_OR_RETURN(
      const bool more,
      FillPage(deps_.objects, tx, access::ObjectKind::kDelivery, call.unit_name(), page.size,
               cursor, [&](const Object& object) -> absl::StatusOr<bool> {
                 if (!call.Reaches(object, "deliveries.read")) return false;
                 SV_ASSIGN_OR_RETURN(*response.add_deliveries(), view_.Show(call, tx, object));
                 call.AlsoAbout(object.name);
                 return true;
               }));
  if (more) response.set_next_page_token(deps_.pager.Seal(call, request, cursor.Next()));
  response.set_resume_token(cursor.resume_token);
  call.SetCount(response.deliveries_size());
  return response;
}

absl::StatusOr<v1::Delivery> DeliveryHandlers::Acknowledge(
    Call& call, WriteTx& tx, const v1::AcknowledgeDeliveryRequest& request) {
  Object object = call.object();
  SV_ASSIGN_OR_RETURN(const bool first, deps_.releases.Acknowledge(tx, object.id));
  if (first) {
    SV_RETURN_IF_ERROR(deps_.objects.Update(tx, object));
    SV_ASSIGN_OR_RETURN(const DeliveryRow row, deps_.releases.LoadDelivery(tx, object.id));
    SV_ASSIGN_OR_RETURN(const std::optional<Object> item,
                        deps_.objects.FindById(tx, row.incident_id));
    if (!item) return absl::DataLossError("a delivery has no item");
    // The originator sees the receipt: its item changed for it too.
    SV_RETURN_IF_ERROR(
        deps_.changes
            .Append(tx, {.kind = journal::ChangeKind::kDelivery,
                         .object_id = object.id,
                         .revision = object.revision,
                         .targets = {{journal::ChangeKind::kDelivery, object.owner_unit, object.id},
                                     {journal::ChangeKind::kIncident, item->owner_unit, item->id}}})
            .status());
    call.AlsoRecord({item->owner_party, Record::KIND_ACKNOWLEDGEMENT, item->name});
  }
  call.SetKind(Record::KIND_ACKNOWLEDGEMENT);
  call.SetResult({.object_id = object.id, .revision = object.revision});
  return view_.Show(call, tx, object);
}

absl::StatusOr<v1::Delivery> DeliveryHandlers::Render(Call& call, ReadTx& tx,
                                                      const rpc::Replay& replay) {
  SV_ASSIGN_OR_RETURN(const std::optional<Object> object,
                      deps_.objects.FindById(tx, replay.object_id));
  if (!object) return absl::DataLossError("a repeat names no object");
  return view_.Show(call, tx, *object);
}

}  // namespace samverkan::incidents
