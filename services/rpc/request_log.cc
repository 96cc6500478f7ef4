#include "services/rpc/request_log.h"

#include <algorithm>
#include <vector>

#include "absl/time/time.h"
#include "services/base/status.h"

namespace samverkan::rpc {
namespace {

const storage::AppendTable& Requests() {
  static const auto* const table = new storage::AppendTable{
      "requests", {"id", "key", "body_hash", "time", "object_id", "revision", "detail"}};
  return *table;
}

storage::Key First16(const Hash& hash) {
  storage::Key key;
  std::copy_n(hash.begin(), key.size(), key.begin());
  return key;
}

}  // namespace

storage::Key RequestLog::KeyOf(absl::string_view holder, absl::string_view request_id) {
  return First16(Sha256(JoinUnambiguously({holder, request_id})));
}

Hash RequestLog::HashOf(absl::string_view method, absl::string_view serialized_request) {
  return Sha256Parts({method, "\n", serialized_request});
}

absl::StatusOr<std::optional<RequestLog::Entry>> RequestLog::Find(storage::WriteTx& tx,
                                                                  const storage::Key& key) const {
  SV_ASSIGN_OR_RETURN(const std::optional<int64_t> id,
                      tx.FindKey(storage::KeySpace::kRequestId, key));
  if (!id) return std::nullopt;
  SV_ASSIGN_OR_RETURN(const std::optional<storage::Row> row, tx.Find(Requests(), *id));
  if (!row) return std::nullopt;
  const std::optional<Hash> hash = ArrayFrom<32>(row->Bytes(2));
  if (!hash) return absl::DataLossError("a stored request hash has the wrong length");
  return Entry{.body_hash = *hash,
               .result = {.object_id = row->Int(4),
                          .revision = static_cast<int32_t>(row->Int(5)),
                          .detail = row->Int(6)}};
}

absl::Status RequestLog::Put(storage::WriteTx& tx, const storage::Key& key,
                             const Entry& entry) const {
  SV_ASSIGN_OR_RETURN(const int64_t id, tx.Next("requests"));
  tx.PutKey(storage::KeySpace::kRequestId, key, id);
  tx.Append(Requests(), storage::MakeRow(id, storage::Blob{std::string(AsBytes(key))},
                                         storage::Blob{std::string(AsBytes(entry.body_hash))},
                                         absl::ToUnixMicros(tx.now()), entry.result.object_id,
                                         int64_t{entry.result.revision}, entry.result.detail));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> RequestLog::Sweep(storage::WriteTx& tx, absl::Time before,
                                          int64_t limit) const {
  SV_ASSIGN_OR_RETURN(const storage::Rows rows,
                      tx.Run("SELECT id, key FROM requests WHERE time < $1 ORDER BY id LIMIT $2",
                             {absl::ToUnixMicros(before), limit}));
  std::vector<storage::Key> keys;
  for (const storage::Row& row : rows) {
    if (const auto key = ArrayFrom<16>(row.Bytes(1))) keys.push_back(*key);
  }
  if (rows.empty()) return 0;
  tx.RemoveKeys(storage::KeySpace::kRequestId, keys);
  SV_RETURN_IF_ERROR(tx.Run("DELETE FROM requests WHERE id <= $1", {rows.back().Int(0)}).status());
  return static_cast<int64_t>(rows.size());
}

}  // namespace samverkan::rpc
