#include "clients/cpp/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "clients/cpp/fake_hub.h"
#include "clients/cpp/uuid.h"

namespace samverkan::client {
namespace {

using ::samverkan::directory::v1::GetPartyRequest;
using ::samverkan::directory::v1::Party;
using ::samverkan::incidents::v1::CreateIncidentRequest;
using ::samverkan::incidents::v1::Incident;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Answers with the queued statuses, then OK; writes down what it was asked.
class ScriptedIncidents final : public IncidentService::Service {
 public:
  grpc::Status CreateIncident(grpc::ServerContext* context, const CreateIncidentRequest* request,
                              Incident* response) override {
    request_ids.push_back(request->request_id());
    for (const auto& [key, value] : context->client_metadata()) {
      metadata.insert(
          {std::string(key.data(), key.size()), std::string(value.data(), value.size())});
    }
    response->set_name("parties/pol/incidents/1");
    context->AddTrailingMetadata("samverkan-replayed", "true");
    if (script.empty()) return grpc::Status::OK;
    const grpc::Status next = script.front();
    script.erase(script.begin());
    return next;
  }

  std::vector<grpc::Status> script;
  std::vector<std::string> request_ids;
  std::multimap<std::string, std::string> metadata;
};

TEST(Client, RepeatsAMutationWithTheSameRequestId) {
  ScriptedIncidents service;
  service.script = {grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"),
                    Refusal(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED", {}, 3)};
  FakeHub hub(service);
  bool replayed = false;
  const auto created = hub.client().Call(&IncidentService::Stub::CreateIncident,
                                         CreateIncidentRequest(), {.replayed = &replayed});
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(replayed);
  ASSERT_THAT(service.request_ids, SizeIs(3));
  EXPECT_THAT(service.request_ids, Each(service.request_ids[0]));
  EXPECT_THAT(service.request_ids[0], SizeIs(36));
  ASSERT_THAT(hub.clock().waits(), SizeIs(2));
  EXPECT_GE(hub.clock().waits()[1], absl::Seconds(3));  // What the hub asked for.
}

TEST(Client, KeepsARequestIdItWasGiven) {
  ScriptedIncidents service;
  FakeHub hub(service);
  CreateIncidentRequest request;
  request.set_request_id("6c0bf9ea-6a18-4ed6-8ae1-6d4d3fb5ba36");
  ASSERT_TRUE(hub.client().Call(&IncidentService::Stub::CreateIncident, request).ok());
  EXPECT_THAT(service.request_ids, ElementsAre("6c0bf9ea-6a18-4ed6-8ae1-6d4d3fb5ba36"));
}

TEST(Client, DoesNotRepeatARefusal) {
  ScriptedIncidents service;
  service.script = {Refusal(grpc::StatusCode::ALREADY_EXISTS, "FOREIGN_ID_REUSED",
                            {{"existing_name", "parties/pol/incidents/9"}})};
  FakeHub hub(service);
  const auto created =
      hub.client().Call(&IncidentService::Stub::CreateIncident, CreateIncidentRequest());
  const CallError error = ErrorOf(created.status());
  EXPECT_EQ(error.code, absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(error.reason, "FOREIGN_ID_REUSED");
  EXPECT_EQ(error.metadata.at("existing_name"), "parties/pol/incidents/9");
  EXPECT_THAT(hub.clock().waits(), IsEmpty());
}

TEST(Client, AFullHubThatDoesNotSayWhenIsARefusal) {
  ScriptedIncidents service;
  service.script = {Refusal(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")};
  FakeHub hub(service);
  EXPECT_FALSE(
      hub.client().Call(&IncidentService::Stub::CreateIncident, CreateIncidentRequest()).ok());
  EXPECT_THAT(service.request_ids, SizeIs(1));
}

TEST(Client, GivesUpAfterAllAttempts) {
  ScriptedIncidents service;
  service.script.assign(20, grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"));
  FakeHub hub(service);
  const auto created =
      hub.client().Call(&IncidentService::Stub::CreateIncident, CreateIncidentRequest());
  EXPECT_EQ(created.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(service.request_ids, SizeIs(6));
}

TEST(Client, SendsMandateAndThePurposeOfTheCall) {
  ScriptedIncidents service;
  FakeHub hub(service);
  ASSERT_TRUE(hub.client()
                  .Call(&IncidentService::Stub::CreateIncident, CreateIncidentRequest(),
                        {.purpose = "PUR_LAGESBILD"})
                  .ok());
  EXPECT_EQ(service.metadata.find("samverkan-mandate")->second, "parties/pol/mandates/m1");
  EXPECT_EQ(service.metadata.find("samverkan-purpose")->second, "PUR_LAGESBILD");
}

// A read has no request_id; its policy says that it may be repeated.
class FlakyDirectory final : public DirectoryService::Service {
 public:
  grpc::Status GetParty(grpc::ServerContext*, const GetPartyRequest*, Party* response) override {
    if (++calls == 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
    response->set_name("parties/pol");
    return grpc::Status::OK;
  }
  int calls = 0;
};

TEST(Client, RepeatsARead) {
  FlakyDirectory service;
  FakeHub hub(service);
  EXPECT_TRUE(hub.client().Call(&DirectoryService::Stub::GetParty, GetPartyRequest()).ok());
  EXPECT_EQ(service.calls, 2);
}

TEST(CallError, ReadsFieldsAndKeepsForeignStatuses) {
  google::rpc::BadRequest bad_request;
  auto& violation = *bad_request.add_field_violations();
  violation.set_field("incident.content.category");
  violation.set_description("unknown code");
  google::rpc::Status details;
  details.add_details()->PackFrom(bad_request);
  const CallError error = ErrorOf(ToStatus(
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "bad", details.SerializeAsString())));
  ASSERT_THAT(error.fields, SizeIs(1));
  EXPECT_EQ(error.fields[0].field, "incident.content.category");
  EXPECT_EQ(ErrorOf(ToStatus(grpc::Status(grpc::StatusCode::INTERNAL, "x", "not a proto"))).reason,
            "");
  EXPECT_EQ(ErrorOf(absl::UnavailableError("y")).message, "y");
}

TEST(Backoff, GrowsWithJitterToACeiling) {
  Backoff backoff({.attempts_max = 9}, [] { return 0.0; });
  absl::Duration last = absl::ZeroDuration();
  for (int i = 0; i < 8; ++i) {
    const auto delay = backoff.Next(CallError());
    ASSERT_TRUE(delay.has_value());
    EXPECT_GE(*delay, last);
    EXPECT_LE(*delay, absl::Seconds(10));
    last = *delay;
  }
  EXPECT_FALSE(backoff.Next(CallError()).has_value());
  backoff.Reset();
  EXPECT_EQ(backoff.Next(CallError()), absl::Milliseconds(50));
}

TEST(Uuid, IsRandomAndOfVersionFour) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewUuid();
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
    seen.insert(id);
  }
  EXPECT_THAT(seen, SizeIs(1000));
}

}  // namespace
}  // namespace samverkan::client
