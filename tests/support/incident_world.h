#pragma once

#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/text_format.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/proto_time.h"
#include "services/incidents/delivery_handlers.h"
#include "services/incidents/incident_handlers.h"
#include "services/incidents/migrations.h"
#include "services/incidents/release_handlers.h"
#include "tests/support/handler_world.h"

namespace samverkan::testing {

// The handlers of the incidents' noun over Stockholm. Skärholmen's police may send what happened in
// Fruängen, and nothing of Älvsjö, to the district Hägersten-Älvsjö under clause l2 of their local
// agreement.
class IncidentWorld : public HandlerWorld {
 public:
  using Incident = incidents::v1::Incident;
  using Release = incidents::v1::Release;
  using Delivery = incidents::v1::Delivery;

  static constexpr char kPoliceUnit[] = "parties/pol/units/pol-sth-syd-skarh";
  static constexpr char kDistrictUnit[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
  static constexpr char kClause[] = "agreements/lok-hal-skarh/clauses/l2";

  explicit IncidentWorld(std::function<void(World&)> change = nullptr)
      : HandlerWorld(
            {.migrations = incidents::IncidentsMigrations(), .change = std::move(change)}) {}

  // A robbery in Fruängen this morning, assessed as the police assess.
  incidents::v1::IncidentContent Robbery() {
    incidents::v1::IncidentContent content;
    SV_CHECK(google::protobuf::TextFormat::ParseFromString(
                 R"pb(category: "INC_RAN_PERS"
                      place {
                        type: "PLA_TORG"
                        display_name: "Fruängens centrum"
                        areas: "areas/stadsdel-fruangen"
                      }
                      certainty: "CER_SANNOLIK"
                      harm: 2
                      description: "Rån vid torget; ingen skadad."
                      marking { tlp: TLP_AMBER_STRICT confidentiality: 2 })pb",
                 &content),
             "the content parses");
    SetSpan(content, clock().Now() - absl::Hours(2));
    return content;
  }
  // Broken lighting in Västertorp, as a district or a landlord reports it.
  incidents::v1::IncidentContent Lighting() {
    incidents::v1::IncidentContent content = Robbery();
    content.set_category("INC_MIL_BELYS");
    content.mutable_place()->Clear();
    content.mutable_place()->add_areas("areas/stadsdel-vastertorp");
    content.set_description("Trasig belysning vid gångvägen.");
    content.mutable_marking()->set_tlp(types::v1::TLP_GREEN);
    content.mutable_marking()->set_confidentiality(1);
    return content;
  }
  static void SetSpan(incidents::v1::IncidentContent& content, absl::Time start) {
    *content.mutable_occur_span()->mutable_start_time() = ToProto(start);
    *content.mutable_occur_span()->mutable_end_time() = ToProto(start + absl::Hours(1));
  }

  static incidents::v1::CreateIncidentRequest Report(const std::string& parent,
                                                     const incidents::v1::IncidentContent& content,
                                                     const std::string& foreign_id = "") {
    incidents::v1::CreateIncidentRequest request;
    request.set_parent(parent);
    request.mutable_incident()->set_foreign_id(foreign_id);
    *request.mutable_incident()->mutable_content() = content;
    return request;
  }
  absl::StatusOr<Incident> Create(const Caller& caller,
                                  const incidents::v1::CreateIncidentRequest& request) {
    return Write(caller, "",
                 [&](rpc::Call& call, storage::WriteTx& tx) -> absl::StatusOr<Incident> {
                   SV_ASSIGN_OR_RETURN(auto report, items.PrepareCreate(call, request));
                   return items.Create(call, tx, request, std::move(report));
                 });
  }
  absl::StatusOr<Incident> Get(const Caller& caller, const std::string& name) {
    return Read(caller, name, [&](rpc::Call& call, storage::ReadTx& tx) {
      return items.Get(call, tx, incidents::v1::GetIncidentRequest());
    });
  }
  absl::StatusOr<incidents::v1::ListIncidentsResponse> List(
      const Caller& caller, const incidents::v1::ListIncidentsRequest& request) {
    return Read(caller, "", [&](rpc::Call& call, storage::ReadTx& tx) {
      return items.List(call, tx, request);
    });
  }
  absl::StatusOr<Incident> Assess(const Caller& caller, const std::string& name,
                                  const incidents::v1::IncidentContent& content) {
    incidents::v1::AssessIncidentRequest request;
    *request.mutable_content() = content;
    return Write(caller, name,
                 [&](rpc::Call& call, storage::WriteTx& tx) -> absl::StatusOr<Incident> {
                   SV_ASSIGN_OR_RETURN(auto checked, items.PrepareAssess(call, request));
                   return items.Assess(call, tx, request, std::move(checked));
                 });
  }
  absl::StatusOr<Incident> Reject(const Caller& caller, const std::string& name,
                                  const std::string& reason) {
    incidents::v1::RejectIncidentRequest request;
    request.set_reason(reason);
    return Write(caller, name, [&](rpc::Call& call, storage::WriteTx& tx) {
      return items.Reject(call, tx, request);
    });
  }
  // What the source says was seen now.
  absl::StatusOr<Incident> ReportSource(const Caller& caller, const std::string& name,
                                        const incidents::v1::IncidentContent& content,
                                        absl::Time observed) {
    incidents::v1::ReportSourceChangeRequest request;
    *request.mutable_content() = content;
    *request.mutable_source()->mutable_observe_time() = ToProto(observed);
    return Write(caller, name,
                 [&](rpc::Call& call, storage::WriteTx& tx) -> absl::StatusOr<Incident> {
                   SV_ASSIGN_OR_RETURN(auto checked, items.PrepareSourceChange(call, request));
                   return items.ReportSourceChange(call, tx, request, std::move(checked));
                 });
  }

  // To the district under clause l2 unless changed.
  static incidents::v1::ReleaseIncidentRequest Disclosure() {
    incidents::v1::ReleaseIncidentRequest request;
    request.set_clause(kClause);
    request.add_recipients(kDistrictUnit);
    request.mutable_legal_position()->set_code("LB_NOT_SECRET_TESTED");
    request.mutable_legal_position()->set_motivation("Prövad: ingen enskild kan pekas ut här.");
    return request;
  }
  absl::StatusOr<Release> ReleaseItem(const Caller& caller, const std::string& name,
                                      const incidents::v1::ReleaseIncidentRequest& request) {
    return Write(caller, name,
                 [&](rpc::Call& call, storage::WriteTx& tx) -> absl::StatusOr<Release> {
                   SV_ASSIGN_OR_RETURN(const auto checked, releases.PrepareRelease(call, request));
                   return releases.Release(call, tx, request, checked);
                 });
  }
  absl::StatusOr<incidents::v1::ListReleasesResponse> ListReleases(
      const Caller& caller, const std::string& name,
      const incidents::v1::ListReleasesRequest& request = {}) {
    return Read(caller, name, [&](rpc::Call& call, storage::ReadTx& tx) {
      return releases.List(call, tx, request);
    });
  }
  absl::StatusOr<Incident> Correct(const Caller& caller, const std::string& name,
                                   const incidents::v1::IncidentContent& content) {
    incidents::v1::CorrectIncidentRequest request;
    *request.mutable_content() = content;
    request.mutable_note()->set_kind(incidents::v1::RevisionNote::KIND_CORRECTION);
    request.mutable_note()->set_reason("Fel plats angavs först.");
    return Write(caller, name,
                 [&](rpc::Call& call, storage::WriteTx& tx) -> absl::StatusOr<Incident> {
                   SV_ASSIGN_OR_RETURN(auto checked, releases.PrepareCorrect(call, request));
                   return releases.Correct(call, tx, request, std::move(checked));
                 });
  }
  absl::StatusOr<Incident> Retract(const Caller& caller, const std::string& name,
                                   const std::string& reason) {
    incidents::v1::RetractIncidentRequest request;
    request.set_reason(reason);
    return Write(caller, name, [&](rpc::Call& call, storage::WriteTx& tx) {
      return releases.Retract(call, tx, request);
    });
  }

  absl::StatusOr<Delivery> GetCopy(const Caller& caller, const std::string& name) {
    return Read(caller, name, [&](rpc::Call& call, storage::ReadTx& tx) {
      return deliveries.Get(call, tx, incidents::v1::GetDeliveryRequest());
    });
  }
  absl::StatusOr<incidents::v1::ListDeliveriesResponse> ListCopies(
      const Caller& caller, const incidents::v1::ListDeliveriesRequest& request = {}) {
    return Read(caller, "", [&](rpc::Call& call, storage::ReadTx& tx) {
      return deliveries.List(call, tx, request);
    });
  }
  absl::StatusOr<Delivery> Acknowledge(const Caller& caller, const std::string& name) {
    return Write(caller, name, [&](rpc::Call& call, storage::WriteTx& tx) {
      return deliveries.Acknowledge(call, tx, incidents::v1::AcknowledgeDeliveryRequest());
    });
  }

  // A party suspends one of its agreements, as the agreements' handlers would save it.
  void Suspend(const std::string& agreement, const std::string& party) {
    const auto before = snapshot();
    for (const auto& policy_of_one : before->input().agreements) {
      agreements::v1::AgreementContent content;
      content.ParseFromString(policy_of_one->content());
      if (content.name() != agreement) continue;
      access::v1::AgreementPolicy changed = *policy_of_one;
      auto& suspension = *changed.add_suspensions();
      suspension.set_party(party);
      *suspension.mutable_from_time() = ToProto(clock().Now());
      const absl::Status saved = storage::WriteAndWait(
          database(), [&](storage::WriteTx& tx) { return policy().Save(tx, changed).status(); });
      SV_CHECK(saved.ok(), saved.ToString().c_str());
    }
  }

  // Names of items whose content was destroyed for good, as housekeeping is told.
  std::vector<std::string> sealed;

 private:
  incidents::IncidentStore incident_store_{objects(), cipher()};
  incidents::ReleaseStore release_store_{cipher()};
  incidents::DeliveryView view_{objects(), release_store_};
  incidents::Dependencies dependencies_{
      objects(),
      incident_store_,
      release_store_,
      changes(),
      pager(),
      calendar(),
      random(),
      [](const rpc::Call& call, storage::ReadTx&) -> absl::StatusOr<std::string> {
        return absl::StrCat("resume ", call.unit_name());
      },
      [this](const std::string& name) { sealed.push_back(name); }};

 public:
  incidents::IncidentHandlers items{dependencies_};
  incidents::ReleaseHandlers releases{dependencies_};
  incidents::DeliveryHandlers deliveries{dependencies_, view_};
};

}  // namespace samverkan::testing
