#include "services/storage/sqlite/reader_pool.h"

#include <algorithm>
#include <utility>

#include "services/base/status.h"

namespace samverkan::storage::sqlite {

absl::StatusOr<std::unique_ptr<ReaderPool>> ReaderPool::Create(const Connection::Options& options,
                                                               int size, Clock& clock) {
  std::unique_ptr<ReaderPool> pool(new ReaderPool(clock));
  absl::MutexLock lock(&pool->mutex_);
  for (int i = 0; i < size; ++i) {
    SV_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(options));
    pool->free_.push_back(pool->slots_.size());
    pool->slots_.push_back({.connection = std::move(connection)});
  }
  return pool;
}

absl::StatusOr<ReaderPool::Lease> ReaderPool::Acquire(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  if (free_.empty()) {
    const absl::Duration patience = deadline - clock_.Now();
    if (!mutex_.AwaitWithTimeout(absl::Condition(this, &ReaderPool::AnyFree), patience)) {
      return absl::DeadlineExceededError("storage: no reader became free in time");
    }
  }
  const size_t slot = free_.back();
  free_.pop_back();
  slots_[slot].leased = true;
  slots_[slot].generation = generation_;
  return Lease(this, slot);
}

void ReaderPool::Release(size_t slot) {
  {
    absl::MutexLock lock(&mutex_);
    slots_[slot].leased = false;
    free_.push_back(slot);
  }
  if (on_release_) on_release_();
}

void ReaderPool::Close() {
  absl::MutexLock lock(&mutex_);
  free_.clear();
  slots_.clear();
}

void ReaderPool::SetGeneration(int64_t generation) {
  absl::MutexLock lock(&mutex_);
  generation_ = generation;
}

int64_t ReaderPool::OldestGeneration() const {
  absl::MutexLock lock(&mutex_);
  int64_t oldest = generation_;
  for (const Slot& slot : slots_) {
    if (slot.leased) oldest = std::min(oldest, slot.generation);
  }
  return oldest;
}

}  // namespace samverkan::storage::sqlite
