#include "services/access/frame.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "services/access/resolve.h"

namespace samverkan::access {
namespace {

// Whether `local` holds what `frame` does not.
bool Beyond(uint64_t local, uint64_t frame) {
  return (local & ~frame) != 0;
}

types::v1::Onward OnwardCeiling(const ClauseTerms& frame, const ClauseTerms& local) {
  const bool clear = local.max_tlp == types::v1::TLP_CLEAR;
  return clear ? std::max(frame.obligations.onward, frame.clear_onward) : frame.obligations.onward;
}

}  // namespace

absl::string_view FrameLimitName(FrameLimit limit) {
  switch (limit) {
    case FrameLimit::kNone:
      return "";
    case FrameLimit::kContent:
      return "content";
    case FrameLimit::kFrame:
      return "frame";
    case FrameLimit::kFlow:
      return "flow";
    case FrameLimit::kCategory:
      return "category";
    case FrameLimit::kPurpose:
      return "purpose";
    case FrameLimit::kArea:
      return "area";
    case FrameLimit::kTlp:
      return "max_tlp";
    case FrameLimit::kConfidentiality:
      return "max_confidentiality";
    case FrameLimit::kGeoPrecision:
      return "geo_precision";
    case FrameLimit::kTimePrecision:
      return "time_precision";
    case FrameLimit::kDelay:
      return "delay";
    case FrameLimit::kOnward:
      return "onward";
    case FrameLimit::kMinCount:
      return "min_count";
    case FrameLimit::kValidity:
      return "validity";
  }
  return "";
}

uint32_t FrameTable::Add(std::string name, const ClauseTerms& terms, absl::Time valid_from) {
  clauses_.push_back({std::move(name), terms, valid_from});
  return static_cast<uint32_t>(clauses_.size() - 1);
}

void FrameTable::Open(absl::string_view agreement, uint32_t clause, Snapshot::Pair pair,
                      IntervalSet open) {
  agreements_[agreement][Snapshot::PairKey(pair.from, pair.to)].push_back(
      {clause, std::move(open)});
}

FrameLimit FrameTable::FirstLimit(const ClauseTerms& frame, const ClauseTerms& local,
                                  uint64_t category) const {
  const Obligations& ceiling = frame.obligations;
  const Obligations& own = local.obligations;
  if ((frame.categories & category) == 0) return FrameLimit::kCategory;
  if (Beyond(local.purposes, frame.purposes)) return FrameLimit::kPurpose;
  if ((local.cells & ~frame.cells).any()) return FrameLimit::kArea;
  if (local.max_tlp > frame.max_tlp) return FrameLimit::kTlp;
  if (local.max_confidentiality > frame.max_confidentiality) return FrameLimit::kConfidentiality;
  if (own.geo_precision < ceiling.geo_precision) return FrameLimit::kGeoPrecision;
  if (own.time_precision < ceiling.time_precision) return FrameLimit::kTimePrecision;
  if (own.delay_seconds < ceiling.delay_seconds) return FrameLimit::kDelay;
  if (own.onward > OnwardCeiling(frame, local)) return FrameLimit::kOnward;
  if ((counting_ & category) != 0 && own.min_count < ceiling.min_count)
    return FrameLimit::kMinCount;
  return FrameLimit::kNone;
}

FrameTable::Coverage FrameTable::Cover(absl::string_view agreement, const ClauseTerms& local,
                                       Snapshot::Pair pair, uint64_t category) const {
  Coverage coverage;
  const auto found = agreements_.find(agreement);
  if (found == agreements_.end()) {
    coverage.limit = FrameLimit::kFrame;
    return coverage;
  }
  const auto entries = found->second.find(Snapshot::PairKey(pair.from, pair.to));
  if (entries == found->second.end()) return coverage;
  for (const Entry& entry : entries->second) {
    const Clause& clause = clauses_[entry.clause];
    FrameLimit limit = FirstLimit(clause.terms, local, category);
    if (limit == FrameLimit::kNone) {
      coverage.open = Union(coverage.open, entry.open);
      coverage.valid_from = std::min(coverage.valid_from, clause.valid_from);
      limit = FrameLimit::kValidity;
    }
    if (limit > coverage.limit) {
      coverage.limit = limit;
      coverage.frame_clause = clause.name;
    }
  }
  return coverage;
}

namespace {

// Whether what the frame opens reaches from the start to the end of the local validity, as far as
// it is known today: a frame that is suspended, or that one of the two has not signed, does not.
bool Reaches(const FrameTable::Coverage& coverage, const Interval& validity) {
  return !coverage.open.empty() && coverage.valid_from <= validity.from &&
         coverage.open.back().to >= validity.to && coverage.open.back().from < validity.to;
}

void CheckClause(const Snapshot& policy, const ResolvedAgreement& agreement,
                 const ResolvedClause& clause, std::vector<FrameProblem>& first,
                 std::vector<FrameProblem>& repeated) {
  uint64_t reported = 0;
  for (Snapshot::Pair pair : clause.pairs) {
    for (uint64_t rest = clause.terms.categories; rest != 0; rest &= rest - 1) {
      const uint64_t category = rest & (~rest + 1);
      const FrameTable::Coverage coverage =
          policy.frames().Cover(agreement.frame, clause.terms, pair, category);
      if (Reaches(coverage, agreement.validity)) continue;
      std::vector<FrameProblem>& problems = (reported & category) == 0 ? first : repeated;
      reported |= category;
      if (problems.size() == kFrameProblemsMax) continue;
      const auto id = static_cast<uint16_t>(std::countr_zero(category));
      problems.push_back({.limit = coverage.limit,
                          .clause = clause.id,
                          .from = policy.unit(pair.from).name,
                          .to = policy.unit(pair.to).name,
                          .category = policy.CategoryCode(CategoryId{id}),
                          .frame_clause = coverage.frame_clause,
                          .detail = ""});
    }
  }
}

}  // namespace

std::vector<FrameProblem> CheckFrame(const Snapshot& policy,
                                     const agreements::v1::AgreementContent& content) {
  std::vector<FrameProblem> problems;
  if (!IsLocal(content.level())) return problems;
  const absl::StatusOr<ResolvedAgreement> agreement = ResolveAgreement(policy, content);
  if (!agreement.ok()) {
    problems.emplace_back();
    problems.back().limit = FrameLimit::kContent;
    problems.back().detail = std::string(agreement.status().message());
    return problems;
  }
  if (!policy.frames().Has(agreement->frame)) {
    problems.emplace_back();
    problems.back().limit = FrameLimit::kFrame;
    return problems;
  }
  std::vector<FrameProblem> repeated;
  for (const ResolvedClause& clause : agreement->clauses) {
    if (clause.terms.effect != agreements::v1::Clause::EFFECT_PERMIT) continue;
    CheckClause(policy, *agreement, clause, problems, repeated);
  }
  problems.insert(problems.end(), repeated.begin(), repeated.end());
  if (problems.size() > kFrameProblemsMax) problems.resize(kFrameProblemsMax);
  return problems;
}

}  // namespace samverkan::access
