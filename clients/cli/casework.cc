#include "clients/cli/casework.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/failure.h"
#include "clients/cpp/call_error.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

using namespace ::samverkan::incidents::v1;  // NOLINT(google-build-using-namespace): the whole noun
                                             // is played here.
using client::IncidentService;

bool IsOver(Incident::State state) {
  return state == Incident::STATE_REJECTED || state == Incident::STATE_RETRACTED;
}

absl::StatusOr<Incident> Load(client::Client& hub, const std::string& name) {
  GetIncidentRequest request;
  request.set_name(name);
  return hub.Call(&IncidentService::Stub::GetIncident, request);
}

template <typename Request>
Request On(const Incident& incident) {
  Request request;
  request.set_name(incident.name());
  request.set_etag(incident.etag());
  return request;
}

}  // namespace

void Casework::Say(const CaseAct& act, const Text& verb, const std::string& more) {
  session_.out() << act.event << "  " << act.assessor << ' ' << session_.Say(verb) << ' ' << more
                 << std::endl;
}

absl::StatusOr<Casework::Desk*> Casework::DeskOf(const CaseAct& act) {
  Desk& desk = desks_[act.assessor + " " + act.unit];
  if (desk.hub != nullptr) return &desk;
  SC_ASSIGN_OR_RETURN(std::unique_ptr<client::Client> hub, session_.HubAs(act.assessor));
  ListIncidentsRequest request;
  request.set_parent(act.unit);
  request.set_page_size(200);
  do {
    SC_ASSIGN_OR_RETURN(const ListIncidentsResponse page,
                        hub->Call(&IncidentService::Stub::ListIncidents, request));
    for (const Incident& incident : page.incidents())
      desk.items.emplace(incident.foreign_id(), incident.name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  desk.hub = std::move(hub);
  return &desk;
}

absl::Status Casework::Assess(client::Client& hub, const CaseAct& act, Incident incident) {
  if (incident.state() == Incident::STATE_SHARED) return absl::OkStatus();
  auto assess = On<AssessIncidentRequest>(incident);
  *assess.mutable_content() = act.content;
  SC_ASSIGN_OR_RETURN(incident, hub.Call(&IncidentService::Stub::AssessIncident, assess));
  Say(act, {"granskar:", "assesses:"}, act.why);
  for (const CaseAct::Release& planned : act.releases) {
    ReleaseIncidentRequest release = planned.request;
    release.set_name(incident.name());
    release.set_etag(incident.etag());
    SC_RETURN_IF_ERROR(
        hub.Call(&IncidentService::Stub::ReleaseIncident, release, {.purpose = planned.purpose})
            .status());
    Say(act, {"lämnar till", "releases to"},
        absl::StrCat(absl::StrJoin(release.recipients(), " "), ", ", release.clause()));
    SC_ASSIGN_OR_RETURN(incident, Load(hub, incident.name()));
  }
  return absl::OkStatus();
}

absl::Status Casework::Do(const CaseAct& act) {
  SC_ASSIGN_OR_RETURN(Desk * desk, DeskOf(act));
  const auto item = desk->items.find(absl::StrCat("polisen:", act.event));
  if (item == desk->items.end()) return absl::NotFoundError("no such item in the assessor's unit");
  SC_ASSIGN_OR_RETURN(const Incident incident, Load(*desk->hub, item->second));
  if (IsOver(incident.state())) return absl::OkStatus();
  switch (act.kind) {
    case CaseAct::Kind::kAssess:
      return Assess(*desk->hub, act, incident);
    case CaseAct::Kind::kReject: {
      auto request = On<RejectIncidentRequest>(incident);
      request.set_reason(act.reason);
      SC_RETURN_IF_ERROR(desk->hub->Call(&IncidentService::Stub::RejectIncident, request).status());
      Say(act, {"avvisar:", "rejects:"}, act.why);
      return absl::OkStatus();
    }
    case CaseAct::Kind::kCorrect: {
      // The note of an earlier round stands on the newest revision.
      if (incident.revision_note().reason() == act.note.reason()) return absl::OkStatus();
      auto request = On<CorrectIncidentRequest>(incident);
      *request.mutable_content() = act.content;
      *request.mutable_note() = act.note;
      SC_RETURN_IF_ERROR(
          desk->hub->Call(&IncidentService::Stub::CorrectIncident, request).status());
      Say(act, {"rättar:", "corrects:"}, act.note.reason());
      return absl::OkStatus();
    }
    case CaseAct::Kind::kRetract: {
      auto request = On<RetractIncidentRequest>(incident);
      request.set_reason(act.reason);
      SC_RETURN_IF_ERROR(
          desk->hub->Call(&IncidentService::Stub::RetractIncident, request).status());
      Say(act, {"återkallar:", "retracts:"}, session_.Label(act.reason));
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status Casework::Play(const std::vector<CaseAct>& acts, int64_t on_state) {
  int64_t refused = 0;
  for (const CaseAct& act : acts) {
    if (act.on_state != on_state) continue;
    const absl::Status status = Do(act);
    if (status.ok()) continue;
    if (ExitCodeOf(status) == kUnreachable) return status;
    ++refused;
    session_.err() << act.event << "  " << act.assessor << ": "
                   << DescribeFailure(status, session_.language());
  }
  if (refused == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(refused, session_.Say({" handlingar nekades.", " acts were refused."})));
}

}  // namespace samverkan::cli
