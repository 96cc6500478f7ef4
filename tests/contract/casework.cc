#include "tests/contract/casework.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/signing_key.h"
#include "clients/cpp/uuid.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/base/clock.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"
#include "tests/contract/names.h"

namespace samverkan::testing {
namespace {

using agreements::v1::Agreement;

// Setting up is no test: what fails here fails everything, with its reason.
void Must(const Caller& caller, const google::protobuf::Message& request,
          google::protobuf::Message* response) {
  const Outcome outcome = RunningHub::Get().Call(caller, request, response);
  SV_CHECK(outcome.status.ok(), absl::StrCat(request.GetDescriptor()->name(), ": ",
                                             outcome.reason(), " ", outcome.status.error_message())
                                    .c_str());
}

void Sign(const Agreement& agreement, const std::string& signatory) {
  RunningHub& hub = RunningHub::Get();
  agreements::v1::SignAgreementRequest request;
  request.set_name(agreement.name());
  request.set_content_hash(agreement.content_hash());
  request.set_request_id(NewRequestId());
  const auto signature =
      cli::SignWithKeyFile(hub.SigningKeyOf(signatory),
                           absl::StrCat("samverkan-agreement/v1\n", agreement.name(), "\n",
                                        agreement.content().version(), "\n",
                                        absl::Base64Escape(agreement.content_hash()), "\n"));
  SV_CHECK(signature.ok(), signature.status().ToString().c_str());
  request.set_signature(*signature);
  Agreement signed_agreement;
  Must(hub.As(signatory), request, &signed_agreement);
}

// All for the same time: a local agreement may not outlive its frame, nor name a party that has not
// signed that.
void BringIntoForce(const std::string& id, absl::Time now, const std::string& drafter,
                    const std::vector<std::string>& signatories) {
  RunningHub& hub = RunningHub::Get();
  agreements::v1::CreateAgreementRequest create;
  const auto text = cli::ReadFile(absl::StrCat("deploy/data/agreements/", id, ".textproto"));
  SV_CHECK(
      text.ok() && google::protobuf::TextFormat::ParseFromString(*text, create.mutable_content()),
      id.c_str());
  *create.mutable_content()->mutable_valid_from_time() = ToProto(now - absl::Hours(24));
  *create.mutable_content()->mutable_valid_to_time() = ToProto(now + absl::Hours(24 * 30));
  create.set_request_id(NewRequestId());
  Agreement agreement;
  Must(hub.As(drafter), create, &agreement);
  agreements::v1::FinaliseAgreementRequest finalise;
  finalise.set_name(agreement.name());
  finalise.set_etag(agreement.etag());
  finalise.set_request_id(NewRequestId());
  Must(hub.As(drafter), finalise, &agreement);
  for (const std::string& signatory : signatories) Sign(agreement, signatory);
}

incidents::v1::Incident Release(const std::string& officer) {
  RunningHub& hub = RunningHub::Get();
  incidents::v1::CreateIncidentRequest create = ReportOfDistrict();
  create.set_parent(kPoliceUnit);
  create.mutable_incident()->mutable_content()->set_category("INC_RAN_PERS");
  incidents::v1::Incident incident;
  Must(hub.As(officer), create, &incident);
  incidents::v1::AssessIncidentRequest assess;
  assess.set_name(incident.name());
  assess.set_etag(incident.etag());
  *assess.mutable_content() = create.incident().content();
  assess.set_request_id(NewRequestId());
  Must(hub.As(officer), assess, &incident);
  incidents::v1::ReleaseIncidentRequest release;
  release.set_name(incident.name());
  release.set_etag(incident.etag());
  release.set_clause("agreements/lok-hal-skarh/clauses/l2");
  release.add_recipients(kDistrictUnit);
  release.mutable_legal_position()->set_code("LB_NOT_SECRET_TESTED");
  release.mutable_legal_position()->set_motivation(
      "Prövad: ingen pågående åtgärd röjs och ingen kan pekas ut.");
  release.set_request_id(NewRequestId());
  incidents::v1::Release released;
  Must(hub.As(officer, "PUR_LAGESBILD"), release, &released);
  return incident;
}

// The first checkpoint follows the first records within a second.
void AwaitCheckpoint() {
  RunningHub& hub = RunningHub::Get();
  audit::v1::GetCheckpointRequest request;
  request.set_parent(kDistrictParty);
  const absl::Time end = SystemClock().Now() + absl::Seconds(30);
  std::string reason;
  do {
    reason = hub.Call(hub.As("hal-dso"), request).reason();
  } while (reason == "NOT_READY" && SystemClock().Now() < end);
  SV_CHECK(reason == "OK", reason.c_str());
}

Casework Make() {
  RunningHub& hub = RunningHub::Get();
  const absl::Time now = SystemClock().Now();
  BringIntoForce("cen", now, "ks-ks-strat",
                 {"ks-teckn", "pol-regpolchef", "hal-sddir", "trk-teckn", "she-teckn", "tf-teckn"});
  BringIntoForce("lok-hal-skarh", now, "hal-tryggsam", {"hal-sddir", "skarh-lpochef"});
  Casework casework;
  incidents::v1::Incident incident;
  Must(hub.As("hal-tryggsam"), ReportOfDistrict(), &incident);
  casework.incident = incident.name();
  casework.released = Release("skarh-kompol").name();
  incidents::v1::ListDeliveriesRequest list;
  list.set_parent(kDistrictUnit);
  incidents::v1::ListDeliveriesResponse deliveries;
  Must(hub.As("hal-tryggsam"), list, &deliveries);
  SV_CHECK(deliveries.deliveries_size() == 1, "the district got its copy");
  casework.delivery = deliveries.deliveries(0).name();
  AwaitCheckpoint();
  return casework;
}

}  // namespace

const Casework& Casework::Get() {
  static const Casework& casework = *new Casework(Make());
  return casework;
}

std::string Casework::Fill(const std::string& text) const {
  return absl::StrReplaceAll(text, {{"{incident}", incident},
                                    {"{released}", released},
                                    {"{delivery}", delivery},
                                    {"{uuid}", NewRequestId()}});
}

std::string NewRequestId() {
  return client::NewUuid();
}

incidents::v1::CreateIncidentRequest ReportOfDistrict() {
  incidents::v1::CreateIncidentRequest request;
  SV_CHECK(google::protobuf::TextFormat::ParseFromString(
               R"pb(
                 incident {
                   content {
                     category: "INC_MIL_BELYS"
                     place { type: "PLA_OKAND" areas: "areas/stadsdel-vastertorp" }
                     certainty: "CER_SANNOLIK"
                     harm: 1
                     description: "Trasig belysning vid gångvägen."
                     marking { tlp: TLP_AMBER confidentiality: 1 correctness: 2 traceability: 2 }
                   }
                   source { kind: "SRC_EST" }
                 })pb",
               &request),
           "the report is well-formed");
  request.set_parent(kDistrictUnit);
  const absl::Time now = SystemClock().Now();
  auto* span = request.mutable_incident()->mutable_content()->mutable_occur_span();
  *span->mutable_start_time() = ToProto(now - absl::Hours(3));
  *span->mutable_end_time() = ToProto(now - absl::Hours(2));
  request.set_request_id(NewRequestId());
  return request;
}

}  // namespace samverkan::testing
