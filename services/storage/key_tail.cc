#include "services/storage/key_tail.h"

#include <algorithm>

namespace samverkan::storage {

std::optional<KeyState> KeyTail::Find(const KeyName& name, int64_t position) const {
  const Shard& shard = ShardOf(name);
  absl::ReaderMutexLock lock(&shard.mutex);
  const auto known = shard.keys.find(name);
  if (known == shard.keys.end()) return std::nullopt;
  for (auto version = known->second.rbegin(); version != known->second.rend(); ++version) {
    if (version->position <= position) return version->state;
  }
  return std::nullopt;
}

void KeyTail::Add(int64_t position, absl::Span<const KeyChange> changes) {
  for (const KeyChange& change : changes) {
    Shard& shard = ShardOf(change.name);
    absl::MutexLock lock(&shard.mutex);
    Versions& versions = shard.keys[change.name];
    if (versions.empty()) size_.fetch_add(1, std::memory_order_relaxed);
    if (!versions.empty() && versions.back().position == position) {
      versions.back().state = change.state;
    } else {
      versions.push_back({.position = position, .state = change.state});
    }
  }
}

void KeyTail::Retract(int64_t position, absl::Span<const KeyChange> changes) {
  for (const KeyChange& change : changes) {
    Shard& shard = ShardOf(change.name);
    absl::MutexLock lock(&shard.mutex);
    const auto known = shard.keys.find(change.name);
    if (known == shard.keys.end() || known->second.back().position != position) continue;
    known->second.pop_back();
    if (known->second.empty()) {
      shard.keys.erase(known);
      size_.fetch_sub(1, std::memory_order_relaxed);
    }
  }
}

void KeyTail::Drop(const KeyName& name, int64_t position) {
  Shard& shard = ShardOf(name);
  absl::MutexLock lock(&shard.mutex);
  const auto known = shard.keys.find(name);
  if (known == shard.keys.end()) return;
  Versions& versions = known->second;
  versions.erase(versions.begin(),
                 std::find_if(versions.begin(), versions.end(),
                              [&](const Version& version) { return version.position > position; }));
  if (versions.empty()) {
    shard.keys.erase(known);
    size_.fetch_sub(1, std::memory_order_relaxed);
  }
}

}  // namespace samverkan::storage
