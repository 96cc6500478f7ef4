#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "samverkan/access/v1/policy.pb.h"
#include "samverkan/directory/v1/bundle.pb.h"
#include "services/access/areas.h"
#include "services/access/decide.h"
#include "services/access/ids.h"

namespace samverkan::access {

// [from, to)
struct Interval {
  absl::Time from;
  absl::Time to;
  bool Contains(absl::Time t) const { return from <= t && t < to; }
};

struct CompiledParty {
  std::string name;  // parties/{party}
  directory::v1::Party::Kind kind;
};

struct CompiledUnit {
  std::string name;  // parties/{party}/units/{unit}
  PartyId party;
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
  std::optional<uint32_t> FindClause(absl::string_view name) const;

  const CompiledParty& party(PartyId id) const { return parties_[id.value]; }
  const CompiledUnit& unit(UnitId id) const { return units_[id.value]; }
  const CompiledMandate& mandate(MandateId id) const { return mandates_[id.value]; }
  const CompiledClause& clause(uint32_t index) const { return clauses_[index]; }

  // The mandates of a holder, ended ones included, in the directory's order.
  absl::Span<const MandateId> MandatesOf(absl::string_view holder) const;

  // The report slot entry by which `reporter` may hand in to `unit`; nullptr where there is none.
  const directory::v1::ReportingUnit* ReportSlot(UnitId unit, UnitId reporter) const;

  // Pairs (sender, recipient) that a clause lets something through for at `now`, for notices of
  // beginning and ended access.
  struct Pair {
    UnitId from;
    UnitId to;
  };
  std::vector<Pair> OpenPairs(uint32_t clause, absl::Time now) const;

  // The next instant after `now` at which some clause opens or closes by time alone; infinite where
  // there is none.
  absl::Time NextEdge(absl::Time now) const;

 private:
  friend Decision DecideDisclosure(const Snapshot&, const DisclosureRequest&, const Label&);
  friend class Compiler;

  // One clause for one pair of units: what the decision reads, packed.
  struct Rule;

  Snapshot() = default;

  Input input_;
  std::vector<std::string> problems_;
  std::vector<CompiledParty> parties_;
  std::vector<CompiledUnit> units_;
  std::vector<CompiledMandate> mandates_;
  std::vector<CompiledClause> clauses_;
  // The rest is the compiler's.
};

}  // namespace samverkan::access
