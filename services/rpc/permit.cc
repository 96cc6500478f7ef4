#include "services/rpc/permit.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/access/decide.h"
#include "services/base/error.h"
#include "services/base/limits.h"
#include "services/base/status.h"

namespace samverkan::rpc {
namespace {

using access::MandateId;
using access::Object;
using access::ObjectKind;
using access::Principal;
using access::PrincipalKind;
using access::Snapshot;

absl::Status NoMandate(absl::string_view message, const ErrorMetadata& metadata = {}) {
  return Error(errors::v1::ERROR_REASON_NO_MANDATE, message, metadata);
}

absl::Status CheckSignIn(const Principal& principal, const Method& method, absl::Time now) {
  if (principal.kind != PrincipalKind::kPerson) return absl::OkStatus();
  if (principal.assurance < kAssuranceMin) {
    return Error(errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT,
                 "Sign in at assurance level 3 or higher.",
                 {{"assurance_required", absl::StrCat(kAssuranceMin)}});
  }
  if (method.policy.recent_sign_in() && now - principal.authenticated_at > kRecentSignInMax) {
    return Error(
        errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT,
        "This act needs a sign-in that is at most 15 minutes old: sign in again and repeat it.",
        {{"sign_in_age_max_seconds", absl::StrCat(absl::ToInt64Seconds(kRecentSignInMax))}});
  }
  return absl::OkStatus();
}

absl::Status CheckPurpose(const Snapshot& policy, const Inbound& inbound, const Method& method) {
  if (inbound.purpose.empty()) {
    if (!method.policy.purpose_required()) return absl::OkStatus();
    return Error(errors::v1::ERROR_REASON_PURPOSE_NOT_PERMITTED,
                 "Name the purpose in metadata samverkan-purpose, e.g. PUR_LAGESBILD.");
  }
  if (!policy.FindPurpose(inbound.purpose).valid()) {
    return Error(errors::v1::ERROR_REASON_PURPOSE_NOT_PERMITTED,
                 "samverkan-purpose is no known purpose; list PUR has them.");
  }
  return absl::OkStatus();
}

absl::Status FromDecision(const access::Decision& decision) {
  if (decision.allowed) return absl::OkStatus();
  if (decision.reason == errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE) {
    return Error(decision.reason, "The place lies outside your mandate's area.");
  }
  return NoMandate("Your function does not hold the permission for this.");
}

bool StandsIn(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Whether an existing object is within the method's reach for this mandate.
bool ReachesObject(const Snapshot& policy, MandateId mandate, const Method& method,
                   const Object& object) {
  const access::CompiledUnit& unit = policy.unit(policy.mandate(mandate).unit);
  const std::string& party = policy.party(unit.party).name;
  switch (method.policy.reach()) {
    case options::v1::REACH_OWN_UNIT:
      return object.owner_unit == unit.name;
    case options::v1::REACH_OWN_PARTY:
      return object.owner_party == party;
    case options::v1::REACH_AGREEMENT_PARTY:
      return StandsIn(object.parties, party);
    default:
      return false;
  }
}

// Whether a parent that is no object (a unit or a party) is within reach. Handing in to another
// unit's report slot counts.
bool ReachesParent(const Snapshot& policy, MandateId mandate, const Method& method,
                   const std::string& name) {
  const access::UnitId own = policy.mandate(mandate).unit;
  if (method.policy.reach() == options::v1::REACH_OWN_PARTY)
    return policy.party(policy.unit(own).party).name == name;
  if (method.policy.reach() != options::v1::REACH_OWN_UNIT) return false;
  if (policy.unit(own).name == name) return true;
  const access::UnitId parent = policy.FindUnit(name);
  return method.policy.access() == options::v1::ACCESS_WRITE && parent.valid() &&
         policy.ReportSlot(parent, own) != nullptr;
}

// The kind of object that a permission is about, which its first word names; nothing for one that
// is about none, like "audit.read".
std::optional<ObjectKind> KindOf(const Method& method) {
  const absl::string_view permission = method.policy.permission();
  if (absl::StartsWith(permission, "incidents.")) return ObjectKind::kIncident;
  if (absl::StartsWith(permission, "deliveries.")) return ObjectKind::kDelivery;
  if (absl::StartsWith(permission, "agreements.")) return ObjectKind::kAgreement;
  return std::nullopt;
}

// Whether the method lists or adds below what it names.
bool NamesParent(const Method& method) {
  return method.resource->name() == "parent";
}

// For an object within reach of another kind than the method is about. Whoever would change what it
// holds a copy of is told that only the originator may.
absl::Status OfAnotherKind(const Method& method, const Object& object) {
  const bool changes_item = method.policy.access() == options::v1::ACCESS_WRITE &&
                            KindOf(method) == ObjectKind::kIncident && !NamesParent(method);
  if (!changes_item || object.kind != ObjectKind::kDelivery) return NotFound();
  return Error(errors::v1::ERROR_REASON_ORIGINATOR_ONLY,
               "This is a received copy: only the unit it came from changes the item.");
}

bool IsParty(absl::string_view name) {
  return absl::StartsWith(name, "parties/") && std::count(name.begin(), name.end(), '/') == 1;
}

bool IsUnit(absl::string_view name) {
  return absl::StartsWith(name, "parties/") && absl::StrContains(name, "/units/") &&
         std::count(name.begin(), name.end(), '/') == 3;
}

}  // namespace

absl::StatusOr<MandateId> ResolveMandate(const Snapshot& policy, const Principal& principal,
                                         absl::string_view named, absl::Time now) {
  std::vector<MandateId> valid;
  for (const MandateId id : policy.MandatesOf(principal.holder)) {
    const access::CompiledMandate& mandate = policy.mandate(id);
    if (!mandate.valid.Contains(now)) continue;
    if (policy.party(policy.unit(mandate.unit).party).name != principal.party) continue;
    if (named.empty() || mandate.name == named) valid.push_back(id);
  }
  if (valid.size() == 1) return valid.front();
  if (valid.empty()) return NoMandate("You hold no mandate that is valid now.");
  std::vector<std::string> names;
  for (const MandateId id : valid) names.push_back(policy.mandate(id).name);
  return NoMandate("You hold several mandates: name one in metadata samverkan-mandate.",
                   {{"mandates", absl::StrJoin(names, " ")}});
}

std::string KnownPurpose(const Snapshot& policy, const Inbound& inbound) {
  return policy.FindPurpose(inbound.purpose).valid() ? inbound.purpose : "";
}

absl::Status CheckCaller(const Snapshot& policy, const Principal& principal, MandateId mandate,
                         const Inbound& inbound, const Method& method, absl::Time now) {
  access::Label own;
  own.owner_unit = policy.mandate(mandate).unit;
  own.owner_party = policy.unit(own.owner_unit).party;
  const access::PermissionId permission = policy.FindPermission(method.policy.permission());
  SV_RETURN_IF_ERROR(CheckSignIn(principal, method, now));
  SV_RETURN_IF_ERROR(FromDecision(access::DecideOwn(policy, mandate, permission, own, now)));
  return CheckPurpose(policy, inbound, method);
}

std::optional<Object> HiddenUnit(const Snapshot& policy, const std::string& name) {
  const access::UnitId unit = policy.FindUnit(name);
  if (!unit.valid()) return std::nullopt;
  Object hidden;
  hidden.name = name;
  hidden.owner_party = policy.party(policy.unit(unit).party).name;
  return hidden;
}

absl::StatusOr<PermitOutcome> Permit(storage::ReadTx& tx, const access::ObjectStore& objects,
                                     const Snapshot& policy, const Principal& principal,
                                     MandateId mandate, const Inbound& inbound,
                                     const Method& method,
                                     const google::protobuf::Message& request) {
  PermitOutcome outcome;
  outcome.permitted.resource = policy.unit(policy.mandate(mandate).unit).name;
  outcome.status = CheckCaller(policy, principal, mandate, inbound, method, tx.now());
  if (!outcome.status.ok() || method.resource == nullptr) return outcome;

  const std::string name = TextField(request, method.resource);
  // What a name of reference data names, if anything, its handler finds out.
  if (method.policy.reach() == options::v1::REACH_REFERENCE) return outcome;
  if (IsParty(name) || IsUnit(name)) {
    if (NamesParent(method) && ReachesParent(policy, mandate, method, name)) {
      outcome.permitted.resource = name;
      return outcome;
    }
    outcome.status = NotFound();
    outcome.hidden = HiddenUnit(policy, name);
    return outcome;
  }
  SV_ASSIGN_OR_RETURN(std::optional<Object> object, objects.Find(tx, name));
  if (!object || !ReachesObject(policy, mandate, method, *object)) {
    outcome.status = NotFound();
    outcome.hidden = std::move(object);
    return outcome;
  }
  if (KindOf(method) != object->kind) {
    outcome.status = OfAnotherKind(method, *object);
    return outcome;
  }
  outcome.status = FromDecision(access::DecideOwn(policy, mandate,
                                                  policy.FindPermission(method.policy.permission()),
                                                  access::LabelOf(*object, policy), tx.now()));
  outcome.permitted.resource = object->name;
  outcome.permitted.object = *std::move(object);
  return outcome;
}

}  // namespace samverkan::rpc
