#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/journal/feed.h"
#include "services/journal/feed_cache.h"
#include "services/journal/feed_token.h"

namespace samverkan::journal {

// One open stream, as the engine's thread keeps it.
struct Watcher {
  // Events that wait to be sent; more make the watcher lag.
  static constexpr size_t kOutboxMax = 256;

  uint64_t id = 0;
  FeedAudience audience;
  // One a unit.
  std::vector<FeedSubscription> subscriptions;
  std::shared_ptr<StreamGuard> guard;
  // Not after `sink` was told to finish or abort.
  FeedSink* sink = nullptr;

  // Came with a token, whose entry must stand where it says.
  bool resumed = false;
  bool verified = false;

  // An active watcher gets everything that the log brings into its outbox. A lagging one reads on
  // from `read` when its outbox is empty, and is active again when it has reached the present.
  bool active = false;
  // It has been told once that it caught up.
  bool synced = false;
  std::deque<EventRef> outbox;
  // Up to where everything it wants has been in the outbox; for lagging ones.
  FeedCursor read;
  // Up to where everything it wants has been sent.
  FeedCursor sent;

  // A page is being read or recorded; its events wait here for their record.
  bool page_pending = false;
  std::vector<EventRef> page;

  // A message is under way since then.
  bool sending = false;
  absl::Time send_time;
  absl::Time heartbeat_time;
  absl::Time opened_time;
  // After a failure of storage.
  absl::Time retry_time = absl::InfinitePast();

  // The guard's last word, and the policy it was about.
  absl::Time not_after = absl::InfinitePast();
  uint64_t epoch = 0;

  // How the stream ends as soon as nothing is under way, at the latest then.
  std::optional<absl::Status> ending;
  absl::Time abort_time = absl::InfiniteFuture();

  // In the engine's list of watchers with something to do; and its key among the sleeping ones.
  bool ready = false;
  absl::Time due = absl::InfiniteFuture();

  bool Wants(const ChangeTarget& target) const {
    for (const FeedSubscription& subscription : subscriptions) {
      if (subscription.Matches(target)) return true;
    }
    return false;
  }
};

// Reads on from `read`, which precedes the first of the entries: the events that are wanted are
// added to `out`, `read` moves to the end.
void CollectWanted(const std::vector<EntryPtr>& entries,
                   const std::vector<FeedSubscription>& subscriptions, FeedCursor* read,
                   std::vector<EventRef>* out);

// The position after which a reader that stands at the cursor reads on.
inline int64_t ReadAfter(const FeedCursor& cursor) {
  return cursor.targets_done == FeedCursor::kAllTargets ? cursor.position : cursor.position - 1;
}

}  // namespace samverkan::journal
