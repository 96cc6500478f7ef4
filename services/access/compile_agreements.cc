#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "services/access/compiler.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"

namespace samverkan::access {
namespace {

using agreements::v1::Clause;

// The categories whose smallest count a frame limits: those that tell how many.
constexpr absl::string_view kCountingCategories[] = {
    "IKA_STATISTIK", "IKA_TRYGGMAT", "IKA_VARDSKADA", "IKA_LAGESBILD",
    "IKA_PROBLEM",   "IKA_ATGARD",   "IKA_MOTE"};

std::string ClauseName(const std::string& agreement, const std::string& clause) {
  return absl::StrCat(agreement, "/clauses/", clause);
}

}  // namespace

absl::Status AgreementCompiler::LoadSuspensions(const v1::AgreementPolicy& policy,
                                                Loaded& agreement) const {
  for (const agreements::v1::Suspension& source : policy.suspensions()) {
    Suspension suspension{.party = snapshot_.FindParty(source.party()),
                          .clauses = {source.clauses().begin(), source.clauses().end()},
                          .during = {FromProto(source.from_time()), absl::InfiniteFuture()}};
    if (!IsTimestamp(source.from_time()) ||
        (source.has_to_time() && !IsTimestamp(source.to_time()))) {
      return absl::InvalidArgumentError("suspended from or to what is not a time");
    }
    if (source.has_to_time()) suspension.during.to = FromProto(source.to_time());
    if (!agreement.content.IsParty(suspension.party)) {
      return absl::InvalidArgumentError(
          absl::StrCat("suspended by ", source.party(), ", which is no party to it"));
    }
    for (const std::string& id : suspension.clauses) {
      if (!absl::c_any_of(agreement.content.clauses,
                          [&id](const ResolvedClause& clause) { return clause.id == id; })) {
        return absl::InvalidArgumentError(absl::StrCat("suspension of the unknown clause ", id));
      }
    }
    agreement.suspensions.push_back(std::move(suspension));
  }
  return absl::OkStatus();
}

absl::StatusOr<AgreementCompiler::Loaded> AgreementCompiler::Load(
    const v1::AgreementPolicy& policy) const {
  agreements::v1::AgreementContent content;
  if (!content.ParseFromString(policy.content()))
    return absl::InvalidArgumentError("the content does not parse");
  absl::StatusOr<ResolvedAgreement> resolved = ResolveAgreement(snapshot_, content);
  if (!resolved.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(content.name(), "@", content.version(), ": ", resolved.status().message()));
  }
  Loaded agreement{
      .content = *std::move(resolved), .signatures = {}, .suspensions = {}, .in_force = {}};
  for (const v1::PartySignature& signature : policy.signatures()) {
    const PartyId party = snapshot_.FindParty(signature.party());
    if (!agreement.content.IsParty(party)) continue;
    const absl::Time at = FromProto(signature.sign_time());
    const auto [entry, added] = agreement.signatures.try_emplace(party.value, at);
    if (!added) entry->second = std::min(entry->second, at);
  }
  if (const absl::Status status = LoadSuspensions(policy, agreement); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(content.name(), "@", content.version(), ": ", status.message()));
  }
  agreement.in_force = agreement.content.validity;
  for (PartyId party : agreement.content.founding) {
    const auto signature = agreement.signatures.find(party.value);
    agreement.in_force.from = std::max(
        agreement.in_force.from,
        signature == agreement.signatures.end() ? absl::InfiniteFuture() : signature->second);
  }
  if (policy.has_notice_end_time()) {
    agreement.in_force.to = std::min(agreement.in_force.to, FromProto(policy.notice_end_time()));
  }
  return agreement;
}

// Loads what resolves, in an order that does not depend on the input's.
void AgreementCompiler::LoadAll() {
  for (const auto& policy : snapshot_.input_.agreements) {
    absl::StatusOr<Loaded> loaded = Load(*policy);
    if (loaded.ok()) {
      agreements_.push_back(*std::move(loaded));
    } else {
      snapshot_.problems_.push_back(std::string(loaded.status().message()));
    }
  }
  const auto key = [](const Loaded& agreement) {
    return std::pair<const std::string&, int32_t>(agreement.content.name,
                                                  agreement.content.version);
  };
  std::stable_sort(agreements_.begin(), agreements_.end(),
                   [&key](const Loaded& a, const Loaded& b) { return key(a) < key(b); });
  const auto doubled =
      std::unique(agreements_.begin(), agreements_.end(), [&](const Loaded& a, const Loaded& b) {
        if (key(a) != key(b)) return false;
        snapshot_.problems_.push_back(
            absl::StrCat(b.content.name, "@", b.content.version, ": is given twice"));
        return true;
      });
  agreements_.erase(doubled, agreements_.end());
  std::sort(snapshot_.problems_.begin(), snapshot_.problems_.end());
}

// A version ends where a later one enters into force (R15).
void AgreementCompiler::EndPredecessors() {
  for (size_t i = agreements_.size(); i-- > 1;) {
    const Loaded& successor = agreements_[i];
    if (successor.in_force.empty()) continue;
    for (size_t j = i; j-- > 0 && agreements_[j].content.name == successor.content.name;) {
      agreements_[j].in_force.to = std::min(agreements_[j].in_force.to, successor.in_force.from);
    }
  }
}

IntervalSet AgreementCompiler::Open(const Loaded& agreement, const std::string& clause,
                                    PartyId from, PartyId to) const {
  Interval base = agreement.in_force;
  for (PartyId party : {from, to}) {
    const auto signature = agreement.signatures.find(party.value);
    if (signature == agreement.signatures.end()) return {};
    base.from = std::max(base.from, signature->second);
  }
  std::vector<Interval> suspended;
  for (const Suspension& suspension : agreement.suspensions) {
    const bool concerns = suspension.party == from || suspension.party == to ||
                          agreement.content.IsFounding(suspension.party);
    const bool names =
        suspension.clauses.empty() || absl::c_linear_search(suspension.clauses, clause);
    if (concerns && names) suspended.push_back(suspension.during);
  }
  return Subtract(Normalise({base}), Normalise(std::move(suspended)));
}

std::shared_ptr<const FrameTable> AgreementCompiler::CompileFrames() const {
  uint64_t counting = 0;
  for (absl::string_view code : kCountingCategories)
    counting |= Bit(snapshot_.FindInformationCategory(code));
  auto frames = std::make_shared<FrameTable>(counting);
  for (const Loaded& agreement : agreements_) {
    for (const ResolvedClause& clause : agreement.content.clauses) {
      if (clause.terms.effect != Clause::EFFECT_FRAME) continue;
      const uint32_t index = frames->Add(ClauseName(agreement.content.name, clause.id),
                                         clause.terms, agreement.content.validity.from);
      for (const Snapshot::Pair& pair : clause.pairs) {
        frames->Open(agreement.content.name, index, pair,
                     Open(agreement, clause.id, snapshot_.unit(pair.from).party,
                          snapshot_.unit(pair.to).party));
      }
    }
  }
  return frames;
}

Rule AgreementCompiler::MakeRule(uint64_t categories, uint32_t clause, const IntervalSet& open) {
  const auto first = static_cast<uint32_t>(snapshot_.intervals_.size());
  snapshot_.intervals_.insert(snapshot_.intervals_.end(), open.begin(), open.end());
  return {.categories = categories,
          .clause = clause,
          .first_interval = first,
          .interval_count = static_cast<uint32_t>(open.size())};
}

// A clause inside a frame: one rule for each set of categories that are open at the same times.
void AgreementCompiler::AddCoveredRules(const Loaded& agreement, const ResolvedClause& clause,
                                        uint32_t index, Snapshot::Pair pair,
                                        const IntervalSet& open) {
  std::vector<std::pair<uint64_t, IntervalSet>> groups;
  for (uint64_t rest = clause.terms.categories; rest != 0; rest &= rest - 1) {
    const uint64_t category = rest & (~rest + 1);
    IntervalSet covered = Intersect(
        open, snapshot_.frames_->Cover(agreement.content.frame, clause.terms, pair, category).open);
    const auto same =
        absl::c_find_if(groups, [&covered](const auto& group) { return group.second == covered; });
    if (same != groups.end()) {
      same->first |= category;
    } else {
      groups.emplace_back(category, std::move(covered));
    }
  }
  for (const auto& [categories, covered] : groups)
    rules_.push_back({pair, MakeRule(categories, index, covered)});
}

void AgreementCompiler::AddRules(const Loaded& agreement, const ResolvedClause& clause,
                                 uint32_t index) {
  const bool framed =
      IsLocal(agreement.content.level) && clause.terms.effect == Clause::EFFECT_PERMIT;
  // What is open depends on the parties alone, so that units of the same two share the intervals.
  absl::flat_hash_map<std::pair<uint16_t, uint16_t>, Rule> by_parties;
  for (const Snapshot::Pair& pair : clause.pairs) {
    const PartyId from = snapshot_.unit(pair.from).party;
    const PartyId to = snapshot_.unit(pair.to).party;
    if (framed) {
      AddCoveredRules(agreement, clause, index, pair, Open(agreement, clause.id, from, to));
      continue;
    }
    const auto [entry, added] = by_parties.try_emplace(std::pair(from.value, to.value));
    if (added)
      entry->second =
          MakeRule(clause.terms.categories, index, Open(agreement, clause.id, from, to));
    rules_.push_back({pair, entry->second});
  }
}

void AgreementCompiler::AddClause(const Loaded& agreement, const ResolvedClause& clause) {
  const auto index = static_cast<uint32_t>(snapshot_.clauses_.size());
  std::string name = ClauseName(agreement.content.name, clause.id);
  // Versions come in ascending order: the last one added is the newest.
  const auto earlier = snapshot_.clause_index_.find(name);
  ClauseTerms terms = clause.terms;
  terms.first_version = earlier == snapshot_.clause_index_.end()
                            ? index
                            : snapshot_.terms_[earlier->second].first_version;
  snapshot_.clause_index_[name] = index;
  snapshot_.clauses_.push_back({std::move(name), agreement.content.version});
  snapshot_.terms_.push_back(terms);
  if (terms.effect == Clause::EFFECT_FRAME) return;
  AddRules(agreement, clause, index);
  if (terms.effect != Clause::EFFECT_PERMIT) return;
  for (const Snapshot::Pair& pair : clause.pairs) {
    snapshot_.senders_.insert(uint64_t{terms.first_version} << 16 | pair.from.value);
  }
}

void AgreementCompiler::IndexRules() {
  std::stable_sort(rules_.begin(), rules_.end(),
                   [](const PairRule& a, const PairRule& b) { return a.pair < b.pair; });
  snapshot_.clause_rules_.resize(snapshot_.clauses_.size());
  snapshot_.rules_.reserve(rules_.size());
  for (const PairRule& entry : rules_) {
    const auto index = static_cast<uint32_t>(snapshot_.rules_.size());
    Snapshot::RuleRange& range =
        snapshot_.pairs_[Snapshot::PairKey(entry.pair.from, entry.pair.to)];
    if (range.count++ == 0) range.first = index;
    snapshot_.rules_.push_back(entry.rule);
    snapshot_.clause_rules_[entry.rule.clause].push_back({entry.pair, index});
  }
  std::vector<absl::Time>& edges = snapshot_.edges_;
  for (const Interval& interval : snapshot_.intervals_) {
    edges.push_back(interval.from);
    if (interval.to != absl::InfiniteFuture()) edges.push_back(interval.to);
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
}

absl::Status AgreementCompiler::Run() {
  LoadAll();
  EndPredecessors();
  snapshot_.frames_ = CompileFrames();
  for (const Loaded& agreement : agreements_) {
    for (const ResolvedClause& clause : agreement.content.clauses) AddClause(agreement, clause);
  }
  IndexRules();
  return absl::OkStatus();
}

}  // namespace samverkan::access
