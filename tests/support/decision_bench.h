#pragma once

namespace samverkan::bench {

// Measures disclosure decisions under the demo's agreements and prints the figures decision_p50 and
// decision_p99. Ends the process where a decision is not the one expected.
void MeasureDecisions();

}  // namespace samverkan::bench
