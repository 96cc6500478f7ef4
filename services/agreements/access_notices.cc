#include "services/agreements/access_notices.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "samverkan/feed/v1/feed.pb.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"

namespace samverkan::agreements {
namespace {

using journal::AccessChange;
using journal::ChangeKind;

struct ClauseKey {
  std::string name;
  int32_t version;
  auto operator<=>(const ClauseKey&) const = default;
};

// Who receives under each clause: pairs of sender and recipient, by name, for the numbers differ
// between snapshots.
using OpenClauses = std::map<ClauseKey, std::set<std::pair<std::string, std::string>>>;

OpenClauses OpenAt(const access::Snapshot& policy, absl::Time at) {
  OpenClauses open;
  for (uint32_t clause = 0; clause < policy.clause_count(); ++clause) {
    for (const access::Snapshot::Pair& pair : policy.OpenPairs(clause, at)) {
      open[{policy.clause(clause).name, policy.clause(clause).version}].emplace(
          policy.unit(pair.from).name, policy.unit(pair.to).name);
    }
  }
  return open;
}

// Units that receive under the clause in `a` from somebody they do not receive from in `b`.
std::set<std::string> Gained(const OpenClauses& a, const OpenClauses& b, const ClauseKey& clause) {
  std::set<std::string> units;
  const auto here = a.find(clause);
  if (here == a.end()) return units;
  const auto there = b.find(clause);
  for (const auto& pair : here->second) {
    if (there == b.end() || !there->second.contains(pair)) units.insert(pair.second);
  }
  return units;
}

absl::Status AppendFor(storage::WriteTx& tx, const journal::ChangeLog& changes, ChangeKind kind,
                       const OpenClauses& a, const OpenClauses& b, const std::string& reason,
                       absl::Time since) {
  for (const auto& [clause, pairs] : a) {
    std::vector<journal::ChangeTarget> targets;
    for (const std::string& unit : Gained(a, b, clause)) targets.push_back({kind, unit, 0});
    if (targets.empty()) continue;
    const AccessChange change{
        .clause = clause.name, .version = clause.version, .reason = reason, .since = since};
    SV_RETURN_IF_ERROR(
        changes.Append(tx, {.kind = kind, .aux = change.Encode(), .targets = std::move(targets)})
            .status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AppendAccessNotices(storage::WriteTx& tx, const journal::ChangeLog& changes,
                                 const access::Snapshot& before, absl::Time before_at,
                                 const access::Snapshot& after, absl::Time after_at,
                                 const std::string& reason) {
  const OpenClauses was = OpenAt(before, before_at);
  const OpenClauses is = OpenAt(after, after_at);
  SV_RETURN_IF_ERROR(AppendFor(tx, changes, ChangeKind::kAccessEnded, was, is, reason, after_at));
  return AppendFor(tx, changes, ChangeKind::kAccessBegun, is, was, "", after_at);
}

absl::StatusOr<journal::RenderedEvent> AccessRenderer::Render(storage::ReadTx& tx,
                                                              const journal::ChangeEntry& entry,
                                                              const journal::ChangeTarget& target) {
  SV_ASSIGN_OR_RETURN(const AccessChange change, AccessChange::Decode(entry.aux));
  feed::v1::Event event;
  event.set_unit(target.unit);
  if (target.kind == ChangeKind::kAccessEnded) {
    feed::v1::AccessEnded& ended = *event.mutable_access_ended();
    ended.mutable_clause()->set_clause(change.clause);
    ended.mutable_clause()->set_version(change.version);
    ended.set_reason(change.reason);
    *ended.mutable_end_time() = ToProto(change.since);
  } else {
    feed::v1::AccessBegun& begun = *event.mutable_access_begun();
    begun.mutable_clause()->set_clause(change.clause);
    begun.mutable_clause()->set_version(change.version);
    *begun.mutable_begin_time() = ToProto(change.since);
  }
  return journal::RenderedEvent{.event = event.SerializeAsString()};
}

}  // namespace samverkan::agreements
