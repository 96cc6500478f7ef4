#include "services/incidents/incident_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/crypto.h"
#include "services/base/status.h"

namespace samverkan::incidents {
namespace {

using storage::Blob;
using storage::ReadTx;
using storage::Row;
using storage::WriteTx;

enum VersionColumn : size_t { kId, kObjectId, kPrevious, kTime, kWrappedKey, kCiphertext };

const storage::AppendTable& Versions() {
  static const auto* const table = new storage::AppendTable{
      "incident_versions", {"id", "object_id", "previous", "time", "wrapped_key", "ciphertext"}};
  return *table;
}

// What a version is bound to: its item, and the version before it.
std::string ContextOf(const access::Object& object, int64_t previous) {
  return absl::StrCat("incident_versions/", object.name, "/", previous);
}

storage::Key ForeignKey(absl::string_view party, absl::string_view foreign_id) {
  const Hash hash = Sha256(JoinUnambiguously({party, foreign_id}));
  storage::Key key;
  std::copy_n(hash.begin(), key.size(), key.begin());
  return key;
}

}  // namespace

IncidentStore::SealedVersion IncidentStore::Seal(const access::Object& object,
                                                 const v1::IncidentRecord& record) const {
  const std::string context = ContextOf(object, object.head);
  RecordCipher::Sealed sealed = cipher_.Seal(record.SerializeAsString(), context);
  return {.wrapped_key = cipher_.Wrap(sealed.record_key, object.owner_party, context),
          .ciphertext = std::move(sealed.ciphertext)};
}

absl::Status IncidentStore::AppendVersion(WriteTx& tx, access::Object& object,
                                          SealedVersion version) {
  SV_ASSIGN_OR_RETURN(const int64_t id, tx.Next("incident_versions"));
  tx.Append(Versions(), storage::MakeRow(id, object.id, object.head, absl::ToUnixMicros(tx.now()),
                                         Blob{std::move(version.wrapped_key)},
                                         Blob{std::move(version.ciphertext)}));
  object.head = id;
  return absl::OkStatus();
}

absl::Status IncidentStore::Insert(WriteTx& tx, access::Object& object,
                                   SealedVersion version) const {
  SV_ASSIGN_OR_RETURN(object.id, objects_.NextId(tx));
  SV_RETURN_IF_ERROR(AppendVersion(tx, object, std::move(version)));
  return objects_.Insert(tx, object);
}

absl::Status IncidentStore::Save(WriteTx& tx, access::Object& object,
                                 const v1::IncidentRecord& record) const {
  SV_RETURN_IF_ERROR(AppendVersion(tx, object, Seal(object, record)));
  return objects_.Update(tx, object);
}

absl::StatusOr<v1::IncidentRecord> IncidentStore::Load(ReadTx& tx,
                                                       const access::Object& object) const {
  SV_ASSIGN_OR_RETURN(const std::optional<Row> row, tx.Find(Versions(), object.head));
  if (!row)
    return absl::DataLossError(
        absl::StrCat("version ", object.head, " of object ", object.id, " is missing"));
  const std::optional<std::string> plaintext =
      cipher_.Open(row->Bytes(kWrappedKey), object.owner_party, row->Bytes(kCiphertext),
                   ContextOf(object, row->Int(kPrevious)));
  v1::IncidentRecord record;
  if (!plaintext || !record.ParseFromString(*plaintext)) {
    return absl::DataLossError(absl::StrCat("version ", object.head, " of object ", object.id,
                                            " does not open: is the key file the right one?"));
  }
  return record;
}

absl::Status IncidentStore::Destroy(WriteTx& tx, const access::Object& object) const {
  int64_t id = object.head;
  while (id != 0) {
    SV_ASSIGN_OR_RETURN(const std::optional<Row> row, tx.Find(Versions(), id));
    if (!row)
      return absl::DataLossError(
          absl::StrCat("version ", id, " of object ", object.id, " is missing"));
    SV_ASSIGN_OR_RETURN(const storage::Rows destroyed,
                        tx.Run("UPDATE incident_versions SET wrapped_key = NULL, ciphertext = NULL "
                               "WHERE id = $1 RETURNING id",
                               {id}));
    // Written by an earlier act of this group: no statement reaches it until the group is flushed.
    if (destroyed.empty())
      return absl::UnavailableError(
          absl::StrCat("version ", id, " of object ", object.id, " is only being written"));
    id = row->Int(kPrevious);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int64_t>> IncidentStore::FindForeignId(
    ReadTx& tx, absl::string_view party, absl::string_view foreign_id) const {
  return tx.FindKey(storage::KeySpace::kForeignId, ForeignKey(party, foreign_id));
}

void IncidentStore::PutForeignId(WriteTx& tx, absl::string_view party, absl::string_view foreign_id,
                                 int64_t object_id) const {
  tx.PutKey(storage::KeySpace::kForeignId, ForeignKey(party, foreign_id), object_id);
}

}  // namespace samverkan::incidents
