#include "services/incidents/release_handlers.h"

#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/access/decide.h"
#include "services/base/crypto.h"
#include "services/base/error.h"
#include "services/base/limits.h"
#include "services/base/names.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"
#include "services/incidents/incident_codec.h"
#include "services/incidents/projection.h"
#include "services/incidents/sealing.h"

namespace samverkan::incidents {
namespace {

using access::Decision;
using access::Object;
using audit::v1::Record;
using journal::ChangeKind;
using journal::ChangeTarget;
using rpc::Call;
using storage::ReadTx;
using storage::WriteTx;

constexpr size_t kSaltSize = 16;

// Why one recipient may not get it, for a writer who may know everything about its own clause.
absl::Status RecipientRefused(const Call& call, const Decision& decision,
                              const std::string& recipient) {
  ErrorMetadata metadata = {{"recipient", recipient}};
  if (decision.nearest)
    metadata.emplace_back("nearest_clause", call.policy().clause(decision.nearest->clause).name);
  return Error(decision.reason,
               "The clause does not let this through; ExplainRelease says what would change it.",
               metadata);
}

access::CellSet CellsOf(const Object& object, const access::Snapshot& policy) {
  return access::LabelOf(object, policy).cells;
}

}  // namespace

absl::StatusOr<ReleaseHandlers::CheckedRelease> ReleaseHandlers::PrepareRelease(
    const Call& call, const v1::ReleaseIncidentRequest& request) {
  const access::Snapshot& policy = call.policy();
  if (request.recipients_size() > kRecipientsMax) {
    return Error(errors::v1::ERROR_REASON_LIMIT_EXCEEDED, "A release has at most 100 recipients.",
                 {{"limit", "recipients"}, {"max", absl::StrCat(kRecipientsMax)}});
  }
  absl::flat_hash_set<std::string> seen;
  for (int i = 0; i < request.recipients_size(); ++i) {
    const std::string& recipient = request.recipients(i);
    const std::string path = absl::StrCat("recipients[", i, "]");
    const access::UnitId unit = policy.FindUnit(recipient);
    if (!unit.valid()) return FieldInvalid(path, "is no known unit");
    if (!seen.insert(recipient).second) return FieldInvalid(path, "stands twice");
  }
  if (!ClauseName::Parse(request.clause()))
    return FieldInvalid("clause", "must be agreements/{agreement}/clauses/{clause}");
  SV_RETURN_IF_ERROR(CheckLegalPosition(policy, request.legal_position(), "legal_position"));
  return CheckedRelease{};
}

absl::StatusOr<access::Obligations> ReleaseHandlers::DecideRecipients(
    const Call& call, const v1::ReleaseIncidentRequest& request, const Object& object) const {
  const access::Snapshot& policy = call.policy();
  const std::optional<uint32_t> clause = policy.FindClause(request.clause());
  if (!clause)
    return Error(errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE,
                 "No clause of this name is in force.");
  const access::Label label = access::LabelOf(object, policy);
  access::Obligations obligations;
  for (const std::string& recipient : request.recipients()) {
    const Decision decision =
        access::DecideDisclosure(policy,
                                 {.mandate = call.mandate(),
                                  .recipient = policy.FindUnit(recipient),
                                  .purpose = policy.FindPurpose(call.purpose()),
                                  .legal = policy.FindLegal(request.legal_position().code()),
                                  .clause = clause,
                                  .now = call.now()},
                                 label);
    if (!decision.allowed) return RecipientRefused(call, decision, recipient);
    obligations = decision.obligations;
  }
  return obligations;
}

ReleaseHandlers::Disclosure ReleaseHandlers::Disclose(
    const Call& call, const Object& object, const v1::IncidentRecord& record,
    const access::Obligations& obligations) const {
  Disclosure disclosure;
  disclosure.obligations = obligations;
  *disclosure.record.mutable_content() =
      Project(record.content(), CellsOf(object, call.policy()), obligations, call.policy().areas(),
              deps_.calendar);
  if (record.has_note()) *disclosure.record.mutable_note() = record.note();
  disclosure.record.set_salt(deps_.random.Bytes(kSaltSize));
  disclosure.hash = std::string(AsBytes(
      Sha256Parts({disclosure.record.salt(), disclosure.record.content().SerializeAsString()})));
  ReleaseRow& release = disclosure.release;
  release.name = absl::StrCat(object.name, "/releases/", Uuid::Random(deps_.random).ToString());
  release.incident_id = object.id;
  release.revision = object.revision;
  release.decided_by = call.acting_as();
  release.time = call.now();
  release.hash = disclosure.hash;
  release.content = disclosure.record;
  return disclosure;
}

absl::StatusOr<ChangeTarget> ReleaseHandlers::Deliver(Call& call, WriteTx& tx, const Object& item,
                                                      const Disclosure& disclosure,
                                                      const std::string& recipient,
                                                      int64_t supersedes, Record::Kind kind) const {
  const std::optional<UnitName> unit = UnitName::Parse(recipient);
  if (!unit) return absl::InternalError("a known unit has a well-formed name");
  Object copy;
  copy.kind = access::ObjectKind::kDelivery;
  copy.name = DeliveryName{unit->party, unit->unit, Uuid::Random(deps_.random)}.ToString();
  copy.owner_unit = recipient;
  copy.owner_party = unit->Party().ToString();
  copy.category = item.category;
  copy.tlp = item.tlp;
  copy.confidentiality = item.confidentiality;
  copy.state = v1::Delivery::STATE_DELIVERED;
  copy.revision = item.revision;
  SV_ASSIGN_OR_RETURN(copy.id, deps_.objects.NextId(tx));
  SV_RETURN_IF_ERROR(deps_.objects.Insert(tx, copy));
  DeliveryRow row;
  row.id = copy.id;
  row.incident_id = item.id;
  row.release_id = disclosure.release.id;
  row.unit = recipient;
  row.originator_unit = item.owner_unit;
  row.clause = disclosure.release.clause;
  row.clause_version = disclosure.release.clause_version;
  row.purpose = disclosure.release.purpose;
  row.onward = disclosure.obligations.onward;
  row.deliver_time = tx.now();
  row.supersedes = supersedes;
  SV_RETURN_IF_ERROR(deps_.releases.InsertDelivery(tx, row, disclosure.content, copy.owner_party));
  if (supersedes != 0) {
    SV_RETURN_IF_ERROR(deps_.releases.Supersede(tx, supersedes, copy.id));
    SV_ASSIGN_OR_RETURN(Object older, LoadCopy(tx, supersedes));
    older.state = v1::Delivery::STATE_SUPERSEDED;
    SV_RETURN_IF_ERROR(deps_.objects.Update(tx, older));
  }
  call.AlsoRecord({copy.owner_party, kind, copy.name, item.name});
  return ChangeTarget{ChangeKind::kDelivery, recipient, copy.id};
}

absl::StatusOr<Object> ReleaseHandlers::LoadCopy(ReadTx& tx, int64_t id) const {
  SV_ASSIGN_OR_RETURN(std::optional<Object> copy, deps_.objects.FindById(tx, id));
  if (!copy) return absl::DataLossError("a delivery has no object");
  return *std::move(copy);
}

absl::Status ReleaseHandlers::AppendChange(WriteTx& tx, const Object& object,
                                           std::vector<ChangeTarget> targets) const {
  targets.insert(targets.begin(), {ChangeKind::kIncident, object.owner_unit, object.id});
  return deps_.changes
      .Append(tx, {.kind = ChangeKind::kIncident,
                   .object_id = object.id,
                   .revision = object.revision,
                   .targets = std::move(targets)})
      .status();
}

absl::StatusOr<v1::Release> ReleaseHandlers::Release(Call& call, WriteTx& tx,
                                                     const v1::ReleaseIncidentRequest& request,
                                                     CheckedRelease) {
  Object object = call.object();
  SV_RETURN_IF_ERROR(CheckState(Verb::kRelease, static_cast<v1::Incident::State>(object.state)));
  SV_ASSIGN_OR_RETURN(const access::Obligations obligations,
                      DecideRecipients(call, request, object));
  SV_ASSIGN_OR_RETURN(const v1::IncidentRecord record, deps_.incidents.Load(tx, object));
  const absl::Time open_from = FromProto(record.content().occur_span().end_time()) +
                               absl::Seconds(obligations.delay_seconds);
  if (obligations.delay_seconds > 0 && call.now() < open_from) {
    return Error(errors::v1::ERROR_REASON_STATE_OR_EMBARGO,
                 "The clause lets this through only after its delay.",
                 {{"open_from", absl::FormatTime(open_from, absl::UTCTimeZone())}});
  }
  SV_ASSIGN_OR_RETURN(const std::vector<DeliveryRow> earlier,
                      deps_.releases.ListDeliveries(tx, object.id));
  for (const DeliveryRow& delivery : earlier) {
    for (const std::string& recipient : request.recipients()) {
      if (delivery.unit == recipient && delivery.superseded_by == 0) {
        return Error(errors::v1::ERROR_REASON_STATE_OR_EMBARGO,
                     "A recipient has this item already.", {{"recipient", recipient}});
      }
    }
  }
  Disclosure disclosure = Disclose(call, object, record, obligations);
  ReleaseRow& release = disclosure.release;
  release.clause = request.clause();
  release.clause_version =
      call.policy().clause(*call.policy().FindClause(request.clause())).version;
  release.purpose = call.purpose();
  release.legal_code = request.legal_position().code();
  *release.reasons.mutable_legal_position() = request.legal_position();
  SV_ASSIGN_OR_RETURN(disclosure.content,
                      deps_.releases.InsertContent(tx, {.incident_id = object.id,
                                                        .revision = object.revision,
                                                        .record = disclosure.record,
                                                        .hash = disclosure.hash}));
  SV_RETURN_IF_ERROR(
      deps_.releases.InsertRelease(tx, release, disclosure.content, object.owner_party));
  std::vector<ChangeTarget> targets;
  for (const std::string& recipient : request.recipients()) {
    SV_ASSIGN_OR_RETURN(ChangeTarget target,
                        Deliver(call, tx, object, disclosure, recipient, 0, Record::KIND_DELIVERY));
    targets.push_back(std::move(target));
  }
  object.state = v1::Incident::STATE_SHARED;
  SV_RETURN_IF_ERROR(deps_.objects.Update(tx, object));
  SV_RETURN_IF_ERROR(AppendChange(tx, object, std::move(targets)));
  call.SetKind(Record::KIND_RELEASE);
  call.Cite(release.clause, release.clause_version);
  call.SetHash(disclosure.hash);
  call.SetResult({.object_id = object.id, .revision = object.revision, .detail = release.id});
  SV_ASSIGN_OR_RETURN(const std::vector<DeliveryRow> deliveries,
                      deps_.releases.ListDeliveries(tx, object.id));
  return ToProto(release, deliveries);
}

absl::StatusOr<v1::Release> ReleaseHandlers::RenderRelease(Call& call, ReadTx& tx,
                                                           const rpc::Replay& replay) {
  SV_ASSIGN_OR_RETURN(const ReleaseRow release,
                      deps_.releases.LoadRelease(tx, replay.detail, call.party_name()));
  SV_ASSIGN_OR_RETURN(const std::vector<DeliveryRow> deliveries,
                      deps_.releases.ListDeliveries(tx, release.incident_id));
  return ToProto(release, deliveries);
}

absl::StatusOr<v1::Incident> ReleaseHandlers::RenderIncident(Call& call, ReadTx& tx,
                                                             const rpc::Replay& replay) {
  SV_ASSIGN_OR_RETURN(const auto object, deps_.objects.FindById(tx, replay.object_id));
  if (!object) return absl::DataLossError("a repeat names no object");
  SV_ASSIGN_OR_RETURN(const v1::IncidentRecord record, deps_.incidents.Load(tx, *object));
  return ToProto(*object, record, object->change_time);
}

absl::StatusOr<v1::ListReleasesResponse> ReleaseHandlers::List(
    Call& call, ReadTx& tx, const v1::ListReleasesRequest& request) {
  if (call.object().id == 0) return NotFound();  // releases stand below an item, not a unit
  SV_ASSIGN_OR_RETURN(const rpc::Page page, deps_.pager.Open(call, request));
  int64_t before = std::numeric_limits<int64_t>::max();
  if (!page.cursor.empty() && !absl::SimpleAtoi(page.cursor, &before))
    return FieldInvalid("page_token", "is not a token of this listing");
  SV_ASSIGN_OR_RETURN(
      std::vector<ReleaseRow> releases,
      deps_.releases.ListReleases(tx, call.object().id, call.party_name(), before, page.size + 1));
  SV_ASSIGN_OR_RETURN(const std::vector<DeliveryRow> deliveries,
                      deps_.releases.ListDeliveries(tx, call.object().id));
  v1::ListReleasesResponse response;
  if (static_cast<int64_t>(releases.size()) > page.size) {
    releases.resize(page.size);
    response.set_next_page_token(deps_.pager.Seal(call, request, absl::StrCat(releases.back().id)));
  }
  for (const ReleaseRow& release : releases)
    *response.add_releases() = ToProto(release, deliveries);
  call.SetCount(response.releases_size());
  return response;
}

absl::StatusOr<CheckedContent> ReleaseHandlers::PrepareCorrect(
    const Call& call, const v1::CorrectIncidentRequest& request) {
  if (request.note().kind() == v1::RevisionNote::KIND_UNSPECIFIED)
    return FieldInvalid("note.kind", "is required");
  SV_RETURN_IF_ERROR(CheckReason(request.note().reason(), "note.reason"));
  return CheckContent(call.policy(), request.content(), ContentUse::kAssessment, "content");
}

absl::Status ReleaseHandlers::CorrectHolders(Call& call, WriteTx& tx, const Object& object,
                                             const v1::IncidentRecord& record,
                                             std::vector<ChangeTarget>& targets) const {
  const access::Snapshot& policy = call.policy();
  const access::Label label = access::LabelOf(object, policy);
  SV_ASSIGN_OR_RETURN(const std::vector<DeliveryRow> deliveries,
                      deps_.releases.ListDeliveries(tx, object.id));
  // One new release per release whose copies are corrected: same clause, purpose and reasons, new
  // content.
  std::map<int64_t, Disclosure> disclosures;
  for (const DeliveryRow& delivery : deliveries) {
    if (delivery.superseded_by != 0) continue;
    const std::optional<uint32_t> clause = policy.FindClause(delivery.clause);
    Decision decision;
    if (clause) {
      decision = access::DecideDisclosure(policy,
                                          {.mandate = call.mandate(),
                                           .recipient = policy.FindUnit(delivery.unit),
                                           .purpose = policy.FindPurpose(delivery.purpose),
                                           .clause = clause,
                                           .now = call.now()},
                                          label);
    }
    if (!decision.allowed) {
      SV_RETURN_IF_ERROR(deps_.releases.WithholdCorrection(tx, delivery.id));
      SV_ASSIGN_OR_RETURN(Object copy, LoadCopy(tx, delivery.id));
      SV_RETURN_IF_ERROR(deps_.objects.Update(tx, copy));
      call.AlsoRecord({copy.owner_party, Record::KIND_CORRECTION, copy.name, object.name});
      targets.push_back({ChangeKind::kDelivery, delivery.unit, delivery.id});
      continue;
    }
    auto entry = disclosures.find(delivery.release_id);
    if (entry == disclosures.end()) {
      SV_ASSIGN_OR_RETURN(const ReleaseRow origin,
                          deps_.releases.LoadRelease(tx, delivery.release_id, object.owner_party));
      Disclosure disclosure = Disclose(call, object, record, decision.obligations);
      disclosure.release.clause = origin.clause;
      disclosure.release.clause_version = policy.clause(*clause).version;
      disclosure.release.purpose = origin.purpose;
      disclosure.release.legal_code = origin.legal_code;
      disclosure.release.reasons = origin.reasons;
      SV_ASSIGN_OR_RETURN(disclosure.content,
                          deps_.releases.InsertContent(tx, {.incident_id = object.id,
                                                            .revision = object.revision,
                                                            .record = disclosure.record,
                                                            .hash = disclosure.hash}));
      SV_RETURN_IF_ERROR(deps_.releases.InsertRelease(tx, disclosure.release, disclosure.content,
                                                      object.owner_party));
      entry = disclosures.emplace(delivery.release_id, std::move(disclosure)).first;
      call.Cite(entry->second.release.clause, entry->second.release.clause_version);
    }
    targets.push_back({ChangeKind::kDelivery, delivery.unit, delivery.id});
    SV_ASSIGN_OR_RETURN(ChangeTarget target, Deliver(call, tx, object, entry->second, delivery.unit,
                                                     delivery.id, Record::KIND_CORRECTION));
    targets.push_back(std::move(target));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Incident> ReleaseHandlers::Correct(Call& call, WriteTx& tx,
                                                      const v1::CorrectIncidentRequest& request,
                                                      CheckedContent checked) {
  Object object = call.object();
  SV_RETURN_IF_ERROR(CheckState(Verb::kCorrect, static_cast<v1::Incident::State>(object.state)));
  SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, deps_.incidents.Load(tx, object));
  object.category = checked.information_category;
  object.cells = checked.cells;
  object.tlp = checked.content.marking().tlp();
  object.confidentiality = checked.content.marking().confidentiality();
  *record.mutable_content() = std::move(checked.content);
  *record.mutable_note() = request.note();
  record.clear_tasks();  // A correction answers what the source had changed.
  ++object.revision;
  SV_RETURN_IF_ERROR(deps_.incidents.Save(tx, object, record));
  std::vector<ChangeTarget> targets;
  SV_RETURN_IF_ERROR(CorrectHolders(call, tx, object, record, targets));
  SV_RETURN_IF_ERROR(AppendChange(tx, object, std::move(targets)));
  call.SetKind(Record::KIND_CORRECTION);
  call.SetResult({.object_id = object.id, .revision = object.revision});
  return ToProto(object, std::move(record), tx.now());
}

absl::StatusOr<v1::Incident> ReleaseHandlers::Retract(Call& call, WriteTx& tx,
                                                      const v1::RetractIncidentRequest& request) {
  if (!call.policy().HasCode("RTR", request.reason()))
    return FieldInvalid("reason", "is no code of list RTR");
  Object object = call.object();
  SV_RETURN_IF_ERROR(CheckState(Verb::kRetract, static_cast<v1::Incident::State>(object.state)));
  SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, deps_.incidents.Load(tx, object));
  SV_ASSIGN_OR_RETURN(const std::vector<Object> copies,
                      SealItem(deps_, tx, object, record, request.reason()));
  for (const Object& copy : copies)
    call.AlsoRecord({copy.owner_party, Record::KIND_RETRACTION, copy.name, object.name});
  tx.OnCommit([sealed = deps_.sealed, name = object.name] { sealed(name); });
  call.SetKind(Record::KIND_RETRACTION);
  call.SetResult({.object_id = object.id, .revision = object.revision});
  return ToProto(object, std::move(record), tx.now());
}

}  // namespace samverkan::incidents
