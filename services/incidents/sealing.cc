#include "services/incidents/sealing.h"

#include <algorithm>
#include <utility>

#include "services/base/proto_time.h"
#include "services/base/status.h"
#include "services/journal/ref.h"

namespace samverkan::incidents {
namespace {

using access::Object;
using access::ObjectKind;
using audit::v1::Record;
using journal::ChangeKind;
using journal::ChangeTarget;
using journal::Ref;
using storage::WriteTx;

// Few enough for one read transaction.
constexpr size_t kSlice = 1'000;

// What the database knows as retracted and the guard file does not.
absl::Status NoteSeals(storage::Database& database, journal::Guard& guard) {
  std::vector<Ref> retracted;
  SV_RETURN_IF_ERROR(storage::WriteAndWait(database, [&](WriteTx& tx) -> absl::Status {
    retracted.clear();
    SV_ASSIGN_OR_RETURN(const storage::Rows rows,
                        tx.Run("SELECT name FROM objects WHERE kind = $1 AND state = $2",
                               {static_cast<int64_t>(ObjectKind::kIncident),
                                static_cast<int64_t>(v1::Incident::STATE_RETRACTED)}));
    for (const storage::Row& row : rows) retracted.push_back(journal::RefOfName(row.Text(0)));
    return absl::OkStatus();
  }));
  return guard.AppendSealed(retracted);
}

// Items that the guard file knows as sealed and the database does not.
absl::StatusOr<std::vector<int64_t>> FindForgotten(const Dependencies& deps,
                                                   storage::Database& database,
                                                   const std::vector<Ref>& sealed) {
  std::vector<int64_t> forgotten;
  for (size_t begin = 0; begin < sealed.size(); begin += kSlice) {
    SV_RETURN_IF_ERROR(
        database.Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          const size_t end = std::min(begin + kSlice, sealed.size());
          for (size_t i = begin; i < end; ++i) {
            SV_ASSIGN_OR_RETURN(const std::optional<int64_t> id,
                                tx.FindKey(storage::KeySpace::kName, sealed[i]));
            if (!id) continue;
            SV_ASSIGN_OR_RETURN(const std::optional<Object> object, deps.objects.FindById(tx, *id));
            if (object && object->kind == ObjectKind::kIncident &&
                object->state != v1::Incident::STATE_RETRACTED)
              forgotten.push_back(*id);
          }
          return absl::OkStatus();
        }));
  }
  return forgotten;
}

absl::Status SealAgain(const Dependencies& deps, WriteTx& tx, const journal::AuditLog& audit_log,
                       int64_t id) {
  SV_ASSIGN_OR_RETURN(std::optional<Object> object, deps.objects.FindById(tx, id));
  if (!object) return absl::DataLossError("an item has no label");
  SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, deps.incidents.Load(tx, *object));
  SV_ASSIGN_OR_RETURN(std::vector<Object> concerned, SealItem(deps, tx, *object, record, ""));
  concerned.push_back(*object);
  const Ref item = journal::RefOfName(object->name);
  for (const Object& each : concerned) {
    Record entry;
    entry.set_kind(Record::KIND_RETRACTION);
    entry.set_resource(each.name);
    entry.set_revision(each.revision);
    // Whoever asks for the item finds what became of its copies.
    if (each.id != id) entry.add_related_refs(item.data(), item.size());
    SV_RETURN_IF_ERROR(audit_log.Append(tx, each.owner_party, entry));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Object>> SealItem(const Dependencies& deps, WriteTx& tx, Object& object,
                                             v1::IncidentRecord& record,
                                             const std::string& reason) {
  SV_RETURN_IF_ERROR(deps.incidents.Destroy(tx, object));
  SV_RETURN_IF_ERROR(deps.releases.Seal(tx, object.id, reason));
  v1::IncidentRecord remains;
  *remains.mutable_create_time() = record.create_time();
  remains.set_foreign_id(record.foreign_id());
  remains.mutable_tombstone()->set_reason(reason);
  *remains.mutable_tombstone()->mutable_retract_time() = ::samverkan::ToProto(tx.now());
  record = std::move(remains);
  object.state = v1::Incident::STATE_RETRACTED;
  object.cells.clear();
  SV_RETURN_IF_ERROR(deps.incidents.Save(tx, object, record));
  SV_ASSIGN_OR_RETURN(const std::vector<DeliveryRow> deliveries,
                      deps.releases.ListDeliveries(tx, object.id));
  std::vector<Object> copies;
  std::vector<ChangeTarget> targets = {{ChangeKind::kIncident, object.owner_unit, object.id}};
  for (const DeliveryRow& delivery : deliveries) {
    SV_ASSIGN_OR_RETURN(std::optional<Object> copy, deps.objects.FindById(tx, delivery.id));
    if (!copy) return absl::DataLossError("a delivery has no object");
    copy->state = v1::Delivery::STATE_SEALED;
    SV_RETURN_IF_ERROR(deps.objects.Update(tx, *copy));
    targets.push_back({ChangeKind::kDelivery, delivery.unit, delivery.id});
    copies.push_back(*std::move(copy));
  }
  SV_RETURN_IF_ERROR(deps.changes
                         .Append(tx, {.kind = ChangeKind::kIncident,
                                      .object_id = object.id,
                                      .revision = object.revision,
                                      .targets = std::move(targets)})
                         .status());
  return copies;
}

absl::StatusOr<int64_t> AgreeOnSeals(const Dependencies& deps, storage::Database& database,
                                     const journal::AuditLog& audit_log, journal::Guard& guard) {
  SV_ASSIGN_OR_RETURN(const std::vector<int64_t> forgotten,
                      FindForgotten(deps, database, guard.sealed()));
  for (const int64_t id : forgotten) {
    SV_RETURN_IF_ERROR(storage::WriteAndWait(
        database, [&](WriteTx& tx) { return SealAgain(deps, tx, audit_log, id); }));
  }
  if (!forgotten.empty()) SV_RETURN_IF_ERROR(storage::PurgeAndWait(database));
  SV_RETURN_IF_ERROR(NoteSeals(database, guard));
  return static_cast<int64_t>(forgotten.size());
}

}  // namespace samverkan::incidents
