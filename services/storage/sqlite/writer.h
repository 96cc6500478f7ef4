#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/storage/completion.h"
#include "services/storage/database.h"
#include "services/storage/pending_group.h"
#include "services/storage/sqlite/flush.h"
#include "services/storage/sqlite/group_tx.h"
#include "services/storage/sqlite/key_index.h"
#include "services/storage/sqlite/reader_pool.h"
#include "services/storage/sqlite/sqlite_database.h"

namespace samverkan::storage::sqlite {

// Two threads. One writes: it runs what queues as one transaction, a group, commits it to SQLite's
// log, and between groups merges keys, checkpoints and purges. The other waits for the disk: while
// it makes one group durable the next one runs already, and is committed when the disk is free. So
// at most one group is committed and not yet durable, and what is answered is always durable: a
// log is lost only from its end.
class Writer {
 public:
  Writer(const SqliteOptions& options, std::unique_ptr<Connection> connection, ReaderPool& readers);
  // Copies the log into the file and empties it.
  ~Writer();

  // Reads counters, time and keys, and begins to write.
  absl::Status Start();

  void Write(absl::Time deadline, Database::WriteFunction fn, Database::Done done);
  void Purge(Database::Done done);
  void Stop();

  // How the last attempt to write ended; after a failure the next one is made here.
  absl::Status Healthy();
  DatabaseStats Stats() const;

  const KeyIndex& keys() const { return keys_; }
  // Not before any commit that a snapshot opened earlier contains.
  absl::Time LastTime() const { return absl::FromUnixMicros(published_time_.load()); }
  // The number of the last commit that a snapshot opened earlier may contain.
  int64_t committed() const { return committed_.load(); }
  // Returns when that commit, and all before it, are durable.
  void AwaitDurable(int64_t commit);

 private:
  struct Request {
    absl::Time deadline;
    Database::WriteFunction fn;
    Database::Done done;
    absl::Status status;
  };
  // Committed, and not known to be durable.
  struct Syncing {
    std::vector<absl::AnyInvocable<void()>> hooks;
    std::vector<Request> group;
  };

  void Loop();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunGroup();
  absl::Status TryGroup(std::vector<Request>& group);
  // Moves into the backlog what queued. While the disk is busy with the group before, waits for
  // more; false when there is nothing and the disk is free.
  bool TakeMore();
  bool HasMoreOrSynced() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty() || !syncing_;
  }
  void RunAlone(Request& request);
  // False when the transaction is lost.
  bool RunFunction(Request& request);
  absl::Status Commit();
  absl::Status Flush();
  void Abandon();
  // What was committed goes to the disk, then to whoever waits.
  void HandOver(std::vector<Request> group);
  void AwaitSynced();
  bool Synced() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !syncing_; }
  void SyncLoop();
  void EndSync();
  bool HasSync() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return sync_ends_ || syncing_; }
  // Under the lock, whose release wakes those who wait.
  void SetDurable(int64_t commit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Finish(Syncing synced);
  void Answer(std::vector<Request> group);
  void Refuse(Database::Done done, absl::Status status);

  void Housekeep();
  bool HousekeepingDue() const;
  void MergeKeys();
  void Checkpoint();
  void PurgeNow();
  void ReaderReleased();

  const SqliteOptions options_;
  const std::unique_ptr<Connection> connection_;
  ReaderPool& readers_;
  Completion completion_;

  // Of the writer thread.
  PendingGroup pending_;
  KeyIndex keys_;
  Flusher flusher_;
  GroupTx tx_;
  std::deque<Request> backlog_;
  int64_t last_time_ = 0;
  // Pages in the log at the last checkpoint.
  int64_t attempted_pages_ = 0;
  // The hooks of the last commit, until it is handed over.
  std::vector<absl::AnyInvocable<void()>> hooks_;
  bool wrote_ = false;
  // Groups to go before housekeeping that failed is tried again.
  int64_t merge_pause_ = 0;
  int64_t checkpoint_pause_ = 0;

  mutable absl::Mutex mutex_;
  std::vector<Request> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<Database::Done> purges_ ABSL_GUARDED_BY(mutex_);
  bool purge_now_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
  bool probing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Syncing> syncing_ ABSL_GUARDED_BY(mutex_);
  bool sync_ends_ ABSL_GUARDED_BY(mutex_) = false;

  // Admitted and not yet answered.
  std::atomic<int64_t> in_flight_{0};
  std::atomic<int64_t> published_time_{0};
  // Commits are numbered. Never less than what a snapshot contains, or is durable.
  std::atomic<int64_t> committed_{0};
  std::atomic<int64_t> durable_{0};
  std::atomic<bool> purge_waits_{false};
  // Written by the writer thread, read by Stats.
  struct Counters {
    std::atomic<int64_t> groups{0}, functions{0}, reruns{0}, failures{0}, fsyncs{0}, checkpoints{0},
        queue{0}, wal_pages{0};
  } counters_;

  std::thread thread_;
  std::thread sync_thread_;
  // SQLite's log, opened once more to wait for the disk.
  int log_ = -1;
};

}  // namespace samverkan::storage::sqlite
