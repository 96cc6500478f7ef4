// How what the writer has committed becomes durable, and only then is answered.
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "services/base/failpoint.h"
#include "services/storage/sqlite/status.h"
#include "services/storage/sqlite/writer.h"

namespace samverkan::storage::sqlite {

void Writer::HandOver(std::vector<Request> group) {
  Syncing committed = {.hooks = std::exchange(hooks_, {}), .group = std::move(group)};
  // Functions that wrote nothing may have seen what the group before wrote.
  if (!std::exchange(wrote_, false)) {
    AwaitSynced();
    Finish(std::move(committed));
    return;
  }
  {
    absl::MutexLock lock(&mutex_);
    syncing_ = std::move(committed);
  }
  if (tx_.group_ended()) AwaitSynced();
}

void Writer::AwaitSynced() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Writer::Synced));
}

void Writer::AwaitDurable(int64_t commit) {
  if (durable_.load() >= commit) return;
  absl::MutexLock lock(&mutex_);
  const auto is_durable = [this, commit] { return durable_.load() >= commit; };
  mutex_.Await(absl::Condition(&is_durable));
}

void Writer::SetDurable(int64_t commit) {
  durable_.store(commit);
}

void Writer::SyncLoop() {
  while (true) {
    Syncing synced;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &Writer::HasSync));
      if (!syncing_) return;
      // It stays in place, so that the writer sees the disk as busy.
      std::swap(synced, *syncing_);
    }
    SV_FAILPOINT("storage.before_sync");
    if (options_.before_sync) options_.before_sync();
    if (::fdatasync(log_) != 0) EndProcess("the log cannot be synced", 0);
    SV_FAILPOINT("storage.after_sync");
    counters_.fsyncs.fetch_add(1, std::memory_order_relaxed);
    {
      absl::MutexLock lock(&mutex_);
      // Nothing was committed meanwhile. Before the hooks: a hook may wait for a lock that a reader
      // holds.
      SetDurable(committed_.load());
    }
    Finish(std::move(synced));
    absl::MutexLock lock(&mutex_);
    syncing_.reset();
  }
}

void Writer::EndSync() {
  {
    absl::MutexLock lock(&mutex_);
    sync_ends_ = true;
  }
  if (sync_thread_.joinable()) sync_thread_.join();
  if (log_ >= 0) ::close(std::exchange(log_, -1));
}

void Writer::Finish(Syncing synced) {
  for (auto& hook : synced.hooks) hook();
  Answer(std::move(synced.group));
}

void Writer::Answer(std::vector<Request> group) {
  const auto size = static_cast<int64_t>(group.size());
  const auto failures = std::count_if(group.begin(), group.end(),
                                      [](const Request& request) { return !request.status.ok(); });
  counters_.functions.fetch_add(size, std::memory_order_relaxed);
  counters_.failures.fetch_add(failures, std::memory_order_relaxed);
  counters_.queue.fetch_sub(size, std::memory_order_relaxed);
  completion_.Post([this, group = std::move(group)]() mutable {
    for (Request& request : group) {
      in_flight_.fetch_sub(1);
      request.done(std::move(request.status));
    }
  });
}

}  // namespace samverkan::storage::sqlite
