#include "tests/support/figures.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace samverkan::bench {
namespace {

std::string Judged(const Goal& goal, double median) {
  switch (goal.op) {
    case Goal::Op::kAtLeast:
      return absl::StrCat(">= ", goal.value, median >= goal.value ? " met" : " missed");
    case Goal::Op::kAtMost:
      return absl::StrCat("<= ", goal.value, median <= goal.value ? " met" : " missed");
    case Goal::Op::kExactly:
      return absl::StrCat("== ", goal.value, median == goal.value ? " met" : " missed");
    case Goal::Op::kNone:
      break;
  }
  return "none";
}

}  // namespace

double Median(std::vector<double> samples) {
  Require(!samples.empty(), "a figure comes from at least one sample");
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 2];
}

std::string FigureLine(absl::string_view name, std::vector<double> samples, absl::string_view unit,
                       int decimals, Goal goal) {
  const double median = Median(samples);
  const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
  return absl::StrFormat("figure %s %.*f/%.*f/%.*f %s goal %s", name, decimals, *least, decimals,
                         median, decimals, *most, unit, Judged(goal, median));
}

void Print(absl::string_view name, const std::vector<double>& samples, absl::string_view unit,
           int decimals, Goal goal) {
  std::printf("%s\n", FigureLine(name, samples, unit, decimals, goal).c_str());
  std::fflush(stdout);
}

void Require(bool condition, absl::string_view what) {
  if (condition) return;
  std::fflush(stdout);
  // Standard error may be a hub's log.
  std::printf("%.*s\n", static_cast<int>(what.size()), what.data());
  std::fflush(stdout);
  std::_Exit(1);
}

}  // namespace samverkan::bench
