#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "services/storage/key_change.h"

namespace samverkan::storage {

// The keys that stand in the log but not yet in the sorted table. Every change carries the position
// of its group, so that a reader sees exactly those of its snapshot. One thread changes, any number
// look up.
class KeyTail {
 public:
  // The newest change of the key at or before `position`.
  std::optional<KeyState> Find(const KeyName& name, int64_t position) const;

  // Before the group at `position` commits: a reader that opens its snapshot right after the commit
  // must find the keys.
  void Add(int64_t position, absl::Span<const KeyChange> changes);
  // The group did not commit.
  void Retract(int64_t position, absl::Span<const KeyChange> changes);
  // The change at or before `position` stands in the sorted table of every open snapshot.
  void Drop(const KeyName& name, int64_t position);

  // Keys held.
  int64_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct Version {
    int64_t position;
    KeyState state;
  };
  // Oldest first.
  using Versions = absl::InlinedVector<Version, 1>;
  struct alignas(64) Shard {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<KeyName, Versions> keys ABSL_GUARDED_BY(mutex);
  };
  static constexpr size_t kShards = 16;
  Shard& ShardOf(const KeyName& name) { return shards_[name.key[0] % kShards]; }
  const Shard& ShardOf(const KeyName& name) const { return shards_[name.key[0] % kShards]; }

  std::array<Shard, kShards> shards_;
  std::atomic<int64_t> size_{0};
};

}  // namespace samverkan::storage
