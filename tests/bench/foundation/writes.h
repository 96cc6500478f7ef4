#pragma once

#include "tests/support/hub_folder.h"

namespace samverkan::bench {

// Items handed in at the gate and through the in-process channel, 64 under way, against the same
// statements replayed in groups of 64.
void MeasureWrites(const testing::HubFolder& folder);

}  // namespace samverkan::bench
