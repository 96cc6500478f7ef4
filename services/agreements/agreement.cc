#include "services/agreements/agreement.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/base64.h"
#include "services/base/crypto.h"
#include "services/base/error.h"
#include "services/base/limits.h"
#include "services/base/names.h"
#include "services/base/proto_time.h"
#include "services/base/screening.h"
#include "services/base/status.h"
#include "services/journal/note.h"

namespace samverkan::agreements {
namespace {

using access::Snapshot;
using State = v1::Agreement::State;

bool AllFoundersSigned(const Agreement& agreement) {
  return std::all_of(
      agreement.content.founding().begin(), agreement.content.founding().end(),
      [&](const v1::Signatory& signatory) { return HasSigned(agreement, signatory.party()); });
}

bool IsWholeSuspensionOpen(const Agreement& agreement, absl::Time now) {
  return std::any_of(agreement.record.suspensions().begin(), agreement.record.suspensions().end(),
                     [&](const v1::Suspension& entry) {
                       return entry.clauses().empty() &&
                              RoleOf(agreement.content, entry.party()) == Role::kFounding &&
                              FromProto(entry.from_time()) <= now &&
                              (!entry.has_to_time() || now < FromProto(entry.to_time()));
                     });
}

absl::Status CheckCodes(const Snapshot& policy, absl::string_view list,
                        const google::protobuf::RepeatedPtrField<std::string>& codes,
                        const std::string& field) {
  for (int i = 0; i < codes.size(); ++i) {
    if (!policy.HasCode(list, codes[i]))
      return FieldInvalid(absl::StrCat(field, "[", i, "]"),
                          absl::StrCat("is no code of list ", list));
  }
  return absl::OkStatus();
}

absl::Status CheckSignatories(const Snapshot& policy,
                              const google::protobuf::RepeatedPtrField<v1::Signatory>& signatories,
                              const std::string& field) {
  for (int i = 0; i < signatories.size(); ++i) {
    const std::string path = absl::StrCat(field, "[", i, "]");
    const access::PartyId party = policy.FindParty(signatories[i].party());
    const access::UnitId unit = policy.FindUnit(signatories[i].unit());
    if (!party.valid()) return FieldInvalid(path + ".party", "is no known party");
    if (!unit.valid() || policy.unit(unit).party != party)
      return FieldInvalid(path + ".unit", "is no unit of the party");
  }
  return absl::OkStatus();
}

absl::Status CheckSelector(const Snapshot& policy, const v1::Selector& selector,
                           const std::string& field) {
  switch (selector.kind_case()) {
    case v1::Selector::kUnit:
      if (policy.FindUnit(selector.unit()).valid()) return absl::OkStatus();
      return FieldInvalid(field + ".unit", "is no known unit");
    case v1::Selector::kGroup:
      if (!selector.group().empty()) return absl::OkStatus();
      return FieldInvalid(field + ".group", "is required");
    default:
      return FieldInvalid(field, "names nobody: an empty audience means nobody");
  }
}

absl::Status CheckObligations(const v1::Clause& clause, const std::string& field) {
  const types::v1::Obligations& obligations = clause.obligations();
  if (obligations.geo_precision() == types::v1::GEO_PRECISION_UNSPECIFIED)
    return FieldInvalid(field + ".geo_precision", "is required");
  if (obligations.time_precision() == types::v1::TIME_PRECISION_UNSPECIFIED)
    return FieldInvalid(field + ".time_precision", "is required");
  if (obligations.onward() == types::v1::ONWARD_UNSPECIFIED)
    return FieldInvalid(field + ".onward", "is required");
  if (obligations.delay_seconds() < 0)
    return FieldInvalid(field + ".delay_seconds", "must not be negative");
  if (obligations.min_count() < 0)
    return FieldInvalid(field + ".min_count", "must not be negative");
  return absl::OkStatus();
}

absl::Status CheckClause(const Snapshot& policy, const v1::Clause& clause,
                         const std::string& field) {
  if (!IsReadableId(clause.id())) return FieldInvalid(field + ".id", "must be [a-z0-9-]{2,63}");
  SV_RETURN_IF_ERROR(CheckCodes(policy, "IKA", clause.categories(), field + ".categories"));
  SV_RETURN_IF_ERROR(CheckCodes(policy, "PUR", clause.purposes(), field + ".purposes"));
  SV_RETURN_IF_ERROR(
      CheckCodes(policy, "LB", clause.legal_positions(), field + ".legal_positions"));
  for (int i = 0; i < clause.flows_size(); ++i) {
    const std::string path = absl::StrCat(field, ".flows[", i, "]");
    SV_RETURN_IF_ERROR(CheckSelector(policy, clause.flows(i).from(), path + ".from"));
    SV_RETURN_IF_ERROR(CheckSelector(policy, clause.flows(i).to(), path + ".to"));
  }
  for (int i = 0; i < clause.areas_size(); ++i) {
    if (!policy.areas().CellsOfVersion(clause.areas(i))) {
      return FieldInvalid(absl::StrCat(field, ".areas[", i, "]"),
                          "is no known area version: areas/{area}@{YYYY-MM-DD}");
    }
  }
  if (clause.max_confidentiality() < 0 || clause.max_confidentiality() > kKlassaMax) {
    return FieldInvalid(field + ".max_confidentiality", "is 0 to 3");
  }
  if (clause.effect() == v1::Clause::EFFECT_PERMIT && clause.legal_positions().empty()) {
    return FieldInvalid(field + ".legal_positions",
                        "needs at least one: an agreement alone is no legal ground");
  }
  return CheckObligations(clause, field + ".obligations");
}

absl::Status CheckHead(const v1::AgreementContent& content) {
  if (!AgreementName::Parse(content.name()))
    return FieldInvalid("content.name", "must be agreements/[a-z0-9-]{2,63}");
  if (content.version() != 1) return FieldInvalid("content.version", "must be 1");
  SV_RETURN_IF_ERROR(CheckText("content.title", content.title(), kTitleCodePointsMax));
  SV_RETURN_IF_ERROR(CheckText("content.title_en", content.title_en(), kTitleCodePointsMax));
  SV_RETURN_IF_ERROR(ScreenText("content.title", content.title()));
  SV_RETURN_IF_ERROR(ScreenText("content.title_en", content.title_en()));
  const bool needs_frame = content.level() == v1::Agreement::LEVEL_LOCAL ||
                           content.level() == v1::Agreement::LEVEL_THEMATIC;
  if (needs_frame && !AgreementName::Parse(content.frame()))
    return FieldInvalid("content.frame", "is required on this level");
  if (!needs_frame && !content.frame().empty())
    return FieldInvalid("content.frame", "belongs to local and thematic agreements");
  if (FromProto(content.valid_to_time()) <= FromProto(content.valid_from_time())) {
    return FieldInvalid("content.valid_to_time", "must come after valid_from_time");
  }
  if (content.clauses_size() > kClausesMax)
    return FieldInvalid("content.clauses", "has at most 100 entries");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Agreement> Agreement::Parse(v1::AgreementRecord record) {
  Agreement agreement;
  if (!agreement.content.ParseFromString(record.content()))
    return absl::DataLossError("an agreement's content does not parse");
  agreement.record = std::move(record);
  return agreement;
}

absl::Time EndOf(const Agreement& agreement) {
  const absl::Time end = FromProto(agreement.content.valid_to_time());
  if (!agreement.record.has_notice_end_time()) return end;
  return std::min(end, FromProto(agreement.record.notice_end_time()));
}

State StateAt(const Agreement& agreement, absl::Time now) {
  if (!agreement.record.finalised()) return v1::Agreement::STATE_DRAFT;
  if (!AllFoundersSigned(agreement)) return v1::Agreement::STATE_FOR_SIGNATURE;
  if (now >= EndOf(agreement)) return v1::Agreement::STATE_EXPIRED;
  if (now < FromProto(agreement.content.valid_from_time())) return v1::Agreement::STATE_SIGNED;
  if (IsWholeSuspensionOpen(agreement, now)) return v1::Agreement::STATE_SUSPENDED;
  return agreement.record.has_notice_end_time() ? v1::Agreement::STATE_NOTICE_GIVEN
                                                : v1::Agreement::STATE_IN_FORCE;
}

absl::Status CheckContent(const Snapshot& policy, const v1::AgreementContent& content) {
  SV_RETURN_IF_ERROR(CheckHead(content));
  SV_RETURN_IF_ERROR(CheckSignatories(policy, content.founding(), "content.founding"));
  SV_RETURN_IF_ERROR(CheckSignatories(policy, content.acceding(), "content.acceding"));
  std::vector<std::string> parties = PartiesOf(content);
  std::sort(parties.begin(), parties.end());
  if (std::adjacent_find(parties.begin(), parties.end()) != parties.end()) {
    return FieldInvalid("content.acceding", "a party may stand in the agreement once");
  }
  std::vector<std::string> ids;
  for (int i = 0; i < content.clauses_size(); ++i) {
    SV_RETURN_IF_ERROR(
        CheckClause(policy, content.clauses(i), absl::StrCat("content.clauses[", i, "]")));
    ids.push_back(content.clauses(i).id());
  }
  std::sort(ids.begin(), ids.end());
  if (std::adjacent_find(ids.begin(), ids.end()) != ids.end())
    return FieldInvalid("content.clauses", "two clauses have the same id");
  return absl::OkStatus();
}

std::string ContentHash(absl::string_view content_bytes) {
  return std::string(AsBytes(Sha256(content_bytes)));
}

std::string SigningText(const v1::AgreementContent& content, absl::string_view content_hash) {
  return absl::StrCat("samverkan-agreement/v1\n", content.name(), "\n", content.version(), "\n",
                      Base64Encode(content_hash), "\n");
}

std::optional<std::string> FindSigningKey(const directory::v1::Unit& unit, absl::string_view text,
                                          absl::string_view signature) {
  for (const std::string& key : unit.signing_keys()) {
    const absl::StatusOr<journal::NoteVerifier> verifier = journal::NoteVerifier::Parse(key);
    if (!verifier.ok() || verifier->type() != journal::NoteKeyType::kEd25519) continue;
    if (verifier->Verify(text, {.name = verifier->name(),
                                .key_id = verifier->key_id(),
                                .signature = std::string(signature)})) {
      return verifier->name();
    }
  }
  return std::nullopt;
}

Role RoleOf(const v1::AgreementContent& content, absl::string_view party) {
  const auto is_party = [&](const v1::Signatory& signatory) { return signatory.party() == party; };
  if (std::any_of(content.founding().begin(), content.founding().end(), is_party))
    return Role::kFounding;
  if (std::any_of(content.acceding().begin(), content.acceding().end(), is_party))
    return Role::kAcceding;
  return Role::kNone;
}

std::string SigningUnitOf(const v1::AgreementContent& content, absl::string_view party) {
  for (const auto* signatories : {&content.founding(), &content.acceding()}) {
    for (const v1::Signatory& signatory : *signatories) {
      if (signatory.party() == party) return signatory.unit();
    }
  }
  return "";
}

bool HasSigned(const Agreement& agreement, absl::string_view party) {
  return std::any_of(
      agreement.record.signatures().begin(), agreement.record.signatures().end(),
      [&](const v1::Signature& signature) { return PartyOfName(signature.unit()) == party; });
}

std::vector<std::string> PartiesOf(const v1::AgreementContent& content) {
  std::vector<std::string> parties;
  for (const v1::Signatory& signatory : content.founding()) parties.push_back(signatory.party());
  for (const v1::Signatory& signatory : content.acceding()) parties.push_back(signatory.party());
  return parties;
}

access::v1::AgreementPolicy PolicyOf(const Agreement& agreement) {
  access::v1::AgreementPolicy policy;
  policy.set_content(agreement.record.content());
  for (const v1::Signature& signature : agreement.record.signatures()) {
    access::v1::PartySignature* entry = policy.add_signatures();
    entry->set_party(std::string(PartyOfName(signature.unit())));
    *entry->mutable_sign_time() = signature.sign_time();
  }
  *policy.mutable_suspensions() = agreement.record.suspensions();
  if (agreement.record.has_notice_end_time())
    *policy.mutable_notice_end_time() = agreement.record.notice_end_time();
  return policy;
}

absl::Status CheckState(const Agreement& agreement, absl::Time now,
                        std::initializer_list<State> allowed) {
  const State state = StateAt(agreement, now);
  if (std::find(allowed.begin(), allowed.end(), state) != allowed.end()) return absl::OkStatus();
  return Error(errors::v1::ERROR_REASON_STATE_OR_EMBARGO,
               "This is not possible in the agreement's present state.",
               {{"state", v1::Agreement::State_Name(state)}});
}

}  // namespace samverkan::agreements
