#include "services/access/interval.h"

#include <algorithm>
#include <utility>

namespace samverkan::access {

IntervalSet Normalise(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.from < b.from; });
  IntervalSet set;
  for (const Interval& interval : intervals) {
    if (interval.empty()) continue;
    if (!set.empty() && interval.from <= set.back().to) {
      set.back().to = std::max(set.back().to, interval.to);
    } else {
      set.push_back(interval);
    }
  }
  return set;
}

IntervalSet Union(const IntervalSet& a, const IntervalSet& b) {
  std::vector<Interval> both = a;
  both.insert(both.end(), b.begin(), b.end());
  return Normalise(std::move(both));
}

IntervalSet Intersect(const IntervalSet& a, const IntervalSet& b) {
  IntervalSet set;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    const Interval common{std::max(x->from, y->from), std::min(x->to, y->to)};
    if (!common.empty()) set.push_back(common);
    if (x->to < y->to) {
      ++x;
    } else {
      ++y;
    }
  }
  return set;
}

IntervalSet Subtract(const IntervalSet& a, const IntervalSet& b) {
  // What b leaves open between the ends of time.
  IntervalSet gaps;
  absl::Time from = absl::InfinitePast();
  for (const Interval& hole : b) {
    if (from < hole.from) gaps.push_back({from, hole.from});
    from = hole.to;
  }
  if (from < absl::InfiniteFuture()) gaps.push_back({from, absl::InfiniteFuture()});
  return Intersect(a, gaps);
}

const Interval* AtOrAfter(absl::Span<const Interval> set, absl::Time t) {
  const auto found = std::partition_point(
      set.begin(), set.end(), [t](const Interval& interval) { return interval.to <= t; });
  return found == set.end() ? nullptr : &*found;
}

}  // namespace samverkan::access
