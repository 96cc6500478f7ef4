#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "samverkan/access/v1/policy.pb.h"
#include "services/access/frame.h"
#include "services/access/interval.h"
#include "services/access/resolve.h"
#include "services/access/snapshot.h"

namespace samverkan::access {

// Fills the directory's part of a snapshot.
class DirectoryCompiler {
 public:
  explicit DirectoryCompiler(Snapshot& snapshot) : snapshot_(snapshot) {}
  // INVALID_ARGUMENT, naming what is wrong and where.
  absl::Status Run();

 private:
  absl::Status AddParty(const directory::v1::Party& party);
  absl::Status AddUnit(const directory::v1::Unit& unit);
  absl::Status AddSlot(const directory::v1::Unit& unit);
  absl::Status AddCode(const directory::v1::Code& code);
  absl::Status AddIncidentCategory(const directory::v1::Code& code);
  absl::Status AddFunction(const directory::v1::Code& code);
  absl::Status AddMandate(const directory::v1::Mandate& mandate);
  absl::Status CheckDeputies() const;

  Snapshot& snapshot_;
  // Function code to its permissions.
  absl::flat_hash_map<std::string, uint64_t> functions_;
};

// Fills the agreements' part of a snapshot whose directory is there.
class AgreementCompiler {
 public:
  explicit AgreementCompiler(Snapshot& snapshot) : snapshot_(snapshot) {}
  absl::Status Run();

 private:
  struct Suspension {
    PartyId party;
    // Of the whole agreement where empty.
    std::vector<std::string> clauses;
    Interval during;
  };
  struct Loaded {
    ResolvedAgreement content;
    absl::flat_hash_map<uint16_t, absl::Time> signatures;  // by party
    std::vector<Suspension> suspensions;
    // From when all founding parties have signed and validity began until validity, notice or a
    // successor ends it.
    Interval in_force;
  };
  struct PairRule {
    Snapshot::Pair pair;
    Rule rule;
  };

  absl::StatusOr<Loaded> Load(const v1::AgreementPolicy& policy) const;
  absl::Status LoadSuspensions(const v1::AgreementPolicy& policy, Loaded& agreement) const;
  void LoadAll();
  void EndPredecessors();
  // When the clause is open between units of two parties, its frame left aside.
  IntervalSet Open(const Loaded& agreement, const std::string& clause, PartyId from,
                   PartyId to) const;
  std::shared_ptr<const FrameTable> CompileFrames() const;
  void AddClause(const Loaded& agreement, const ResolvedClause& clause);
  void AddRules(const Loaded& agreement, const ResolvedClause& clause, uint32_t index);
  void AddCoveredRules(const Loaded& agreement, const ResolvedClause& clause, uint32_t index,
                       Snapshot::Pair pair, const IntervalSet& open);
  Rule MakeRule(uint64_t categories, uint32_t clause, const IntervalSet& open);
  void IndexRules();

  Snapshot& snapshot_;
  std::vector<Loaded> agreements_;  // by name and version
  std::vector<PairRule> rules_;
};

}  // namespace samverkan::access
