#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "services/access/clause_terms.h"
#include "services/access/snapshot.h"

namespace samverkan::access {

struct ResolvedClause {
  std::string id;
  // Without first_version.
  ClauseTerms terms;
  // In ascending order, each once; never a unit to itself, never to a unit that only reports.
  std::vector<Snapshot::Pair> pairs;
};

// The signed part of an agreement with all names resolved.
struct ResolvedAgreement {
  std::string name;
  int32_t version = 0;
  agreements::v1::Agreement::Level level = agreements::v1::Agreement::LEVEL_UNSPECIFIED;
  std::string frame;
  std::vector<PartyId> founding;
  std::vector<PartyId> acceding;
  Interval validity;
  std::vector<ResolvedClause> clauses;

  bool IsFounding(PartyId party) const;
  bool IsParty(PartyId party) const;
};

// Whether the level is one that needs a frame and mandates of the local level.
bool IsLocal(agreements::v1::Agreement::Level level);

// INVALID_ARGUMENT, with path and cause ("clauses[2].categories: unknown code IKA_X"), for content
// that means nothing: names that do not resolve, a unit of a party that is not in the agreement,
// missing parts, times out of order.
absl::StatusOr<ResolvedAgreement> ResolveAgreement(const Snapshot& directory,
                                                   const agreements::v1::AgreementContent& content);

}  // namespace samverkan::access
