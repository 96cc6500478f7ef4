#include "services/journal/ring.h"

#include <algorithm>
#include <utility>

#include "services/base/status.h"
#include "services/journal/change_log.h"

namespace samverkan::journal {

Ring::Ring(size_t capacity) : mask_(capacity - 1), entries_(capacity) {
  SV_CHECK(capacity > 0 && (capacity & mask_) == 0, "the ring's capacity is a power of two");
}

void Ring::StartAt(const LogHead& head) {
  absl::MutexLock lock(&mutex_);
  if (head_.position != 0) return;
  head_ = head;
  first_ = head.position + 1;
}

void Ring::Publish(EntryPtr entry) {
  // What falls out is destroyed outside the lock.
  EntryPtr evicted;
  {
    absl::MutexLock lock(&mutex_);
    const int64_t position = entry->position;
    if (position != head_.position + 1) first_ = position;
    head_ = LogHead{position, entry->time};
    evicted = std::exchange(entries_[static_cast<size_t>(position) & mask_], std::move(entry));
    first_ = std::max(first_, position - static_cast<int64_t>(mask_));
  }
  absl::MutexLock lock(&listener_mutex_);
  if (listener_) listener_();
}

LogHead Ring::head() const {
  absl::MutexLock lock(&mutex_);
  return head_;
}

int64_t Ring::first() const {
  absl::MutexLock lock(&mutex_);
  return first_;
}

bool Ring::Read(int64_t after, size_t limit, std::vector<EntryPtr>* out) const {
  absl::MutexLock lock(&mutex_);
  if (after + 1 < first_) return false;
  const int64_t last = std::min(head_.position, after + static_cast<int64_t>(limit));
  for (int64_t position = after + 1; position <= last; ++position) {
    out->push_back(entries_[static_cast<size_t>(position) & mask_]);
  }
  return true;
}

void Ring::Listen(absl::AnyInvocable<void() const> listener) {
  absl::MutexLock lock(&listener_mutex_);
  listener_ = std::move(listener);
}

}  // namespace samverkan::journal
