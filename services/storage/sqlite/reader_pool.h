#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/base/clock.h"
#include "services/storage/sqlite/connection.h"

namespace samverkan::storage::sqlite {

// The read-only connections. A lease also says which key merges its snapshot contains at least:
// those completed before it was taken.
class ReaderPool {
 public:
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), slot_(other.slot_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->Release(slot_);
    }
    Connection& connection() const { return *pool_->slots_[slot_].connection; }

   private:
    friend class ReaderPool;
    Lease(ReaderPool* pool, size_t slot) : pool_(pool), slot_(slot) {}
    ReaderPool* pool_;
    size_t slot_;
  };

  // The writer's connection must have been opened before.
  static absl::StatusOr<std::unique_ptr<ReaderPool>> Create(const Connection::Options& options,
                                                            int size, Clock& clock);

  // Waits for a free connection until the deadline. Opens no snapshot.
  absl::StatusOr<Lease> Acquire(absl::Time deadline);

  // Closes the connections. No lease is open, and none is asked for after.
  void Close();

  void SetGeneration(int64_t generation);
  // The oldest generation among open leases; the newest when none is open.
  int64_t OldestGeneration() const;

  // Runs after every lease, for whoever waits for older snapshots to end; must not block. Set
  // before the first lease.
  void OnRelease(absl::AnyInvocable<void()> hook) { on_release_ = std::move(hook); }

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    bool leased = false;
    int64_t generation = 0;
  };
  explicit ReaderPool(Clock& clock) : clock_(clock) {}
  void Release(size_t slot);
  bool AnyFree() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !free_.empty(); }

  Clock& clock_;
  mutable absl::Mutex mutex_;
  // Fixed in size; the connection of a leased slot belongs to the lease.
  std::vector<Slot> slots_;
  // The last one used first: its cache is warm.
  std::vector<size_t> free_ ABSL_GUARDED_BY(mutex_);
  int64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::AnyInvocable<void()> on_release_;
};

}  // namespace samverkan::storage::sqlite
