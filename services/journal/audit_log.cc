#include "services/journal/audit_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/proto_bytes.h"
#include "services/base/status.h"
#include "services/journal/merkle.h"

namespace samverkan::journal {
namespace {

using storage::Blob;

constexpr int32_t kRecordVersion = 1;
constexpr absl::string_view kLogSequence = "audit";

const storage::AppendTable& LogTable() {
  static const auto* const kTable =
      new storage::AppendTable{"audit_log", {"seq", "tree", "idx", "hash", "record"}};
  return *kTable;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(storage::Database& database,
                                                         absl::Span<const std::string> parties) {
  std::unique_ptr<AuditLog> log(new AuditLog());
  SV_RETURN_IF_ERROR(storage::WriteAndWait(database, [&](storage::WriteTx& tx) -> absl::Status {
    for (const std::string& party : parties) {
      SV_RETURN_IF_ERROR(
          tx.Run("INSERT INTO audit_trees (tree, party, size) "
                 "SELECT max(tree) + 1, $1, 0 FROM audit_trees WHERE true ON CONFLICT DO NOTHING",
                 {party})
              .status());
    }
    SV_ASSIGN_OR_RETURN(const storage::Rows rows,
                        tx.Run("SELECT tree, party FROM audit_trees ORDER BY tree"));
    log->trees_.clear();
    for (const storage::Row& row : rows) {
      log->trees_.push_back({row.Int(0), std::string(row.Text(1))});
    }
    return absl::OkStatus();
  }));
  for (const Tree& tree : log->trees_) {
    log->places_[tree.party] = {tree.id, absl::StrCat("tree/", tree.id)};
  }
  return log;
}

absl::Status AuditLog::Append(storage::WriteTx& tx, absl::string_view party,
                              audit::v1::Record record) const {
  const auto place = places_.find(party);
  if (place == places_.end()) {
    return absl::InternalError("a party without an audit tree must not act");
  }
  record.set_version(kRecordVersion);
  record.set_time_micros(absl::ToUnixMicros(tx.now()));
  // Records of one act in two trees that say the same have the same bytes.
  std::string bytes = DeterministicBytes(record);
  if (bytes.size() > kRecordSizeMax) return absl::InternalError("an audit record is too large");
  SV_ASSIGN_OR_RETURN(const int64_t seq, tx.Next(kLogSequence));
  SV_ASSIGN_OR_RETURN(const int64_t leaves, tx.Next(place->second.sequence));
  std::string hash(AsBytes(LeafHash(bytes)));
  tx.Append(LogTable(), storage::MakeRow(seq, place->second.tree, leaves - 1, Blob{std::move(hash)},
                                         Blob{std::move(bytes)}));
  return absl::OkStatus();
}

std::optional<int64_t> AuditLog::TreeOf(absl::string_view party) const {
  const auto place = places_.find(party);
  return place == places_.end() ? std::nullopt : std::optional(place->second.tree);
}

}  // namespace samverkan::journal
