#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace samverkan::storage {

// Bytes, as opposed to text.
struct Blob {
  std::string bytes;
};

// A parameter or a column. Times are int64 microseconds UTC.
using Value = std::variant<std::nullptr_t, int64_t, std::string, Blob>;

class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  size_t size() const { return values_.size(); }
  bool IsNull(size_t column) const {
    return std::holds_alternative<std::nullptr_t>(values_[column]);
  }
  // 0 for NULL.
  int64_t Int(size_t column) const;
  // Empty for NULL. Valid as long as the row.
  absl::string_view Text(size_t column) const;
  absl::string_view Bytes(size_t column) const;
  absl::Time Time(size_t column) const { return absl::FromUnixMicros(Int(column)); }
  const Value& at(size_t column) const { return values_[column]; }

 private:
  std::vector<Value> values_;
};

using Rows = std::vector<Row>;

// A row of these values, moved into it: an initializer list would copy them.
template <typename... Values>
std::vector<Value> MakeRow(Values&&... values) {
  std::vector<Value> row;
  row.reserve(sizeof...(values));
  (row.emplace_back(std::forward<Values>(values)), ...);
  return row;
}

// A table that only ever grows by Append. Its first column is its integer primary key, taken from
// WriteTx::Next and appended in ascending order, so that rows stand in order of arrival and a flush
// cannot meet a constraint. It has no other constraint.
struct AppendTable {
  std::string name;
  std::vector<std::string> columns;
};

// A family of 16-byte keys (hashes or random ids), each naming one integer: a unique index kept
// outside the path of the acknowledgement. Numbers are for ever.
enum class KeySpace : uint8_t { kName = 1, kForeignId = 2, kRequestId = 3 };

using Key = std::array<uint8_t, 16>;

// One consistent view. Used by the thread that runs the function, never kept.
class ReadTx {
 public:
  virtual ~ReadTx() = default;
  // Runs one statement of portable SQL with $1, $2 … and returns every row. Statements are prepared
  // once per connection.
  virtual absl::StatusOr<Rows> Run(absl::string_view sql,
                                   absl::Span<const Value> parameters = {}) = 0;
  // The integer a key names, or nothing.
  virtual absl::StatusOr<std::optional<int64_t>> FindKey(KeySpace space, const Key& key) = 0;
  // The appended row with this key: in a write the group's pending rows first, then the table.
  virtual absl::StatusOr<std::optional<Row>> Find(const AppendTable& table, int64_t key) = 0;
  // The instant of this transaction: within one database strictly increasing from write to write,
  // never behind a commit.
  virtual absl::Time now() const = 0;
};

class WriteTx : public ReadTx {
 public:
  // Adds a row, written with all others of the group just before its commit. Statements run by this
  // or a later function of the group do not see it; Find does.
  virtual void Append(const AppendTable& table, std::vector<Value> row) = 0;
  // The next number of a sequence, from 1, without gaps over committed functions.
  virtual absl::StatusOr<int64_t> Next(absl::string_view sequence) = 0;
  // Names `value` by a key that FindKey does not know yet.
  virtual void PutKey(KeySpace space, const Key& key, int64_t value) = 0;
  // Forgets keys (request ids whose promise is over). Unknown ones are ignored.
  virtual void RemoveKeys(KeySpace space, absl::Span<const Key> keys) = 0;
  // Runs several statements without parameters, in the engine's own SQL. For migrations.
  virtual absl::Status RunScript(absl::string_view script) = 0;
  // Takes back everything this function did so far: statements, appends, numbers, keys, hooks. What
  // follows stands.
  virtual absl::Status Undo() = 0;
  // No further function joins this group, and none runs before this group's hooks have. For changes
  // that later functions must see through state in memory (policy).
  virtual void EndGroup() = 0;
  // Runs when the group is durable, before any `done`; hooks run one at a time, in the order of
  // their commits. Must not block or fail.
  virtual void OnCommit(absl::AnyInvocable<void()> hook) = 0;
};

// What the engine has done since it was opened. For metrics.
struct DatabaseStats {
  // Transactions that became durable, and the functions in them.
  int64_t groups = 0;
  int64_t functions = 0;
  // Functions that ran again, alone, because their group's transaction was lost.
  int64_t reruns = 0;
  // Functions that were refused or failed.
  int64_t failures = 0;
  // Times the engine waited for the disk: commits, and checkpoints twice. PostgreSQL keeps its own
  // count.
  int64_t fsyncs = 0;
  int64_t checkpoints = 0;
  // Now: functions admitted and not yet run, pages in the write-ahead log, keys not yet merged.
  int64_t queue_length = 0;
  int64_t wal_pages = 0;
  int64_t key_tail = 0;
};

// The one interface to storage. Thread-safe.
class Database {
 public:
  using WriteFunction = absl::AnyInvocable<absl::Status(WriteTx&)>;
  using Done = absl::AnyInvocable<void(absl::Status)>;

  virtual ~Database() = default;

  // Runs fn on a reader connection, on the caller's thread; waits for a free one until the deadline
  // (DEADLINE_EXCEEDED). What fn saw is durable when this returns.
  virtual absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(ReadTx&)> fn) = 0;

  // The same without the last wait: what fn saw may be on its way to the disk still. Nothing of it
  // may leave before a write that is handed in afterwards is answered: commits become durable in
  // their order.
  virtual absl::Status ReadAhead(absl::Time deadline,
                                 absl::FunctionRef<absl::Status(ReadTx&)> fn) = 0;

  // Runs fn in the next group. fn may run again and has no outside effect; it returns an error only
  // when storage failed (its effects are then undone). `done` runs once, on the completion thread,
  // when the group is durable or failed: OK, DEADLINE_EXCEEDED (no effect), RESOURCE_EXHAUSTED
  // (queue or disk full), UNAVAILABLE (shutting down), or fn's own error. No thread waits.
  virtual void Write(absl::Time deadline, WriteFunction fn, Done done) = 0;

  // Afterwards nothing of what was deleted or overwritten before the call is left in the database's
  // files. `done` runs like that of Write. Waits for older readers; writes wait with it, so it is
  // for erasure and retraction alone.
  virtual void Purge(Done done) = 0;

  // OK when both reading and writing work. After a full disk it tries to write again, so that
  // asking is what heals.
  virtual absl::Status Ready() = 0;

  virtual DatabaseStats Stats() const = 0;

  // Answers everything admitted, then returns; every later Write is UNAVAILABLE. Reads go on until
  // the database is destroyed, which stops it too.
  virtual void Stop() = 0;
};

// Write and Purge for those who may wait: start-up, migrations, tests. Never on a pool or gRPC
// thread, nor in a `done`.
absl::Status WriteAndWait(Database& database, Database::WriteFunction fn);
absl::Status PurgeAndWait(Database& database);

}  // namespace samverkan::storage
