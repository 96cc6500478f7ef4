#pragma once

#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace samverkan::access {

// [from, to)
struct Interval {
  absl::Time from;
  absl::Time to;
  bool Contains(absl::Time t) const { return from <= t && t < to; }
  bool empty() const { return to <= from; }
  bool operator==(const Interval&) const = default;
};

// Intervals in order of time, none empty, none touching another.
using IntervalSet = std::vector<Interval>;

// The set of the same instants.
IntervalSet Normalise(std::vector<Interval> intervals);
IntervalSet Union(const IntervalSet& a, const IntervalSet& b);
IntervalSet Intersect(const IntervalSet& a, const IntervalSet& b);
// The instants of `a` that are not in `b`.
IntervalSet Subtract(const IntervalSet& a, const IntervalSet& b);

// The interval that contains `t`, or the first after it; nullptr where there is none.
const Interval* AtOrAfter(absl::Span<const Interval> set, absl::Time t);

}  // namespace samverkan::access
