#pragma once

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "samverkan/access/v1/policy.pb.h"
#include "services/access/snapshot.h"
#include "services/storage/database.h"

namespace samverkan::access {

// The policy in force: the snapshot everybody reads, and the table it is made from.
class PolicyStore {
 public:
  // Compiles what the database holds together with the directory.
  static absl::StatusOr<std::unique_ptr<PolicyStore>> Create(
      storage::Database& database, std::shared_ptr<const directory::v1::DirectoryBundle> directory,
      std::shared_ptr<const AreaMap> areas);

  std::shared_ptr<const Snapshot> Current() const;
  // Grows with every swap; an open stream compares it before each message.
  uint64_t Epoch() const;

  // Stores an agreement's policy (one row per agreement name and version) and swaps the snapshot
  // when the group commits, before anything later runs: ends the group. At most once in a function.
  // The new snapshot is returned so that the caller can derive notices. INVALID_ARGUMENT, storing
  // nothing, for a policy that would be inactive because its content does not resolve.
  absl::StatusOr<std::shared_ptr<const Snapshot>> Save(storage::WriteTx& tx,
                                                       const v1::AgreementPolicy& policy);

 private:
  PolicyStore() = default;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Snapshot> current_ ABSL_GUARDED_BY(mutex_);
  uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace samverkan::access
