// What the engine's thread does for one watcher.

#include <algorithm>
#include <utility>

#include "services/base/error.h"
#include "services/base/status.h"
#include "services/journal/feed_engine.h"

namespace samverkan::journal {
namespace {

// One message; more bytes than an HTTP/2 stream's first window would only wait.
constexpr size_t kEventsMax = 64;
constexpr size_t kBytesMax = 64 << 10;
// Pages of the ring that one watcher reads in a row before the others have their turn.
constexpr int kPagesInARow = 16;
constexpr int64_t kPageMax = 256;

constexpr absl::Duration kRenderMax = absl::Seconds(1);
constexpr absl::Duration kRetry = absl::Seconds(1);
constexpr absl::Duration kDueMin = absl::Milliseconds(1);

absl::Status Resume(absl::string_view why) {
  return Error(errors::v1::ERROR_REASON_NOT_READY, why);
}

}  // namespace

void FeedEngine::MakeReady(Watcher& watcher) {
  if (std::exchange(watcher.ready, true)) return;
  ready_.push_back(watcher.id);
}

void FeedEngine::Pump(Watcher& watcher) {
  // Nothing that was acknowledged before now is overlooked: neither a sealed copy nor an end of
  // access.
  Follow();
  switch (MayGoOn(watcher)) {
    case Step::kGone:
      return;
    case Step::kWait:
      Schedule(watcher);
      return;
    case Step::kGoOn:
      break;
  }
  for (int pages = 0; !watcher.sending;) {
    if (watcher.outbox.empty() && !watcher.active) {
      if (++pages > kPagesInARow) {
        MakeReady(watcher);
        break;
      }
      const Step step = Refill(watcher);
      if (step == Step::kGone) return;
      if (step == Step::kWait) break;
      continue;
    }
    if (watcher.outbox.empty()) break;
    const Step step = SendEvents(watcher);
    if (step == Step::kGone) return;
    if (step == Step::kWait) break;
  }
  if (!watcher.sending && watcher.active && !watcher.synced && watcher.outbox.empty()) {
    watcher.synced = true;
    Send(watcher, {synced_});
  } else if (!watcher.sending && now_ >= watcher.heartbeat_time) {
    Send(watcher, {});
  }
  Schedule(watcher);
}

FeedEngine::Step FeedEngine::MayGoOn(Watcher& watcher) {
  if (!watcher.ending.has_value()) {
    if (absl::Status status = CheckAccess(watcher); !status.ok()) {
      return End(watcher, std::move(status));
    }
  }
  if (watcher.sending) {
    if (now_ >= watcher.abort_time) {
      return Cut(watcher, watcher.ending.value_or(Resume("The hub is stopping.")));
    }
    if (now_ >= watcher.send_time + options_.stall_max) {
      stalled_.fetch_add(1, std::memory_order_relaxed);
      return Cut(watcher, Resume("The stream did not take what was sent: resume from the last "
                                 "token."));
    }
    return Step::kWait;
  }
  if (watcher.ending.has_value()) return End(watcher, *watcher.ending);
  const bool old = now_ >= watcher.opened_time + options_.age_max;
  if (stopping_ || old) {
    Send(watcher, {});
    return End(watcher, Resume(old ? "The stream is old: resume from the last token."
                                   : "The hub is stopping: resume from the last token."));
  }
  return now_ < watcher.retry_time ? Step::kWait : Step::kGoOn;
}

absl::Status FeedEngine::CheckAccess(Watcher& watcher) {
  if (watcher.epoch == epoch_ && now_ < watcher.not_after) return absl::OkStatus();
  SV_ASSIGN_OR_RETURN(watcher.not_after, watcher.guard->Check(now_));
  watcher.epoch = epoch_;
  return absl::OkStatus();
}

FeedEngine::Step FeedEngine::Refill(Watcher& watcher) {
  if (watcher.page_pending) return Step::kWait;
  if (!watcher.verified) {
    const std::optional<bool> verified = VerifyInRing(watcher);
    if (verified.has_value() && !*verified) return End(watcher, TokenRefused());
    watcher.verified = verified.has_value();
  }
  const int64_t after = ReadAfter(watcher.read);
  if (watcher.verified && after == processed_.position) {
    Activate(watcher);
    return Step::kGoOn;
  }
  std::vector<EntryPtr> entries;
  const auto limit = static_cast<size_t>(std::min(kPageMax, processed_.position - after));
  if (!watcher.verified || !deps_.ring.Read(after, limit, &entries)) {
    AskPage(watcher);
    return Step::kWait;
  }
  std::vector<EventRef> events;
  CollectWanted(entries, watcher.subscriptions, &watcher.read, &events);
  AddPage(watcher, std::move(events), /*past=*/watcher.resumed && !watcher.synced);
  return Step::kGoOn;
}

std::optional<bool> FeedEngine::VerifyInRing(const Watcher& watcher) const {
  const FeedCursor& cursor = watcher.read;
  if (cursor.position == 0) return cursor.time == absl::UnixEpoch();
  if (cursor.position == processed_.position) return cursor.time == processed_.time;
  std::vector<EntryPtr> entries;
  if (cursor.position > processed_.position || !deps_.ring.Read(cursor.position - 1, 1, &entries)) {
    return std::nullopt;
  }
  return cursor.time == entries[0]->time;
}

void FeedEngine::AskPage(Watcher& watcher) {
  watcher.page_pending = true;
  pager_->Ask({watcher.id, watcher.subscriptions, watcher.read, !watcher.verified});
}

// `past`: these are shown because they were asked for, not because they happen; that has a record
// of its own.
void FeedEngine::AddPage(Watcher& watcher, std::vector<EventRef> events, bool past) {
  if (events.empty()) return;
  if (!past) {
    watcher.outbox.insert(watcher.outbox.end(), events.begin(), events.end());
    return;
  }
  std::vector<ChangeTarget> shown;
  for (const EventRef& ref : events) shown.push_back(*ref);
  watcher.page = std::move(events);
  watcher.page_pending = true;
  watcher.guard->RecordPage(std::move(shown),
                            [inbox = inbox_, id = watcher.id](absl::Status status) {
                              inbox->Post(feed_command::PageRecorded{id, std::move(status)});
                            });
}

// What the pager rendered is as good as rendered now, except of objects that changed since.
void FeedEngine::KeepRendered(const FeedPage& page) {
  if (page.rendered.empty()) return;
  Follow();
  if (page.epoch != epoch_) return;
  std::vector<EntryPtr> since;
  if (!deps_.ring.Read(
          page.rendered_at,
          static_cast<size_t>(std::max<int64_t>(0, processed_.position - page.rendered_at)),
          &since)) {
    return;
  }
  for (const auto& [ref, event] : page.rendered) cache_.Insert(ref, event);
  for (const EntryPtr& entry : since) {
    for (const ChangeTarget& target : entry->targets) cache_.Drop(target);
  }
}

FeedEngine::Step FeedEngine::SendEvents(Watcher& watcher) {
  if (!RenderOutbox(watcher).ok()) {
    watcher.retry_time = now_ + kRetry;
    return Step::kWait;
  }
  // Rendering took its time: what changed meanwhile is dropped from the cache, and not sent.
  Follow();
  if (absl::Status status = CheckAccess(watcher); !status.ok()) {
    return End(watcher, std::move(status));
  }
  std::vector<SharedBytes> events;
  size_t bytes = 0;
  while (!watcher.outbox.empty() && events.size() < kEventsMax) {
    const EventRef& ref = watcher.outbox.front();
    const CachedEvent* const event = cache_.Find(ref);
    if (event == nullptr) break;
    const bool shows =
        event->bytes != nullptr &&
        (event->label == nullptr || watcher.guard->MaySee((*ref).kind, *event->label, now_));
    if (shows) {
      if (!events.empty() && bytes + event->bytes->size() > kBytesMax) break;
      bytes += event->bytes->size();
      events.push_back(event->bytes);
    }
    watcher.sent = {ref.entry->position, ref.target + 1, ref.entry->time};
    watcher.outbox.pop_front();
  }
  if (events.empty()) {
    if (!watcher.outbox.empty()) MakeReady(watcher);
    return watcher.outbox.empty() ? Step::kGoOn : Step::kWait;
  }
  events_.fetch_add(static_cast<int64_t>(events.size()), std::memory_order_relaxed);
  if (watcher.active && !watcher.synced && watcher.outbox.empty()) {
    watcher.synced = true;
    events.push_back(synced_);
  }
  Send(watcher, std::move(events));
  return Step::kWait;
}

// Renders what the next message will hold and the cache does not have, in one read transaction.
absl::Status FeedEngine::RenderOutbox(const Watcher& watcher) {
  const size_t count = std::min(kEventsMax, watcher.outbox.size());
  size_t first = 0;
  while (first < count && cache_.Find(watcher.outbox[first]) != nullptr) ++first;
  if (first == count) return absl::OkStatus();
  return deps_.database.Read(
      deps_.clock.Now() + kRenderMax, [&](storage::ReadTx& tx) -> absl::Status {
        size_t bytes = 0;
        for (size_t i = 0; i < count && bytes <= kBytesMax; ++i) {
          const EventRef& ref = watcher.outbox[i];
          const CachedEvent* event = cache_.Find(ref);
          if (event == nullptr) {
            SV_ASSIGN_OR_RETURN(CachedEvent rendered, deps_.renderers.Render(tx, ref));
            cache_.Insert(ref, std::move(rendered));
            event = cache_.Find(ref);
          }
          if (event->bytes != nullptr) bytes += event->bytes->size();
        }
        return absl::OkStatus();
      });
}

void FeedEngine::Send(Watcher& watcher, std::vector<SharedBytes> events) {
  if (watcher.outbox.empty() && !watcher.page_pending) {
    watcher.sent = watcher.active ? Present() : watcher.read;
  }
  watcher.sending = true;
  watcher.send_time = now_;
  watcher.heartbeat_time = now_ + options_.heartbeat;
  messages_.fetch_add(1, std::memory_order_relaxed);
  watcher.sink->Send(FeedMessage{std::move(events),
                                 SealCursor(deps_.sealer, watcher.audience, watcher.sent, now_)});
}

FeedEngine::Step FeedEngine::End(Watcher& watcher, absl::Status status) {
  if (watcher.sending) {
    watcher.ending = std::move(status);
    watcher.abort_time = std::min(watcher.abort_time, now_ + options_.farewell_max);
    return Step::kWait;
  }
  watcher.sink->Finish(std::move(status));
  Remove(watcher);
  return Step::kGone;
}

FeedEngine::Step FeedEngine::Cut(Watcher& watcher, absl::Status status) {
  watcher.sink->Abort(std::move(status));
  Remove(watcher);
  return Step::kGone;
}

void FeedEngine::Remove(Watcher& watcher) {
  if (!watcher.active) lagging_.fetch_sub(1, std::memory_order_relaxed);
  due_.erase({watcher.due, watcher.id});
  for (const FeedSubscription& subscription : watcher.subscriptions) {
    const auto watchers = by_unit_.find(subscription.unit);
    watchers->second.erase(std::find(watchers->second.begin(), watchers->second.end(), &watcher));
    if (watchers->second.empty()) by_unit_.erase(watchers);
  }
  {
    absl::MutexLock lock(&admission_mutex_);
    --open_;
    const auto holder = open_by_holder_.find(watcher.audience.holder);
    if (--holder->second == 0) open_by_holder_.erase(holder);
  }
  watchers_.erase(watcher.id);
}

void FeedEngine::Lag(Watcher& watcher, const FeedCursor& read) {
  watcher.active = false;
  watcher.read = read;
  lagging_.fetch_add(1, std::memory_order_relaxed);
  if (!watcher.sending) MakeReady(watcher);
}

void FeedEngine::Activate(Watcher& watcher) {
  watcher.active = true;
  lagging_.fetch_sub(1, std::memory_order_relaxed);
}

void FeedEngine::Schedule(Watcher& watcher) {
  absl::Time due = absl::InfiniteFuture();
  if (!watcher.ending.has_value()) {
    due = std::min(watcher.not_after, watcher.opened_time + options_.age_max);
  }
  if (watcher.sending) {
    due = std::min({due, watcher.abort_time, watcher.send_time + options_.stall_max});
  } else {
    due = std::min(due, watcher.retry_time > now_ ? watcher.retry_time : watcher.heartbeat_time);
  }
  due = std::max(due, now_ + kDueMin);
  if (due == watcher.due) return;
  due_.erase({watcher.due, watcher.id});
  due_.emplace(due, watcher.id);
  watcher.due = due;
}

}  // namespace samverkan::journal
