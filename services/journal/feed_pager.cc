#include "services/journal/feed_pager.h"

#include <optional>
#include <utility>

#include "services/base/status.h"
#include "services/base/thread.h"
#include "services/journal/feed_watcher.h"

namespace samverkan::journal {
namespace {

constexpr absl::Duration kReadMax = absl::Seconds(5);
// A page renders in one read transaction, which must stay short; the rest of its events are
// rendered when they are sent.
constexpr size_t kRenderedMax = 256;

}  // namespace

FeedPager::FeedPager(storage::Database& database, FeedRenderers& renderers, Clock& clock,
                     std::function<uint64_t()> policy_epoch, std::shared_ptr<FeedInbox> inbox)
    : database_(database),
      renderers_(renderers),
      clock_(clock),
      policy_epoch_(std::move(policy_epoch)),
      inbox_(std::move(inbox)),
      thread_(StartThread("sv-feed-pager", [this] { Work(); })) {}

FeedPager::~FeedPager() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void FeedPager::Ask(Request request) {
  absl::MutexLock lock(&mutex_);
  queue_.push_back(std::move(request));
}

void FeedPager::Work() {
  while (true) {
    Request request;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &FeedPager::HasWork));
      if (stopping_) return;
      request = std::move(queue_.front());
      queue_.pop_front();
    }
    inbox_->Post(feed_command::PageRead{request.watcher, ReadPage(request)});
  }
}

FeedPage FeedPager::ReadPage(const Request& request) {
  FeedPage page;
  // Before anything is rendered: a change on the way makes the page's bytes old.
  const uint64_t epoch = policy_epoch_();
  absl::Status status =
      database_.Read(clock_.Now() + kReadMax, [this, &request, &page](storage::ReadTx& tx) {
        page = FeedPage();
        return ReadInto(tx, request, &page);
      });
  if (!status.ok()) {
    page = FeedPage();
    page.status = std::move(status);
  }
  page.epoch = epoch;
  return page;
}

absl::Status FeedPager::ReadInto(storage::ReadTx& tx, const Request& request, FeedPage* page) {
  page->read = request.from;
  if (request.verify) {
    SV_ASSIGN_OR_RETURN(const std::optional<absl::Time> time,
                        ChangeLog::TimeOf(tx, request.from.position));
    if (time != request.from.time) {
      page->refused = true;
      return absl::OkStatus();
    }
  }
  SV_ASSIGN_OR_RETURN(const LogHead head, ChangeLog::FindHead(tx));
  page->rendered_at = head.position;
  SV_ASSIGN_OR_RETURN(const std::vector<EntryPtr> entries,
                      ChangeLog::Scan(tx, ReadAfter(request.from), kEntriesMax));
  CollectWanted(entries, request.subscriptions, &page->read, &page->events);
  for (const EventRef& ref : page->events) {
    if (page->rendered.size() == kRenderedMax) break;
    SV_ASSIGN_OR_RETURN(CachedEvent event, renderers_.Render(tx, ref));
    page->rendered.emplace_back(ref, std::move(event));
  }
  return absl::OkStatus();
}

}  // namespace samverkan::journal
