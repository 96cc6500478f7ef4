#include "services/incidents/incident_handlers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/access/decide.h"
#include "services/base/crypto.h"
#include "services/base/error.h"
#include "services/base/limits.h"
#include "services/base/names.h"
#include "services/base/proto_bytes.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"
#include "services/incidents/incident_codec.h"
#include "services/incidents/listing.h"

namespace samverkan::incidents {
namespace {

using access::Object;
using journal::ChangeKind;
using rpc::Call;
using storage::ReadTx;
using storage::WriteTx;

constexpr char kPoliceSourceKind[] = "SRC_POLIS";

absl::Status CheckForeignId(const std::string& id) {
  if (static_cast<int64_t>(id.size()) > kForeignIdBytesMax)
    return FieldInvalid("incident.foreign_id", "has at most 128 bytes");
  for (const char c : id) {
    if (c <= ' ' || c > '~')
      return FieldInvalid("incident.foreign_id", "is printable ASCII without spaces");
  }
  return absl::OkStatus();
}

// The item as handed in, and where: what a repeat under a foreign_id must equal.
std::string HashOf(const v1::CreateIncidentRequest& request) {
  return std::string(
      AsBytes(Sha256Parts({request.parent(), "\n", DeterministicBytes(request.incident())})));
}

void SetLabel(Object& object, const CheckedContent& checked) {
  object.category = checked.information_category;
  object.cells = checked.cells;
  object.tlp = checked.content.marking().tlp();
  object.confidentiality = checked.content.marking().confidentiality();
}

// The owner's unit sees the item. Whoever handed it in from another unit sees that it was received,
// and no more.
v1::Incident Shown(const Call& call, const Object& object, v1::IncidentRecord record,
                   absl::Time time) {
  return object.owner_unit == call.unit_name() ? ToProto(object, std::move(record), time)
                                               : ToReceipt(object, record);
}

// The same with where the item stands, which a liaison system must know of what it keeps up to
// date.
v1::Incident ShownWithState(const Call& call, const Object& object, v1::IncidentRecord record,
                            absl::Time time) {
  v1::Incident incident = Shown(call, object, std::move(record), time);
  incident.set_state(static_cast<v1::Incident::State>(object.state));
  return incident;
}

bool IsPolice(const Call& call) {
  return call.policy().party(call.policy().unit(call.unit()).party).kind ==
         directory::v1::Party::KIND_STATE;
}

bool Wanted(const v1::ListIncidentsRequest& request, const Object& object) {
  return request.states().empty() || std::find(request.states().begin(), request.states().end(),
                                               object.state) != request.states().end();
}

absl::StatusOr<CheckedContent> CheckReport(const access::Snapshot& policy,
                                           const v1::IncidentContent& content,
                                           const v1::Source& source,
                                           absl::string_view content_field,
                                           absl::string_view source_field) {
  SV_RETURN_IF_ERROR(CheckSource(policy, source, source_field));
  return CheckContent(policy, content, ContentUse::kReport, content_field);
}

void CompleteReport(const Call& call, CheckedContent& checked) {
  if (!checked.content.has_marking())
    *checked.content.mutable_marking() =
        DefaultMarking(checked.information_category, IsPolice(call));
}

}  // namespace

absl::StatusOr<IncidentHandlers::Report> IncidentHandlers::PrepareCreate(
    const Call& call, const v1::CreateIncidentRequest& request) {
  const v1::Incident& incoming = request.incident();
  SV_RETURN_IF_ERROR(CheckForeignId(incoming.foreign_id()));
  SV_ASSIGN_OR_RETURN(CheckedContent checked,
                      CheckReport(call.policy(), incoming.content(), incoming.source(),
                                  "incident.content", "incident.source"));
  CompleteReport(call, checked);
  const access::IncidentCategory* category =
      call.policy().FindIncidentCategory(checked.content.category());
  if (!IsPolice(call) && !category->reportable) {
    return Error(errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED,
                 "Only the police hand in items of this category.",
                 {{"category", checked.content.category()}});
  }
  // Permit has the same answer for a unit that takes nothing from the caller and for one that is
  // none; nothing is encrypted for either.
  const access::UnitId owner = call.policy().FindUnit(request.parent());
  const bool takes = request.parent() == call.unit_name() ||
                     (owner.valid() && call.policy().ReportSlot(owner, call.unit()) != nullptr);
  const std::optional<UnitName> unit = UnitName::Parse(request.parent());
  if (!takes || !unit) return NotFound();
  Report report = {.hash = HashOf(request)};
  Object& object = report.object;
  object.kind = access::ObjectKind::kIncident;
  object.name = IncidentName{unit->party, Uuid::Random(deps_.random)}.ToString();
  object.owner_unit = request.parent();
  object.owner_party = unit->Party().ToString();
  object.state = v1::Incident::STATE_RECEIVED;
  SetLabel(object, checked);
  v1::IncidentRecord record;
  *record.mutable_content() = std::move(checked.content);
  *record.mutable_source() = incoming.source();
  if (record.source().kind().empty() && IsPolice(call))
    record.mutable_source()->set_kind(kPoliceSourceKind);
  record.mutable_source()->set_reporting_unit(call.unit_name());
  record.set_foreign_id(incoming.foreign_id());
  record.set_create_hash(report.hash);
  *record.mutable_create_time() = ::samverkan::ToProto(call.now());
  report.version = deps_.incidents.Seal(object, record);
  report.shown = Shown(call, object, std::move(record), call.now());
  return report;
}

absl::Status IncidentHandlers::CheckSlot(Call& call, const std::string& parent,
                                         const Object& reported) const {
  const access::Snapshot& policy = call.policy();
  const directory::v1::ReportingUnit* slot =
      policy.ReportSlot(policy.FindUnit(parent), call.unit());
  if (slot == nullptr) return NotFound();
  if (slot->clauses().empty()) return absl::OkStatus();
  // It comes from the reporting unit.
  Object object = reported;
  object.owner_unit = call.unit_name();
  object.owner_party = call.party_name();
  const access::Label label = access::LabelOf(object, policy);
  access::Decision last;
  last.reason = errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE;
  for (const std::string& clause : slot->clauses()) {
    const std::optional<uint32_t> index = policy.FindClause(clause);
    if (!index) continue;
    const access::Decision decision =
        access::DecideIntake(policy,
                             {.mandate = call.mandate(),
                              .recipient = policy.FindUnit(parent),
                              .legal = policy.FindLegal(slot->legal_position().code()),
                              .clause = index,
                              .now = call.now()},
                             label);
    if (decision.allowed) {
      call.Cite(clause, policy.clause(*index).version);
      return absl::OkStatus();
    }
    last = decision;
  }
  return Error(last.reason, "The report slot rests on no clause that lets this through.",
               {{"slot", parent}});
}

absl::StatusOr<std::optional<v1::Incident>> IncidentHandlers::FindRepeat(
    Call& call, WriteTx& tx, const std::string& foreign_id, const std::string& hash) {
  if (foreign_id.empty()) return std::nullopt;
  SV_ASSIGN_OR_RETURN(const auto earlier,
                      deps_.incidents.FindForeignId(tx, call.party_name(), foreign_id));
  if (!earlier) return std::nullopt;
  SV_ASSIGN_OR_RETURN(const auto object, deps_.objects.FindById(tx, *earlier));
  if (!object) return absl::DataLossError("a foreign id names no object");
  SV_ASSIGN_OR_RETURN(const v1::IncidentRecord record, deps_.incidents.Load(tx, *object));
  if (!record.create_hash().empty() && record.create_hash() != hash) {
    return Error(errors::v1::ERROR_REASON_FOREIGN_ID_REUSED,
                 "This foreign_id belongs to an item that was handed in with other content.",
                 {{"name", object->name}});
  }
  call.MarkReplayed();
  call.SetResult({.object_id = object->id, .revision = object->revision});
  return Render(call, tx, {.object_id = object->id});
}

absl::StatusOr<v1::Incident> IncidentHandlers::Create(Call& call, WriteTx& tx,
                                                      const v1::CreateIncidentRequest& request,
                                                      Report report) {
  const std::string& foreign_id = request.incident().foreign_id();
  SV_ASSIGN_OR_RETURN(std::optional<v1::Incident> repeat,
                      FindRepeat(call, tx, foreign_id, report.hash));
  if (repeat) return *std::move(repeat);
  Object& object = report.object;
  if (request.parent() != call.unit_name())
    SV_RETURN_IF_ERROR(CheckSlot(call, request.parent(), object));
  SV_RETURN_IF_ERROR(deps_.incidents.Insert(tx, object, std::move(report.version)));
  if (!foreign_id.empty())
    deps_.incidents.PutForeignId(tx, call.party_name(), foreign_id, object.id);
  if (object.owner_party != call.party_name())
    call.AlsoRecord({object.owner_party, audit::v1::Record::KIND_WRITE, object.name});
  SV_RETURN_IF_ERROR(
      deps_.changes
          .Append(tx, {.kind = ChangeKind::kIncident,
                       .object_id = object.id,
                       .revision = object.revision,
                       .targets = {{ChangeKind::kIncident, object.owner_unit, object.id}}})
          .status());
  call.SetResource(object.name);
  call.SetResult({.object_id = object.id, .revision = object.revision});
  if (report.shown.has_update_time())
    *report.shown.mutable_update_time() = ::samverkan::ToProto(tx.now());
  return std::move(report.shown);
}

absl::StatusOr<v1::Incident> IncidentHandlers::Render(Call& call, ReadTx& tx,
                                                      const rpc::Replay& replay) {
  SV_ASSIGN_OR_RETURN(const auto object, deps_.objects.FindById(tx, replay.object_id));
  if (!object) return absl::DataLossError("a repeat names no object");
  SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, deps_.incidents.Load(tx, *object));
  call.SetResource(object->name);
  return Shown(call, *object, std::move(record), object->change_time);
}

absl::StatusOr<v1::Incident> IncidentHandlers::Get(Call& call, ReadTx& tx,
                                                   const v1::GetIncidentRequest& request) {
  SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, deps_.incidents.Load(tx, call.object()));
  return ToProto(call.object(), std::move(record), call.object().change_time);
}

absl::StatusOr<v1::ListIncidentsResponse> IncidentHandlers::List(
    Call& call, ReadTx& tx, const v1::ListIncidentsRequest& request) {
  if (call.object().id != 0) return NotFound();  // an item has no items below it
  SV_ASSIGN_OR_RETURN(const rpc::Page page, deps_.pager.Open(call, request));
  SV_ASSIGN_OR_RETURN(ListingCursor cursor, ListingCursor::Open(page.cursor, [&] {
                        return deps_.resume_token(call, tx);
                      }));
  v1::ListIncidentsResponse response;
  SV_ASSIGN_OR_RETURN(
      const bool more,
      FillPage(deps_.objects, tx, access::ObjectKind::kIncident, call.unit_name(), page.size,
               cursor, [&](const Object& object) -> absl::StatusOr<bool> {
                 if (!Wanted(request, object) || !call.Reaches(object, "incidents.read"))
                   return false;
                 SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, deps_.incidents.Load(tx, object));
                 *response.add_incidents() = ToProto(object, std::move(record), object.change_time);
                 call.AlsoAbout(object.name);
                 return true;
               }));
  if (more) response.set_next_page_token(deps_.pager.Seal(call, request, cursor.Next()));
  response.set_resume_token(cursor.resume_token);
  call.SetCount(response.incidents_size());
  return response;
}

absl::StatusOr<CheckedContent> IncidentHandlers::PrepareSourceChange(
    const Call& call, const v1::ReportSourceChangeRequest& request) {
  if (!request.source().has_observe_time())
    return FieldInvalid("source.observe_time", "is required");
  absl::StatusOr<CheckedContent> checked =
      CheckReport(call.policy(), request.content(), request.source(), "content", "source");
  if (checked.ok() || ReasonOf(checked.status()) != errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED)
    return checked;
  // What the source now calls something that may be no item is no error here: the handler rejects
  // or makes a task of it.
  CheckedContent refused;
  refused.content = request.content();
  return refused;
}

absl::StatusOr<v1::Incident> IncidentHandlers::ReportSourceChange(
    Call& call, WriteTx& tx, const v1::ReportSourceChangeRequest& request, CheckedContent checked) {
  Object object = call.object();
  SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, deps_.incidents.Load(tx, object));
  // Only whoever handed it in speaks for its source; of a retracted item nobody knows who that was.
  const bool retracted = object.state == v1::Incident::STATE_RETRACTED;
  if (!retracted && record.source().reporting_unit() != call.unit_name()) return NotFound();
  const bool known =
      record.source().has_observe_time() &&
      FromProto(request.source().observe_time()) <= FromProto(record.source().observe_time());
  if (retracted || known) {
    call.MarkReplayed();
    call.SetResult({.object_id = object.id, .revision = object.revision});
    return ShownWithState(call, object, record, object.change_time);
  }
  const bool allowed = !checked.information_category.empty();
  const std::string reporting_unit = record.source().reporting_unit();
  const std::string kind = record.source().kind();
  *record.mutable_source() = request.source();
  record.mutable_source()->set_reporting_unit(reporting_unit);
  if (record.source().kind().empty()) record.mutable_source()->set_kind(kind);
  if (object.state == v1::Incident::STATE_SHARED)
    return AddTask(call, tx, std::move(record), request.content().category(), allowed);
  SV_RETURN_IF_ERROR(
      CheckState(Verb::kSourceUpdate, static_cast<v1::Incident::State>(object.state)));
  if (allowed) {
    CompleteReport(call, checked);
    SetLabel(object, checked);
    *record.mutable_content() = std::move(checked.content);
    object.state = v1::Incident::STATE_RECEIVED;
  } else {
    object.state = v1::Incident::STATE_REJECTED;
    record.set_reject_reason(absl::StrCat("category not allowed: ", request.content().category()));
  }
  return Saved(call, tx, object, record);
}

absl::StatusOr<v1::Incident> IncidentHandlers::AddTask(Call& call, WriteTx& tx,
                                                       v1::IncidentRecord record,
                                                       const std::string& category, bool allowed) {
  v1::Task* task = record.add_tasks();
  task->set_kind(allowed ? v1::Task::KIND_SOURCE_CHANGED : v1::Task::KIND_CATEGORY_NOT_ALLOWED);
  task->set_category(category);
  *task->mutable_create_time() = ::samverkan::ToProto(tx.now());
  Object object = call.object();
  return Saved(call, tx, object, record);
}

absl::StatusOr<v1::Incident> IncidentHandlers::Saved(Call& call, WriteTx& tx, Object& object,
                                                     const v1::IncidentRecord& record) {
  SV_RETURN_IF_ERROR(deps_.incidents.Save(tx, object, record));
  SV_RETURN_IF_ERROR(
      deps_.changes
          .Append(tx, {.kind = ChangeKind::kIncident,
                       .object_id = object.id,
                       .revision = object.revision,
                       .targets = {{ChangeKind::kIncident, object.owner_unit, object.id}}})
          .status());
  call.SetResult({.object_id = object.id, .revision = object.revision});
  return ShownWithState(call, object, record, tx.now());
}

absl::StatusOr<CheckedContent> IncidentHandlers::PrepareAssess(
    const Call& call, const v1::AssessIncidentRequest& request) {
  return CheckContent(call.policy(), request.content(), ContentUse::kAssessment, "content");
}

absl::StatusOr<v1::Incident> IncidentHandlers::Assess(Call& call, WriteTx& tx,
                                                      const v1::AssessIncidentRequest& request,
                                                      CheckedContent checked) {
  Object object = call.object();
  SV_RETURN_IF_ERROR(CheckState(Verb::kAssess, static_cast<v1::Incident::State>(object.state)));
  SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, deps_.incidents.Load(tx, object));
  SetLabel(object, checked);
  *record.mutable_content() = std::move(checked.content);
  object.state = v1::Incident::STATE_ASSESSED;
  return Saved(call, tx, object, record);
}

absl::StatusOr<v1::Incident> IncidentHandlers::Reject(Call& call, WriteTx& tx,
                                                      const v1::RejectIncidentRequest& request) {
  SV_RETURN_IF_ERROR(CheckReason(request.reason(), "reason"));
  Object object = call.object();
  SV_RETURN_IF_ERROR(CheckState(Verb::kReject, static_cast<v1::Incident::State>(object.state)));
  SV_ASSIGN_OR_RETURN(v1::IncidentRecord record, deps_.incidents.Load(tx, object));
  record.set_reject_reason(request.reason());
  object.state = v1::Incident::STATE_REJECTED;
  return Saved(call, tx, object, record);
}

}  // namespace samverkan::incidents
