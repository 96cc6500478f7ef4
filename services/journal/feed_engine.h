#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/base/clock.h"
#include "services/base/sealed_token.h"
#include "services/journal/feed.h"
#include "services/journal/feed_cache.h"
#include "services/journal/feed_inbox.h"
#include "services/journal/feed_pager.h"
#include "services/journal/feed_renderer.h"
#include "services/journal/feed_token.h"
#include "services/journal/feed_watcher.h"
#include "services/journal/ring.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// A stream to be opened.
struct FeedWatch {
  // Whose stream it is: limits count by it, tokens are bound to it.
  std::string holder = {};
  // At least one.
  std::vector<FeedSubscription> subscriptions = {};
  // Empty for from now.
  std::string resume_token = {};
  std::shared_ptr<StreamGuard> guard = nullptr;
};

// Everything a watcher may see, once, in order, from its token or from now, however slow it is, or
// an end that says so.
//
// One thread follows the log's tail in the ring and sends; a second one reads pages for those who
// lag. Nobody waits for a watcher: at most one message is under way for each, what becomes durable
// meanwhile goes into the next one, and a watcher whose outbox is full reads on from ring or log
// when it is empty. Thread-safe.
class FeedEngine {
 public:
  struct Options {
    // The serialised feed.v1.Event that says that the watcher has caught up; sent once a stream.
    std::string synced_event = {};
    // Grows when the rules that guards and renderers go by may have changed; called from the
    // engine's threads.
    std::function<uint64_t()> policy_epoch = nullptr;

    int64_t streams_max = 2048;
    int64_t streams_per_holder_max = 16;
    absl::Duration heartbeat = absl::Seconds(15);
    // A stream whose message does not leave for so long is cut.
    absl::Duration stall_max = absl::Seconds(60);
    // A stream is ended after so long, to be resumed.
    absl::Duration age_max = absl::Hours(12);
    // How long tokens are good for.
    absl::Duration token_age_max = absl::Hours(24 * 30);
    // How long a stream that must end may take to get its last message out.
    absl::Duration farewell_max = absl::Milliseconds(500);
    // For rendered events, shared by all streams.
    size_t cache_bytes_max = 16 << 20;
  };

  struct Stats {
    int64_t watchers = 0;
    int64_t lagging = 0;
    // Since start: events rendered, messages and events sent, pages read from the log, streams cut
    // because they did not take what was sent.
    int64_t rendered = 0;
    int64_t messages = 0;
    int64_t events = 0;
    int64_t pages = 0;
    int64_t stalled = 0;
  };

  // All outlive the engine. Takes two reader connections of the database at most. Finds the log's
  // end and starts.
  struct Dependencies {
    storage::Database& database;
    Ring& ring;
    FeedRenderers& renderers;
    const TokenSealer& sealer;
    Clock& clock;
  };
  static absl::StatusOr<std::unique_ptr<FeedEngine>> Create(Dependencies dependencies,
                                                            Options options);
  // Waits until every stream has ended: call BeginStop before.
  ~FeedEngine();

  // Opens a stream. OK: `sink` is used until Finish or Abort was called on it. Otherwise it is not
  // touched, and the status is FIELD_INVALID for a token that is not for this holder and these
  // units, LIMIT_EXCEEDED for too many streams, NOT_READY when stopping. A watch without a token
  // shows everything that is committed after this call began.
  absl::Status Open(FeedWatch watch, FeedSink& sink);

  // A token from which a watch of these units shows everything that the transaction does not see:
  // what a listing returns so that list-then-watch has no gap.
  absl::StatusOr<std::string> TokenForNow(storage::ReadTx& tx, const FeedAudience& audience) const;

  // Every stream gets a last message with its token and ends with NOT_READY (UNAVAILABLE); new ones
  // are refused.
  void BeginStop();

  // Looks at clock and policy at once rather than within a quarter of a second.
  void Wake() { inbox_->Wake(); }

  Stats stats() const;

 private:
  FeedEngine(Dependencies dependencies, Options options);

  // The loop.
  void Run();
  absl::Duration WaitTime() const;
  void Handle(feed_command::Open command);
  void Handle(const feed_command::Sent& command);
  void Handle(const feed_command::Cancelled& command);
  void Handle(feed_command::PageRead command);
  void Handle(feed_command::PageRecorded command);
  void Handle(const feed_command::Stop& command);

  // Following log and policy: afterwards the cache holds nothing that either has overtaken.
  void Follow();
  void FollowLog();
  void Dispatch(const EntryPtr& entry);
  void LostTail();

  // One watcher (feed_engine_watcher.cc). What a step left of it:
  enum class Step { kGoOn, kWait, kGone };
  void MakeReady(Watcher& watcher);
  // Does what there is to do; the watcher may be gone after it.
  void Pump(Watcher& watcher);
  // Ends, cuts and holds back where that is due.
  Step MayGoOn(Watcher& watcher);
  absl::Status CheckAccess(Watcher& watcher);
  // Brings a lagging watcher with an empty outbox on: fills the outbox, or makes it active.
  Step Refill(Watcher& watcher);
  // Nothing where only the log can tell.
  std::optional<bool> VerifyInRing(const Watcher& watcher) const;
  void AskPage(Watcher& watcher);
  void AddPage(Watcher& watcher, std::vector<EventRef> events, bool past);
  void KeepRendered(const FeedPage& page);
  // Sends what fits of the outbox. kGoOn when none of it was for this watcher.
  Step SendEvents(Watcher& watcher);
  absl::Status RenderOutbox(const Watcher& watcher);
  void Send(Watcher& watcher, std::vector<SharedBytes> events);
  // Ends the stream: at once, or as soon as the message under way is out.
  Step End(Watcher& watcher, absl::Status status);
  // Ends the stream whatever is under way.
  Step Cut(Watcher& watcher, absl::Status status);
  void Remove(Watcher& watcher);
  void Lag(Watcher& watcher, const FeedCursor& read);
  void Activate(Watcher& watcher);
  void Schedule(Watcher& watcher);

  Watcher* FindWatcher(uint64_t id);
  FeedCursor Present() const {
    return {processed_.position, FeedCursor::kAllTargets, processed_.time};
  }

  const Dependencies deps_;
  const Options options_;
  const SharedBytes synced_;
  const std::shared_ptr<FeedInbox> inbox_;

  // Of the engine's thread.
  absl::Time now_;
  uint64_t epoch_ = 0;
  // Up to here every entry has been seen by every active watcher.
  LogHead processed_;
  EventCache cache_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Watcher>> watchers_;
  absl::flat_hash_map<std::string, std::vector<Watcher*>> by_unit_;
  std::vector<uint64_t> ready_;
  absl::btree_set<std::pair<absl::Time, uint64_t>> due_;
  bool stopping_ = false;

  mutable absl::Mutex admission_mutex_;
  bool refusing_ ABSL_GUARDED_BY(admission_mutex_) = false;
  int64_t open_ ABSL_GUARDED_BY(admission_mutex_) = 0;
  absl::flat_hash_map<std::string, int64_t> open_by_holder_ ABSL_GUARDED_BY(admission_mutex_);
  uint64_t last_id_ ABSL_GUARDED_BY(admission_mutex_) = 0;

  std::atomic<int64_t> lagging_{0}, messages_{0}, events_{0}, pages_{0}, stalled_{0};

  std::unique_ptr<FeedPager> pager_;
  std::thread thread_;
};

}  // namespace samverkan::journal
