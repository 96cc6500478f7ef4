#include "services/access/closed.h"

#include <algorithm>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/base/proto_time.h"

namespace samverkan::access {
namespace {

using agreements::v1::AgreementContent;

// The policy and content of the agreement version a clause belongs to.
struct Source {
  const v1::AgreementPolicy* policy = nullptr;
  AgreementContent content;
};

Source SourceOf(const Snapshot& policy, const CompiledClause& clause) {
  Source source;
  for (const auto& agreement : policy.input().agreements) {
    source.content.ParseFromString(agreement->content());
    if (source.content.version() == clause.version &&
        absl::StartsWith(clause.name, absl::StrCat(source.content.name(), "/clauses/"))) {
      source.policy = agreement.get();
      return source;
    }
  }
  return source;
}

bool IsFounding(const AgreementContent& content, const std::string& party) {
  return absl::c_any_of(content.founding(),
                        [&party](const auto& signatory) { return signatory.party() == party; });
}

// The party whose signature is missing at `now`: a founding one, the sender's or the recipient's;
// empty where none is.
std::string Unsigned(const Source& source, const std::string& from, const std::string& to,
                     absl::Time now) {
  std::vector<std::string> needed;
  for (const auto& signatory : source.content.founding()) needed.push_back(signatory.party());
  needed.push_back(from);
  needed.push_back(to);
  for (const std::string& party : needed) {
    if (!absl::c_any_of(source.policy->signatures(), [&](const v1::PartySignature& signature) {
          return signature.party() == party && FromProto(signature.sign_time()) <= now;
        })) {
      return party;
    }
  }
  return "";
}

const agreements::v1::Suspension* Suspended(const Source& source, absl::string_view clause,
                                            const std::string& from, const std::string& to,
                                            absl::Time now) {
  for (const agreements::v1::Suspension& suspension : source.policy->suspensions()) {
    const std::string& party = suspension.party();
    const bool open = FromProto(suspension.from_time()) <= now &&
                      (!suspension.has_to_time() || now < FromProto(suspension.to_time()));
    const bool concerns = party == from || party == to || IsFounding(source.content, party);
    const bool names =
        suspension.clauses().empty() || absl::c_linear_search(suspension.clauses(), clause);
    if (open && concerns && names) return &suspension;
  }
  return nullptr;
}

}  // namespace

ClosedCause WhyClosed(const Snapshot& policy, uint32_t clause, UnitId from, UnitId to,
                      absl::Time now) {
  ClosedCause cause;
  const CompiledClause& cited = policy.clause(clause);
  const Source source = SourceOf(policy, cited);
  if (source.policy == nullptr) return cause;
  const std::string& sender = policy.party(policy.unit(from).party).name;
  const std::string& recipient = policy.party(policy.unit(to).party).name;
  const absl::string_view id = absl::string_view(cited.name).substr(cited.name.rfind('/') + 1);
  const absl::Time begins = FromProto(source.content.valid_from_time());
  absl::Time ends = FromProto(source.content.valid_to_time());
  if (source.policy->has_notice_end_time())
    ends = std::min(ends, FromProto(source.policy->notice_end_time()));
  if (cause.party = Unsigned(source, sender, recipient, now); !cause.party.empty()) {
    cause.kind = ClosedCause::Kind::kUnsigned;
  } else if (const auto* suspension = Suspended(source, id, sender, recipient, now);
             suspension != nullptr) {
    cause.kind = ClosedCause::Kind::kSuspended;
    cause.party = suspension->party();
    cause.since = FromProto(suspension->from_time());
  } else if (now < begins) {
    cause.kind = ClosedCause::Kind::kNotYet;
  } else if (now < ends && policy.terms(clause).local) {
    cause.kind = ClosedCause::Kind::kFrame;
    cause.frame = source.content.frame();
  }
  return cause;
}

}  // namespace samverkan::access
