#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/storage/database.h"

namespace samverkan::access {

// Enters the next objects of `objects` into objects_by_owner, a few hundred sorted by owner, so
// that a create pays nothing for it. False where nothing was left.
absl::StatusOr<bool> IndexOwners(storage::WriteTx& tx);

// Keeps the index near the end of `objects` on a thread of its own: looks a few times a second and
// then works in small steps, which other writes join and pass between. Lists are right at all times
// (ObjectStore reads what is not indexed yet from the table itself); being far behind only makes
// them slow. The database must outlive it.
class OwnerIndexer {
 public:
  explicit OwnerIndexer(storage::Database& database);
  ~OwnerIndexer();
  OwnerIndexer(const OwnerIndexer&) = delete;
  OwnerIndexer& operator=(const OwnerIndexer&) = delete;

 private:
  void Run();
  // Waits until the next look; false when it is time to end.
  bool Wait();

  storage::Database& database_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace samverkan::access
