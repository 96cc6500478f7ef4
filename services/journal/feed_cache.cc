#include "services/journal/feed_cache.h"

#include <algorithm>
#include <string>

namespace samverkan::journal {
namespace {

// What a slot costs besides its bytes.
constexpr size_t kSlotBytes = 256;
// Field 1, length-delimited.
constexpr char kEventTag = 0x0a;

}  // namespace

const CachedEvent* EventCache::Find(const EventRef& ref) {
  const auto found = events_.find(EventKey{ref.entry->position, ref.target});
  if (found == events_.end()) return nullptr;
  slots_.splice(slots_.begin(), slots_, found->second);
  return &found->second->event;
}

void EventCache::Insert(const EventRef& ref, CachedEvent event) {
  const EventKey key{ref.entry->position, ref.target};
  if (const auto found = events_.find(key); found != events_.end()) Erase(found->second);
  const size_t bytes = kSlotBytes + (event.bytes == nullptr ? 0 : event.bytes->size());
  const ObjectKey object = ObjectOf(*ref);
  slots_.push_front(Slot{key, object, std::move(event), bytes});
  events_[key] = slots_.begin();
  objects_[object].push_back(key);
  bytes_ += bytes;
  while (bytes_ > bytes_max_ && slots_.size() > 1) Erase(std::prev(slots_.end()));
}

void EventCache::Drop(const ChangeTarget& target) {
  const auto found = objects_.find(ObjectOf(target));
  if (found == objects_.end()) return;
  const std::vector<EventKey> keys = found->second;
  for (const EventKey& key : keys) Erase(events_.at(key));
}

void EventCache::Clear() {
  events_.clear();
  objects_.clear();
  slots_.clear();
  bytes_ = 0;
}

void EventCache::Erase(Slots::iterator slot) {
  const auto object = objects_.find(slot->object);
  std::vector<EventKey>& keys = object->second;
  keys.erase(std::find(keys.begin(), keys.end(), slot->key));
  if (keys.empty()) objects_.erase(object);
  events_.erase(slot->key);
  bytes_ -= slot->bytes;
  slots_.erase(slot);
}

SharedBytes FrameEvent(const std::string& event) {
  std::string framed;
  framed.reserve(event.size() + 6);
  framed.push_back(kEventTag);
  size_t length = event.size();
  for (; length >= 0x80; length >>= 7) framed.push_back(static_cast<char>(length | 0x80));
  framed.push_back(static_cast<char>(length));
  framed.append(event);
  return std::make_shared<const std::string>(std::move(framed));
}

}  // namespace samverkan::journal
