#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/base/clock.h"
#include "services/storage/database.h"

struct sqlite3;
struct sqlite3_stmt;

namespace samverkan::storage::sqlite {

// Sees every statement a connection executes, with its parameters.
using Trace = std::function<void(absl::string_view sql, absl::Span<const Value> parameters)>;

// A prepared statement. It belongs to its connection.
struct Statement {
  std::string sql;
  sqlite3_stmt* handle = nullptr;
  // It changes the database.
  bool writes = false;
  // Where $1, $2 … stand: SQLite numbers named parameters by first appearance.
  std::vector<int> positions;
};

// One connection to the database file. Used by one thread at a time.
class Connection {
 public:
  struct Options {
    std::string path = {};
    bool read_only = false;
    int64_t cache_bytes = 8 << 20;
    // How much of the file is read through a memory map; 0: none.
    int64_t mmap_bytes = 0;
    // The largest size of the file in pages; 0: no limit.
    int64_t pages_max = 0;
    Trace trace = nullptr;
  };
  static absl::StatusOr<std::unique_ptr<Connection>> Open(Options options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Prepares a statement once. Callers' SQL may not touch transactions, attach files or set
  // pragmas.
  absl::StatusOr<Statement*> Prepare(absl::string_view sql);

  // Runs a statement to its end. A REAL column is refused: there is no such Value.
  absl::StatusOr<Rows> Run(Statement& statement, absl::Span<const Value> parameters);
  absl::StatusOr<Rows> Run(absl::string_view sql, absl::Span<const Value> parameters = {});
  // The same where no rows come back.
  absl::Status Execute(Statement& statement, absl::Span<const Value> parameters);
  absl::Status Execute(absl::string_view sql, absl::Span<const Value> parameters = {});

  // The row of an appended table with this key.
  absl::StatusOr<std::optional<Row>> Find(const AppendTable& table, int64_t key);

  // Several statements of a caller, not kept.
  absl::Status RunScript(absl::string_view script);

  // The engine's own control statements and pragmas.
  absl::Status Control(absl::string_view sql);
  absl::StatusOr<int64_t> ReadPragma(absl::string_view name);

  // Whether a transaction is open. A full disk or RAISE(ROLLBACK) closes it behind the caller's
  // back.
  bool InTransaction() const;

  // SQLite's extended code of the last statement that failed.
  int last_error() const { return last_error_; }

  enum class Checkpoint { kPassive, kTruncate };
  struct CheckpointResult {
    bool complete = false;
    int64_t wal_pages = 0;
    int64_t copied_pages = 0;
  };
  // kTruncate waits up to `patience` for readers of older snapshots; not complete when some remain.
  absl::StatusOr<CheckpointResult> RunCheckpoint(Checkpoint mode, absl::Duration patience);

  // Pages in the write-ahead log after this connection's last commit.
  int64_t wal_pages() const { return wal_pages_; }

  // Statements fail with DEADLINE_EXCEEDED once `clock` has passed `limit`.
  void SetLimit(Clock* clock, absl::Time limit);

 private:
  explicit Connection(Options options) : options_(std::move(options)) {}
  absl::Status Initialize();
  absl::StatusOr<Statement*> PrepareAs(absl::string_view sql, bool trusted);
  absl::Status Bind(Statement& statement, absl::Span<const Value> parameters);
  absl::Status Failed(int code, absl::string_view sql);
  bool PastLimit() const { return clock_ != nullptr && clock_->Now() > limit_; }

  const Options options_;
  sqlite3* handle_ = nullptr;
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> statements_;
  absl::flat_hash_map<std::string, Statement*> finds_;  // by table
  bool preparing_foreign_ = false;
  int last_error_ = 0;
  int64_t wal_pages_ = 0;
  Clock* clock_ = nullptr;
  absl::Time limit_ = absl::InfiniteFuture();
};

}  // namespace samverkan::storage::sqlite
