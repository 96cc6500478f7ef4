#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
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

// The one thread that writes. It runs what queued while the last group's fsync ran as one
// transaction, and between groups it merges keys, checkpoints and purges.
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

 private:
  struct Request {
    absl::Time deadline;
    Database::WriteFunction fn;
    Database::Done done;
    absl::Status status;
  };

  void Loop();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunGroup();
  absl::Status TryGroup(std::vector<Request>& group);
  void RunAlone(Request& request);
  // False when the transaction is lost.
  bool RunFunction(Request& request);
  absl::Status Commit();
  absl::Status Flush();
  void Abandon();
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

  // Admitted and not yet answered.
  std::atomic<int64_t> in_flight_{0};
  std::atomic<int64_t> published_time_{0};
  std::atomic<bool> purge_waits_{false};
  // Written by the writer thread, read by Stats.
  struct Counters {
    std::atomic<int64_t> groups{0}, functions{0}, reruns{0}, failures{0}, fsyncs{0}, checkpoints{0},
        queue{0}, wal_pages{0};
  } counters_;

  std::thread thread_;
};

}  // namespace samverkan::storage::sqlite
