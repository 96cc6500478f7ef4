#include "services/storage/sqlite/status.h"

#include <sqlite3.h>
#include <sysexits.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace samverkan::storage::sqlite {
namespace {

constexpr char kDetailUrl[] = "samverkan.storage/detail";

absl::Status Neutral(int code) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
          code == SQLITE_CONSTRAINT_ROWID) {
        return absl::AlreadyExistsError("storage: the row exists");
      }
      return absl::FailedPreconditionError("storage: a constraint does not hold");
    case SQLITE_FULL:
      return absl::ResourceExhaustedError("storage: the disk is full");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError("storage: the database is locked");
    case SQLITE_INTERRUPT:
      return absl::DeadlineExceededError("storage: the statement took too long");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError("storage: the database file is damaged");
    case SQLITE_IOERR:
      return absl::InternalError("storage: the disk failed");
    default:
      return absl::InternalError("storage: the statement failed");
  }
}

}  // namespace

absl::Status ToStatus(int code, absl::string_view said, absl::string_view sql) {
  absl::Status status = Neutral(code);
  status.SetPayload(kDetailUrl, absl::Cord(absl::StrCat("sqlite ", code, ": ", said,
                                                        " in: ", sql.substr(0, 400))));
  return status;
}

bool IsIoError(int code) {
  return (code & 0xff) == SQLITE_IOERR;
}

bool IsSyncError(int code) {
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

bool IsDiskFull(int code) {
  return (code & 0xff) == SQLITE_FULL;
}

void EndProcess(absl::string_view why, int code) {
  std::fprintf(stderr,
               "storage: %.*s (sqlite %d); ending the process, since only a restart can tell what "
               "the disk holds\n",
               static_cast<int>(why.size()), why.data(), code);
  std::_Exit(EX_IOERR);
}

}  // namespace samverkan::storage::sqlite
