#include "services/incidents/incident_codec.h"

#include <utility>

#include "services/base/proto_time.h"

namespace samverkan::incidents {
namespace {

types::v1::Citation Cited(const std::string& clause, int32_t version) {
  types::v1::Citation citation;
  citation.set_clause(clause);
  citation.set_version(version);
  return citation;
}

void SetTime(const std::optional<absl::Time>& time,
             google::protobuf::Timestamp* (v1::Receipt::*field)(), v1::Receipt& receipt) {
  if (time) *(receipt.*field)() = ::samverkan::ToProto(*time);
}

v1::Receipt ReceiptOf(const DeliveryRow& row) {
  v1::Receipt receipt;
  receipt.set_unit(row.unit);
  receipt.set_state(StateOf(row));
  *receipt.mutable_deliver_time() = ::samverkan::ToProto(row.deliver_time);
  SetTime(row.first_open_time, &v1::Receipt::mutable_first_open_time, receipt);
  SetTime(row.acknowledge_time, &v1::Receipt::mutable_acknowledge_time, receipt);
  return receipt;
}

}  // namespace

v1::Incident ToProto(const access::Object& object, v1::IncidentRecord record,
                     absl::Time update_time) {
  v1::Incident incident;
  incident.set_name(object.name);
  incident.set_owner_unit(object.owner_unit);
  incident.set_state(static_cast<v1::Incident::State>(object.state));
  incident.set_revision(object.revision);
  incident.set_etag(access::EtagOf(object));
  *incident.mutable_create_time() = record.create_time();
  *incident.mutable_update_time() = ::samverkan::ToProto(update_time);
  incident.set_foreign_id(std::move(*record.mutable_foreign_id()));
  if (record.has_tombstone()) {
    *incident.mutable_tombstone() = std::move(*record.mutable_tombstone());
    return incident;
  }
  *incident.mutable_content() = std::move(*record.mutable_content());
  *incident.mutable_source() = std::move(*record.mutable_source());
  if (record.has_note()) *incident.mutable_revision_note() = std::move(*record.mutable_note());
  *incident.mutable_tasks() = std::move(*record.mutable_tasks());
  return incident;
}

v1::Incident ToReceipt(const access::Object& object, const v1::IncidentRecord& record) {
  v1::Incident incident;
  incident.set_name(object.name);
  incident.set_owner_unit(object.owner_unit);
  incident.set_foreign_id(record.foreign_id());
  incident.set_state(v1::Incident::STATE_RECEIVED);
  *incident.mutable_create_time() = record.create_time();
  return incident;
}

v1::Release ToProto(const ReleaseRow& row, const std::vector<DeliveryRow>& deliveries) {
  v1::Release release;
  release.set_name(row.name);
  release.set_revision(row.revision);
  *release.mutable_clause() = Cited(row.clause, row.clause_version);
  release.set_purpose(row.purpose);
  *release.mutable_legal_position() = row.reasons.legal_position();
  release.mutable_legal_position()->set_code(row.legal_code);
  release.set_decided_by(row.decided_by);
  *release.mutable_release_time() = ::samverkan::ToProto(row.time);
  release.set_content_hash(row.hash);
  if (row.content.has_content()) *release.mutable_content() = row.content.content();
  for (const DeliveryRow& delivery : deliveries) {
    if (delivery.release_id == row.id) *release.add_receipts() = ReceiptOf(delivery);
  }
  return release;
}

v1::Delivery::State StateOf(const DeliveryRow& row) {
  if (row.tombstone_time != absl::UnixEpoch()) return v1::Delivery::STATE_SEALED;
  return row.superseded_by != 0 ? v1::Delivery::STATE_SUPERSEDED : v1::Delivery::STATE_DELIVERED;
}

v1::Delivery ToProto(const access::Object& object, const DeliveryRow& row,
                     const v1::ReleasedRecord* content, const DeliveryNames& names,
                     bool access_ended) {
  v1::Delivery delivery;
  delivery.set_name(object.name);
  delivery.set_originator_unit(row.originator_unit);
  delivery.set_revision(object.revision);
  delivery.set_state(StateOf(row));
  *delivery.mutable_clause() = Cited(row.clause, row.clause_version);
  delivery.set_purpose(row.purpose);
  delivery.set_onward(row.onward);
  delivery.set_access_ended(access_ended);
  delivery.set_correction_withheld(row.correction_withheld);
  delivery.set_supersedes(names.supersedes);
  delivery.set_superseded_by(names.superseded_by);
  *delivery.mutable_deliver_time() = ::samverkan::ToProto(row.deliver_time);
  if (row.first_open_time)
    *delivery.mutable_first_open_time() = ::samverkan::ToProto(*row.first_open_time);
  if (row.acknowledge_time)
    *delivery.mutable_acknowledge_time() = ::samverkan::ToProto(*row.acknowledge_time);
  delivery.set_etag(access::EtagOf(object));
  if (delivery.state() == v1::Delivery::STATE_SEALED) {
    delivery.mutable_tombstone()->set_reason(row.tombstone_reason);
    *delivery.mutable_tombstone()->mutable_retract_time() =
        ::samverkan::ToProto(row.tombstone_time);
  } else if (content != nullptr) {
    *delivery.mutable_content() = content->content();
    if (content->has_note()) *delivery.mutable_revision_note() = content->note();
  }
  return delivery;
}

}  // namespace samverkan::incidents
