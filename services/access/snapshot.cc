#include "services/access/snapshot.h"

#include <algorithm>
#include <map>

#include "services/access/compiler.h"
#include "services/base/status.h"

namespace samverkan::access {
namespace {

template <typename IdType>
IdType Find(const absl::flat_hash_map<std::string, uint16_t>& index, absl::string_view name) {
  const auto found = index.find(name);
  return found == index.end() ? IdType() : IdType{found->second};
}

std::vector<std::string> CodesOf(const absl::flat_hash_map<std::string, uint16_t>& index,
                                 uint64_t bits) {
  std::map<uint16_t, std::string> codes;
  for (const auto& [code, number] : index) {
    if ((bits >> number & 1) != 0) codes[number] = code;
  }
  std::vector<std::string> ordered;
  for (auto& [number, code] : codes) ordered.push_back(std::move(code));
  return ordered;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::Compile(Input input) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->input_ = std::move(input);
  SV_RETURN_IF_ERROR(DirectoryCompiler(*snapshot).Run());
  SV_RETURN_IF_ERROR(AgreementCompiler(*snapshot).Run());
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

PartyId Snapshot::FindParty(absl::string_view name) const {
  return Find<PartyId>(party_index_, name);
}
UnitId Snapshot::FindUnit(absl::string_view name) const {
  return Find<UnitId>(unit_index_, name);
}
CategoryId Snapshot::FindInformationCategory(absl::string_view code) const {
  return Find<CategoryId>(category_index_, code);
}
PurposeId Snapshot::FindPurpose(absl::string_view code) const {
  return Find<PurposeId>(purpose_index_, code);
}
LegalId Snapshot::FindLegal(absl::string_view code) const {
  return Find<LegalId>(legal_index_, code);
}
PermissionId Snapshot::FindPermission(absl::string_view permission) const {
  return Find<PermissionId>(permission_index_, permission);
}

MandateId Snapshot::FindMandate(absl::string_view name) const {
  return Find<MandateId>(mandate_index_, name);
}

std::vector<std::string> Snapshot::PurposeCodes(uint64_t bits) const {
  return CodesOf(purpose_index_, bits);
}
std::vector<std::string> Snapshot::LegalCodes(uint64_t bits) const {
  return CodesOf(legal_index_, bits);
}

const IncidentCategory* Snapshot::FindIncidentCategory(absl::string_view code) const {
  const auto found = incident_categories_.find(code);
  return found == incident_categories_.end() ? nullptr : &found->second;
}

bool Snapshot::HasCode(absl::string_view list, absl::string_view code) const {
  return codes_.contains(std::pair(std::string(list), std::string(code)));
}

std::optional<uint32_t> Snapshot::FindClause(absl::string_view name) const {
  const auto found = clause_index_.find(name);
  if (found == clause_index_.end()) return std::nullopt;
  return found->second;
}

absl::Span<const MandateId> Snapshot::MandatesOf(absl::string_view holder) const {
  const auto found = mandates_of_.find(holder);
  if (found == mandates_of_.end()) return {};
  return found->second;
}

const directory::v1::ReportingUnit* Snapshot::ReportSlot(UnitId unit, UnitId reporter) const {
  const auto found = report_slots_.find(PairKey(unit, reporter));
  return found == report_slots_.end() ? nullptr : found->second;
}

bool Snapshot::SlotOpen(UnitId unit, UnitId reporter, absl::Time now) const {
  const directory::v1::ReportingUnit* entry = ReportSlot(unit, reporter);
  if (entry == nullptr) return false;
  const PartyId party = units_[reporter.value].party;
  if (entry->clauses().empty()) return party == units_[unit.value].party;
  for (const std::string& name : entry->clauses()) {
    const std::optional<uint32_t> newest = FindClause(name);
    if (!newest.has_value()) continue;
    for (uint32_t clause = 0; clause < clauses_.size(); ++clause) {
      if (terms_[clause].first_version != terms_[*newest].first_version) continue;
      for (const Pair& pair : OpenPairs(clause, now)) {
        if (pair.to == unit && units_[pair.from.value].party == party) return true;
      }
    }
  }
  return false;
}

absl::Span<const Rule> Snapshot::RulesOf(UnitId from, UnitId to) const {
  const auto found = pairs_.find(PairKey(from, to));
  if (found == pairs_.end()) return {};
  return absl::MakeConstSpan(rules_).subspan(found->second.first, found->second.count);
}

std::vector<Snapshot::Pair> Snapshot::OpenPairs(uint32_t clause, absl::Time now) const {
  std::vector<Pair> open;
  if (terms_[clause].effect != agreements::v1::Clause::EFFECT_PERMIT) return open;
  for (const ClauseRule& entry : clause_rules_[clause]) {
    const Interval* interval = AtOrAfter(IntervalsOf(rules_[entry.rule]), now);
    if (interval == nullptr || !interval->Contains(now)) continue;
    // The rules of one pair stand together.
    const bool known =
        !open.empty() && open.back().from == entry.pair.from && open.back().to == entry.pair.to;
    if (!known) open.push_back(entry.pair);
  }
  return open;
}

absl::Time Snapshot::NextEdge(absl::Time now) const {
  const auto next = std::upper_bound(edges_.begin(), edges_.end(), now);
  return next == edges_.end() ? absl::InfiniteFuture() : *next;
}

}  // namespace samverkan::access
