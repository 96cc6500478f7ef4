#include "tests/bench/decision/decision_bench.h"

int main() {
  // A missed goal is a figure, not an error.
  samverkan::bench::MeasureDecisions();
  return 0;
}
