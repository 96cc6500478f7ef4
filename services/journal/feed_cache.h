#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/journal/feed.h"

namespace samverkan::journal {

// One target of one entry.
struct EventRef {
  EntryPtr entry;
  uint32_t target = 0;

  const ChangeTarget& operator*() const { return entry->targets[target]; }
};

// An event ready to be sent.
struct CachedEvent {
  // Framed; null when there is nothing to show.
  SharedBytes bytes;
  std::shared_ptr<const EventLabel> label;
};

// Rendered events, one per target of an entry however many watch it. Everything rendered of an
// object is dropped when the object changes, so that what is here is as good as rendered now.
// Bounded by bytes, least recently used first. Used by one thread.
class EventCache {
 public:
  explicit EventCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Null when it is not here. Valid until the next call.
  const CachedEvent* Find(const EventRef& ref);
  void Insert(const EventRef& ref, CachedEvent event);
  // Drops what is here of the object of a target.
  void Drop(const ChangeTarget& target);
  void Clear();

  size_t bytes() const { return bytes_; }

 private:
  // Position and target.
  using EventKey = std::pair<int64_t, uint32_t>;
  using ObjectKey = std::pair<int64_t, int64_t>;
  struct Slot {
    EventKey key;
    ObjectKey object;
    CachedEvent event;
    size_t bytes = 0;
  };
  using Slots = std::list<Slot>;

  static ObjectKey ObjectOf(const ChangeTarget& target) {
    return {static_cast<int64_t>(target.kind), target.object_id};
  }
  void Erase(Slots::iterator slot);

  const size_t bytes_max_;
  size_t bytes_ = 0;
  // Most recently used first.
  Slots slots_;
  absl::flat_hash_map<EventKey, Slots::iterator> events_;
  absl::flat_hash_map<ObjectKey, std::vector<EventKey>> objects_;
};

// An event as a piece of WatchResponse: field 1, its length, its bytes.
SharedBytes FrameEvent(const std::string& event);

}  // namespace samverkan::journal
