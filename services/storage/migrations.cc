#include "services/storage/migrations.h"

#include <openssl/sha.h>

#include <array>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/failpoint.h"
#include "services/base/status.h"

namespace samverkan::storage {
namespace {

using Applied = std::map<std::pair<std::string, int64_t>, std::string>;

std::string HashOf(const Migration& migration) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest = {};
  SHA256(reinterpret_cast<const unsigned char*>(migration.sql.data()), migration.sql.size(),
         digest.data());
  return std::string(digest.begin(), digest.end());
}

absl::StatusOr<Applied> LoadApplied(Database& database) {
  Applied applied;
  SV_RETURN_IF_ERROR(database.Read(absl::InfiniteFuture(), [&](ReadTx& tx) -> absl::Status {
    SV_ASSIGN_OR_RETURN(Rows rows, tx.Run("SELECT room, number, hash FROM storage_migrations"));
    for (const Row& row : rows) {
      applied[{std::string(row.Text(0)), row.Int(1)}] = std::string(row.Bytes(2));
    }
    return absl::OkStatus();
  }));
  return applied;
}

absl::Status CheckNumbers(absl::Span<const Migration> migrations) {
  std::map<std::string, int> last;
  for (const Migration& migration : migrations) {
    if (migration.number != ++last[migration.room]) {
      return absl::InternalError(absl::StrCat(
          "migrations of room ", migration.room, " must be numbered from 1 without gaps; found ",
          migration.number, " in place ", last[migration.room]));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckKnown(const Applied& applied, absl::Span<const Migration> migrations) {
  std::map<std::pair<std::string, int64_t>, const Migration*> known;
  for (const Migration& migration : migrations)
    known[{migration.room, migration.number}] = &migration;
  for (const auto& [key, hash] : applied) {
    const auto migration = known.find(key);
    if (migration == known.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the database is newer than this program: it has migration ", key.second,
                       " of room ", key.first,
                       ", which this program does not know; start the newer program, or restore a "
                       "backup made before it"));
    }
    if (HashOf(*migration->second) != hash) {
      return absl::FailedPreconditionError(
          absl::StrCat("migration ", key.second, " of room ", key.first,
                       " is not the one that made this database; start the program that made it, "
                       "or use a new database"));
    }
  }
  return absl::OkStatus();
}

absl::Status Apply(Database& database, const Migration& migration) {
  absl::Status status = WriteAndWait(database, [&](WriteTx& tx) -> absl::Status {
    SV_RETURN_IF_ERROR(tx.RunScript(migration.sql));
    SV_RETURN_IF_ERROR(tx.Run("INSERT INTO storage_migrations (room, number, hash, applied_at) "
                              "VALUES ($1, $2, $3, $4)",
                              {migration.room, int64_t{migration.number}, Blob{HashOf(migration)},
                               absl::ToUnixMicros(tx.now())})
                           .status());
    tx.EndGroup();
    SV_FAILPOINT("storage.mid_migration");
    return absl::OkStatus();
  });
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat("migration ", migration.number, " of room ", migration.room,
                                   " failed and was taken back: ", status.ToString()));
}

}  // namespace

absl::Status Migrate(Database& database, absl::Span<const Migration> migrations) {
  SV_RETURN_IF_ERROR(CheckNumbers(migrations));
  SV_ASSIGN_OR_RETURN(Applied applied, LoadApplied(database));
  SV_RETURN_IF_ERROR(CheckKnown(applied, migrations));
  for (const Migration& migration : migrations) {
    if (applied.contains({migration.room, migration.number})) continue;
    SV_RETURN_IF_ERROR(Apply(database, migration));
    SV_FAILPOINT("storage.after_migration");
  }
  return absl::OkStatus();
}

}  // namespace samverkan::storage
