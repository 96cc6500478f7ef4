#pragma once

#include <google/protobuf/text_format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "clients/cli/demo_issuer.h"
#include "clients/cli/home.h"
#include "clients/cli/stockholm_time.h"
#include "clients/cpp/client.h"
#include "clients/cpp/publish.h"
#include "clients/cpp/status.h"
#include "clients/cpp/uuid.h"
#include "tests/fault/hub_ledger.h"

// How the programs of the fault suite speak to a hub: as the project's own client, without trying
// again, so that the hub's end is seen at once.
namespace samverkan::fault {

using namespace ::samverkan::incidents::v1;  // NOLINT(google-build-using-namespace): the whole noun
                                             // is played here.
using client::IncidentService;

constexpr char kPolice[] = "parties/pol/units/pol-sth-syd-skarh";
constexpr char kDistrict[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
constexpr char kPurpose[] = "PUR_LAGESBILD";

[[noreturn]] inline void Fail(const std::string& why, int code) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(code);
}

inline void Say(const std::string& line) {
  const std::string whole = line + "\n";
  if (::write(STDOUT_FILENO, whole.data(), whole.size()) < 0) std::_Exit(2);
}

inline absl::StatusOr<std::unique_ptr<client::Client>> Connect(const cli::Home& home,
                                                               const std::string& handle) {
  SC_ASSIGN_OR_RETURN(const cli::Identity identity, home.Find(handle));
  SC_ASSIGN_OR_RETURN(client::Profile profile, home.ProfileOf(identity));
  if (!identity.issuer.empty()) profile.token = cli::DemoTokens(home, identity);
  profile.retry.attempts_max = 1;
  return client::Client::Connect(std::move(profile));
}

// Whether the hub is gone, so that there is nobody to go on with.
inline bool IsGone(const absl::Status& status) {
  const client::CallError error = client::ErrorOf(status);
  return error.reason.empty() && (error.code == absl::StatusCode::kUnavailable ||
                                  error.code == absl::StatusCode::kDeadlineExceeded);
}

inline IncidentContent ContentOf(const std::string& text, absl::Time now) {
  IncidentContent content;
  content.set_category("INC_RAN_PERS");
  content.mutable_place()->set_type("PLA_OKAND");
  content.mutable_place()->add_areas("areas/stadsdel-vastertorp");
  *content.mutable_occur_span()->mutable_start_time() =
      cli::ToTimestamp(absl::FromUnixSeconds(absl::ToUnixSeconds(now)) - absl::Hours(3));
  *content.mutable_occur_span()->mutable_end_time() =
      cli::ToTimestamp(absl::FromUnixSeconds(absl::ToUnixSeconds(now)) - absl::Hours(2));
  content.set_certainty("CER_SANNOLIK");
  content.set_harm(1);
  content.set_description(text);
  content.mutable_marking()->set_tlp(types::v1::TLP_AMBER);
  content.mutable_marking()->set_confidentiality(1);
  return content;
}

// What an act changed: name, and the etag for the next one where the answer has it.
struct Answer {
  std::string name;
  std::string etag = {};
  bool replayed = false;
};

template <typename Request, typename Method>
absl::StatusOr<Answer> Send(client::Client& hub, Method method, const Act& act) {
  Request request;
  request.ParseFromString(act.request);
  Answer answer;
  SC_ASSIGN_OR_RETURN(
      const auto response,
      hub.Call(method, request, {.purpose = kPurpose, .replayed = &answer.replayed}));
  answer.name = response.name();
  if constexpr (requires { response.etag(); }) answer.etag = response.etag();
  return answer;
}

// Sends a unary act.
inline absl::StatusOr<Answer> Send(client::Client& hub, const Act& act) {
  using Stub = IncidentService::Stub;
  if (act.verb == "create") return Send<CreateIncidentRequest>(hub, &Stub::CreateIncident, act);
  if (act.verb == "assess") return Send<AssessIncidentRequest>(hub, &Stub::AssessIncident, act);
  if (act.verb == "release") return Send<ReleaseIncidentRequest>(hub, &Stub::ReleaseIncident, act);
  if (act.verb == "correct") return Send<CorrectIncidentRequest>(hub, &Stub::CorrectIncident, act);
  if (act.verb == "retract") return Send<RetractIncidentRequest>(hub, &Stub::RetractIncident, act);
  return absl::InvalidArgumentError(absl::StrCat("no verb ", act.verb));
}

template <typename Request>
Act MakeAct(const std::string& verb, const std::string& item, Request request) {
  request.set_request_id(client::NewUuid());
  Act act{.request_id = request.request_id(), .verb = verb, .item = item};
  request.SerializeToString(&act.request);
  return act;
}

template <typename Request>
Request On(const std::string& name, const std::string& etag) {
  Request request;
  request.set_name(name);
  request.set_etag(etag);
  return request;
}

inline CreateIncidentRequest CreateOf(const std::string& unit, const std::string& item,
                                      absl::Time now) {
  CreateIncidentRequest request;
  request.set_parent(unit);
  request.mutable_incident()->set_foreign_id(item);
  *request.mutable_incident()->mutable_content() =
      ContentOf(absl::StrCat("Händelse ", item, " som den kom in."), now);
  if (unit == kDistrict) {
    request.mutable_incident()->mutable_content()->set_category("INC_MIL_BELYS");
    request.mutable_incident()->mutable_source()->set_kind("SRC_EST");
  }
  return request;
}

inline ReleaseIncidentRequest ReleaseOf(const std::string& name, const std::string& etag) {
  auto request = On<ReleaseIncidentRequest>(name, etag);
  request.set_clause("agreements/lok-hal-skarh/clauses/l2");
  request.add_recipients(kDistrict);
  request.mutable_legal_position()->set_code("LB_NOT_SECRET_TESTED");
  request.mutable_legal_position()->set_motivation(
      "Prövad: ingen pågående åtgärd röjs och ingen kan pekas ut.");
  return request;
}

inline CorrectIncidentRequest CorrectionOf(const std::string& name, const std::string& etag,
                                           const IncidentContent& content) {
  auto request = On<CorrectIncidentRequest>(name, etag);
  *request.mutable_content() = content;
  request.mutable_note()->set_kind(RevisionNote::KIND_CORRECTION);
  request.mutable_note()->set_reason("Uppgiften var fel.");
  return request;
}

}  // namespace samverkan::fault
