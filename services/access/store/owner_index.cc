#include "services/access/store/owner_index.h"

#include <algorithm>

#include "services/base/status.h"
#include "services/base/thread.h"

namespace samverkan::access {
namespace {

using storage::Rows;
using storage::Value;

// About half a millisecond of the writer's time.
constexpr int64_t kStep = 256;
constexpr absl::Duration kPause = absl::Milliseconds(250);

constexpr absl::string_view kBehind =
    "SELECT (SELECT id FROM object_progress WHERE one = 1), COALESCE(MAX(id), 0) FROM objects";
constexpr absl::string_view kIndex =
    "INSERT INTO objects_by_owner (kind, owner_unit, id) "
    "SELECT kind, owner_unit, id FROM objects WHERE id > $1 AND id <= $2 AND owner_unit <> '' "
    "ORDER BY kind, owner_unit, id";
constexpr absl::string_view kAdvance = "UPDATE object_progress SET id = $1 WHERE one = 1";

struct Progress {
  int64_t indexed;
  int64_t last;
};

absl::StatusOr<Progress> LoadProgress(storage::ReadTx& tx) {
  SV_ASSIGN_OR_RETURN(const Rows rows, tx.Run(kBehind));
  return Progress{.indexed = rows.front().Int(0), .last = rows.front().Int(1)};
}

}  // namespace

absl::StatusOr<bool> IndexOwners(storage::WriteTx& tx) {
  SV_ASSIGN_OR_RETURN(const Progress progress, LoadProgress(tx));
  if (progress.indexed == progress.last) return false;
  const int64_t through = std::min(progress.last, progress.indexed + kStep);
  SV_RETURN_IF_ERROR(tx.Run(kIndex, {Value(progress.indexed), Value(through)}).status());
  SV_RETURN_IF_ERROR(tx.Run(kAdvance, {Value(through)}).status());
  return through < progress.last;
}

OwnerIndexer::OwnerIndexer(storage::Database& database)
    : database_(database), thread_(StartThread("sv-owner-index", [this] { Run(); })) {}

OwnerIndexer::~OwnerIndexer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

bool OwnerIndexer::Wait() {
  absl::MutexLock lock(&mutex_);
  return !mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kPause);
}

void OwnerIndexer::Run() {
  while (Wait()) {
    bool behind = false;
    const absl::Status looked =
        database_.Read(absl::InfiniteFuture(), [&behind](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(const Progress progress, LoadProgress(tx));
          behind = progress.indexed < progress.last;
          return absl::OkStatus();
        });
    // A database in trouble is the readiness check's to report; the next look tries again.
    if (!looked.ok()) continue;
    while (behind) {
      const absl::Status stepped =
          storage::WriteAndWait(database_, [&behind](storage::WriteTx& tx) -> absl::Status {
            SV_ASSIGN_OR_RETURN(behind, IndexOwners(tx));
            return absl::OkStatus();
          });
      if (!stepped.ok()) break;
    }
  }
}

}  // namespace samverkan::access
