#include "services/journal/change_log.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/base/status.h"

namespace samverkan::journal {
namespace {

const storage::AppendTable& Table() {
  static const auto* const kTable = new storage::AppendTable{
      "change_log", {"position", "time", "kind", "object_id", "revision", "aux", "targets"}};
  return *kTable;
}

// Kinds are bits of a subscription.
constexpr int64_t kKindMax = 31;

// One line a target: kind, object, unit. No unit's name holds a space.
std::string EncodeTargets(const std::vector<ChangeTarget>& targets) {
  return absl::StrJoin(targets, "\n", [](std::string* out, const ChangeTarget& target) {
    absl::StrAppend(out, static_cast<int64_t>(target.kind), " ", target.object_id, " ",
                    target.unit);
  });
}

absl::StatusOr<std::vector<ChangeTarget>> DecodeTargets(absl::string_view text) {
  std::vector<ChangeTarget> targets;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
    ChangeTarget target;
    int64_t kind = 0;
    if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &kind) ||
        !absl::SimpleAtoi(parts[1], &target.object_id) || kind < 1 || kind > kKindMax) {
      return absl::InternalError("a row of the change log has damaged targets");
    }
    target.kind = static_cast<ChangeKind>(kind);
    target.unit = std::string(parts[2]);
    targets.push_back(std::move(target));
  }
  return targets;
}

absl::StatusOr<EntryPtr> FromRow(const storage::Row& row) {
  auto entry = std::make_shared<ChangeEntry>();
  entry->position = row.Int(0);
  entry->time = row.Time(1);
  entry->kind = static_cast<ChangeKind>(row.Int(2));
  entry->object_id = row.Int(3);
  entry->revision = static_cast<int32_t>(row.Int(4));
  entry->aux = std::string(row.Text(5));
  SV_ASSIGN_OR_RETURN(entry->targets, DecodeTargets(row.Text(6)));
  return EntryPtr(std::move(entry));
}

}  // namespace

std::string AccessChange::Encode() const {
  return absl::StrCat(clause, " ", version, " ", reason, " ", absl::ToUnixMicros(since));
}

absl::StatusOr<AccessChange> AccessChange::Decode(absl::string_view aux) {
  const std::vector<absl::string_view> parts = absl::StrSplit(aux, ' ');
  AccessChange change;
  int64_t since = 0;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[1], &change.version) ||
      !absl::SimpleAtoi(parts[3], &since)) {
    return absl::InternalError("a row of the change log has a damaged access change");
  }
  change.clause = std::string(parts[0]);
  change.reason = std::string(parts[2]);
  change.since = absl::FromUnixMicros(since);
  return change;
}

absl::StatusOr<int64_t> ChangeLog::Append(storage::WriteTx& tx, ChangeEntry entry) const {
  SV_ASSIGN_OR_RETURN(entry.position, tx.Next("position"));
  entry.time = tx.now();
  tx.Append(Table(), storage::MakeRow(entry.position, absl::ToUnixMicros(entry.time),
                                      static_cast<int64_t>(entry.kind), entry.object_id,
                                      static_cast<int64_t>(entry.revision), entry.aux,
                                      EncodeTargets(entry.targets)));
  const int64_t position = entry.position;
  tx.OnCommit([&ring = ring_, published = std::make_shared<const ChangeEntry>(std::move(entry))] {
    ring.Publish(published);
  });
  return position;
}

absl::StatusOr<std::vector<EntryPtr>> ChangeLog::Scan(storage::ReadTx& tx, int64_t after,
                                                      int64_t limit) {
  SV_ASSIGN_OR_RETURN(storage::Rows rows,
                      tx.Run("SELECT position, time, kind, object_id, revision, aux, targets "
                             "FROM change_log WHERE position > $1 ORDER BY position LIMIT $2",
                             {after, limit}));
  std::vector<EntryPtr> entries;
  entries.reserve(rows.size());
  for (const storage::Row& row : rows) {
    SV_ASSIGN_OR_RETURN(EntryPtr entry, FromRow(row));
    entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<std::optional<absl::Time>> ChangeLog::TimeOf(storage::ReadTx& tx, int64_t position) {
  SV_ASSIGN_OR_RETURN(storage::Rows rows,
                      tx.Run("SELECT time FROM change_log WHERE position = $1", {position}));
  if (rows.empty()) return std::nullopt;
  return rows[0].Time(0);
}

absl::StatusOr<LogHead> ChangeLog::FindHead(storage::ReadTx& tx) {
  SV_ASSIGN_OR_RETURN(
      storage::Rows rows,
      tx.Run("SELECT position, time FROM change_log ORDER BY position DESC LIMIT 1"));
  if (rows.empty()) return LogHead{};
  return LogHead{rows[0].Int(0), rows[0].Time(1)};
}

}  // namespace samverkan::journal
