#pragma once

#include "tests/support/hub_folder.h"

namespace samverkan::bench {

// How often one event is rendered for a hundred watchers with the same view, and what a watcher and
// its connection cost the hub in memory.
void MeasureWatchers(const testing::HubFolder& folder);

}  // namespace samverkan::bench
