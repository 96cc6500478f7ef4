#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/storage/database.h"
#include "services/storage/key_change.h"

namespace samverkan::storage {

// What the functions of one group have left in memory to be written just before its commit:
// appended rows, counters, keys, hooks. Every change can be taken back to the start of the function
// that runs. Knows no engine.
class PendingGroup {
 public:
  struct Table {
    AppendTable definition;
    std::vector<std::vector<Value>> rows;
  };
  struct Counter {
    std::string name;
    int64_t value = 0;
    int64_t committed = 0;
  };

  // The value a counter has in the database, when the engine opens it.
  void LoadCounter(absl::string_view name, int64_t value);

  // From here on UndoFunction takes back.
  void StartFunction();
  void UndoFunction();

  void Append(const AppendTable& table, std::vector<Value> row);
  // The pending row with this key, or null.
  const std::vector<Value>* Find(const AppendTable& table, int64_t key) const;
  // Counts one up.
  int64_t Next(absl::string_view counter);
  // Not taken back by UndoFunction.
  void SetCounter(absl::string_view counter, int64_t value);
  void ChangeKey(const KeyChange& change);
  // What this group has made of the key, or null.
  const KeyState* FindKey(const KeyName& name) const;
  void OnCommit(absl::AnyInvocable<void()> hook) { hooks_.push_back(std::move(hook)); }

  // Nothing has to be written.
  bool empty() const;
  // Of the appended rows.
  int64_t bytes() const { return bytes_; }
  // Tables seen so far, whose rows may be empty: engines keep their prepared statement at the same
  // index.
  const std::vector<Table>& tables() const { return tables_; }
  const std::vector<Counter>& counters() const { return counters_; }
  // In the order they were made.
  absl::Span<const KeyChange> key_changes() const { return key_changes_; }

  // The group is committed: starts anew. Gives the hooks, which run once it is durable.
  std::vector<absl::AnyInvocable<void()>> Committed();
  // The group is lost: counters return to what the database has.
  void Discard();

 private:
  enum class Kind : uint8_t { kAppend, kCounter, kKey };
  // How to take one change back. `index` is of the table, counter or key change, `previous` the
  // counter's value or the index of the change of the same key before.
  struct Step {
    Kind kind;
    int32_t index;
    int64_t previous;
  };
  size_t TableIndex(const AppendTable& table);
  size_t CounterIndex(absl::string_view name);
  void Clear();

  std::vector<Table> tables_;
  absl::flat_hash_map<std::string, size_t> table_index_;
  std::vector<Counter> counters_;
  absl::flat_hash_map<std::string, size_t> counter_index_;
  std::vector<KeyChange> key_changes_;
  absl::flat_hash_map<KeyName, int32_t> key_index_;
  std::vector<absl::AnyInvocable<void()>> hooks_;
  int64_t bytes_ = 0;
  // Of the function that runs.
  std::vector<Step> steps_;
  size_t hooks_before_ = 0;
  int64_t bytes_before_ = 0;
};

}  // namespace samverkan::storage
