#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/journal/feed_cache.h"
#include "services/journal/feed_token.h"

namespace samverkan::journal {

struct Watcher;

// One page of past entries as the pager read it.
struct FeedPage {
  // Storage failed: nothing else is set.
  absl::Status status;
  // The token's entry is not the one that stands at its position.
  bool refused = false;
  // What the watcher wants, in order, and how far was read.
  std::vector<EventRef> events;
  FeedCursor read;
  // Events rendered on the way, true to the log up to `rendered_at` and to the policy of `epoch`.
  std::vector<std::pair<EventRef, CachedEvent>> rendered;
  int64_t rendered_at = 0;
  uint64_t epoch = 0;
};

// What other threads tell the engine's.
namespace feed_command {
struct Open {
  std::unique_ptr<Watcher> watcher;
};
struct Sent {
  uint64_t id;
  bool ok;
};
struct Cancelled {
  uint64_t id;
};
struct PageRead {
  uint64_t id;
  FeedPage page;
};
struct PageRecorded {
  uint64_t id;
  absl::Status status;
};
struct Stop {};
}  // namespace feed_command

using FeedCommand =
    std::variant<feed_command::Open, feed_command::Sent, feed_command::Cancelled,
                 feed_command::PageRead, feed_command::PageRecorded, feed_command::Stop>;

// The engine's mailbox. Thread-safe, never blocks a sender; what waits in it is bounded by the
// number of streams. Shared, because senders may outlive the engine.
class FeedInbox {
 public:
  FeedInbox();
  ~FeedInbox();

  void Post(FeedCommand command);
  // Makes the reader look around: there is something new elsewhere.
  void Wake();

  // Waits until something was posted or the reader was woken, at most `timeout`, and takes all.
  void Take(absl::Duration timeout, std::vector<FeedCommand>* out);
  // What is posted from now on is thrown away.
  void Close();

 private:
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return woken_; }

  absl::Mutex mutex_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<FeedCommand> commands_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace samverkan::journal
