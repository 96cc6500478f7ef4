#include "services/access/decide.h"

#include <algorithm>

#include "services/access/snapshot.h"

namespace samverkan::access {
namespace {

using agreements::v1::Clause;
using directory::v1::Mandate;
using directory::v1::Party;

// How far a clause gets: the first test that fails, in the order of the reasons.
enum class Stage : uint8_t {
  kInForce,
  kArea,
  kLevel,
  kCategory,
  kPurpose,
  kMarking,
  kLegal,
  kFits
};

errors::v1::ErrorReason ReasonOf(Stage stage) {
  switch (stage) {
    case Stage::kInForce:
      return errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE;
    case Stage::kArea:
      return errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE;
    case Stage::kLevel:
      return errors::v1::ERROR_REASON_LEVEL_MISMATCH;
    case Stage::kCategory:
      return errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED;
    case Stage::kPurpose:
      return errors::v1::ERROR_REASON_PURPOSE_NOT_PERMITTED;
    case Stage::kMarking:
      return errors::v1::ERROR_REASON_MARKING_EXCEEDS_CLAUSE;
    case Stage::kLegal:
      return errors::v1::ERROR_REASON_LEGAL_POSITION_MISSING;
    case Stage::kFits:
      break;
  }
  return errors::v1::ERROR_REASON_UNSPECIFIED;
}

// The request with everything that is the same for all clauses worked out.
struct Question {
  const Label& label;
  uint64_t category;
  uint64_t purpose;  // 0 where any will do
  uint64_t legal;    // 0 where it is not considered
  bool local_mandate;
  types::v1::Tlp ceiling;
};

// The strictest marking the kind of recipient may get (R19). What a state authority originates
// reaches private and civil parties only when it is public.
types::v1::Tlp Ceiling(Party::Kind recipient, Party::Kind originator) {
  if (recipient != Party::KIND_PRIVATE && recipient != Party::KIND_CIVIL_SOCIETY)
    return types::v1::TLP_RED;
  return originator == Party::KIND_STATE ? types::v1::TLP_CLEAR : types::v1::TLP_GREEN;
}

// The tests of a PERMIT apart from time.
Stage TestPermit(const Question& question, const Rule& rule, const ClauseTerms& terms) {
  const Label& label = question.label;
  if ((terms.cells & label.cells).none()) return Stage::kArea;
  if (terms.local && !question.local_mandate) return Stage::kLevel;
  if ((rule.categories & question.category) == 0) return Stage::kCategory;
  if (question.purpose != 0 && (terms.purposes & question.purpose) == 0) return Stage::kPurpose;
  if (label.tlp == types::v1::TLP_UNSPECIFIED ||
      label.tlp > std::min(terms.max_tlp, question.ceiling) ||
      label.confidentiality > terms.max_confidentiality) {
    return Stage::kMarking;
  }
  if (question.legal != 0 && (terms.legal_positions & question.legal) == 0) return Stage::kLegal;
  return Stage::kFits;
}

// A FORBID looks at what and where and why, not at markings, mandates or legal positions.
bool ForbidMatches(const Question& question, const Rule& rule, const ClauseTerms& terms) {
  return (terms.cells & question.label.cells).any() && (rule.categories & question.category) != 0 &&
         (question.purpose == 0 || (terms.purposes & question.purpose) != 0);
}

void Cite(Decision& decision, uint32_t clause) {
  if (decision.citation_count < Decision::kCitationsMax)
    decision.citations[decision.citation_count++].clause = clause;
}

// The most restrictive of both; commutative, associative and idempotent.
void Join(Obligations& joined, const Obligations& other) {
  joined.geo_precision = std::max(joined.geo_precision, other.geo_precision);
  joined.time_precision = std::max(joined.time_precision, other.time_precision);
  joined.delay_seconds = std::max(joined.delay_seconds, other.delay_seconds);
  joined.min_count = std::max(joined.min_count, other.min_count);
  joined.onward = std::min(joined.onward, other.onward);
}

void Deny(Decision& decision, errors::v1::ErrorReason reason) {
  decision.allowed = false;
  decision.reason = reason;
}

// Whether the mandate holds at `now`; a decision resting on it stands until it begins or ends.
bool Holds(const CompiledMandate& mandate, absl::Time now, Decision& decision) {
  if (mandate.valid.Contains(now)) {
    decision.not_after = mandate.valid.to;
    return true;
  }
  if (now < mandate.valid.from) decision.not_after = mandate.valid.from;
  Deny(decision, errors::v1::ERROR_REASON_NO_MANDATE);
  return false;
}

}  // namespace

Decision DecideDisclosure(const Snapshot& policy, const DisclosureRequest& request,
                          const Label& label) {
  Decision decision;
  if (!request.mandate.valid() || !request.recipient.valid()) {
    Deny(decision, request.mandate.valid() ? errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE
                                           : errors::v1::ERROR_REASON_NO_MANDATE);
    return decision;
  }
  const CompiledMandate& mandate = policy.mandates_[request.mandate.value];
  if (!Holds(mandate, request.now, decision)) return decision;
  if (label.owner_unit != mandate.unit) {
    Deny(decision, errors::v1::ERROR_REASON_ORIGINATOR_ONLY);
    return decision;
  }
  const Party::Kind originator = policy.party(policy.unit(mandate.unit).party).kind;
  const Question question{
      .label = label,
      .category = Bit(label.category),
      .purpose = Bit(request.purpose),
      .legal = Bit(request.legal),
      .local_mandate =
          mandate.level == Mandate::LEVEL_LOCAL || mandate.level == Mandate::LEVEL_BOTH,
      .ceiling = Ceiling(policy.party(policy.unit(request.recipient).party).kind, originator)};

  Stage furthest = Stage::kInForce;
  bool forbidden = false;
  bool named_for_pair = false;
  for (const Rule& rule : policy.RulesOf(mandate.unit, request.recipient)) {
    const ClauseTerms& terms = policy.terms_[rule.clause];
    const bool forbids = terms.effect == Clause::EFFECT_FORBID;
    if (!forbids && request.clause.has_value()) {
      if (terms.first_version != policy.terms_[*request.clause].first_version) continue;
      named_for_pair = true;
    }
    const Interval* interval = AtOrAfter(policy.IntervalsOf(rule), request.now);
    const bool open = interval != nullptr && interval->Contains(request.now);
    const Stage stage =
        forbids ? (ForbidMatches(question, rule, terms) ? Stage::kFits : Stage::kInForce)
                : TestPermit(question, rule, terms);
    if (stage == Stage::kFits && interval != nullptr) {
      decision.not_after = std::min(decision.not_after, open ? interval->to : interval->from);
    }
    if (forbids) {
      if (!open || stage != Stage::kFits) continue;
      // What was cited so far were permits.
      if (!forbidden) decision.citation_count = 0;
      forbidden = true;
      Cite(decision, rule.clause);
      continue;
    }
    const Stage reached = open ? stage : Stage::kInForce;
    if (reached > furthest || !decision.nearest.has_value())
      decision.nearest = ClauseCitation{rule.clause};
    if (reached == Stage::kFits && !forbidden) {
      if (decision.citation_count == 0) decision.obligations = terms.obligations;
      Join(decision.obligations, terms.obligations);
      Cite(decision, rule.clause);
    }
    furthest = std::max(furthest, reached);
  }

  if (!forbidden && furthest == Stage::kFits) {
    decision.allowed = true;
    decision.nearest.reset();
    return decision;
  }
  decision.obligations = Obligations();
  if (forbidden) decision.nearest.reset();
  const bool wrong_recipient =
      !forbidden && request.clause.has_value() && !named_for_pair &&
      policy.MaySend(mandate.unit, policy.terms_[*request.clause].first_version);
  Deny(decision, forbidden         ? errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE
                 : wrong_recipient ? errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE
                                   : ReasonOf(furthest));
  return decision;
}

Decision DecideOwn(const Snapshot& policy, MandateId mandate_id, PermissionId permission,
                   const Label& label, absl::Time now) {
  Decision decision;
  if (!mandate_id.valid()) {
    Deny(decision, errors::v1::ERROR_REASON_NO_MANDATE);
    return decision;
  }
  const CompiledMandate& mandate = policy.mandate(mandate_id);
  if (!Holds(mandate, now, decision)) return decision;
  if ((mandate.permissions & Bit(permission)) == 0) {
    Deny(decision, errors::v1::ERROR_REASON_NO_MANDATE);
    return decision;
  }
  // A place known only as the city lies in no area; it is for the unit to find out where.
  CellSet local = label.cells;
  local.reset(kCityCell);
  if (local.any() && (local & mandate.cells).none()) {
    Deny(decision, errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE);
    return decision;
  }
  decision.allowed = true;
  return decision;
}

}  // namespace samverkan::access
