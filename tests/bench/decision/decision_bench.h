#pragma once

namespace samverkan::bench {

// Measures disclosure decisions under the demo's agreements and prints the figures decision_p50 and
// decision_p99. False where a goal is missed; ends the process where a decision is not the one
// expected.
bool MeasureDecisions();

}  // namespace samverkan::bench
