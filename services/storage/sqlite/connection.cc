#include "services/storage/sqlite/connection.h"

#include <sqlite3.h>

#include <mutex>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/status.h"
#include "services/storage/sqlite/status.h"

namespace samverkan::storage::sqlite {
namespace {

// How many of SQLite's instructions run between two looks at the clock: some tens of microseconds.
constexpr int kLimitCheckInterval = 4000;

// Settings of the library, fixed before it is first used. Refused when the process has used SQLite
// before; then it is only slower.
void ConfigureLibrary() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
    sqlite3_initialize();
  });
}

// What a caller's statement may not do: only the engine opens and ends transactions and sets
// pragmas.
int Authorize(void* preparing_foreign, int action, const char*, const char*, const char*,
              const char*) {
  if (!*static_cast<const bool*>(preparing_foreign)) return SQLITE_OK;
  switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_PRAGMA:
      return SQLITE_DENY;
    default:
      return SQLITE_OK;
  }
}

int BindValue(sqlite3_stmt* statement, int position, const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return sqlite3_bind_int64(statement, position, *number);
  }
  // The values outlive the execution, and every parameter is bound again before the next: nothing
  // is copied.
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, position, text->data(), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    return sqlite3_bind_blob64(statement, position, blob->bytes.data(), blob->bytes.size(),
                               SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, position);
}

absl::StatusOr<Value> ReadColumn(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return Value(static_cast<int64_t>(sqlite3_column_int64(statement, column)));
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return Value(std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement, column))));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
      return Value(Blob{size == 0 ? std::string() : std::string(bytes, size)});
    }
    case SQLITE_NULL:
      return Value(nullptr);
    default:
      return absl::InternalError("storage: a REAL column has no portable value");
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(Options options) {
  ConfigureLibrary();
  std::unique_ptr<Connection> connection(new Connection(std::move(options)));
  SV_RETURN_IF_ERROR(connection->Initialize());
  return connection;
}

absl::Status Connection::Initialize() {
  const int mode =
      options_.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (int code =
          sqlite3_open_v2(options_.path.c_str(), &handle_, mode | SQLITE_OPEN_NOMUTEX, nullptr);
      code != SQLITE_OK) {
    return Failed(code, options_.path);
  }
  sqlite3_extended_result_codes(handle_, 1);
  // Only the writer checkpoints, and only when it says so: a checkpoint by another connection can
  // meet a commit that resets the log and lose it (SQLite before 3.51.3).
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  for (const std::string& pragma :
       {std::string(options_.read_only ? "PRAGMA query_only = ON" : "PRAGMA journal_mode = WAL"),
        // Checkpoints wait for the disk; commits do not: the writer has that done
        // (Writer::SyncLoop).
        std::string("PRAGMA synchronous = NORMAL"), std::string("PRAGMA wal_autocheckpoint = 0"),
        std::string("PRAGMA secure_delete = ON"), std::string("PRAGMA foreign_keys = ON"),
        std::string("PRAGMA trusted_schema = OFF"), std::string("PRAGMA cell_size_check = ON"),
        std::string("PRAGMA temp_store = MEMORY"),
        absl::StrCat("PRAGMA cache_size = ", -(options_.cache_bytes / 1024)),
        absl::StrCat("PRAGMA mmap_size = ", options_.mmap_bytes)}) {
    SV_RETURN_IF_ERROR(Control(pragma));
  }
  if (options_.pages_max > 0) {
    SV_RETURN_IF_ERROR(Control(absl::StrCat("PRAGMA max_page_count = ", options_.pages_max)));
  }
  sqlite3_set_authorizer(handle_, Authorize, &preparing_foreign_);
  sqlite3_wal_hook(
      handle_,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  return absl::OkStatus();
}

Connection::~Connection() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement->handle);
  sqlite3_close(handle_);
}

absl::Status Connection::Failed(int code, absl::string_view sql) {
  last_error_ = code;
  return ToStatus(code, handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_), sql);
}

absl::StatusOr<Statement*> Connection::Prepare(absl::string_view sql) {
  return PrepareAs(sql, /*trusted=*/false);
}

absl::StatusOr<Statement*> Connection::PrepareAs(absl::string_view sql, bool trusted) {
  if (auto known = statements_.find(sql); known != statements_.end()) return known->second.get();
  auto statement = std::make_unique<Statement>();
  statement->sql = std::string(sql);
  preparing_foreign_ = !trusted;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement->handle, nullptr);
  preparing_foreign_ = false;
  if (code != SQLITE_OK) return Failed(code, sql);
  if (statement->handle == nullptr) return absl::InternalError("storage: an empty statement");
  statement->writes = sqlite3_stmt_readonly(statement->handle) == 0;
  const int parameters = sqlite3_bind_parameter_count(statement->handle);
  for (int number = 1; number <= parameters; ++number) {
    statement->positions.push_back(
        sqlite3_bind_parameter_index(statement->handle, absl::StrCat("$", number).c_str()));
  }
  return statements_.emplace(sql, std::move(statement)).first->second.get();
}

absl::Status Connection::Bind(Statement& statement, absl::Span<const Value> parameters) {
  if (parameters.size() != statement.positions.size()) {
    return absl::InternalError(absl::StrCat("storage: ", parameters.size(), " parameters for ",
                                            statement.positions.size(), " in: ", statement.sql));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (int code = BindValue(statement.handle, statement.positions[i], parameters[i]);
        code != SQLITE_OK) {
      return Failed(code, statement.sql);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Rows> Connection::Run(Statement& statement, absl::Span<const Value> parameters) {
  if (PastLimit()) return absl::DeadlineExceededError("storage: the transaction took too long");
  SV_RETURN_IF_ERROR(Bind(statement, parameters));
  if (options_.trace) options_.trace(statement.sql, parameters);
  absl::Cleanup reset = [&] { sqlite3_reset(statement.handle); };
  Rows rows;
  while (true) {
    const int code = sqlite3_step(statement.handle);
    if (code == SQLITE_DONE) return rows;
    if (code != SQLITE_ROW) return Failed(code, statement.sql);
    const int columns = sqlite3_column_count(statement.handle);
    std::vector<Value> values;
    values.reserve(static_cast<size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      SV_ASSIGN_OR_RETURN(Value value, ReadColumn(statement.handle, column));
      values.push_back(std::move(value));
    }
    rows.emplace_back(std::move(values));
  }
}

absl::StatusOr<Rows> Connection::Run(absl::string_view sql, absl::Span<const Value> parameters) {
  SV_ASSIGN_OR_RETURN(Statement * statement, Prepare(sql));
  return Run(*statement, parameters);
}

absl::Status Connection::Execute(Statement& statement, absl::Span<const Value> parameters) {
  SV_RETURN_IF_ERROR(Bind(statement, parameters));
  if (options_.trace) options_.trace(statement.sql, parameters);
  int code = sqlite3_step(statement.handle);
  while (code == SQLITE_ROW) code = sqlite3_step(statement.handle);
  absl::Status status = code == SQLITE_DONE ? absl::OkStatus() : Failed(code, statement.sql);
  sqlite3_reset(statement.handle);
  return status;
}

absl::Status Connection::Execute(absl::string_view sql, absl::Span<const Value> parameters) {
  SV_ASSIGN_OR_RETURN(Statement * statement, Prepare(sql));
  return Execute(*statement, parameters);
}

absl::StatusOr<std::optional<Row>> Connection::Find(const AppendTable& table, int64_t key) {
  Statement*& statement = finds_[table.name];
  if (statement == nullptr) {
    SV_ASSIGN_OR_RETURN(
        statement, Prepare(absl::StrCat("SELECT ", absl::StrJoin(table.columns, ", "), " FROM ",
                                        table.name, " WHERE ", table.columns[0], " = $1")));
  }
  SV_ASSIGN_OR_RETURN(Rows rows, Run(*statement, {key}));
  if (rows.empty()) return std::optional<Row>();
  return std::optional<Row>(std::move(rows[0]));
}

absl::Status Connection::RunScript(absl::string_view script) {
  const std::string text(script);
  const char* rest = text.c_str();
  while (*rest != '\0') {
    sqlite3_stmt* handle = nullptr;
    const char* start = rest;
    preparing_foreign_ = true;
    int code = sqlite3_prepare_v2(handle_, start, -1, &handle, &rest);
    preparing_foreign_ = false;
    const absl::string_view sql(start, static_cast<size_t>(rest - start));
    if (code != SQLITE_OK) return Failed(code, start);
    if (handle == nullptr) continue;  // A comment.
    if (options_.trace) options_.trace(sql, {});
    do {
      code = sqlite3_step(handle);
    } while (code == SQLITE_ROW);
    absl::Status status = code == SQLITE_DONE ? absl::OkStatus() : Failed(code, sql);
    sqlite3_finalize(handle);
    SV_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status Connection::Control(absl::string_view sql) {
  // Pragmas take effect while they are prepared, so that only the rest can be kept.
  if (!absl::StartsWith(sql, "PRAGMA")) {
    SV_ASSIGN_OR_RETURN(Statement * statement, PrepareAs(sql, /*trusted=*/true));
    return Execute(*statement, {});
  }
  if (options_.trace) options_.trace(sql, {});
  const int code = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Failed(code, sql);
}

absl::StatusOr<int64_t> Connection::ReadPragma(absl::string_view name) {
  SV_ASSIGN_OR_RETURN(Statement * statement,
                      PrepareAs(absl::StrCat("PRAGMA ", name), /*trusted=*/true));
  SV_ASSIGN_OR_RETURN(Rows rows, Run(*statement, {}));
  return rows.empty() ? 0 : rows[0].Int(0);
}

bool Connection::InTransaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

absl::StatusOr<Connection::CheckpointResult> Connection::RunCheckpoint(Checkpoint mode,
                                                                       absl::Duration patience) {
  sqlite3_busy_timeout(handle_, static_cast<int>(absl::ToInt64Milliseconds(patience)));
  int wal_pages = 0;
  int copied_pages = 0;
  const int code = sqlite3_wal_checkpoint_v2(
      handle_, nullptr,
      mode == Checkpoint::kTruncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
      &wal_pages, &copied_pages);
  sqlite3_busy_timeout(handle_, 0);
  if (code != SQLITE_OK && code != SQLITE_BUSY) return Failed(code, "checkpoint");
  if (code == SQLITE_OK && mode == Checkpoint::kTruncate) wal_pages_ = 0;
  return CheckpointResult{.complete = code == SQLITE_OK && wal_pages == copied_pages,
                          .wal_pages = wal_pages,
                          .copied_pages = copied_pages};
}

void Connection::SetLimit(Clock* clock, absl::Time limit) {
  if (clock_ == nullptr && clock != nullptr) {
    sqlite3_progress_handler(
        handle_, kLimitCheckInterval,
        [](void* self) { return static_cast<const Connection*>(self)->PastLimit() ? 1 : 0; }, this);
  }
  clock_ = clock;
  limit_ = limit;
}

}  // namespace samverkan::storage::sqlite
