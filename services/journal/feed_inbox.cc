#include "services/journal/feed_inbox.h"

#include "services/journal/feed_watcher.h"

namespace samverkan::journal {

void WatchHandle::Sent(bool ok) const {
  inbox_->Post(feed_command::Sent{id_, ok});
}

void WatchHandle::Cancelled() const {
  inbox_->Post(feed_command::Cancelled{id_});
}

FeedInbox::FeedInbox() = default;
FeedInbox::~FeedInbox() = default;

void FeedInbox::Post(FeedCommand command) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return;
  commands_.push_back(std::move(command));
  woken_ = true;
}

void FeedInbox::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

void FeedInbox::Take(absl::Duration timeout, std::vector<FeedCommand>* out) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(this, &FeedInbox::HasWork), timeout);
  woken_ = false;
  out->swap(commands_);
}

void FeedInbox::Close() {
  std::vector<FeedCommand> unread;
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  unread.swap(commands_);
}

}  // namespace samverkan::journal
