#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace samverkan::rpc {

// What was found out about something, by its bytes or their SHA-256: at most `max` entries, the
// ones not asked for longest forgotten first. Two generations: when the younger is full it becomes
// the older, whose entries return to the younger when asked for and otherwise go. Thread-safe.
template <typename Key, typename Value>
class RecentCache {
 public:
  explicit RecentCache(size_t max) : generation_max_(std::max<size_t>(max / 2, 1)) {}

  std::shared_ptr<const Value> Find(const Key& key) {
    absl::MutexLock lock(&mutex_);
    if (const auto found = younger_.find(key); found != younger_.end()) return found->second;
    const auto found = older_.find(key);
    if (found == older_.end()) return nullptr;
    std::shared_ptr<const Value> value = std::move(found->second);
    older_.erase(found);
    Insert(key, value);
    return value;
  }

  void Put(const Key& key, std::shared_ptr<const Value> value) {
    absl::MutexLock lock(&mutex_);
    older_.erase(key);
    Insert(key, std::move(value));
  }

  size_t size() const {
    absl::MutexLock lock(&mutex_);
    return younger_.size() + older_.size();
  }

 private:
  using Entries = absl::flat_hash_map<Key, std::shared_ptr<const Value>>;

  void Insert(const Key& key, std::shared_ptr<const Value> value)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (younger_.size() >= generation_max_ && !younger_.contains(key)) {
      older_ = std::move(younger_);
      younger_ = Entries();
    }
    younger_[key] = std::move(value);
  }

  const size_t generation_max_;
  mutable absl::Mutex mutex_;
  Entries younger_ ABSL_GUARDED_BY(mutex_);
  Entries older_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace samverkan::rpc
