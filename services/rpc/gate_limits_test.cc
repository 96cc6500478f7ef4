// How the gate holds out: deadlines, limits, failures of storage, functions that run again.
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "samverkan/feed/v1/feed.pb.h"
#include "services/rpc/gate.h"
#include "tests/support/gate_world.h"

namespace samverkan::rpc {
namespace {

using errors::v1::ErrorReason;
using ::samverkan::testing::GateWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kPolice[] = "parties/pol";

incidents::v1::GetIncidentRequest GetOf(const std::string& name) {
  incidents::v1::GetIncidentRequest request;
  request.set_name(name);
  return request;
}

// Milliseconds that the answer asks to wait; 0 where it does not.
int64_t RetryMillis(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  if (auto payload = status.GetPayload("type.googleapis.com/google.rpc.RetryInfo"))
    retry.ParseFromString(std::string(*payload));
  return retry.retry_delay().seconds() * 1000 + retry.retry_delay().nanos() / 1'000'000;
}

// A release on its way whose heavy work does not end until it is told to.
class HeldRelease {
 public:
  explicit HeldRelease(GateWorld& world) : world_(world), request_(world.ReleaseOf(world.Item())) {
    world_.handlers.prepare = [this] {
      entered_.Notify();
      go_.WaitForNotification();
      return absl::OkStatus();
    };
    world_.release.Handle(world_.As("skarh-kompol", "PUR_LAGESBILD"), request_, response_,
                          [this](absl::Status status, bool) {
                            status_ = std::move(status);
                            done_.Notify();
                          });
    entered_.WaitForNotification();
  }
  absl::Status Finish() {
    go_.Notify();
    done_.WaitForNotification();
    world_.handlers.prepare = [] { return absl::OkStatus(); };
    return status_;
  }

 private:
  GateWorld& world_;
  const incidents::v1::ReleaseIncidentRequest request_;
  incidents::v1::Release response_;
  absl::Notification entered_;
  absl::Notification go_;
  absl::Notification done_;
  absl::Status status_;
};

TEST(GateDeadlineTest, ACallThatComesTooLateIsNotBegun) {
  GateWorld world;
  const auto request = GetOf(world.Item());
  Inbound inbound = world.As("skarh-kompol");
  inbound.deadline = world.clock().Now();
  EXPECT_EQ(world.Ask(world.get, inbound, request).status.code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(world.Records(kPolice), IsEmpty());
  inbound.deadline += absl::Microseconds(1);
  EXPECT_TRUE(world.Ask(world.get, inbound, request).status.ok());
}

TEST(GateDeadlineTest, AHandlerHasUntilTheCallersDeadlineAndAMinuteAtMost) {
  GateWorld world;
  const auto request = GetOf(world.Item());
  absl::Time deadline;
  world.handlers.act = [&](Call& call) {
    deadline = call.deadline();
    return absl::OkStatus();
  };
  const auto asked = [&](absl::Time until) {
    Inbound inbound = world.As("skarh-kompol");
    inbound.deadline = until;
    EXPECT_TRUE(world.Ask(world.get, inbound, request).status.ok());
    return deadline - world.clock().Now();
  };
  EXPECT_EQ(asked(world.clock().Now() + absl::Seconds(5)), absl::Seconds(5));
  EXPECT_EQ(asked(world.clock().Now() + absl::Minutes(5)), absl::Minutes(1));
  EXPECT_EQ(asked(absl::InfiniteFuture()), absl::Minutes(1));
}

TEST(GateDeadlineTest, WhatIsStillWaitingThenDoesNothing) {
  GateWorld world;
  const auto request = world.ReleaseOf(world.Item());
  world.handlers.prepare = [&] {
    world.clock().Advance(absl::Seconds(2));
    return absl::OkStatus();
  };
  Inbound inbound = world.As("skarh-kompol", "PUR_LAGESBILD");
  inbound.deadline = world.clock().Now() + absl::Seconds(1);
  EXPECT_EQ(world.Ask(world.release, inbound, request).status.code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(world.Notes(), IsEmpty());
  EXPECT_THAT(world.Records(kPolice), IsEmpty());
}

TEST(GateLimitsTest, OnlySoManyCallsAreUnderWayAtOnce) {
  GateWorld world({.in_flight_max = 1}, {});
  const auto request = GetOf(world.Item());
  HeldRelease held(world);
  const auto refused = world.Ask(world.get, world.As("skarh-kompol"), request);
  EXPECT_EQ(refused.reason(), errors::v1::ERROR_REASON_LIMIT_EXCEEDED);
  EXPECT_EQ(ErrorInfoOf(refused.status).metadata().at("limit"), "calls in flight");
  EXPECT_GT(RetryMillis(refused.status), 0);
  EXPECT_TRUE(held.Finish().ok());
  EXPECT_TRUE(world.Ask(world.get, world.As("skarh-kompol"), request).status.ok());
}

TEST(GateLimitsTest, HoweverACallEndsItGivesItsPlaceBack) {
  GateWorld world({.in_flight_max = 1}, {});
  const auto request = GetOf(world.Item());
  const Inbound officer = world.As("skarh-kompol");
  Inbound late = officer;
  late.deadline = world.clock().Now();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(world.Ask(world.get, Inbound(), request).reason(),
              errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT);
    EXPECT_FALSE(world.Ask(world.get, late, request).status.ok());
    EXPECT_EQ(world.Ask(world.get, world.As("hal-tryggsam"), request).reason(),
              errors::v1::ERROR_REASON_NOT_FOUND);
    world.database().FailReads(absl::DataLossError("torn"));
    EXPECT_EQ(world.Ask(world.get, officer, request).reason(),
              errors::v1::ERROR_REASON_INTERNAL_FAILURE);
    world.database().FailReads(absl::OkStatus());
    EXPECT_TRUE(world.Ask(world.get, officer, request).status.ok());
  }
}

TEST(GateLimitsTest, AFullPoolRefusesAtOnce) {
  GateWorld world({}, {.threads = 1, .queue_max = 1});
  const auto request = GetOf(world.Item());
  HeldRelease held(world);  // has the only thread
  absl::Notification answered;
  incidents::v1::Incident response;
  world.get.Handle(world.As("skarh-kompol"), request, response,
                   [&](const absl::Status& status, bool) {
                     EXPECT_TRUE(status.ok()) << status;
                     answered.Notify();
                   });
  EXPECT_EQ(world.Ask(world.get, world.As("skarh-kompol"), request).reason(),
            errors::v1::ERROR_REASON_LIMIT_EXCEEDED);
  EXPECT_TRUE(held.Finish().ok());
  answered.WaitForNotification();
}

TEST(GateLimitsTest, HoldersAndPartiesHaveRates) {
  GateWorld world({.per_holder = 2, .per_party = 3}, {});
  const auto request = GetOf(world.Item());
  const auto ask = [&](const char* mandate, bool paced = false) {
    Inbound inbound = world.As(mandate);
    inbound.paced = paced;
    return world.Ask(world.get, inbound, request).reason();
  };
  constexpr ErrorReason kOk = errors::v1::ERROR_REASON_UNSPECIFIED;
  constexpr ErrorReason kLimit = errors::v1::ERROR_REASON_LIMIT_EXCEEDED;
  EXPECT_EQ(ask("skarh-kompol"), kOk);
  EXPECT_EQ(ask("skarh-kompol"), kOk);
  EXPECT_EQ(ask("skarh-kompol"), kLimit) << "the holder's";
  EXPECT_EQ(ask("skarh-omrpol"), kOk);
  EXPECT_EQ(ask("skarh-omrpol"), kLimit) << "the party's";
  EXPECT_EQ(ask("hal-tryggsam"), errors::v1::ERROR_REASON_NOT_FOUND) << "another party's is full";
  EXPECT_EQ(ask("skarh-kompol", true), kOk) << "a window holds a publishing stream back";
  EXPECT_THAT(world.Records(kPolice), SizeIs(5)) << "one of them of the outsider; none of limits";
  world.clock().Advance(absl::Milliseconds(500));
  EXPECT_EQ(ask("skarh-kompol"), kOk);
  EXPECT_EQ(ask("skarh-kompol"), kLimit);
}

TEST(GateLimitsTest, OpeningAStreamCountsForTheRates) {
  GateWorld world({.per_holder = 2, .per_party = 100}, {});
  const Method& method = world.gate().BindStream(feed::v1::WatchRequest::descriptor());
  const auto open = [&] {
    Inbound inbound = world.As("hal-tryggsam");
    inbound.paced = true;
    absl::Status outcome;
    absl::Notification answered;
    world.gate().OpenStream(method, std::move(inbound), {},
                            [&](absl::StatusOr<std::unique_ptr<Call>> call) {
                              outcome = call.status();
                              answered.Notify();
                            });
    answered.WaitForNotification();
    return ReasonOf(outcome);
  };
  EXPECT_EQ(open(), errors::v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(open(), errors::v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(open(), errors::v1::ERROR_REASON_LIMIT_EXCEEDED);
  EXPECT_EQ(world.Ask(world.get, world.As("hal-tryggsam"), GetOf("parties/pol")).reason(),
            errors::v1::ERROR_REASON_LIMIT_EXCEEDED)
      << "calls and streams share a rate";
  world.clock().Advance(absl::Seconds(1));
  EXPECT_EQ(open(), errors::v1::ERROR_REASON_UNSPECIFIED);
}

TEST(GateFailureTest, AFailureLeavesAsANumberAndItsCauseInTheLog) {
  GateWorld world;
  const std::string item = world.Item();
  const auto fail = [](Call&) { return absl::DataLossError("row 17 of notes is torn"); };
  world.handlers.act = fail;
  const auto read = world.Ask(world.get, world.As("skarh-kompol"), GetOf(item));
  const auto written = world.Ask(world.reject, world.As("skarh-kompol"), world.Rejection(item));
  ASSERT_THAT(world.Reports(), SizeIs(2));
  for (int i = 0; i < 2; ++i) {
    const absl::Status& status = i == 0 ? read.status : written.status;
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_EQ(ReasonOf(status), errors::v1::ERROR_REASON_INTERNAL_FAILURE);
    EXPECT_THAT(status.ToString(), Not(HasSubstr("torn")));
    const GateWorld::Report report = world.Reports()[i];
    EXPECT_THAT(report.error_id, SizeIs(36));
    EXPECT_EQ(ErrorInfoOf(status).metadata().at("error_id"), report.error_id);
    EXPECT_THAT(report.internal_reason, HasSubstr("torn"));
    EXPECT_EQ(report.party, kPolice);
  }
  EXPECT_NE(world.Reports()[0].error_id, world.Reports()[1].error_id);
  EXPECT_THAT(world.Notes(), IsEmpty());
  EXPECT_THAT(world.Records(kPolice), IsEmpty());
}

TEST(GateFailureTest, NothingIsAnsweredWithoutItsRecord) {
  GateWorld world;
  const std::string item = world.Item();
  world.database().FailWrites(absl::DataLossError("torn"));
  incidents::v1::Incident response;
  const auto read = world.Ask(world.get, world.As("skarh-kompol"), GetOf(item), &response);
  EXPECT_EQ(read.reason(), errors::v1::ERROR_REASON_INTERNAL_FAILURE);
  EXPECT_EQ(response.ByteSizeLong(), 0) << "what was read does not leave";
  EXPECT_EQ(world.Ask(world.get, world.As("hal-tryggsam"), GetOf(item)).reason(),
            errors::v1::ERROR_REASON_INTERNAL_FAILURE)
      << "nor does a refusal";
}

TEST(GateFailureTest, WhileNothingMayBeServedEveryCallIsRefusedAndNothingTold) {
  GateWorld world;
  const std::string item = world.Item();
  const auto rejection = world.Rejection(item);
  const Method& watch = world.gate().BindStream(feed::v1::WatchRequest::descriptor());
  const auto open = [&] {
    absl::Status status;
    absl::Notification answered;
    world.gate().OpenStream(watch, world.As("skarh-kompol"), {}, [&](auto call) {
      status = call.status();
      answered.Notify();
    });
    answered.WaitForNotification();
    return status;
  };
  EXPECT_TRUE(open().ok());
  world.may_serve = [] { return absl::UnavailableError("the log at /var/lib is lost"); };
  const std::vector<absl::Status> refused = {
      world.Ask(world.get, world.As("skarh-kompol"), GetOf(item)).status,
      world.Ask(world.reject, world.As("skarh-kompol"), rejection).status,
      world.Ask(world.get, Inbound(), GetOf(item)).status, open()};
  for (const absl::Status& status : refused) {
    EXPECT_EQ(ReasonOf(status), errors::v1::ERROR_REASON_NOT_READY);
    EXPECT_EQ(status, refused[0]) << "whoever asks, whatever it is";
    EXPECT_THAT(status.ToString(), Not(HasSubstr("/var/lib")));
  }
  EXPECT_EQ(world.Reports().back().internal_reason, "the log at /var/lib is lost");
  EXPECT_THAT(world.Notes(), IsEmpty());
  EXPECT_THAT(world.Records(kPolice), SizeIs(1)) << "of the stream that was opened before";
  world.may_serve = [] { return absl::OkStatus(); };
  EXPECT_TRUE(world.Ask(world.reject, world.As("skarh-kompol"), rejection).status.ok());
  EXPECT_TRUE(open().ok());
}

TEST(GateFailureTest, WhatWillPassIsToldSo) {
  GateWorld world;
  const auto request = world.Rejection(world.Item());
  const auto ask = [&](const absl::Status& failure) {
    world.database().FailWrites(failure);
    return world.Ask(world.reject, world.As("skarh-kompol"), request).status;
  };
  const absl::Status full = ask(absl::ResourceExhaustedError("disk full at /var/lib"));
  EXPECT_EQ(ReasonOf(full), errors::v1::ERROR_REASON_LIMIT_EXCEEDED);
  EXPECT_GT(RetryMillis(full), 0);
  const absl::Status stopping = ask(absl::UnavailableError("stopped at /var/lib"));
  EXPECT_EQ(ReasonOf(stopping), errors::v1::ERROR_REASON_NOT_READY);
  EXPECT_GT(RetryMillis(stopping), 0);
  const absl::Status late = ask(absl::DeadlineExceededError("queued at /var/lib"));
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
  for (const absl::Status& status : {full, stopping, late})
    EXPECT_THAT(status.ToString(), Not(HasSubstr("/var/lib")));
  EXPECT_TRUE(ask(absl::OkStatus()).ok()) << "the same request_id, nothing having been done";
}

TEST(GateFailureTest, AFunctionThatRunsAgainLeavesNothingOfItsFirstRun) {
  GateWorld world;
  const std::string item = world.Item();
  world.database().RunTwice();
  int runs = 0;
  world.handlers.act = [&](Call& call) {
    ++runs;
    EXPECT_EQ(call.object().name, item);
    call.Cite("agreements/lok-hal-skarh/clauses/l2", 1);
    return absl::OkStatus();
  };
  const auto request = world.ReleaseOf(item);
  const auto answer = world.Ask(world.release, world.As("skarh-kompol", "PUR_LAGESBILD"), request);
  EXPECT_TRUE(answer.status.ok());
  EXPECT_FALSE(answer.replayed) << "its own first run is no repeat";
  EXPECT_EQ(runs, 2);
  EXPECT_THAT(world.Notes(), ElementsAre("prepared"));
  EXPECT_THAT(world.Records("parties/sthlm-sdn-hal"), SizeIs(1));
  ASSERT_THAT(world.Records(kPolice), SizeIs(1));
  EXPECT_EQ(world.Records(kPolice)[0].citations_size(), 1);
}

TEST(GateObserverTest, EveryEndIsToldOnce) {
  GateWorld world;
  const auto request = GetOf(world.Item());
  ASSERT_TRUE(world.Ask(world.get, world.As("skarh-kompol"), request).status.ok());
  ASSERT_FALSE(world.Ask(world.get, Inbound(), request).status.ok());
  ASSERT_THAT(world.Reports(), SizeIs(2));
  EXPECT_EQ(world.Reports()[0].method, "samverkan.incidents.v1.IncidentService.GetIncident");
  EXPECT_EQ(world.Reports()[0].party, kPolice);
  EXPECT_THAT(world.Reports()[0].internal_reason + world.Reports()[0].error_id, IsEmpty());
  EXPECT_THAT(world.Reports()[1].party, IsEmpty());
  EXPECT_EQ(world.Reports()[1].internal_reason, "certificate-missing") << "for the log alone";
  EXPECT_THAT(world.Reports()[1].error_id, IsEmpty());
}

}  // namespace
}  // namespace samverkan::rpc
