#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/access/compiler.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"

namespace samverkan::access {
namespace {

using directory::v1::Code;
using directory::v1::Mandate;

constexpr size_t kBitsMax = 64;
constexpr size_t kNamesMax = 0xffff;

absl::Status Wrong(absl::string_view name, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", what));
}

// Gives `key` the next number below `limit`; the one it has where it is known.
absl::StatusOr<uint16_t> Intern(absl::flat_hash_map<std::string, uint16_t>& index,
                                const std::string& key, size_t limit) {
  const auto [entry, added] = index.try_emplace(key, static_cast<uint16_t>(index.size()));
  if (added && entry->second >= limit)
    return Wrong(key, absl::StrCat("is one more than the ", limit, " there may be"));
  return entry->second;
}

// The party part of parties/{party}/…
absl::string_view PartyOf(absl::string_view name) {
  const size_t id = name.find('/');
  return id == absl::string_view::npos ? name : name.substr(0, name.find('/', id + 1));
}

}  // namespace

absl::Status DirectoryCompiler::AddParty(const directory::v1::Party& party) {
  if (!absl::StartsWith(party.name(), "parties/"))
    return Wrong(party.name(), "is not a name parties/{party}");
  if (snapshot_.party_index_.contains(party.name())) return Wrong(party.name(), "is given twice");
  if (party.kind() == directory::v1::Party::KIND_UNSPECIFIED)
    return Wrong(party.name(), "has no kind");
  SV_RETURN_IF_ERROR(Intern(snapshot_.party_index_, party.name(), kNamesMax).status());
  snapshot_.parties_.push_back({party.name(), party.kind()});
  return absl::OkStatus();
}

absl::Status DirectoryCompiler::AddUnit(const directory::v1::Unit& unit) {
  const PartyId party = snapshot_.FindParty(PartyOf(unit.name()));
  if (!party.valid()) return Wrong(unit.name(), "belongs to no party of the directory");
  if (snapshot_.unit_index_.contains(unit.name())) return Wrong(unit.name(), "is given twice");
  SV_RETURN_IF_ERROR(Intern(snapshot_.unit_index_, unit.name(), kNamesMax).status());
  snapshot_.units_.push_back({unit.name(), party, &unit});
  return absl::OkStatus();
}

absl::Status DirectoryCompiler::AddSlot(const directory::v1::Unit& unit) {
  for (const directory::v1::ReportingUnit& reporter : unit.report_slot().reporters()) {
    const UnitId slot = snapshot_.FindUnit(unit.name());
    const UnitId from = snapshot_.FindUnit(reporter.unit());
    if (!from.valid())
      return Wrong(unit.name(), absl::StrCat("has the unknown reporter ", reporter.unit()));
    const bool foreign = snapshot_.unit(from).party != snapshot_.unit(slot).party;
    if (foreign && (reporter.clauses().empty() ||
                    !snapshot_.FindLegal(reporter.legal_position().code()).valid())) {
      return Wrong(unit.name(),
                   absl::StrCat("takes reports from ", reporter.unit(),
                                " of another party without clause and legal position"));
    }
    if (!snapshot_.report_slots_.try_emplace(Snapshot::PairKey(slot, from), &reporter).second) {
      return Wrong(unit.name(), absl::StrCat("has the reporter ", reporter.unit(), " twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status DirectoryCompiler::AddCode(const Code& code) {
  if (!snapshot_.codes_.insert({code.list(), code.code()}).second) {
    return Wrong(code.code(), absl::StrCat("is given twice in list ", code.list()));
  }
  if (code.list() == "IKA") {
    SV_RETURN_IF_ERROR(Intern(snapshot_.category_index_, code.code(), kBitsMax).status());
    snapshot_.category_codes_.push_back(code.code());
  } else if (code.list() == "PUR") {
    SV_RETURN_IF_ERROR(Intern(snapshot_.purpose_index_, code.code(), kBitsMax).status());
  } else if (code.list() == "LB") {
    SV_RETURN_IF_ERROR(Intern(snapshot_.legal_index_, code.code(), kBitsMax).status());
  } else if (code.list() == "FN") {
    return AddFunction(code);
  }
  return absl::OkStatus();
}

absl::Status DirectoryCompiler::AddFunction(const Code& code) {
  uint64_t permissions = 0;
  for (const std::string& permission : code.permissions()) {
    SV_ASSIGN_OR_RETURN(const uint16_t id,
                        Intern(snapshot_.permission_index_, permission, kBitsMax));
    permissions |= Bit(PermissionId{id});
  }
  functions_[code.code()] = permissions;
  return absl::OkStatus();
}

absl::Status DirectoryCompiler::AddIncidentCategory(const Code& code) {
  IncidentCategory category{
      .information_category = snapshot_.FindInformationCategory(code.information_category()),
      .form = code.form(),
      .reportable = code.reportable()};
  if (!code.information_category().empty() && !category.information_category.valid()) {
    return Wrong(code.code(), absl::StrCat("has the unknown information category ",
                                           code.information_category()));
  }
  if (code.form() == Code::FORM_UNSPECIFIED)
    return Wrong(code.code(), "does not say how it may travel");
  snapshot_.incident_categories_[code.code()] = category;
  return absl::OkStatus();
}

absl::Status DirectoryCompiler::AddMandate(const Mandate& source) {
  const std::string& name = source.name();
  const UnitId unit = snapshot_.FindUnit(source.unit());
  if (!unit.valid()) return Wrong(name, absl::StrCat("is on the unknown unit ", source.unit()));
  const PartyId party = snapshot_.FindParty(PartyOf(name));
  if (!party.valid() || snapshot_.unit(unit).party != party)
    return Wrong(name, "is on a unit of another party");
  const auto function = functions_.find(source.function());
  if (function == functions_.end())
    return Wrong(name, absl::StrCat("has the unknown function ", source.function()));
  if (source.level() == Mandate::LEVEL_UNSPECIFIED) return Wrong(name, "has no level");
  if (source.holder().empty()) return Wrong(name, "has no holder");
  CompiledMandate mandate{.name = name,
                          .function = source.function(),
                          .unit = unit,
                          .permissions = function->second,
                          .cells = {},
                          .level = source.level(),
                          .valid = {absl::InfinitePast(), absl::InfiniteFuture()}};
  if ((source.has_valid_from_time() && !IsTimestamp(source.valid_from_time())) ||
      (source.has_valid_to_time() && !IsTimestamp(source.valid_to_time()))) {
    return Wrong(name, "is valid from or to what is not a time");
  }
  if (source.has_valid_from_time()) mandate.valid.from = FromProto(source.valid_from_time());
  if (source.has_valid_to_time()) mandate.valid.to = FromProto(source.valid_to_time());
  if (source.areas().empty()) mandate.cells.set();
  for (const std::string& area : source.areas()) {
    // The mandate follows its area from version to version.
    const CellSet cells = snapshot_.areas().CellsDuring(area, mandate.valid.from, mandate.valid.to);
    if (cells.none() && !mandate.valid.empty()) {
      return Wrong(name,
                   absl::StrCat("is limited to ", area, ", which is no area while it is valid"));
    }
    mandate.cells |= cells;
  }
  const MandateId id{static_cast<uint16_t>(snapshot_.mandates_.size())};
  if (!id.valid()) return Wrong(name, "is one mandate too many");
  if (!snapshot_.mandate_index_.try_emplace(name, id.value).second)
    return Wrong(name, "is given twice");
  snapshot_.mandates_.push_back(std::move(mandate));
  snapshot_.mandates_of_[source.holder()].push_back(id);
  return absl::OkStatus();
}

absl::Status DirectoryCompiler::CheckDeputies() const {
  for (const Mandate& mandate : snapshot_.input_.directory->mandates()) {
    if (mandate.deputy_for().empty()) continue;
    const MandateId ordinary = snapshot_.FindMandate(mandate.deputy_for());
    if (!ordinary.valid() || snapshot_.mandate(ordinary).unit !=
                                 snapshot_.mandate(snapshot_.FindMandate(mandate.name())).unit) {
      return Wrong(mandate.name(), absl::StrCat("stands in for ", mandate.deputy_for(),
                                                ", which is no mandate of its unit"));
    }
  }
  return absl::OkStatus();
}

absl::Status DirectoryCompiler::Run() {
  const directory::v1::DirectoryBundle& directory = *snapshot_.input_.directory;
  for (const directory::v1::Party& party : directory.parties()) SV_RETURN_IF_ERROR(AddParty(party));
  for (const directory::v1::Unit& unit : directory.units()) SV_RETURN_IF_ERROR(AddUnit(unit));
  for (const Code& code : directory.codes()) SV_RETURN_IF_ERROR(AddCode(code));
  for (const Code& code : directory.codes()) {
    if (code.list() == "INC") SV_RETURN_IF_ERROR(AddIncidentCategory(code));
  }
  for (const directory::v1::Unit& unit : directory.units()) SV_RETURN_IF_ERROR(AddSlot(unit));
  for (const Mandate& mandate : directory.mandates()) SV_RETURN_IF_ERROR(AddMandate(mandate));
  return CheckDeputies();
}

}  // namespace samverkan::access
