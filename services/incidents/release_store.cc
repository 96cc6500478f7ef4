#include "absl/strings/str_cat.h"
#include "services/base/status.h"
#include "services/incidents/incident_store.h"

namespace samverkan::incidents {
namespace {

using storage::Blob;
using storage::ReadTx;
using storage::Row;
using storage::Rows;
using storage::Value;
using storage::WriteTx;

constexpr char kReleaseColumns[] =
    "r.id, r.name, r.incident_id, r.revision, r.content_id, r.clause, r.clause_version, r.purpose, "
    "r.legal_code, r.decided_by, "
    "r.time, r.wrapped_key, r.reasons_key, r.reasons, c.hash, c.ciphertext";
constexpr char kDeliveryColumns[] =
    "id, incident_id, release_id, content_id, unit, originator_unit, clause, clause_version, "
    "purpose, onward, deliver_time, "
    "first_open_time, acknowledge_time, correction_withheld, supersedes, superseded_by, "
    "tombstone_reason, tombstone_time";

std::string ContentContext(int64_t id) {
  return absl::StrCat("released_contents/", id);
}
std::string ReasonsContext(int64_t id) {
  return absl::StrCat("releases/", id);
}

Value Text(absl::string_view text) {
  return std::string(text);
}

std::optional<absl::Time> OptionalTime(const Row& row, size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return row.Time(column);
}

DeliveryRow DeliveryOf(const Row& row) {
  DeliveryRow delivery;
  delivery.id = row.Int(0);
  delivery.incident_id = row.Int(1);
  delivery.release_id = row.Int(2);
  delivery.content_id = row.Int(3);
  delivery.unit = std::string(row.Text(4));
  delivery.originator_unit = std::string(row.Text(5));
  delivery.clause = std::string(row.Text(6));
  delivery.clause_version = static_cast<int32_t>(row.Int(7));
  delivery.purpose = std::string(row.Text(8));
  delivery.onward = static_cast<types::v1::Onward>(row.Int(9));
  delivery.deliver_time = row.Time(10);
  delivery.first_open_time = OptionalTime(row, 11);
  delivery.acknowledge_time = OptionalTime(row, 12);
  delivery.correction_withheld = row.Int(13) != 0;
  delivery.supersedes = row.Int(14);
  delivery.superseded_by = row.Int(15);
  delivery.tombstone_reason = std::string(row.Text(16));
  delivery.tombstone_time = row.Time(17);
  return delivery;
}

template <typename Message>
absl::StatusOr<Message> Opened(const std::optional<std::string>& plaintext,
                               absl::string_view what) {
  Message message;
  if (plaintext && message.ParseFromString(*plaintext)) return message;
  return absl::DataLossError(absl::StrCat(what, " does not open: is the key file the right one?"));
}

absl::StatusOr<ReleaseRow> ReleaseOf(const RecordCipher& cipher, const Row& row,
                                     absl::string_view party) {
  ReleaseRow release;
  release.id = row.Int(0);
  release.name = std::string(row.Text(1));
  release.incident_id = row.Int(2);
  release.revision = static_cast<int32_t>(row.Int(3));
  release.content_id = row.Int(4);
  release.clause = std::string(row.Text(5));
  release.clause_version = static_cast<int32_t>(row.Int(6));
  release.purpose = std::string(row.Text(7));
  release.legal_code = std::string(row.Text(8));
  release.decided_by = std::string(row.Text(9));
  release.time = row.Time(10);
  release.hash = std::string(row.Bytes(14));
  if (row.IsNull(11)) return release;  // retracted
  SV_ASSIGN_OR_RETURN(release.reasons,
                      Opened<v1::ReleaseReasons>(cipher.Open(row.Bytes(12), party, row.Bytes(13),
                                                             ReasonsContext(release.id)),
                                                 ReasonsContext(release.id)));
  SV_ASSIGN_OR_RETURN(release.content,
                      Opened<v1::ReleasedRecord>(cipher.Open(row.Bytes(11), party, row.Bytes(15),
                                                             ContentContext(release.content_id)),
                                                 ContentContext(release.content_id)));
  return release;
}

}  // namespace

absl::StatusOr<StoredContent> ReleaseStore::InsertContent(WriteTx& tx,
                                                          const NewContent& content) const {
  SV_ASSIGN_OR_RETURN(const int64_t id, tx.Next("released_contents"));
  RecordCipher::Sealed sealed =
      cipher_.Seal(content.record.SerializeAsString(), ContentContext(id));
  SV_RETURN_IF_ERROR(tx.Run("INSERT INTO released_contents (id, incident_id, revision, hash, "
                            "ciphertext) VALUES ($1, $2, $3, $4, $5)",
                            {id, content.incident_id, int64_t{content.revision}, Blob{content.hash},
                             Blob{std::move(sealed.ciphertext)}})
                         .status());
  return StoredContent{.id = id, .key = std::move(sealed.record_key)};
}

absl::Status ReleaseStore::InsertRelease(WriteTx& tx, ReleaseRow& row, const StoredContent& content,
                                         absl::string_view originator_party) const {
  SV_ASSIGN_OR_RETURN(row.id, tx.Next("releases"));
  const RecordCipher::Sealed reasons =
      cipher_.Seal(row.reasons.SerializeAsString(), ReasonsContext(row.id));
  return tx
      .Run(
          "INSERT INTO releases (id, name, incident_id, revision, content_id, clause, "
          "clause_version, purpose, legal_code, "
          "decided_by, time, wrapped_key, reasons_key, reasons) VALUES ($1, $2, $3, $4, $5, $6, "
          "$7, $8, $9, $10, $11, $12, $13, $14)",
          {row.id, Text(row.name), row.incident_id, int64_t{row.revision}, content.id,
           Text(row.clause), int64_t{row.clause_version}, Text(row.purpose), Text(row.legal_code),
           Text(row.decided_by), absl::ToUnixMicros(row.time),
           Blob{cipher_.Wrap(content.key, originator_party, ContentContext(content.id))},
           Blob{cipher_.Wrap(reasons.record_key, originator_party, ReasonsContext(row.id))},
           Blob{reasons.ciphertext}})
      .status();
}

absl::Status ReleaseStore::InsertDelivery(WriteTx& tx, const DeliveryRow& row,
                                          const StoredContent& content,
                                          absl::string_view holder_party) const {
  return tx
      .Run(
          "INSERT INTO deliveries (id, incident_id, release_id, content_id, unit, originator_unit, "
          "clause, clause_version, "
          "purpose, onward, deliver_time, supersedes, wrapped_key) VALUES ($1, $2, $3, $4, $5, $6, "
          "$7, $8, $9, $10, $11, $12, $13)",
          {row.id, row.incident_id, row.release_id, content.id, Text(row.unit),
           Text(row.originator_unit), Text(row.clause), int64_t{row.clause_version},
           Text(row.purpose), int64_t{row.onward}, absl::ToUnixMicros(row.deliver_time),
           row.supersedes,
           Blob{cipher_.Wrap(content.key, holder_party, ContentContext(content.id))}})
      .status();
}

absl::StatusOr<std::vector<ReleaseRow>> ReleaseStore::ListReleases(
    ReadTx& tx, int64_t incident_id, absl::string_view originator_party, int64_t before_id,
    int64_t limit) const {
  SV_ASSIGN_OR_RETURN(
      const Rows rows,
      tx.Run(absl::StrCat("SELECT ", kReleaseColumns,
                          " FROM releases r JOIN released_contents c ON c.id = r.content_id"
                          " WHERE r.incident_id = $1 AND r.id < $2 ORDER BY r.id DESC LIMIT $3"),
             {incident_id, before_id, limit}));
  std::vector<ReleaseRow> releases;
  for (const Row& row : rows) {
    SV_ASSIGN_OR_RETURN(ReleaseRow release, ReleaseOf(cipher_, row, originator_party));
    releases.push_back(std::move(release));
  }
  return releases;
}

absl::StatusOr<ReleaseRow> ReleaseStore::LoadRelease(ReadTx& tx, int64_t id,
                                                     absl::string_view originator_party) const {
  SV_ASSIGN_OR_RETURN(
      const Rows rows,
      tx.Run(absl::StrCat("SELECT ", kReleaseColumns,
                          " FROM releases r JOIN released_contents c ON c.id = r.content_id"
                          " WHERE r.id = $1"),
             {id}));
  if (rows.empty()) return absl::DataLossError(absl::StrCat("release ", id, " is missing"));
  return ReleaseOf(cipher_, rows[0], originator_party);
}

absl::StatusOr<std::vector<DeliveryRow>> ReleaseStore::ListDeliveries(ReadTx& tx,
                                                                      int64_t incident_id) const {
  SV_ASSIGN_OR_RETURN(const Rows rows,
                      tx.Run(absl::StrCat("SELECT ", kDeliveryColumns,
                                          " FROM deliveries WHERE incident_id = $1 ORDER BY id"),
                             {incident_id}));
  std::vector<DeliveryRow> deliveries;
  for (const Row& row : rows) deliveries.push_back(DeliveryOf(row));
  return deliveries;
}

absl::StatusOr<DeliveryRow> ReleaseStore::LoadDelivery(ReadTx& tx, int64_t id) const {
  SV_ASSIGN_OR_RETURN(
      const Rows rows,
      tx.Run(absl::StrCat("SELECT ", kDeliveryColumns, " FROM deliveries WHERE id = $1"), {id}));
  if (rows.empty()) return absl::DataLossError(absl::StrCat("delivery ", id, " is missing"));
  return DeliveryOf(rows[0]);
}

absl::StatusOr<v1::ReleasedRecord> ReleaseStore::LoadContent(ReadTx& tx, const DeliveryRow& row,
                                                             absl::string_view holder_party) const {
  SV_ASSIGN_OR_RETURN(
      const Rows rows,
      tx.Run("SELECT d.wrapped_key, c.ciphertext FROM deliveries d JOIN released_contents c "
             "ON c.id = d.content_id WHERE d.id = $1",
             {row.id}));
  if (rows.empty())
    return absl::DataLossError(absl::StrCat("content of delivery ", row.id, " is missing"));
  return Opened<v1::ReleasedRecord>(cipher_.Open(rows[0].Bytes(0), holder_party, rows[0].Bytes(1),
                                                 ContentContext(row.content_id)),
                                    ContentContext(row.content_id));
}

absl::StatusOr<bool> ReleaseStore::NoteOpened(WriteTx& tx, int64_t delivery_id) const {
  SV_ASSIGN_OR_RETURN(const Rows rows, tx.Run("UPDATE deliveries SET first_open_time = $1 WHERE id "
                                              "= $2 AND first_open_time IS NULL RETURNING id",
                                              {absl::ToUnixMicros(tx.now()), delivery_id}));
  return !rows.empty();
}

absl::StatusOr<bool> ReleaseStore::Acknowledge(WriteTx& tx, int64_t delivery_id) const {
  SV_ASSIGN_OR_RETURN(const Rows rows, tx.Run("UPDATE deliveries SET acknowledge_time = $1 WHERE "
                                              "id = $2 AND acknowledge_time IS NULL RETURNING id",
                                              {absl::ToUnixMicros(tx.now()), delivery_id}));
  return !rows.empty();
}

absl::Status ReleaseStore::Supersede(WriteTx& tx, int64_t older, int64_t newer) const {
  return tx.Run("UPDATE deliveries SET superseded_by = $1 WHERE id = $2", {newer, older}).status();
}

absl::Status ReleaseStore::WithholdCorrection(WriteTx& tx, int64_t delivery_id) const {
  return tx.Run("UPDATE deliveries SET correction_withheld = 1 WHERE id = $1", {delivery_id})
      .status();
}

absl::Status ReleaseStore::Seal(WriteTx& tx, int64_t incident_id, absl::string_view reason) const {
  SV_RETURN_IF_ERROR(
      tx.Run("UPDATE released_contents SET ciphertext = NULL WHERE incident_id = $1", {incident_id})
          .status());
  SV_RETURN_IF_ERROR(tx.Run("UPDATE releases SET wrapped_key = NULL, reasons_key = NULL, reasons = "
                            "NULL WHERE incident_id = $1",
                            {incident_id})
                         .status());
  // An acknowledgement was of the copy; the tombstone awaits its own.
  return tx
      .Run(
          "UPDATE deliveries SET wrapped_key = NULL, tombstone_reason = $1, tombstone_time = $2, "
          "acknowledge_time = NULL "
          "WHERE incident_id = $3",
          {Text(reason), absl::ToUnixMicros(tx.now()), incident_id})
      .status();
}

}  // namespace samverkan::incidents
