// What the writer does between groups: key merges, checkpoints, purges.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "services/base/failpoint.h"
#include "services/storage/sqlite/status.h"
#include "services/storage/sqlite/writer.h"

namespace samverkan::storage::sqlite {
namespace {

// Groups to let pass after a failure, which on a full disk repeats itself.
constexpr int64_t kPauseGroups = 64;

// A log of this many times the usual size is emptied even if that waits a moment for readers.
constexpr int64_t kLogGrowthMax = 4;
constexpr absl::Duration kGrowthPatience = absl::Milliseconds(50);

// SQLite does not wait for the disk after it has cut the log.
bool SyncFile(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced;
}

}  // namespace

bool Writer::HousekeepingDue() const {
  return keys_.MergeDue() && merge_pause_ == 0;
}

void Writer::Housekeep() {
  keys_.DropMerged(readers_.OldestGeneration());
  if (merge_pause_ > 0) --merge_pause_;
  if (HousekeepingDue()) MergeKeys();
  if (checkpoint_pause_ > 0) --checkpoint_pause_;
  // Fewer than then: the log has begun anew.
  attempted_pages_ = std::min(attempted_pages_, connection_->wal_pages());
  if (connection_->wal_pages() - attempted_pages_ >= options_.checkpoint_pages &&
      checkpoint_pause_ == 0)
    Checkpoint();
  bool purge = false;
  {
    absl::MutexLock lock(&mutex_);
    purge = !purges_.empty() && purge_now_;
  }
  if (purge) PurgeNow();
}

void Writer::MergeKeys() {
  if (absl::Status status = keys_.MergeSlice(); !status.ok()) {
    if (IsSyncError(connection_->last_error()))
      EndProcess("the key merge failed on disk", connection_->last_error());
    merge_pause_ = kPauseGroups;
    return;
  }
  readers_.SetGeneration(keys_.generation());
  keys_.DropMerged(readers_.OldestGeneration());
}

void Writer::Checkpoint() {
  SV_FAILPOINT("storage.before_checkpoint");
  // Readers may keep some pages from being copied; the next attempt comes with the next growth all
  // the same.
  attempted_pages_ = connection_->wal_pages();
  const bool overgrown = connection_->wal_pages() >= kLogGrowthMax * options_.checkpoint_pages;
  auto result = connection_->RunCheckpoint(
      overgrown ? Connection::Checkpoint::kTruncate : Connection::Checkpoint::kPassive,
      kGrowthPatience);
  SV_FAILPOINT("storage.after_checkpoint");
  if (!result.ok()) {
    if (IsSyncError(connection_->last_error()))
      EndProcess("a checkpoint failed on disk", connection_->last_error());
    checkpoint_pause_ = kPauseGroups;
    return;
  }
  counters_.checkpoints.fetch_add(1, std::memory_order_relaxed);
  counters_.fsyncs.fetch_add(2, std::memory_order_relaxed);
  counters_.wal_pages.store(connection_->wal_pages(), std::memory_order_relaxed);
}

void Writer::Purge(Database::Done done) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      purges_.push_back(std::move(done));
      purge_now_ = true;
      return;
    }
  }
  Refuse(std::move(done), absl::UnavailableError("storage: the database is shutting down"));
}

void Writer::PurgeNow() {
  std::vector<Database::Done> purges;
  {
    absl::MutexLock lock(&mutex_);
    purges.swap(purges_);
    purge_now_ = false;
  }
  // Set before the attempt, so that a reader that ends during it is not missed.
  purge_waits_.store(true);
  auto result = connection_->RunCheckpoint(Connection::Checkpoint::kTruncate, options_.read_max);
  if (!result.ok() && IsSyncError(connection_->last_error())) {
    EndProcess("a purge failed on disk", connection_->last_error());
  }
  const bool emptied = result.ok() && connection_->wal_pages() == 0;
  if (result.ok() && !emptied) {
    // A reader holds an older snapshot for longer than it should: again when one ends, or after the
    // next group.
    absl::MutexLock lock(&mutex_);
    purges_.insert(purges_.begin(), std::make_move_iterator(purges.begin()),
                   std::make_move_iterator(purges.end()));
    return;
  }
  purge_waits_.store(false);
  absl::Status status = result.status();
  if (status.ok() && !SyncFile(options_.path + "-wal"))
    EndProcess("the emptied log cannot be synced", 0);
  if (status.ok()) {
    attempted_pages_ = 0;
    counters_.checkpoints.fetch_add(1, std::memory_order_relaxed);
    counters_.fsyncs.fetch_add(3, std::memory_order_relaxed);
    counters_.wal_pages.store(0, std::memory_order_relaxed);
  }
  for (Database::Done& done : purges) Refuse(std::move(done), status);
}

void Writer::ReaderReleased() {
  if (!purge_waits_.load(std::memory_order_relaxed)) return;
  absl::MutexLock lock(&mutex_);
  purge_now_ = true;
}

}  // namespace samverkan::storage::sqlite
