#pragma once

#include "tests/support/hub_folder.h"

namespace samverkan::bench {

// Items handed in and read over mutual TLS, 64 under way, from a hub in a process of its own; reads
// against an echo with the same TLS.
void MeasureCalls(const testing::HubFolder& folder);

}  // namespace samverkan::bench
