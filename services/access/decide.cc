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

// Weighs the clauses of one pair of units against one question, one after the other.
class Scales {
 public:
  Scales(const DisclosureRequest& request, const Question& question, Decision decision)
      : request_(request), question_(question), decision_(decision) {}

  // `named` is whether the rule is of the clause that the request names, or the request names none.
  void Weigh(const Rule& rule, const ClauseTerms& terms, const Interval* interval, bool named) {
    const bool open = interval != nullptr && interval->Contains(request_.now);
    if (terms.effect == Clause::EFFECT_FORBID) {
      WeighForbid(rule, terms, interval, open);
    } else if (named) {
      WeighPermit(rule, terms, interval, open);
    }
  }

  // `wrong_recipient` is whether the sender may send to others under the clause it names.
  Decision Result(bool wrong_recipient) {
    if (!forbidden_ && furthest_ == Stage::kFits) {
      decision_.allowed = true;
      decision_.nearest.reset();
      return decision_;
    }
    decision_.obligations = Obligations();
    if (forbidden_) {
      decision_.nearest.reset();
      Deny(decision_, errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE);
    } else if (wrong_recipient && !named_for_pair_) {
      Deny(decision_, errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE);
    } else {
      Deny(decision_, ReasonOf(furthest_));
    }
    return decision_;
  }

 private:
  void Bound(const Interval* interval, bool open) {
    if (interval == nullptr) return;
    decision_.not_after = std::min(decision_.not_after, open ? interval->to : interval->from);
  }

  void WeighForbid(const Rule& rule, const ClauseTerms& terms, const Interval* interval,
                   bool open) {
    if (!ForbidMatches(question_, rule, terms)) return;
    Bound(interval, open);
    if (!open) return;
    // What was cited so far were permits.
    if (!forbidden_) decision_.citation_count = 0;
    forbidden_ = true;
    Cite(decision_, rule.clause);
  }

  void WeighPermit(const Rule& rule, const ClauseTerms& terms, const Interval* interval,
                   bool open) {
    named_for_pair_ = true;
    const Stage stage = TestPermit(question_, rule, terms);
    if (stage == Stage::kFits) Bound(interval, open);
    const Stage reached = open ? stage : Stage::kInForce;
    if (reached > furthest_ || !decision_.nearest.has_value()) {
      decision_.nearest = ClauseCitation{rule.clause};
    }
    if (reached == Stage::kFits && !forbidden_) {
      if (decision_.citation_count == 0) decision_.obligations = terms.obligations;
      Join(decision_.obligations, terms.obligations);
      Cite(decision_, rule.clause);
    }
    furthest_ = std::max(furthest_, reached);
  }

  const DisclosureRequest& request_;
  const Question& question_;
  Decision decision_;
  Stage furthest_ = Stage::kInForce;
  bool forbidden_ = false;
  bool named_for_pair_ = false;
};

Question Ask(const Snapshot& policy, const DisclosureRequest& request,
             const CompiledMandate& mandate, const Label& label) {
  const Party::Kind originator = policy.party(policy.unit(mandate.unit).party).kind;
  return {.label = label,
          .category = Bit(label.category),
          .purpose = Bit(request.purpose),
          .legal = Bit(request.legal),
          .local_mandate =
              mandate.level == Mandate::LEVEL_LOCAL || mandate.level == Mandate::LEVEL_BOTH,
          .ceiling = Ceiling(policy.party(policy.unit(request.recipient).party).kind, originator)};
}

// What the header says of both, for a sender: the mandate's unit, or the unit it reports for.
Decision Judge(const Snapshot& policy, UnitId sender, const DisclosureRequest& request,
               const Question& question, const Decision& base) {
  Scales scales(request, question, base);
  for (const Rule& rule : policy.RulesOf(sender, request.recipient)) {
    const ClauseTerms& terms = policy.terms(rule.clause);
    const bool named = !request.clause.has_value() ||
                       terms.first_version == policy.terms(*request.clause).first_version;
    scales.Weigh(rule, terms, AtOrAfter(policy.IntervalsOf(rule), request.now), named);
  }
  const bool wrong_recipient = request.clause.has_value() &&
                               policy.MaySend(sender, policy.terms(*request.clause).first_version);
  return scales.Result(wrong_recipient);
}

// Whether the request can be asked at all; else the decision says why not.
bool CanAsk(const Snapshot& policy, const DisclosureRequest& request, const Label& label,
            Decision& decision) {
  if (!request.mandate.valid() || !request.recipient.valid()) {
    Deny(decision, request.mandate.valid() ? errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE
                                           : errors::v1::ERROR_REASON_NO_MANDATE);
    return false;
  }
  const CompiledMandate& mandate = policy.mandate(request.mandate);
  if (!Holds(mandate, request.now, decision)) return false;
  if (label.owner_unit == mandate.unit) return true;
  Deny(decision, errors::v1::ERROR_REASON_ORIGINATOR_ONLY);
  return false;
}

}  // namespace

Decision DecideDisclosure(const Snapshot& policy, const DisclosureRequest& request,
                          const Label& label) {
  Decision decision;
  if (!CanAsk(policy, request, label, decision)) return decision;
  const CompiledMandate& mandate = policy.mandate(request.mandate);
  return Judge(policy, mandate.unit, request, Ask(policy, request, mandate, label), decision);
}

std::vector<uint32_t> FittingButClosed(const Snapshot& policy, const DisclosureRequest& request,
                                       const Label& label) {
  std::vector<uint32_t> fitting;
  Decision decision;
  if (!CanAsk(policy, request, label, decision)) return fitting;
  const CompiledMandate& mandate = policy.mandate(request.mandate);
  const Question question = Ask(policy, request, mandate, label);
  for (const Rule& rule : policy.RulesOf(mandate.unit, request.recipient)) {
    const ClauseTerms& terms = policy.terms(rule.clause);
    if (terms.effect == Clause::EFFECT_FORBID) continue;
    const Interval* interval = AtOrAfter(policy.IntervalsOf(rule), request.now);
    const bool open = interval != nullptr && interval->Contains(request.now);
    if (!open && TestPermit(question, rule, terms) == Stage::kFits) fitting.push_back(rule.clause);
  }
  return fitting;
}

Decision DecideIntake(const Snapshot& policy, const DisclosureRequest& request,
                      const Label& label) {
  Decision decision;
  if (!CanAsk(policy, request, label, decision)) return decision;
  const CompiledMandate& mandate = policy.mandate(request.mandate);
  const Question question = Ask(policy, request, mandate, label);
  const PartyId party = policy.unit(mandate.unit).party;
  Decision nearest = decision;
  Deny(nearest, errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE);
  for (size_t i = 0; i < policy.units().size(); ++i) {
    if (policy.units()[i].party != party) continue;
    const Decision judged =
        Judge(policy, UnitId{static_cast<uint16_t>(i)}, request, question, decision);
    if (judged.allowed) return judged;
    if (judged.nearest.has_value()) nearest = judged;
  }
  return nearest;
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
