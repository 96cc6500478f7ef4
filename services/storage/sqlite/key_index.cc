#include "services/storage/sqlite/key_index.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "services/base/failpoint.h"
#include "services/base/status.h"
#include "services/storage/sqlite/status.h"

namespace samverkan::storage::sqlite {
namespace {

// A log row is a run of entries: kind (0 put, 1 removed), space, key, value little-endian.
constexpr size_t kKeyBytes = std::tuple_size_v<Key>;
constexpr size_t kEntryBytes = 2 + kKeyBytes + sizeof(int64_t);

constexpr absl::string_view kInsertLog = "INSERT INTO key_log (position, entries) VALUES ($1, $2)";
constexpr absl::string_view kPut =
    "INSERT INTO keys (space, key, value) VALUES ($1, $2, $3) "
    "ON CONFLICT (space, key) DO UPDATE SET value = excluded.value";
constexpr absl::string_view kRemove = "DELETE FROM keys WHERE space = $1 AND key = $2";
constexpr absl::string_view kFind = "SELECT value FROM keys WHERE space = $1 AND key = $2";
constexpr absl::string_view kCutLog = "DELETE FROM key_log WHERE position <= $1";

std::string Encode(absl::Span<const KeyChange> changes) {
  std::string entries(changes.size() * kEntryBytes, '\0');
  char* to = entries.data();
  for (const KeyChange& change : changes) {
    *to++ = change.state.removed ? 1 : 0;
    *to++ = static_cast<char>(change.name.space);
    std::memcpy(to, change.name.key.data(), kKeyBytes);
    to += kKeyBytes;
    for (size_t i = 0; i < sizeof(int64_t); ++i) {
      *to++ = static_cast<char>(static_cast<uint64_t>(change.state.value) >> (8 * i));
    }
  }
  return entries;
}

absl::StatusOr<std::vector<KeyChange>> Decode(absl::string_view entries) {
  if (entries.size() % kEntryBytes != 0)
    return absl::DataLossError("storage: a row of the key log is damaged");
  std::vector<KeyChange> changes(entries.size() / kEntryBytes);
  const char* from = entries.data();
  for (KeyChange& change : changes) {
    change.state.removed = *from++ != 0;
    change.name.space = static_cast<KeySpace>(*from++);
    std::memcpy(change.name.key.data(), from, kKeyBytes);
    from += kKeyBytes;
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(int64_t); ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(*from++)) << (8 * i);
    }
    change.state.value = static_cast<int64_t>(value);
  }
  return changes;
}

Value SpaceValue(const KeyName& name) {
  return static_cast<int64_t>(name.space);
}

Value KeyValue(const KeyName& name) {
  return Blob{std::string(reinterpret_cast<const char*>(name.key.data()), name.key.size())};
}

}  // namespace

absl::Status KeyIndex::Load() {
  SV_ASSIGN_OR_RETURN(Rows rows,
                      writer_.Run("SELECT position, entries FROM key_log ORDER BY position"));
  for (const Row& row : rows) {
    SV_ASSIGN_OR_RETURN(std::vector<KeyChange> changes, Decode(row.Bytes(1)));
    tail_.Add(row.Int(0), changes);
    unmerged_.insert(unmerged_.end(), changes.begin(), changes.end());
  }
  SV_ASSIGN_OR_RETURN(
      Rows last, writer_.Run("SELECT value FROM storage_counters WHERE name = 'storage.key_log'"));
  position_ = last.empty() ? 0 : last[0].Int(0);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int64_t>> KeyIndex::Find(Connection& connection, const KeyName& name,
                                                      int64_t position) const {
  if (std::optional<KeyState> state = tail_.Find(name, position)) {
    return state->removed ? std::nullopt : std::optional<int64_t>(state->value);
  }
  SV_ASSIGN_OR_RETURN(Rows rows, connection.Run(kFind, {SpaceValue(name), KeyValue(name)}));
  return rows.empty() ? std::nullopt : std::optional<int64_t>(rows[0].Int(0));
}

absl::Status KeyIndex::Stage(absl::Span<const KeyChange> changes) {
  SV_RETURN_IF_ERROR(writer_.Execute(kInsertLog, {position_ + 1, Blob{Encode(changes)}}));
  staged_.assign(changes.begin(), changes.end());
  tail_.Add(position_ + 1, staged_);
  return absl::OkStatus();
}

void KeyIndex::Committed() {
  if (staged_.empty()) return;
  ++position_;
  unmerged_.insert(unmerged_.end(), staged_.begin(), staged_.end());
  staged_.clear();
}

void KeyIndex::Discard() {
  tail_.Retract(position_ + 1, staged_);
  staged_.clear();
}

bool KeyIndex::MergeDue() const {
  if (!merging_.empty()) return merged_ < merging_.size();
  return static_cast<int64_t>(unmerged_.size()) >= options_.merge_min;
}

void KeyIndex::StartMerge() {
  merging_ = std::move(unmerged_);
  unmerged_.clear();
  merge_position_ = position_;
  merged_ = 0;
  // Of several changes of one key the last one counts.
  std::stable_sort(
      merging_.begin(), merging_.end(),
      [](const KeyChange& left, const KeyChange& right) { return left.name < right.name; });
  auto last = merging_.begin();
  for (auto change = merging_.begin(); change != merging_.end(); ++change) {
    if (change != merging_.begin() && last->name != change->name) ++last;
    *last = *change;
  }
  merging_.erase(last + 1, merging_.end());
}

absl::Status KeyIndex::MergeSlice() {
  if (merging_.empty()) StartMerge();
  // A backlog takes larger slices, so that the tail stays bounded under any load.
  const size_t size =
      std::min(merging_.size() - merged_,
               std::max(static_cast<size_t>(options_.merge_slice), unmerged_.size() / 8));
  const bool last = merged_ + size == merging_.size();
  // The keys are no content, and a lost merge is done again from the log: neither waiting for the
  // disk nor overwriting is needed.
  SV_RETURN_IF_ERROR(writer_.Control("PRAGMA secure_delete = FAST"));
  absl::Status status = WriteSlice(absl::MakeConstSpan(merging_).subspan(merged_, size), last);
  if (writer_.InTransaction()) writer_.Control("ROLLBACK").IgnoreError();
  if (!writer_.Control("PRAGMA secure_delete = ON").ok())
    EndProcess("the connection does not return to overwriting", writer_.last_error());
  SV_RETURN_IF_ERROR(status);
  SV_FAILPOINT("storage.after_key_merge");
  merged_ += size;
  if (last) ++generation_;
  return absl::OkStatus();
}

absl::Status KeyIndex::WriteSlice(absl::Span<const KeyChange> slice, bool last) {
  SV_RETURN_IF_ERROR(writer_.Control("BEGIN IMMEDIATE"));
  SV_ASSIGN_OR_RETURN(Statement * put, writer_.Prepare(kPut));
  SV_ASSIGN_OR_RETURN(Statement * remove, writer_.Prepare(kRemove));
  for (const KeyChange& change : slice) {
    SV_RETURN_IF_ERROR(
        change.state.removed
            ? writer_.Execute(*remove, {SpaceValue(change.name), KeyValue(change.name)})
            : writer_.Execute(
                  *put, {SpaceValue(change.name), KeyValue(change.name), change.state.value}));
  }
  SV_FAILPOINT("storage.mid_key_merge");
  // A snapshot that no longer has the log rows has all their keys in the table.
  if (last) SV_RETURN_IF_ERROR(writer_.Execute(kCutLog, {merge_position_}));
  return writer_.Control("COMMIT");
}

void KeyIndex::DropMerged(int64_t oldest_open_generation) {
  if (merging_.empty() || merged_ < merging_.size() || oldest_open_generation < generation_) return;
  for (const KeyChange& change : merging_) tail_.Drop(change.name, merge_position_);
  merging_.clear();
}

}  // namespace samverkan::storage::sqlite
