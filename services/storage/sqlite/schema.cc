#include "services/storage/sqlite/schema.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "services/base/status.h"

namespace samverkan::storage::sqlite {
namespace {

// "SVKN" in the file's header.
constexpr int64_t kApplication = 0x53564b4e;
constexpr int64_t kVersion = 1;

// storage_counters holds the sequences, the time of the last commit and the position of the key
// log: one page, written once per group. key_log and keys are described in key_index.h, migrations
// in migrations.h.
constexpr absl::string_view kTables = R"sql(
CREATE TABLE storage_counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO storage_counters (name, value) VALUES ('storage.time', 0), ('storage.key_log', 0);
CREATE TABLE key_log (
  position INTEGER PRIMARY KEY,
  entries BLOB NOT NULL
) STRICT;
CREATE TABLE keys (
  space INTEGER NOT NULL,
  key BLOB NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (space, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE storage_migrations (
  room TEXT NOT NULL,
  number INTEGER NOT NULL,
  hash BLOB NOT NULL,
  applied_at INTEGER NOT NULL,
  PRIMARY KEY (room, number)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace

absl::Status PrepareSchema(Connection& connection) {
  SV_ASSIGN_OR_RETURN(const int64_t application, connection.ReadPragma("application_id"));
  SV_ASSIGN_OR_RETURN(const int64_t version, connection.ReadPragma("user_version"));
  if (application == kApplication && version == kVersion) return absl::OkStatus();
  if (application == kApplication) {
    return absl::FailedPreconditionError(
        absl::StrCat("the database has storage version ", version, ", this program knows ",
                     kVersion, "; start the program that wrote it, or a newer one"));
  }
  SV_ASSIGN_OR_RETURN(Rows tables, connection.Run("SELECT count(*) FROM sqlite_schema"));
  if (application != 0 || tables[0].Int(0) != 0) {
    return absl::FailedPreconditionError(
        "the file is a database of another program; choose another path");
  }
  SV_RETURN_IF_ERROR(connection.Control("BEGIN IMMEDIATE"));
  SV_RETURN_IF_ERROR(connection.RunScript(kTables));
  SV_RETURN_IF_ERROR(connection.Control(absl::StrCat("PRAGMA application_id = ", kApplication)));
  SV_RETURN_IF_ERROR(connection.Control(absl::StrCat("PRAGMA user_version = ", kVersion)));
  return connection.Control("COMMIT");
}

}  // namespace samverkan::storage::sqlite
