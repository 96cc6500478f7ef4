#include "services/storage/sqlite/writer.h"

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/failpoint.h"
#include "services/base/status.h"
#include "services/base/thread.h"
#include "services/storage/sqlite/status.h"

namespace samverkan::storage::sqlite {
namespace {

constexpr absl::string_view kTimeCounter = "storage.time";
constexpr absl::string_view kKeyLogCounter = "storage.key_log";

// Takes room in the file and gives it back: what fails on a full disk.
absl::Status Probe(WriteTx& tx) {
  SV_RETURN_IF_ERROR(tx.Run("INSERT INTO key_log (position, entries) VALUES (-1, $1)",
                            {Blob{std::string(8192, '\0')}})
                         .status());
  return tx.Run("DELETE FROM key_log WHERE position = -1").status();
}

}  // namespace

Writer::Writer(const SqliteOptions& options, std::unique_ptr<Connection> connection,
               ReaderPool& readers)
    : options_(options),
      connection_(std::move(connection)),
      readers_(readers),
      keys_(*connection_,
            {.merge_min = options.key_merge_min, .merge_slice = options.key_merge_slice}),
      flusher_(*connection_),
      tx_(*connection_, pending_, keys_) {}

Writer::~Writer() {
  Stop();
}

absl::Status Writer::Start() {
  SV_ASSIGN_OR_RETURN(Rows counters, connection_->Run("SELECT name, value FROM storage_counters"));
  for (const Row& counter : counters) {
    pending_.LoadCounter(counter.Text(0), counter.Int(1));
    if (counter.Text(0) == kTimeCounter) last_time_ = counter.Int(1);
  }
  published_time_ = last_time_;
  SV_RETURN_IF_ERROR(keys_.Load());
  readers_.OnRelease([this] { ReaderReleased(); });
  const std::string log = options_.path + "-wal";
  log_ = ::open(log.c_str(), O_RDONLY | O_CLOEXEC);
  if (log_ < 0) return absl::InternalError(absl::StrCat("storage: cannot open ", log));
  sync_thread_ = StartThread("sv-sync", [this] { SyncLoop(); });
  thread_ = StartThread("sv-writer", [this] { Loop(); });
  return absl::OkStatus();
}

void Writer::Refuse(Database::Done done, absl::Status status) {
  completion_.Post(
      [done = std::move(done), status = std::move(status)]() mutable { done(std::move(status)); });
}

void Writer::Write(absl::Time deadline, Database::WriteFunction fn, Database::Done done) {
  if (in_flight_.fetch_add(1) >= options_.queue_max) {
    in_flight_.fetch_sub(1);
    return Refuse(std::move(done),
                  absl::ResourceExhaustedError("storage: too many writes are waiting"));
  }
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      counters_.queue.fetch_add(1, std::memory_order_relaxed);
      queue_.push_back(
          {.deadline = deadline, .fn = std::move(fn), .done = std::move(done), .status = {}});
      return;
    }
  }
  in_flight_.fetch_sub(1);
  Refuse(std::move(done), absl::UnavailableError("storage: the database is shutting down"));
}

bool Writer::HasWork() const {
  return stopping_ || !queue_.empty() || (!purges_.empty() && purge_now_);
}

void Writer::Loop() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (backlog_.empty() && !HousekeepingDue())
        mutex_.Await(absl::Condition(this, &Writer::HasWork));
      for (Request& request : queue_) backlog_.push_back(std::move(request));
      queue_.clear();
      if (stopping_ && backlog_.empty() && (purges_.empty() || !purge_now_)) return;
    }
    if (!backlog_.empty()) RunGroup();
    Housekeep();
  }
}

void Writer::RunGroup() {
  std::vector<Request> group;
  group.reserve(std::min(backlog_.size(), static_cast<size_t>(options_.group_max)));
  if (TryGroup(group).ok()) return HandOver(std::move(group));
  Abandon();
  for (Request& request : group) {
    RunAlone(request);
    std::vector<Request> alone;
    alone.push_back(std::move(request));
    HandOver(std::move(alone));
  }
}

bool Writer::TakeMore() {
  absl::MutexLock lock(&mutex_);
  if (!syncing_) return false;
  mutex_.Await(absl::Condition(this, &Writer::HasMoreOrSynced));
  for (Request& request : queue_) backlog_.push_back(std::move(request));
  queue_.clear();
  return !backlog_.empty();
}

absl::Status Writer::TryGroup(std::vector<Request>& group) {
  const auto take = [&]() -> Request& {
    group.push_back(std::move(backlog_.front()));
    backlog_.pop_front();
    return group.back();
  };
  const auto full = [&] { return static_cast<int64_t>(group.size()) >= options_.group_max; };
  tx_.StartGroup();
  if (absl::Status begun = connection_->Control("BEGIN IMMEDIATE"); !begun.ok()) {
    while (!backlog_.empty() && !full()) take();
    return begun;
  }
  while (!full() && !tx_.group_ended() && pending_.bytes() < options_.group_bytes_max) {
    if (backlog_.empty() && !TakeMore()) break;
    if (!RunFunction(take())) return absl::AbortedError("storage: the transaction was lost");
  }
  return Commit();
}

bool Writer::RunFunction(Request& request) {
  const absl::Time now = options_.clock->Now();
  if (now >= request.deadline) {
    request.status =
        absl::DeadlineExceededError("storage: the write's deadline passed before its turn");
    return true;
  }
  last_time_ = std::max(absl::ToUnixMicros(now), last_time_ + 1);
  tx_.StartFunction(absl::FromUnixMicros(last_time_));
  request.status = tx_.FinishFunction(request.fn(tx_));
  return !tx_.lost();
}

// The second and last try of a function whose group was lost. Here the failure is its own.
void Writer::RunAlone(Request& request) {
  counters_.reruns.fetch_add(1, std::memory_order_relaxed);
  tx_.StartGroup();
  absl::Status status = connection_->Control("BEGIN IMMEDIATE");
  if (status.ok()) {
    if (RunFunction(request)) {
      status = Commit();
    } else {
      status = request.status;
      if (absl::IsAborted(status))
        status = ToStatus(connection_->last_error(), "the transaction was lost", "");
    }
  }
  if (status.ok()) return;
  Abandon();
  request.status = status;
  absl::MutexLock lock(&mutex_);
  health_ = status;
}

absl::Status Writer::Commit() {
  if (pending_.empty() && !tx_.wrote()) {
    SV_RETURN_IF_ERROR(connection_->Control("COMMIT"));
    hooks_ = pending_.Committed();
    return absl::OkStatus();
  }
  SV_FAILPOINT("storage.before_flush");
  SV_RETURN_IF_ERROR(Flush());
  SV_FAILPOINT("storage.after_flush");
  AwaitSynced();
  // Before the commit: a snapshot that contains it is never behind them.
  published_time_.store(last_time_);
  committed_.fetch_add(1);
  SV_FAILPOINT("storage.before_commit");
  if (absl::Status status = connection_->Control("COMMIT"); !status.ok()) {
    if (IsIoError(connection_->last_error()))
      EndProcess("the commit failed on disk", connection_->last_error());
    // There is no such commit to wait for.
    absl::MutexLock lock(&mutex_);
    SetDurable(committed_.load());
    return status;
  }
  SV_FAILPOINT("storage.after_commit");
  keys_.Committed();
  hooks_ = pending_.Committed();
  wrote_ = true;
  counters_.groups.fetch_add(1, std::memory_order_relaxed);
  counters_.wal_pages.store(connection_->wal_pages(), std::memory_order_relaxed);
  absl::MutexLock lock(&mutex_);
  health_ = absl::OkStatus();
  return absl::OkStatus();
}

absl::Status Writer::Flush() {
  pending_.SetCounter(kTimeCounter, last_time_);
  if (!pending_.key_changes().empty()) {
    pending_.SetCounter(kKeyLogCounter, keys_.position() + 1);
    SV_RETURN_IF_ERROR(keys_.Stage(pending_.key_changes()));
  }
  return flusher_.Flush(pending_);
}

void Writer::Abandon() {
  if (connection_->InTransaction()) connection_->Control("ROLLBACK").IgnoreError();
  if (connection_->InTransaction())
    EndProcess("a transaction cannot be rolled back", connection_->last_error());
  keys_.Discard();
  pending_.Discard();
}

void Writer::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    purge_now_ = true;
  }
  if (thread_.joinable()) thread_.join();
  EndSync();
  std::vector<Database::Done> purges;
  {
    absl::MutexLock lock(&mutex_);
    purges.swap(purges_);
  }
  for (Database::Done& done : purges)
    Refuse(std::move(done), absl::UnavailableError("storage: shutting down"));
  completion_.Drain();
}

absl::Status Writer::Healthy() {
  absl::Status health;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return absl::UnavailableError("storage: the database is shutting down");
    if (health_.ok() || probing_) return health_;
    probing_ = true;
    health = health_;
  }
  Write(absl::InfiniteFuture(), Probe, [this](const absl::Status&) {
    absl::MutexLock lock(&mutex_);
    probing_ = false;
  });
  return health;
}

DatabaseStats Writer::Stats() const {
  return {.groups = counters_.groups.load(),
          .functions = counters_.functions.load(),
          .reruns = counters_.reruns.load(),
          .failures = counters_.failures.load(),
          .fsyncs = counters_.fsyncs.load(),
          .checkpoints = counters_.checkpoints.load(),
          .queue_length = counters_.queue.load(),
          .wal_pages = counters_.wal_pages.load(),
          .key_tail = keys_.tail_size()};
}

}  // namespace samverkan::storage::sqlite
