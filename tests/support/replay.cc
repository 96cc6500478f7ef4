#include "tests/support/replay.h"

#include <sqlite3.h>
#include <time.h>

#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/support/figures.h"

namespace samverkan::bench {
namespace {

using storage::Blob;
using storage::Value;

class BareConnection {
 public:
  explicit BareConnection(const std::string& path) {
    Require(sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                            nullptr) == SQLITE_OK,
            "the replay opens its database");
    Require(sqlite3_exec(handle_,
                         "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; "
                         "PRAGMA cache_size = -65536; PRAGMA secure_delete = ON; "
                         "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; "
                         "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF",
                         nullptr, nullptr, nullptr) == SQLITE_OK,
            "the replay's connection is set up");
  }
  ~BareConnection() {
    for (auto& [sql, statement] : prepared_) sqlite3_finalize(statement.handle);
    sqlite3_close(handle_);
  }
  BareConnection(const BareConnection&) = delete;
  BareConnection& operator=(const BareConnection&) = delete;

  // Prepared at its first use, as pragmas take effect then.
  struct Statement {
    sqlite3_stmt* handle = nullptr;
    // Where $1, $2 … stand: SQLite numbers named parameters by first appearance.
    std::vector<int> positions;
  };
  // The same for the same text; valid as long as the connection.
  Statement& StatementOf(const std::string& sql) { return prepared_[sql]; }

  // The rows it gave.
  int Run(Statement& statement, const Executed& executed) {
    if (statement.handle == nullptr) Prepare(statement, executed);
    Bind(statement, executed.parameters);
    int rows = 0;
    int code = sqlite3_step(statement.handle);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement.handle)) ++rows;
    Require(code == SQLITE_DONE, absl::StrCat(executed.sql, ": ", sqlite3_errmsg(handle_)));
    sqlite3_reset(statement.handle);
    return rows;
  }

  int64_t changes() const { return sqlite3_total_changes64(handle_); }

 private:
  void Prepare(Statement& statement, const Executed& executed) {
    Require(sqlite3_prepare_v3(handle_, executed.sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                               &statement.handle, nullptr) == SQLITE_OK,
            absl::StrCat(executed.sql, ": ", sqlite3_errmsg(handle_)));
    for (size_t i = 1; i <= executed.parameters.size(); ++i) {
      statement.positions.push_back(
          sqlite3_bind_parameter_index(statement.handle, absl::StrCat("$", i).c_str()));
    }
  }

  static void Bind(const Statement& statement, absl::Span<const Value> parameters) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const int position = statement.positions[i];
      if (const auto* number = std::get_if<int64_t>(&parameters[i])) {
        sqlite3_bind_int64(statement.handle, position, *number);
      } else if (const auto* text = std::get_if<std::string>(&parameters[i])) {
        sqlite3_bind_text(statement.handle, position, text->data(), static_cast<int>(text->size()),
                          SQLITE_STATIC);
      } else if (const auto* blob = std::get_if<Blob>(&parameters[i])) {
        sqlite3_bind_blob(statement.handle, position, blob->bytes.data(),
                          static_cast<int>(blob->bytes.size()), SQLITE_STATIC);
      } else {
        sqlite3_bind_null(statement.handle, position);
      }
    }
  }

  sqlite3* handle_ = nullptr;
  std::map<std::string, Statement> prepared_;
};

double ThreadCpuSeconds() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

storage::sqlite::Trace Recording::Trace() {
  return [this](absl::string_view sql, absl::Span<const Value> parameters) {
    if (!recording_) return;
    statements_.push_back({std::string(sql), {parameters.begin(), parameters.end()}});
    if (sql == "COMMIT" && ++recorded_ == groups_) recording_ = false;
  };
}

void Recording::Hold(storage::Database& database) {
  absl::Notification held;
  database.Write(
      absl::InfiniteFuture(),
      [this, &held](storage::WriteTx& tx) {
        held.Notify();
        released_.WaitForNotification();
        tx.OnCommit([this] { recording_ = true; });
        tx.EndGroup();
        return absl::OkStatus();
      },
      [](const absl::Status& status) { Require(status.ok(), "the writer is held back"); });
  held.WaitForNotification();
}

Replayed Replay(const std::string& path, absl::Span<const Executed> statements) {
  BareConnection connection(path);
  std::vector<BareConnection::Statement*> prepared;
  for (const Executed& executed : statements)
    prepared.push_back(&connection.StatementOf(executed.sql));
  const double cpu = ThreadCpuSeconds();
  const auto start = std::chrono::steady_clock::now();
  for (size_t i = 0; i < statements.size(); ++i) connection.Run(*prepared[i], statements[i]);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return {seconds.count(), ThreadCpuSeconds() - cpu, connection.changes()};
}

void RequireNoIndex(const std::string& path, absl::Span<const Executed> statements) {
  std::set<std::string> tables;
  for (const Executed& executed : statements) {
    absl::string_view rest = executed.sql;
    if (!absl::ConsumePrefix(&rest, "INSERT INTO ")) continue;
    tables.insert(std::string(rest.substr(0, rest.find(' '))));
  }
  Require(tables.size() > 1, "a write inserts into tables");
  BareConnection connection(path);
  for (const std::string& table : tables) {
    const Executed indexes = {"SELECT 1 FROM sqlite_schema WHERE type = 'index' AND tbl_name = $1",
                              {table}};
    Require(connection.Run(connection.StatementOf(indexes.sql), indexes) == 0,
            absl::StrCat(table, " is written before the acknowledgement and has an index"));
  }
}

}  // namespace samverkan::bench
