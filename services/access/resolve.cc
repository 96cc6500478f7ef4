#include "services/access/resolve.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"

namespace samverkan::access {
namespace {

using agreements::v1::Agreement;
using agreements::v1::AgreementContent;
using agreements::v1::Clause;

constexpr absl::string_view kAll = "ALL";
constexpr absl::string_view kGroups[] = {
    "SDN", "LPO", "BOLAG", "NGL", "CIV", "SPECIALIST_COMMITTEE", kAll};

absl::Status Wrong(absl::string_view path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<absl::Time> ToTime(const google::protobuf::Timestamp& timestamp,
                                  absl::string_view path) {
  if (!IsTimestamp(timestamp)) return Wrong(path, "is not a time");
  return FromProto(timestamp);
}

class Resolver {
 public:
  Resolver(const Snapshot& directory, const AgreementContent& content)
      : directory_(directory), content_(content) {}

  absl::StatusOr<ResolvedAgreement> Run() &&;

 private:
  absl::Status Head();
  absl::Status Parties(
      const google::protobuf::RepeatedPtrField<agreements::v1::Signatory>& signatories,
      absl::string_view path, std::vector<PartyId>& parties);
  absl::Status AddClause(const Clause& clause, const std::string& path);
  absl::Status Codes(const Clause& clause, const std::string& path, ClauseTerms& terms) const;
  absl::Status Limits(const Clause& clause, const std::string& path, ClauseTerms& terms) const;
  absl::Status Flows(const Clause& clause, const std::string& path,
                     std::vector<Snapshot::Pair>& pairs) const;
  absl::StatusOr<std::vector<UnitId>> Select(const agreements::v1::Selector& selector,
                                             const std::string& path) const;

  const Snapshot& directory_;
  const AgreementContent& content_;
  ResolvedAgreement result_;
};

// The bits of a list of codes.
template <typename FindCode>
absl::StatusOr<uint64_t> Bits(const google::protobuf::RepeatedPtrField<std::string>& codes,
                              const std::string& path, FindCode find) {
  uint64_t bits = 0;
  for (const std::string& code : codes) {
    const auto id = find(code);
    if (!id.valid()) return Wrong(path, absl::StrCat("unknown code ", code));
    bits |= Bit(id);
  }
  return bits;
}

absl::Status Resolver::Parties(
    const google::protobuf::RepeatedPtrField<agreements::v1::Signatory>& signatories,
    absl::string_view path, std::vector<PartyId>& parties) {
  for (const agreements::v1::Signatory& signatory : signatories) {
    const PartyId party = directory_.FindParty(signatory.party());
    if (!party.valid()) return Wrong(path, absl::StrCat("unknown party ", signatory.party()));
    const UnitId unit = directory_.FindUnit(signatory.unit());
    if (!unit.valid() || directory_.unit(unit).party != party) {
      return Wrong(path, absl::StrCat(signatory.unit(), " is not a unit of ", signatory.party()));
    }
    if (result_.IsParty(party))
      return Wrong(path, absl::StrCat(signatory.party(), " stands there twice"));
    parties.push_back(party);
  }
  return absl::OkStatus();
}

absl::Status Resolver::Head() {
  result_.name = content_.name();
  result_.version = content_.version();
  result_.level = content_.level();
  result_.frame = content_.frame();
  if (content_.version() < 1) return Wrong("version", "is below 1");
  if (content_.level() == Agreement::LEVEL_UNSPECIFIED ||
      !Agreement::Level_IsValid(content_.level())) {
    return Wrong("level", "is not given");
  }
  if (IsLocal(content_.level()) == content_.frame().empty()) {
    return Wrong("frame", "is for the levels LOCAL and THEMATIC, which need one");
  }
  if (content_.frame() == content_.name()) return Wrong("frame", "is the agreement itself");
  SV_RETURN_IF_ERROR(Parties(content_.founding(), "founding", result_.founding));
  SV_RETURN_IF_ERROR(Parties(content_.acceding(), "acceding", result_.acceding));
  if (result_.founding.empty()) return Wrong("founding", "names no party");
  SV_ASSIGN_OR_RETURN(result_.validity.from, ToTime(content_.valid_from_time(), "valid_from_time"));
  SV_ASSIGN_OR_RETURN(result_.validity.to, ToTime(content_.valid_to_time(), "valid_to_time"));
  if (result_.validity.empty()) return Wrong("valid_to_time", "is not after valid_from_time");
  return absl::OkStatus();
}

absl::Status Resolver::Codes(const Clause& clause, const std::string& path,
                             ClauseTerms& terms) const {
  SV_ASSIGN_OR_RETURN(terms.categories, Bits(clause.categories(), path + ".categories",
                                             [this](const std::string& code) {
                                               return directory_.FindInformationCategory(code);
                                             }));
  if (terms.categories == 0) return Wrong(path + ".categories", "is empty");
  SV_ASSIGN_OR_RETURN(terms.purposes,
                      Bits(clause.purposes(), path + ".purposes", [this](const std::string& code) {
                        return directory_.FindPurpose(code);
                      }));
  if (terms.purposes == 0) return Wrong(path + ".purposes", "is empty");
  SV_ASSIGN_OR_RETURN(terms.legal_positions,
                      Bits(clause.legal_positions(), path + ".legal_positions",
                           [this](const std::string& code) { return directory_.FindLegal(code); }));
  if (terms.legal_positions == 0 && clause.effect() == Clause::EFFECT_PERMIT) {
    return Wrong(path + ".legal_positions", "is empty");
  }
  terms.cells.set();
  for (const std::string& area : clause.areas()) {
    const std::optional<CellSet> cells = directory_.areas().CellsOfVersion(area);
    if (!cells.has_value())
      return Wrong(path + ".areas", absl::StrCat("unknown area version ", area));
    terms.cells &= *cells;
  }
  return absl::OkStatus();
}

absl::Status Resolver::Limits(const Clause& clause, const std::string& path,
                              ClauseTerms& terms) const {
  terms.effect = clause.effect();
  terms.local = IsLocal(content_.level());
  terms.max_tlp = clause.max_tlp();
  terms.max_confidentiality = static_cast<uint8_t>(clause.max_confidentiality());
  terms.clear_onward = clause.clear_onward();
  const types::v1::Obligations& limits = clause.obligations();
  terms.obligations = {.geo_precision = limits.geo_precision(),
                       .time_precision = limits.time_precision(),
                       .delay_seconds = limits.delay_seconds(),
                       .min_count = limits.min_count(),
                       .onward = limits.onward()};
  if (clause.effect() == Clause::EFFECT_UNSPECIFIED || !Clause::Effect_IsValid(clause.effect())) {
    return Wrong(path + ".effect", "is not given");
  }
  const bool tlp_needed = clause.effect() != Clause::EFFECT_FORBID;
  if (!types::v1::Tlp_IsValid(clause.max_tlp()) ||
      (tlp_needed && clause.max_tlp() == types::v1::TLP_UNSPECIFIED)) {
    return Wrong(path + ".max_tlp", "is not given");
  }
  if (clause.max_confidentiality() < 0 || clause.max_confidentiality() > 3) {
    return Wrong(path + ".max_confidentiality", "is not 0 to 3");
  }
  if (!types::v1::GeoPrecision_IsValid(limits.geo_precision()) ||
      !types::v1::TimePrecision_IsValid(limits.time_precision()) ||
      !types::v1::Onward_IsValid(limits.onward()) ||
      !types::v1::Onward_IsValid(clause.clear_onward()) || limits.delay_seconds() < 0 ||
      limits.min_count() < 0) {
    return Wrong(path + ".obligations", "has an unknown or negative value");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<UnitId>> Resolver::Select(const agreements::v1::Selector& selector,
                                                     const std::string& path) const {
  std::vector<UnitId> selected;
  if (selector.has_unit()) {
    const UnitId unit = directory_.FindUnit(selector.unit());
    if (!unit.valid()) return Wrong(path, absl::StrCat("unknown unit ", selector.unit()));
    if (!result_.IsParty(directory_.unit(unit).party)) {
      return Wrong(path, absl::StrCat(selector.unit(), " belongs to no party of the agreement"));
    }
    selected.push_back(unit);
    return selected;
  }
  if (!absl::c_linear_search(kGroups, selector.group())) {
    return Wrong(path, absl::StrCat("unknown group \"", selector.group(), "\""));
  }
  const absl::Span<const CompiledUnit> units = directory_.units();
  for (size_t i = 0; i < units.size(); ++i) {
    const directory::v1::Unit& unit = *units[i].source;
    if (unit.reports_only() || !result_.IsParty(units[i].party)) continue;
    if (selector.group() == kAll || absl::c_linear_search(unit.selectors(), selector.group())) {
      selected.push_back(UnitId{static_cast<uint16_t>(i)});
    }
  }
  return selected;
}

absl::Status Resolver::Flows(const Clause& clause, const std::string& path,
                             std::vector<Snapshot::Pair>& pairs) const {
  if (clause.flows().empty()) return Wrong(path + ".flows", "is empty");
  for (const agreements::v1::Flow& flow : clause.flows()) {
    SV_ASSIGN_OR_RETURN(const std::vector<UnitId> senders,
                        Select(flow.from(), path + ".flows.from"));
    SV_ASSIGN_OR_RETURN(const std::vector<UnitId> recipients,
                        Select(flow.to(), path + ".flows.to"));
    for (UnitId from : senders) {
      for (UnitId to : recipients) {
        if (from != to && !directory_.unit(to).source->reports_only()) pairs.push_back({from, to});
      }
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return absl::OkStatus();
}

absl::Status Resolver::AddClause(const Clause& clause, const std::string& path) {
  ResolvedClause resolved{.id = clause.id(), .terms = {}, .pairs = {}};
  for (const ResolvedClause& other : result_.clauses) {
    if (other.id == clause.id()) return Wrong(path + ".id", "stands there twice");
  }
  SV_RETURN_IF_ERROR(Limits(clause, path, resolved.terms));
  SV_RETURN_IF_ERROR(Codes(clause, path, resolved.terms));
  SV_RETURN_IF_ERROR(Flows(clause, path, resolved.pairs));
  result_.clauses.push_back(std::move(resolved));
  return absl::OkStatus();
}

absl::StatusOr<ResolvedAgreement> Resolver::Run() && {
  SV_RETURN_IF_ERROR(Head());
  for (int i = 0; i < content_.clauses_size(); ++i) {
    SV_RETURN_IF_ERROR(AddClause(content_.clauses(i), absl::StrCat("clauses[", i, "]")));
  }
  return std::move(result_);
}

}  // namespace

bool ResolvedAgreement::IsFounding(PartyId party) const {
  return absl::c_linear_search(founding, party);
}
bool ResolvedAgreement::IsParty(PartyId party) const {
  return IsFounding(party) || absl::c_linear_search(acceding, party);
}

bool IsLocal(Agreement::Level level) {
  return level == Agreement::LEVEL_LOCAL || level == Agreement::LEVEL_THEMATIC;
}

absl::StatusOr<ResolvedAgreement> ResolveAgreement(const Snapshot& directory,
                                                   const AgreementContent& content) {
  return Resolver(directory, content).Run();
}

}  // namespace samverkan::access
