#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "samverkan/access/v1/policy.pb.h"
#include "samverkan/directory/v1/bundle.pb.h"
#include "services/access/areas.h"
#include "services/access/clause_terms.h"
#include "services/access/decide.h"
#include "services/access/ids.h"
#include "services/access/interval.h"

namespace samverkan::access {

class FrameTable;

struct CompiledParty {
  std::string name;  // parties/{party}
  directory::v1::Party::Kind kind;
};

struct CompiledUnit {
  std::string name;  // parties/{party}/units/{unit}
  PartyId party;
  // As in the directory; lives as long as the snapshot.
  const directory::v1::Unit* source = nullptr;
};

struct CompiledMandate {
  std::string name;
  std::string function;  // FN_KOMPOL
  UnitId unit;
  uint64_t permissions = 0;  // bit = PermissionId
  CellSet cells;             // all bits set when not limited
  directory::v1::Mandate::Level level;
  Interval valid;
};

// A clause as it is cited.
struct CompiledClause {
  std::string name;  // agreements/{agreement}/clauses/{clause}
  int32_t version;
};

// What one incident category is (code list INC).
struct IncidentCategory {
  CategoryId information_category;  // none where it never becomes an item
  directory::v1::Code::Form form;
  bool reportable;
};

// Directory and clauses compiled for decisions: immutable, shared, swapped whole before the act
// that changed them is acknowledged. Names are full resource names, codes as in the code lists;
// lookups of unknown names give none.
class Snapshot {
 public:
  struct Input {
    std::shared_ptr<const directory::v1::DirectoryBundle> directory;
    std::shared_ptr<const AreaMap> areas;
    // One per signed agreement version.
    std::vector<std::shared_ptr<const v1::AgreementPolicy>> agreements;
  };

  // Fails with INVALID_ARGUMENT, naming what is wrong, where the directory has unresolved or
  // duplicate names or a limit (64 information categories, purposes, permissions) is exceeded. An
  // agreement whose content does not parse or resolve makes that agreement inactive and is listed
  // in problems().
  static absl::StatusOr<std::shared_ptr<const Snapshot>> Compile(Input input);

  const Input& input() const { return input_; }
  const AreaMap& areas() const { return *input_.areas; }
  absl::Span<const std::string> problems() const { return problems_; }

  PartyId FindParty(absl::string_view name) const;
  UnitId FindUnit(absl::string_view name) const;
  CategoryId FindInformationCategory(absl::string_view code) const;            // IKA_…
  PurposeId FindPurpose(absl::string_view code) const;                         // PUR_…
  LegalId FindLegal(absl::string_view code) const;                             // LB_…
  PermissionId FindPermission(absl::string_view permission) const;             // incidents.release
  const IncidentCategory* FindIncidentCategory(absl::string_view code) const;  // INC_…
  bool HasCode(absl::string_view list, absl::string_view code) const;
  // agreements/{agreement}/clauses/{clause}: the newest version that is signed.
  std::optional<uint32_t> FindClause(absl::string_view name) const;
  MandateId FindMandate(absl::string_view name) const;

  // The code of an information category: IKA_HANDELSE.
  const std::string& CategoryCode(CategoryId id) const { return category_codes_[id.value]; }
  // Codes by their bits, in the order of the code list.
  std::vector<std::string> PurposeCodes(uint64_t bits) const;
  std::vector<std::string> LegalCodes(uint64_t bits) const;
  const CompiledParty& party(PartyId id) const { return parties_[id.value]; }
  const CompiledUnit& unit(UnitId id) const { return units_[id.value]; }
  const CompiledMandate& mandate(MandateId id) const { return mandates_[id.value]; }
  const CompiledClause& clause(uint32_t index) const { return clauses_[index]; }
  uint32_t clause_count() const { return static_cast<uint32_t>(clauses_.size()); }
  const ClauseTerms& terms(uint32_t clause) const { return terms_[clause]; }
  absl::Span<const CompiledUnit> units() const { return units_; }
  // The frame clauses of all agreements.
  const FrameTable& frames() const { return *frames_; }

  // The mandates of a holder, ended ones included, in the directory's order.
  absl::Span<const MandateId> MandatesOf(absl::string_view holder) const;

  // The report slot entry by which `reporter` may hand in to `unit`; nullptr where there is none.
  const directory::v1::ReportingUnit* ReportSlot(UnitId unit, UnitId reporter) const;
  // Whether the slot takes reports from `reporter` at `now`: an entry within one party always,
  // another while one of its clauses is open between any unit of the reporter's party and the
  // slot's.
  bool SlotOpen(UnitId unit, UnitId reporter, absl::Time now) const;

  // Pairs (sender, recipient) that a clause lets something through for at `now`, for notices of
  // beginning and ended access.
  struct Pair {
    UnitId from;
    UnitId to;
    auto operator<=>(const Pair&) const = default;
  };
  // Only of the version that `clause` is.
  std::vector<Pair> OpenPairs(uint32_t clause, absl::Time now) const;

  // The next instant after `now` at which some clause opens or closes for some pair by time alone;
  // infinite where there is none.
  absl::Time NextEdge(absl::Time now) const;

  // What the decision reads: the clauses of a pair of units, and when each is open.
  absl::Span<const Rule> RulesOf(UnitId from, UnitId to) const;
  absl::Span<const Interval> IntervalsOf(const Rule& rule) const {
    return absl::MakeConstSpan(intervals_).subspan(rule.first_interval, rule.interval_count);
  }
  // Whether any unit may be sent to from this one under any version of the clause, at whatever
  // time.
  bool MaySend(UnitId from, uint32_t first_version) const {
    return senders_.contains(uint64_t{first_version} << 16 | from.value);
  }

 private:
  friend class DirectoryCompiler;
  friend class AgreementCompiler;
  friend class FrameTable;

  // A slice of rules_.
  struct RuleRange {
    uint32_t first = 0;
    uint32_t count = 0;
  };
  struct ClauseRule {
    Pair pair;
    uint32_t rule;
  };
  static constexpr uint32_t PairKey(UnitId from, UnitId to) {
    return uint32_t{from.value} << 16 | to.value;
  }

  Snapshot() = default;

  Input input_;
  std::vector<std::string> problems_;

  // The directory.
  std::vector<CompiledParty> parties_;
  std::vector<CompiledUnit> units_;
  std::vector<CompiledMandate> mandates_;
  absl::flat_hash_map<std::string, uint16_t> party_index_;
  absl::flat_hash_map<std::string, uint16_t> unit_index_;
  absl::flat_hash_map<std::string, uint16_t> category_index_;
  std::vector<std::string> category_codes_;
  absl::flat_hash_map<std::string, uint16_t> purpose_index_;
  absl::flat_hash_map<std::string, uint16_t> legal_index_;
  absl::flat_hash_map<std::string, uint16_t> permission_index_;
  absl::flat_hash_map<std::string, IncidentCategory> incident_categories_;
  absl::flat_hash_set<std::pair<std::string, std::string>> codes_;
  absl::flat_hash_map<std::string, uint16_t> mandate_index_;
  absl::flat_hash_map<std::string, std::vector<MandateId>> mandates_of_;
  absl::flat_hash_map<uint32_t, const directory::v1::ReportingUnit*>
      report_slots_;  // by PairKey(slot, reporter)

  // The agreements. terms_ and clause_rules_ stand beside clauses_.
  std::vector<CompiledClause> clauses_;
  std::vector<ClauseTerms> terms_;
  std::vector<std::vector<ClauseRule>> clause_rules_;
  absl::flat_hash_map<std::string, uint32_t> clause_index_;
  std::vector<Rule> rules_;
  std::vector<Interval> intervals_;
  absl::flat_hash_map<uint32_t, RuleRange> pairs_;  // by PairKey
  absl::flat_hash_set<uint64_t> senders_;
  std::vector<absl::Time> edges_;  // ascending
  std::shared_ptr<const FrameTable> frames_;
};

}  // namespace samverkan::access
