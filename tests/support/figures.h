#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace samverkan::bench {

// What a figure must be. Judged on the median.
struct Goal {
  enum class Op { kNone, kAtLeast, kAtMost, kExactly };
  Op op = Op::kNone;
  double value = 0;
};

inline Goal AtLeast(double value) {
  return {Goal::Op::kAtLeast, value};
}
inline Goal AtMost(double value) {
  return {Goal::Op::kAtMost, value};
}
inline Goal Exactly(double value) {
  return {Goal::Op::kExactly, value};
}

// The line of a figure: `figure NAME min/median/max UNIT goal OP VALUE met|missed`, or, for one
// that is told and not judged, `figure NAME min/median/max UNIT goal none`. At least one sample.
std::string FigureLine(absl::string_view name, std::vector<double> samples, absl::string_view unit,
                       int decimals, Goal goal = {});

// Prints it.
void Print(absl::string_view name, const std::vector<double>& samples, absl::string_view unit,
           int decimals, Goal goal = {});

// Ends the process with a sentence: a figure that comes from something else than was asked for is
// none.
void Require(bool condition, absl::string_view what);

double Median(std::vector<double> samples);

}  // namespace samverkan::bench
