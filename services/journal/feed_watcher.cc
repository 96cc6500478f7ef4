#include "services/journal/feed_watcher.h"

#include <algorithm>

namespace samverkan::journal {

void CollectWanted(const std::vector<EntryPtr>& entries,
                   const std::vector<FeedSubscription>& subscriptions, FeedCursor* read,
                   std::vector<EventRef>* out) {
  for (const EntryPtr& entry : entries) {
    const uint32_t skip = entry->position == read->position ? read->targets_done : 0;
    for (uint32_t i = skip; i < entry->targets.size(); ++i) {
      const ChangeTarget& target = entry->targets[i];
      if (std::any_of(subscriptions.begin(), subscriptions.end(),
                      [&target](const FeedSubscription& s) { return s.Matches(target); })) {
        out->push_back(EventRef{entry, i});
      }
    }
    *read = FeedCursor{entry->position, FeedCursor::kAllTargets, entry->time};
  }
}

}  // namespace samverkan::journal
