#include "services/journal/feed_engine.h"

#include <algorithm>

#include "services/base/error.h"
#include "services/base/status.h"
#include "services/base/thread.h"

namespace samverkan::journal {
namespace {

// How often clock and policy are looked at when nothing happens.
constexpr absl::Duration kLookAround = absl::Milliseconds(250);
constexpr size_t kFollowMax = 1024;
constexpr absl::Duration kRetry = absl::Seconds(1);
// Until the ring has what a reader of the log has seen already.
constexpr absl::Duration kRetryTail = absl::Milliseconds(10);
constexpr absl::Duration kStartMax = absl::Seconds(30);

absl::Status TooManyStreams(int64_t limit) {
  return Error(errors::v1::ERROR_REASON_LIMIT_EXCEEDED,
               "Too many streams are open: close one, or watch several units with one stream.",
               {{"limit", std::to_string(limit)}});
}

absl::Status Stopping() {
  return Error(errors::v1::ERROR_REASON_NOT_READY,
               "The hub is stopping: resume from the last token.");
}

// One subscription a unit, whatever the caller repeated.
std::vector<FeedSubscription> Merge(std::vector<FeedSubscription> subscriptions) {
  std::vector<FeedSubscription> merged;
  for (FeedSubscription& subscription : subscriptions) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const FeedSubscription& s) {
      return s.unit == subscription.unit;
    });
    if (same == merged.end()) {
      merged.push_back(std::move(subscription));
    } else {
      same->kinds |= subscription.kinds;
    }
  }
  return merged;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FeedEngine>> FeedEngine::Create(Dependencies dependencies,
                                                               Options options) {
  LogHead head;
  SV_RETURN_IF_ERROR(dependencies.database.Read(
      dependencies.clock.Now() + kStartMax, [&head](storage::ReadTx& tx) -> absl::Status {
        SV_ASSIGN_OR_RETURN(head, ChangeLog::FindHead(tx));
        return absl::OkStatus();
      }));
  dependencies.ring.StartAt(head);
  return std::unique_ptr<FeedEngine>(new FeedEngine(dependencies, std::move(options)));
}

FeedEngine::FeedEngine(Dependencies dependencies, Options options)
    : deps_(dependencies),
      options_(std::move(options)),
      synced_(FrameEvent(options_.synced_event)),
      inbox_(std::make_shared<FeedInbox>()),
      processed_(deps_.ring.head()),
      cache_(options_.cache_bytes_max),
      pager_(std::make_unique<FeedPager>(deps_.database, deps_.renderers, deps_.clock,
                                         options_.policy_epoch, inbox_)) {
  deps_.ring.Listen([inbox = inbox_] { inbox->Wake(); });
  thread_ = StartThread("sv-feed", [this] { Run(); });
}

FeedEngine::~FeedEngine() {
  BeginStop();
  thread_.join();
  deps_.ring.Listen({});
  pager_.reset();
  inbox_->Close();
}

void FeedEngine::BeginStop() {
  absl::MutexLock lock(&admission_mutex_);
  refusing_ = true;
  inbox_->Post(feed_command::Stop{});
}

absl::Status FeedEngine::Open(FeedWatch watch, FeedSink& sink) {
  auto watcher = std::make_unique<Watcher>();
  const absl::Time now = deps_.clock.Now();
  const LogHead head = deps_.ring.head();
  watcher->read = {head.position, FeedCursor::kAllTargets, head.time};
  watcher->verified = true;
  watcher->audience.holder = std::move(watch.holder);
  watcher->subscriptions = Merge(std::move(watch.subscriptions));
  for (const FeedSubscription& subscription : watcher->subscriptions) {
    watcher->audience.units.push_back(subscription.unit);
  }
  if (!watch.resume_token.empty()) {
    SV_ASSIGN_OR_RETURN(watcher->read,
                        OpenCursor(deps_.sealer, watcher->audience, watch.resume_token,
                                   now - options_.token_age_max));
    watcher->resumed = true;
    watcher->verified = false;
  }
  watcher->sent = watcher->read;
  watcher->guard = std::move(watch.guard);
  watcher->sink = &sink;
  watcher->opened_time = now;
  watcher->heartbeat_time = now + options_.heartbeat;

  // Posted under the lock, so that nothing is opened behind a stop.
  absl::MutexLock lock(&admission_mutex_);
  if (refusing_) return Stopping();
  if (open_ >= options_.streams_max) return TooManyStreams(options_.streams_max);
  int64_t& open_by_holder = open_by_holder_[watcher->audience.holder];
  if (open_by_holder >= options_.streams_per_holder_max) {
    return TooManyStreams(options_.streams_per_holder_max);
  }
  ++open_by_holder;
  ++open_;
  watcher->id = ++last_id_;
  sink.Opened(WatchHandle(inbox_, watcher->id));
  inbox_->Post(feed_command::Open{std::move(watcher)});
  return absl::OkStatus();
}

absl::StatusOr<std::string> FeedEngine::TokenForNow(storage::ReadTx& tx,
                                                    const FeedAudience& audience) const {
  SV_ASSIGN_OR_RETURN(const LogHead head, ChangeLog::FindHead(tx));
  return SealCursor(deps_.sealer, audience, {head.position, FeedCursor::kAllTargets, head.time},
                    tx.now());
}

FeedEngine::Stats FeedEngine::stats() const {
  Stats stats;
  {
    absl::MutexLock lock(&admission_mutex_);
    stats.watchers = open_;
  }
  stats.lagging = lagging_.load(std::memory_order_relaxed);
  stats.rendered = deps_.renderers.rendered();
  stats.messages = messages_.load(std::memory_order_relaxed);
  stats.events = events_.load(std::memory_order_relaxed);
  stats.pages = pages_.load(std::memory_order_relaxed);
  stats.stalled = stalled_.load(std::memory_order_relaxed);
  return stats;
}

void FeedEngine::Run() {
  std::vector<FeedCommand> commands;
  std::vector<uint64_t> ready;
  while (!stopping_ || !watchers_.empty()) {
    inbox_->Take(WaitTime(), &commands);
    now_ = deps_.clock.Now();
    Follow();
    for (FeedCommand& command : commands) {
      std::visit([this](auto& c) { Handle(std::move(c)); }, command);
    }
    commands.clear();
    while (!due_.empty() && due_.begin()->first <= now_) {
      Watcher& watcher = *watchers_.at(due_.begin()->second);
      due_.erase(due_.begin());
      watcher.due = absl::InfiniteFuture();
      MakeReady(watcher);
    }
    // What becomes ready on the way waits for the next round, so that the inbox is read.
    ready.swap(ready_);
    for (const uint64_t id : ready) {
      Watcher* const watcher = FindWatcher(id);
      if (watcher == nullptr) continue;
      watcher->ready = false;
      Pump(*watcher);
    }
    ready.clear();
  }
}

absl::Duration FeedEngine::WaitTime() const {
  if (!ready_.empty()) return absl::ZeroDuration();
  if (watchers_.empty()) return absl::InfiniteDuration();
  if (due_.empty()) return kLookAround;
  return std::clamp(due_.begin()->first - deps_.clock.Now(), absl::ZeroDuration(), kLookAround);
}

void FeedEngine::Handle(feed_command::Open command) {
  Watcher& watcher = *command.watcher;
  lagging_.fetch_add(1, std::memory_order_relaxed);
  for (const FeedSubscription& subscription : watcher.subscriptions) {
    by_unit_[subscription.unit].push_back(&watcher);
  }
  watchers_.emplace(watcher.id, std::move(command.watcher));
  MakeReady(watcher);
}

void FeedEngine::Handle(const feed_command::Sent& command) {
  Watcher* const watcher = FindWatcher(command.id);
  if (watcher == nullptr) return;
  watcher->sending = false;
  if (command.ok) {
    MakeReady(*watcher);
  } else {
    End(*watcher, absl::CancelledError("the stream is broken"));
  }
}

void FeedEngine::Handle(const feed_command::Cancelled& command) {
  Watcher* const watcher = FindWatcher(command.id);
  if (watcher != nullptr) Cut(*watcher, absl::CancelledError("the caller has gone away"));
}

void FeedEngine::Handle(feed_command::PageRead command) {
  FeedPage& page = command.page;
  pages_.fetch_add(1, std::memory_order_relaxed);
  KeepRendered(page);
  Watcher* const watcher = FindWatcher(command.id);
  if (watcher == nullptr) return;
  watcher->page_pending = false;
  MakeReady(*watcher);
  if (page.refused) {
    End(*watcher, TokenRefused());
    return;
  }
  if (!page.status.ok()) {
    watcher->retry_time = now_ + kRetry;
    return;
  }
  // The log may be a moment ahead of the ring; what is beyond comes by the ring.
  Follow();
  if (ReadAfter(watcher->read) > processed_.position) {
    watcher->retry_time = now_ + kRetryTail;
    return;
  }
  watcher->verified = true;
  while (!page.events.empty() && page.events.back().entry->position > processed_.position) {
    page.events.pop_back();
  }
  watcher->read = page.read.position > processed_.position ? Present() : page.read;
  AddPage(*watcher, std::move(page.events), /*past=*/true);
}

void FeedEngine::Handle(feed_command::PageRecorded command) {
  Watcher* const watcher = FindWatcher(command.id);
  if (watcher == nullptr) return;
  watcher->page_pending = false;
  if (command.status.ok()) {
    watcher->outbox.insert(watcher->outbox.end(), watcher->page.begin(), watcher->page.end());
  } else {
    // Not recorded, so not shown: it is read again.
    watcher->read = watcher->sent;
    watcher->retry_time = now_ + kRetry;
  }
  watcher->page = {};
  MakeReady(*watcher);
}

void FeedEngine::Handle(const feed_command::Stop&) {
  stopping_ = true;
  for (auto& [id, watcher] : watchers_) {
    watcher->abort_time = std::min(watcher->abort_time, now_ + options_.farewell_max);
    MakeReady(*watcher);
  }
}

void FeedEngine::Follow() {
  FollowLog();
  const uint64_t epoch = options_.policy_epoch();
  if (epoch == epoch_) return;
  epoch_ = epoch;
  cache_.Clear();
  for (auto& [id, watcher] : watchers_) MakeReady(*watcher);
}

void FeedEngine::FollowLog() {
  std::vector<EntryPtr> entries;
  while (processed_.position < deps_.ring.head().position) {
    entries.clear();
    if (!deps_.ring.Read(processed_.position, kFollowMax, &entries)) {
      LostTail();
      continue;
    }
    for (const EntryPtr& entry : entries) {
      Dispatch(entry);
      processed_ = LogHead{entry->position, entry->time};
    }
  }
}

void FeedEngine::Dispatch(const EntryPtr& entry) {
  for (uint32_t i = 0; i < entry->targets.size(); ++i) {
    const ChangeTarget& target = entry->targets[i];
    cache_.Drop(target);
    const auto watchers = by_unit_.find(target.unit);
    if (watchers == by_unit_.end()) continue;
    for (Watcher* const watcher : watchers->second) {
      if (!watcher->active || !watcher->Wants(target)) continue;
      if (watcher->outbox.size() < Watcher::kOutboxMax) {
        watcher->outbox.push_back(EventRef{entry, i});
        if (!watcher->sending) MakeReady(*watcher);
      } else {
        Lag(*watcher, FeedCursor{entry->position, i, entry->time});
      }
    }
  }
}

// The ring has run over what this thread has not read: nobody is active any more, and nothing
// rendered before can be trusted.
void FeedEngine::LostTail() {
  for (auto& [id, watcher] : watchers_) {
    if (watcher->active) Lag(*watcher, Present());
  }
  cache_.Clear();
  const LogHead head = deps_.ring.head();
  processed_ = head;
}

Watcher* FeedEngine::FindWatcher(uint64_t id) {
  const auto found = watchers_.find(id);
  return found == watchers_.end() ? nullptr : found->second.get();
}

}  // namespace samverkan::journal
