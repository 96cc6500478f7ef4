#include "services/access/explain.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/access/closed.h"

namespace samverkan::access {
namespace {

using errors::v1::ErrorReason;

struct Sentences {
  std::string sv;
  std::string en;
};

std::string Format(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

absl::string_view TlpName(types::v1::Tlp tlp) {
  switch (tlp) {
    case types::v1::TLP_CLEAR:
      return "TLP:CLEAR";
    case types::v1::TLP_GREEN:
      return "TLP:GREEN";
    case types::v1::TLP_AMBER:
      return "TLP:AMBER";
    case types::v1::TLP_AMBER_STRICT:
      return "TLP:AMBER+STRICT";
    case types::v1::TLP_RED:
      return "TLP:RED";
    default:
      return "TLP:?";
  }
}

class Explainer {
 public:
  Explainer(const Snapshot& policy, const DisclosureRequest& request, const Label& label,
            const Decision& decision)
      : policy_(policy), request_(request), label_(label), decision_(decision) {}

  Sentences Run() const;

 private:
  Sentences NoMandate() const;
  Sentences NoClause() const;
  Sentences Closed(uint32_t clause) const;
  Sentences NoneOfCategory() const;
  Sentences Area() const;
  Sentences Marking() const;

  std::string Nearest() const { return policy_.clause(decision_.nearest->clause).name; }
  const ClauseTerms& NearestTerms() const { return policy_.terms(decision_.nearest->clause); }
  std::string Recipient() const { return policy_.unit(request_.recipient).name; }
  std::string Sender() const { return policy_.unit(policy_.mandate(request_.mandate).unit).name; }
  std::string Category() const {
    return label_.category.valid() ? policy_.CategoryCode(label_.category) : "–";
  }

  const Snapshot& policy_;
  const DisclosureRequest& request_;
  const Label& label_;
  const Decision& decision_;
};

Sentences Explainer::NoMandate() const {
  if (!request_.mandate.valid()) return {"Handla med ett mandat.", "Act with a mandate."};
  const CompiledMandate& mandate = policy_.mandate(request_.mandate);
  if (request_.now < mandate.valid.from) {
    return {absl::StrCat("Mandatet ", mandate.name, " gäller först från ",
                         Format(mandate.valid.from), "."),
            absl::StrCat("The mandate ", mandate.name, " does not hold before ",
                         Format(mandate.valid.from), ".")};
  }
  return {absl::StrCat("Mandatet ", mandate.name, " upphörde ", Format(mandate.valid.to),
                       "; partens administratör kan ge ett nytt."),
          absl::StrCat("The mandate ", mandate.name, " ended ", Format(mandate.valid.to),
                       "; the party's administrator can give a new one.")};
}

Sentences Explainer::Closed(uint32_t clause) const {
  const std::string& name = policy_.clause(clause).name;
  const ClosedCause cause = WhyClosed(policy_, clause, policy_.mandate(request_.mandate).unit,
                                      request_.recipient, request_.now);
  Sentences said;
  switch (cause.kind) {
    case ClosedCause::Kind::kUnsigned:
      said = {absl::StrCat("Klausulen ", name, " gäller när ", cause.party,
                           " har skrivit under avtalet."),
              absl::StrCat("The clause ", name, " holds once ", cause.party,
                           " has signed the agreement.")};
      break;
    case ClosedCause::Kind::kSuspended:
      said = {absl::StrCat("Klausulen ", name, " är suspenderad av ", cause.party, " sedan ",
                           Format(cause.since), "; bara den parten kan häva det."),
              absl::StrCat("The clause ", name, " has been suspended by ", cause.party, " since ",
                           Format(cause.since), "; only that party can resume it.")};
      break;
    case ClosedCause::Kind::kNotYet:
      said = {absl::StrCat("Klausulen ", name, " har inte börjat gälla."),
              absl::StrCat("The clause ", name, " does not hold yet.")};
      break;
    case ClosedCause::Kind::kFrame:
      said = {absl::StrCat("Klausulen ", name, " täcks inte av ramen ", cause.frame,
                           " för den här mottagaren."),
              absl::StrCat("The clause ", name, " is not covered by the frame ", cause.frame,
                           " for this recipient.")};
      break;
    case ClosedCause::Kind::kEnded:
      said = {absl::StrCat("Klausulen ", name,
                           " gäller inte längre; parterna kan skriva under en ny version."),
              absl::StrCat("The clause ", name,
                           " no longer holds; the parties can sign a new version.")};
      break;
  }
  if (decision_.not_after < absl::InfiniteFuture()) {
    absl::StrAppend(&said.sv, " Pröva igen ", Format(decision_.not_after), ".");
    absl::StrAppend(&said.en, " Try again at ", Format(decision_.not_after), ".");
  }
  return said;
}

Sentences Explainer::NoClause() const {
  if (decision_.citation_count > 0) {
    const std::string& name = policy_.clause(decision_.citations[0].clause).name;
    return {absl::StrCat("Klausulen ", name,
                         " förbjuder det; bara en ny version av avtalet kan ändra det."),
            absl::StrCat("The clause ", name,
                         " forbids it; only a new version of the agreement can change that.")};
  }
  if (decision_.nearest.has_value()) return Closed(decision_.nearest->clause);
  if (!request_.recipient.valid())
    return {"Välj en mottagare i katalogen.", "Choose a recipient of the directory."};
  if (!policy_.RulesOf(policy_.mandate(request_.mandate).unit, request_.recipient).empty())
    return NoneOfCategory();
  return {absl::StrCat("Ingen klausul går från ", Sender(), " till ", Recipient(),
                       "; parterna kan avtala en."),
          absl::StrCat("No clause runs from ", Sender(), " to ", Recipient(),
                       "; the parties can agree on one.")};
}

Sentences Explainer::NoneOfCategory() const {
  return {absl::StrCat("Ingen gällande klausul från ", Sender(), " till ", Recipient(),
                       " täcker kategorin ", Category(), "; parterna kan avtala en."),
          absl::StrCat("No clause in force from ", Sender(), " to ", Recipient(),
                       " covers the category ", Category(), "; the parties can agree on one.")};
}

Sentences Explainer::Area() const {
  if (!decision_.nearest.has_value()) {
    const std::string& name = policy_.clause(*request_.clause).name;
    return {absl::StrCat("Klausulen ", name, " gäller inte mottagaren ", Recipient(),
                         "; välj en av dess mottagare eller en annan klausul."),
            absl::StrCat("The clause ", name, " does not reach ", Recipient(),
                         "; choose one of its recipients or another clause.")};
  }
  const std::vector<std::string> areas =
      policy_.areas().AreaNames(label_.cells, request_.now, types::v1::GEO_PRECISION_NEIGHBOURHOOD);
  return {absl::StrCat("Platsen (", absl::StrJoin(areas, ", "), ") ligger utanför området för ",
                       Nearest(), "; välj en mottagare vars avtal täcker den."),
          absl::StrCat("The place (", absl::StrJoin(areas, ", "), ") lies outside the area of ",
                       Nearest(), "; choose a recipient whose agreement covers it.")};
}

Sentences Explainer::Marking() const {
  const ClauseTerms& terms = NearestTerms();
  const bool within = label_.tlp != types::v1::TLP_UNSPECIFIED && label_.tlp <= terms.max_tlp &&
                      label_.confidentiality <= terms.max_confidentiality;
  if (within) {
    return {absl::StrCat("Mottagaren ", Recipient(),
                         " är privat eller ideell och får högst TLP:GREEN, från en statlig "
                         "myndighet bara TLP:CLEAR."),
            absl::StrCat("The recipient ", Recipient(),
                         " is private or civil and gets TLP:GREEN at most, from a state authority "
                         "only TLP:CLEAR.")};
  }
  return {absl::StrCat("Klausulen ", Nearest(), " släpper igenom högst ", TlpName(terms.max_tlp),
                       " och K", terms.max_confidentiality,
                       "; ändra märkningen om innehållet medger det."),
          absl::StrCat("The clause ", Nearest(), " lets through at most ", TlpName(terms.max_tlp),
                       " and K", terms.max_confidentiality,
                       "; change the marking if the content allows it.")};
}

Sentences Explainer::Run() const {
  switch (decision_.reason) {
    case errors::v1::ERROR_REASON_NO_MANDATE:
      return NoMandate();
    case errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE:
      return NoClause();
    case errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE:
      return Area();
    case errors::v1::ERROR_REASON_MARKING_EXCEEDS_CLAUSE:
      return Marking();
    case errors::v1::ERROR_REASON_ORIGINATOR_ONLY:
      return {"Bara den enhet som äger uppgiften kan lämna ut den.",
              "Only the unit that owns the item can disclose it."};
    case errors::v1::ERROR_REASON_LEVEL_MISMATCH:
      return {
          absl::StrCat("Klausulen ", Nearest(), " är lokal; använd ett mandat på lokal nivå."),
          absl::StrCat("The clause ", Nearest(), " is local; use a mandate of the local level.")};
    case errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED: {
      if (!decision_.nearest.has_value()) return NoneOfCategory();
      return {absl::StrCat("Klausulen ", Nearest(), " täcker inte kategorin ", Category(),
                           "; välj en klausul som gör det."),
              absl::StrCat("The clause ", Nearest(), " does not cover the category ", Category(),
                           "; choose one that does.")};
    }
    case errors::v1::ERROR_REASON_PURPOSE_NOT_PERMITTED: {
      const std::string codes = absl::StrJoin(policy_.PurposeCodes(NearestTerms().purposes), ", ");
      return {absl::StrCat("Klausulen ", Nearest(), " tillåter ändamålen ", codes, "."),
              absl::StrCat("The clause ", Nearest(), " permits the purposes ", codes, ".")};
    }
    case errors::v1::ERROR_REASON_LEGAL_POSITION_MISSING: {
      const std::string codes =
          absl::StrJoin(policy_.LegalCodes(NearestTerms().legal_positions), ", ");
      return {absl::StrCat("Klausulen ", Nearest(), " godtar de rättsliga stöden ", codes, "."),
              absl::StrCat("The clause ", Nearest(), " accepts the legal positions ", codes, ".")};
    }
    default:
      return {};
  }
}

// The clause that would allow it were it in force. Who asks about any clause is helped most by that
// one, however near another came: a suspension is resumed and a signature given sooner than an
// agreement is changed. What has ended is history and answers nothing.
std::optional<uint32_t> MissingClause(const Snapshot& policy, const DisclosureRequest& request,
                                      const Label& label, const Decision& decision) {
  const bool forbidden = decision.citation_count > 0;
  if (decision.allowed || forbidden || request.clause.has_value()) return std::nullopt;
  std::optional<uint32_t> missing;
  for (const uint32_t clause : FittingButClosed(policy, request, label)) {
    const ClosedCause::Kind kind = WhyClosed(policy, clause, policy.mandate(request.mandate).unit,
                                             request.recipient, request.now)
                                       .kind;
    if (kind == ClosedCause::Kind::kSuspended) return clause;
    if (kind != ClosedCause::Kind::kEnded && !missing) missing = clause;
  }
  return missing;
}

// Who asks about any clause is not helped by one about other things, however far it got: what all
// may tell the public goes between any two units. The nearest is the one that got furthest of those
// that cover the category, where one is in force; and none where none covers it.
void KeepToCategory(const Snapshot& policy, const DisclosureRequest& request, const Label& label,
                    Decision& decision) {
  if (!decision.nearest.has_value() || request.clause.has_value()) return;
  const ErrorReason reason = decision.reason;
  decision.nearest.reset();
  if (reason != errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE)
    decision.reason = errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED;
  for (const Rule& rule : policy.RulesOf(policy.mandate(request.mandate).unit, request.recipient)) {
    if ((rule.categories & Bit(label.category)) == 0 ||
        policy.terms(rule.clause).effect == agreements::v1::Clause::EFFECT_FORBID)
      continue;
    DisclosureRequest by_one = request;
    by_one.clause = rule.clause;
    const Decision judged = DecideDisclosure(policy, by_one, label);
    const bool closed = judged.reason == errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE;
    if (closed && reason != errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE) continue;
    // Reasons are numbered in the order of the tests.
    if (decision.nearest.has_value() && judged.reason <= decision.reason) continue;
    decision.nearest = judged.nearest;
    decision.reason = judged.reason;
  }
}

}  // namespace

Explanation Explain(const Snapshot& policy, const DisclosureRequest& request, const Label& label) {
  Explanation explanation;
  explanation.decision = DecideDisclosure(policy, request, label);
  if (const auto missing = MissingClause(policy, request, label, explanation.decision)) {
    explanation.decision.reason = errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE;
    explanation.decision.nearest = ClauseCitation{*missing};
  } else {
    KeepToCategory(policy, request, label, explanation.decision);
  }
  Sentences said = Explainer(policy, request, label, explanation.decision).Run();
  explanation.remedy = std::move(said.sv);
  explanation.remedy_en = std::move(said.en);
  return explanation;
}

}  // namespace samverkan::access
