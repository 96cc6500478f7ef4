#include "tests/support/decision_bench.h"

int main() {
  samverkan::bench::MeasureDecisions();
  return 0;
}
