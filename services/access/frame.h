#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "services/access/clause_terms.h"
#include "services/access/interval.h"
#include "services/access/snapshot.h"

namespace samverkan::access {

// What keeps a local clause from being covered, in the order it is looked for.
enum class FrameLimit {
  kNone,
  kContent,  // the agreement itself does not resolve
  kFrame,    // no signed agreement of that name
  kFlow,     // no frame clause between these units
  kCategory,
  kPurpose,
  kArea,
  kTlp,
  kConfidentiality,
  kGeoPrecision,
  kTimePrecision,
  kDelay,
  kOnward,
  kMinCount,
  kValidity,  // the frame begins later or ends earlier, or is suspended, or not signed by both
};

// "flow", "purpose" …: for error metadata.
absl::string_view FrameLimitName(FrameLimit limit);

struct FrameProblem {
  FrameLimit limit = FrameLimit::kNone;
  // The clause's id and, from kFlow on, the flow and category that are not covered.
  std::string clause;
  std::string from;
  std::string to;
  std::string category;
  // The frame clause that came nearest; empty where there is none.
  std::string frame_clause;
  // For kContent: what is wrong and where.
  std::string detail;
};

// What goes beyond the frame (R10): for every pair and category of every PERMIT clause of a LOCAL
// or THEMATIC agreement, one frame clause in force must cover all of it. Empty where everything is
// covered or the level needs no frame. The first problem of each clause and category comes first;
// at most kFrameProblemsMax.
inline constexpr size_t kFrameProblemsMax = 100;
std::vector<FrameProblem> CheckFrame(const Snapshot& policy,
                                     const agreements::v1::AgreementContent& content);

// The frame clauses of all agreements with the times they are in force, pair by pair.
class FrameTable {
 public:
  struct Coverage {
    // When some one frame clause covers it.
    IntervalSet open;
    // When the first of those frame clauses begins to be valid.
    absl::Time valid_from = absl::InfiniteFuture();
    // Where that is never: the limit that the nearest frame clause fails, and that clause.
    FrameLimit limit = FrameLimit::kFlow;
    std::string frame_clause;
  };

  // `counting` has the bits of the categories whose smallest count matters.
  explicit FrameTable(uint64_t counting) : counting_(counting) {}

  // Adds a frame clause; returns its number for Open.
  uint32_t Add(std::string name, const ClauseTerms& terms, absl::Time valid_from);
  void Open(absl::string_view agreement, uint32_t clause, Snapshot::Pair pair, IntervalSet open);

  bool Has(absl::string_view agreement) const { return agreements_.contains(agreement); }
  // How the frame agreement covers a clause for one pair and one category (a bit).
  Coverage Cover(absl::string_view agreement, const ClauseTerms& local, Snapshot::Pair pair,
                 uint64_t category) const;

 private:
  struct Clause {
    std::string name;
    ClauseTerms terms;
    absl::Time valid_from;
  };
  struct Entry {
    uint32_t clause;
    IntervalSet open;
  };
  FrameLimit FirstLimit(const ClauseTerms& frame, const ClauseTerms& local,
                        uint64_t category) const;

  uint64_t counting_;
  std::vector<Clause> clauses_;
  absl::flat_hash_map<std::string, absl::flat_hash_map<uint32_t, std::vector<Entry>>> agreements_;
};

}  // namespace samverkan::access
