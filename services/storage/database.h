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
  bool IsNull(size_t column) const { return std::holds_alternative<std::nullptr_t>(values_[column]); }
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

// A table that only ever grows by Append. Its first column is its integer primary key, taken from WriteTx::Next, so that rows
// stand in order of arrival and a flush cannot meet a constraint.
struct AppendTable {
  std::string name;
  std::vector<std::string> columns;
};

// A family of 16-byte keys (hashes or random ids), each naming one integer: a unique index kept outside the path of the
// acknowledgement. Numbers are for ever.
enum class KeySpace : uint8_t { kName = 1, kForeignId = 2, kRequestId = 3 };

using Key = std::array<uint8_t, 16>;

// One consistent view. Used by the thread that runs the function, never kept.
class ReadTx {
 public:
  virtual ~ReadTx() = default;
  // Runs one statement of portable SQL with $1, $2 … and returns every row. Statements are prepared once per connection.
  virtual absl::StatusOr<Rows> Run(absl::string_view sql, absl::Span<const Value> parameters = {}) = 0;
  // The integer a key names, or nothing.
  virtual absl::StatusOr<std::optional<int64_t>> FindKey(KeySpace space, const Key& key) = 0;
  // The instant of this transaction: within one database strictly increasing from write to write, never behind a commit.
  virtual absl::Time now() const = 0;
};

class WriteTx : public ReadTx {
 public:
  // Adds a row, written with all others of the group just before its commit. Statements run by this or a later function of the
  // group do not see it; Find does.
  virtual void Append(const AppendTable& table, std::vector<Value> row) = 0;
  // The appended row with this key: the group's pending rows first, then the table.
  virtual absl::StatusOr<std::optional<Row>> Find(const AppendTable& table, int64_t key) = 0;
  // The next number of a sequence, from 1, without gaps over committed functions.
  virtual absl::StatusOr<int64_t> Next(absl::string_view sequence) = 0;
  // Names `value` by a key that FindKey does not know yet.
  virtual void PutKey(KeySpace space, const Key& key, int64_t value) = 0;
  // Takes back everything this function did: statements, appends, numbers, keys, hooks. What follows stands.
  virtual absl::Status Undo() = 0;
  // No further function joins this group. For changes that later functions must see through state in memory (policy).
  virtual void EndGroup() = 0;
  // Runs on the writer thread when the group is durable, before any `done` and before the next group; must not block or fail.
  virtual void OnCommit(absl::AnyInvocable<void()> hook) = 0;
};

// The one interface to storage. Thread-safe.
class Database {
 public:
  using WriteFunction = absl::AnyInvocable<absl::Status(WriteTx&)>;
  using Done = absl::AnyInvocable<void(absl::Status)>;

  virtual ~Database() = default;

  // Runs fn on a reader connection, on the caller's thread; waits for a free one until the deadline (DEADLINE_EXCEEDED).
  virtual absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(ReadTx&)> fn) = 0;

  // Runs fn in the next group. fn may run again and has no outside effect; it returns an error only when storage failed (its
  // effects are then undone). `done` runs once, on the completion thread, when the group is durable or failed: OK,
  // DEADLINE_EXCEEDED (never ran), RESOURCE_EXHAUSTED (queue or disk full), UNAVAILABLE (shutting down), INTERNAL. No thread
  // waits.
  virtual void Write(absl::Time deadline, WriteFunction fn, Done done) = 0;

  // OK when both reading and writing work.
  virtual absl::Status Ready() = 0;
};

// Write for those who may wait: start-up, migrations, tests. Never on a pool or gRPC thread.
absl::Status WriteAndWait(Database& database, Database::WriteFunction fn);

}  // namespace samverkan::storage
