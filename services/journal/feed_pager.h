#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/base/clock.h"
#include "services/journal/feed_inbox.h"
#include "services/journal/feed_renderer.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// Reads pages of past entries for those who lag, on a thread of its own, so that a watcher far
// behind costs the others nothing. Answers every request through the inbox.
class FeedPager {
 public:
  // Entries read at a time.
  static constexpr int64_t kEntriesMax = 256;

  struct Request {
    uint64_t watcher = 0;
    std::vector<FeedSubscription> subscriptions;
    FeedCursor from;
    // First see that the entry at the cursor is the one the token was made for.
    bool verify = false;
  };

  FeedPager(storage::Database& database, FeedRenderers& renderers, Clock& clock,
            std::function<uint64_t()> policy_epoch, std::shared_ptr<FeedInbox> inbox);
  // Drops what waits.
  ~FeedPager();

  void Ask(Request request);

 private:
  void Work();
  FeedPage ReadPage(const Request& request);
  absl::Status ReadInto(storage::ReadTx& tx, const Request& request, FeedPage* page);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  }

  storage::Database& database_;
  FeedRenderers& renderers_;
  Clock& clock_;
  const std::function<uint64_t()> policy_epoch_;
  const std::shared_ptr<FeedInbox> inbox_;

  absl::Mutex mutex_;
  std::deque<Request> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace samverkan::journal
