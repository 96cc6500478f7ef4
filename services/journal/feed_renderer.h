#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "services/journal/feed.h"
#include "services/journal/feed_cache.h"

namespace samverkan::journal {

// The renderers of all kinds, and how often they ran. Filled at start, then thread-safe.
class FeedRenderers {
 public:
  // The renderer outlives the engine.
  void Register(ChangeKind kind, EventRenderer& renderer) { renderers_[kind] = &renderer; }

  // Nothing to show for a kind that nobody registered.
  absl::StatusOr<CachedEvent> Render(storage::ReadTx& tx, const EventRef& ref);

  int64_t rendered() const { return rendered_.load(std::memory_order_relaxed); }

 private:
  absl::flat_hash_map<ChangeKind, EventRenderer*> renderers_;
  std::atomic<int64_t> rendered_{0};
};

}  // namespace samverkan::journal
