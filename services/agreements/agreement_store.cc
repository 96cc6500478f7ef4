#include "services/agreements/agreement_store.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/status.h"

namespace samverkan::agreements {

absl::Status AgreementStore::Insert(storage::WriteTx& tx, access::Object& object,
                                    const Agreement& agreement) const {
  SV_ASSIGN_OR_RETURN(object.id, objects_.NextId(tx));
  SV_RETURN_IF_ERROR(objects_.Insert(tx, object));
  return tx
      .Run("INSERT INTO agreements (id, name, record) VALUES ($1, $2, $3)",
           {object.id, object.name, storage::Blob{agreement.record.SerializeAsString()}})
      .status();
}

absl::Status AgreementStore::Save(storage::WriteTx& tx, access::Object& object,
                                  const Agreement& agreement) const {
  SV_RETURN_IF_ERROR(tx.Run("UPDATE agreements SET record = $1 WHERE id = $2",
                            {storage::Blob{agreement.record.SerializeAsString()}, object.id})
                         .status());
  return objects_.Update(tx, object);
}

absl::StatusOr<Agreement> AgreementStore::Load(storage::ReadTx& tx, int64_t id) const {
  SV_ASSIGN_OR_RETURN(const storage::Rows rows,
                      tx.Run("SELECT record FROM agreements WHERE id = $1", {id}));
  v1::AgreementRecord record;
  if (rows.empty() ||
      !record.ParseFromArray(rows[0].Bytes(0).data(), static_cast<int>(rows[0].Bytes(0).size()))) {
    return absl::DataLossError(absl::StrCat("agreement ", id, " is missing or damaged"));
  }
  return Agreement::Parse(std::move(record));
}

absl::StatusOr<std::vector<int64_t>> AgreementStore::List(storage::ReadTx& tx,
                                                          absl::string_view after_name) const {
  SV_ASSIGN_OR_RETURN(
      const storage::Rows rows,
      tx.Run("SELECT id FROM agreements WHERE name > $1 ORDER BY name", {std::string(after_name)}));
  std::vector<int64_t> ids;
  for (const storage::Row& row : rows) ids.push_back(row.Int(0));
  return ids;
}

}  // namespace samverkan::agreements
