#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "samverkan/errors/v1/errors.pb.h"
#include "samverkan/types/v1/types.pb.h"
#include "services/access/ids.h"

namespace samverkan::access {

class Snapshot;

// What an object is, as far as access is concerned. Interned for one snapshot.
struct Label {
  UnitId owner_unit;
  PartyId owner_party;
  // Information category (IKA) of the object; none for objects no clause speaks of.
  CategoryId category;
  // Cells the place touches.
  CellSet cells;
  types::v1::Tlp tlp = types::v1::TLP_UNSPECIFIED;
  uint8_t confidentiality = 0;
};

// What is asked. Everything that can influence a decision is here; there are no free attributes.
struct DisclosureRequest {
  // The acting mandate; its unit is the sender.
  MandateId mandate;
  UnitId recipient;
  PurposeId purpose = {};  // none: any purpose the clause permits (explain only)
  LegalId legal = {};      // none: not considered (explain only)
  // Index of the only clause that may be the basis (Snapshot::FindClause); none for any.
  std::optional<uint32_t> clause = std::nullopt;
  absl::Time now;
};

struct ClauseCitation {
  uint32_t clause = 0;  // index into Snapshot::clauses()
};

struct Obligations {
  types::v1::GeoPrecision geo_precision = types::v1::GEO_PRECISION_UNSPECIFIED;
  types::v1::TimePrecision time_precision = types::v1::TIME_PRECISION_UNSPECIFIED;
  int64_t delay_seconds = 0;
  int32_t min_count = 0;
  types::v1::Onward onward = types::v1::ONWARD_UNSPECIFIED;
  bool operator==(const Obligations&) const = default;
};

struct Decision {
  static constexpr size_t kCitationsMax = 8;

  bool allowed = false;
  // Why not; UNSPECIFIED when allowed.
  errors::v1::ErrorReason reason = errors::v1::ERROR_REASON_UNSPECIFIED;
  // The clauses that permit, or the ones that forbid; first found first, at most kCitationsMax.
  std::array<ClauseCitation, kCitationsMax> citations;
  uint8_t citation_count = 0;
  // The clause that came nearest when nothing permits.
  std::optional<ClauseCitation> nearest;
  Obligations obligations;
  // The decision stands until then if nothing but time changes: the mandate begins or ends, or a
  // clause that fits in all but time opens or closes.
  absl::Time not_after = absl::InfiniteFuture();
};

// Whether the mandate may disclose an object with this label to the recipient. Pure: no clock, no
// allocation, no search beyond the clauses of the pair (sender, recipient). The object must belong
// to the mandate's unit, else ORIGINATOR_ONLY. Order of reasons: NO_MANDATE, ORIGINATOR_ONLY,
// NO_CLAUSE_IN_FORCE, AREA_OUT_OF_SCOPE, LEVEL_MISMATCH, CATEGORY_NOT_COVERED,
// PURPOSE_NOT_PERMITTED, MARKING_EXCEEDS_CLAUSE, LEGAL_POSITION_MISSING: the reason given is that
// of the clause that got furthest. A FORBID in force that matches category, area and purpose wins
// over every PERMIT, named or not: NO_CLAUSE_IN_FORCE, citing the forbidding clauses. A named
// clause that never joins this pair is AREA_OUT_OF_SCOPE where the sender may send to others under
// it. Obligations of several matching permits join to the most restrictive.
Decision DecideDisclosure(const Snapshot& policy, const DisclosureRequest& request,
                          const Label& label);

// The same for what a reporting unit hands in to another party's report slot: the slot's clause
// binds the reporter's party, whose every unit counts as sender.
Decision DecideIntake(const Snapshot& policy, const DisclosureRequest& request, const Label& label);

// For explaining a denial: the permitting clauses that fit the question in all but time, and are
// not open for the pair now.
std::vector<uint32_t> FittingButClosed(const Snapshot& policy, const DisclosureRequest& request,
                                       const Label& label);

// Whether the mandate may use a permission on what its own unit owns or holds: function, validity
// and, for a place with cells other than the city as a whole, the mandate's area. Whose it is, is
// for the caller to know. Reasons: NO_MANDATE, AREA_OUT_OF_SCOPE.
Decision DecideOwn(const Snapshot& policy, MandateId mandate, PermissionId permission,
                   const Label& label, absl::Time now);

}  // namespace samverkan::access
