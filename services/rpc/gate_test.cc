// What the gate does with a call, step by step. Its limits and failures are in gate_limits_test.cc.
#include "services/rpc/gate.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "samverkan/feed/v1/feed.pb.h"
#include "tests/support/gate_world.h"

namespace samverkan::rpc {
namespace {

using audit::v1::Record;
using ::samverkan::testing::GateWorld;
using ::samverkan::testing::NotingHandlers;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kPolice[] = "parties/pol";
constexpr char kDistrict[] = "parties/sthlm-sdn-hal";
constexpr char kPoliceUnit[] = "parties/pol/units/pol-sth-syd-skarh";
constexpr char kDistrictUnit[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
constexpr char kAbsent[] = "parties/pol/incidents/00000000-0000-4000-8000-000000000000";

class GateTest : public ::testing::Test {
 protected:
  GateWorld::Answer Get(const std::string& mandate, const std::string& name) {
    incidents::v1::GetIncidentRequest request;
    request.set_name(name);
    return world_.Ask(world_.get, world_.As(mandate), request);
  }
  errors::v1::ErrorReason Release(Inbound inbound,
                                  const incidents::v1::ReleaseIncidentRequest& request) {
    return world_.Ask(world_.release, std::move(inbound), request).reason();
  }
  // Another writer changes the item meanwhile.
  void Touch(const std::string& name) {
    access::Object object = *world_.world().Find(name);
    ASSERT_TRUE(storage::WriteAndWait(world_.world().database(), [&](storage::WriteTx& tx) {
                  return world_.world().objects().Update(tx, object);
                }).ok());
  }

  GateWorld world_;
};

std::vector<std::string> Reasons(const std::vector<Record>& records) {
  std::vector<std::string> reasons;
  for (const Record& record : records) reasons.push_back(record.reason());
  return reasons;
}

TEST_F(GateTest, EachStepHasItsTurnAndWhatComesLaterTellsNothing) {
  const std::string item = world_.Item();
  const auto used = world_.Rejection(item);
  ASSERT_TRUE(world_.Ask(world_.reject, world_.As("skarh-kompol"), used).status.ok());
  // From here on everything is wrong, and mended from the first step on.
  world_.handlers.prepare = [] {
    return Error(errors::v1::ERROR_REASON_LEGAL_POSITION_MISSING, "Say why.");
  };
  world_.handlers.act = [](Call&) {
    return Error(errors::v1::ERROR_REASON_STATE_OR_EMBARGO, "Not now.");
  };
  incidents::v1::ReleaseIncidentRequest request;
  request.set_name(kAbsent);
  EXPECT_EQ(Release(Inbound(), request), errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT);
  EXPECT_THAT(world_.Records(kPolice), SizeIs(1)) << "nobody knows whose record it would be";

  EXPECT_EQ(Release(world_.Holding("spiffe://samverkan.example/pol/pol-sth/nobody"), request),
            errors::v1::ERROR_REASON_NO_MANDATE);
  EXPECT_EQ(Release(world_.As("skarh-omrpol", "PUR_LAGESBILD"), request),
            errors::v1::ERROR_REASON_NO_MANDATE);
  EXPECT_EQ(Release(world_.As("skarh-kompol"), request),
            errors::v1::ERROR_REASON_PURPOSE_NOT_PERMITTED);
  EXPECT_EQ(Release(world_.As("skarh-kompol", "PUR_OKAND"), request),
            errors::v1::ERROR_REASON_PURPOSE_NOT_PERMITTED);
  const Inbound officer = world_.As("skarh-kompol", "PUR_LAGESBILD");
  EXPECT_EQ(Release(officer, request), errors::v1::ERROR_REASON_NOT_FOUND);
  request.set_name(item);
  EXPECT_EQ(Release(officer, request), errors::v1::ERROR_REASON_FIELD_INVALID);
  request = world_.ReleaseOf(item);
  request.set_etag("e0");
  request.set_request_id(used.request_id());
  EXPECT_EQ(Release(officer, request), errors::v1::ERROR_REASON_REQUEST_ID_REUSED);
  request.set_request_id(world_.ReleaseOf(item).request_id());
  EXPECT_EQ(Release(officer, request), errors::v1::ERROR_REASON_STALE_VERSION);
  request.set_etag("e1");
  EXPECT_EQ(Release(officer, request), errors::v1::ERROR_REASON_LEGAL_POSITION_MISSING);
  world_.handlers.prepare = [] { return absl::OkStatus(); };
  EXPECT_EQ(Release(officer, request), errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
  EXPECT_THAT(world_.Notes(), ElementsAre("Dubblett.")) << "nothing was done up to here";
  world_.handlers.act = [](Call&) { return absl::OkStatus(); };
  EXPECT_EQ(Release(officer, request), errors::v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_THAT(world_.Notes(), ElementsAre("Dubblett.", "prepared"));

  EXPECT_THAT(
      Reasons(world_.Records(kPolice)),
      ElementsAre("", "NO_MANDATE", "NO_MANDATE", "PURPOSE_NOT_PERMITTED", "PURPOSE_NOT_PERMITTED",
                  "NOT_FOUND", "FIELD_INVALID", "REQUEST_ID_REUSED", "STALE_VERSION",
                  "LEGAL_POSITION_MISSING", "STATE_OR_EMBARGO", ""))
      << "every refusal but that of a stranger is recorded";
}

TEST_F(GateTest, AReadIsRecordedBeforeItIsAnswered) {
  const std::string item = world_.Item();
  ASSERT_TRUE(Get("skarh-kompol", item).status.ok());
  ASSERT_THAT(world_.Records(kPolice), SizeIs(1));
  const Record record = world_.Records(kPolice)[0];
  EXPECT_EQ(record.kind(), Record::KIND_READ);
  EXPECT_EQ(record.resource(), item);
  EXPECT_EQ(record.actor_party(), kPolice);
  EXPECT_EQ(record.actor_unit(), kPoliceUnit);
  EXPECT_EQ(record.actor_function(), "FN_KOMPOL");
  EXPECT_EQ(record.mandate(), "parties/pol/mandates/skarh-kompol");
  EXPECT_EQ(record.method(), "samverkan.incidents.v1.IncidentService.GetIncident");
  EXPECT_THAT(record.actor_ref(), SizeIs(16));
  EXPECT_THAT(record.request_ref(), IsEmpty());
  EXPECT_THAT(record.reason(), IsEmpty());
}

TEST_F(GateTest, TheHandlerSaysWhatItsRecordHolds) {
  const std::string item = world_.Item();
  const auto request = world_.ReleaseOf(item);
  world_.handlers.act = [](Call& call) {
    call.Cite("agreements/lok-hal-skarh/clauses/l2", 1);
    call.SetHash("the hash");
    call.SetCount(3);
    return absl::OkStatus();
  };
  ASSERT_EQ(Release(world_.As("skarh-kompol", "PUR_LAGESBILD"), request),
            errors::v1::ERROR_REASON_UNSPECIFIED);
  const Record record = world_.Records(kPolice).at(0);
  EXPECT_EQ(record.kind(), Record::KIND_RELEASE);
  EXPECT_EQ(record.purpose(), "PUR_LAGESBILD");
  EXPECT_EQ(record.revision(), 1);
  EXPECT_EQ(record.count(), 3);
  EXPECT_EQ(record.hash(), "the hash");
  ASSERT_EQ(record.citations_size(), 1);
  EXPECT_EQ(record.citations(0).clause(), "agreements/lok-hal-skarh/clauses/l2");
  EXPECT_THAT(record.request_ref(), SizeIs(16));
  // The recipient's tree tells what was delivered and by whom, and nothing of the person.
  ASSERT_THAT(world_.Records(kDistrict), SizeIs(1));
  const Record other = world_.Records(kDistrict)[0];
  EXPECT_EQ(other.kind(), Record::KIND_DELIVERY);
  EXPECT_EQ(other.resource(), "the copy");
  EXPECT_EQ(other.actor_party(), kPolice);
  EXPECT_THAT(other.mandate() + other.actor_ref() + other.request_ref(), IsEmpty());
}

TEST_F(GateTest, HiddenAndAbsentDifferOnlyInTheOwnersTree) {
  const std::string hidden = world_.Item();
  const absl::Status of_hidden = Get("hal-tryggsam", hidden).status;
  const absl::Status of_absent = Get("hal-tryggsam", kAbsent).status;
  EXPECT_EQ(ReasonOf(of_hidden), errors::v1::ERROR_REASON_NOT_FOUND);
  EXPECT_EQ(of_hidden, of_absent) << "message and details too";
  EXPECT_EQ(world_.Ask(world_.reject, world_.As("hal-tryggsam"), world_.Rejection(hidden)).status,
            of_absent);

  const std::vector<Record> own = world_.Records(kDistrict);
  ASSERT_THAT(own, SizeIs(3));
  for (const Record& record : own) {
    EXPECT_EQ(record.kind(), Record::KIND_REFUSED);
    EXPECT_THAT(record.resource(), IsEmpty());
    EXPECT_THAT(record.typed_ref(), SizeIs(16));
  }
  EXPECT_EQ(own[0].ByteSizeLong(), own[1].ByteSizeLong());
  EXPECT_EQ(own[0].typed_ref(), own[2].typed_ref()) << "the same name, read or written";
  EXPECT_NE(own[0].typed_ref(), own[1].typed_ref());

  const std::vector<Record> owners = world_.Records(kPolice);
  ASSERT_THAT(owners, SizeIs(2));
  EXPECT_EQ(owners[0].kind(), Record::KIND_OUTSIDER_REFUSED);
  EXPECT_EQ(owners[0].resource(), hidden);
  EXPECT_EQ(owners[0].actor_party(), kDistrict);
  EXPECT_THAT(owners[0].mandate() + owners[0].actor_ref() + owners[0].actor_unit(), IsEmpty());
  ASSERT_THAT(world_.Records(""), SizeIs(1));
  EXPECT_THAT(world_.Records("")[0].resource(), IsEmpty());
}

TEST_F(GateTest, ARefusalUndoesWhatTheHandlerWroteAndStaysOnRecord) {
  const std::string item = world_.Item();
  const auto request = world_.Rejection(item);
  world_.handlers.act = [](Call& call) {
    call.AlsoRecord({kDistrict, Record::KIND_DELIVERY, "never"});
    return Error(errors::v1::ERROR_REASON_STATE_OR_EMBARGO, "Not now.");
  };
  incidents::v1::Incident response;
  EXPECT_EQ(world_.Ask(world_.reject, world_.As("skarh-kompol"), request, &response).reason(),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
  EXPECT_EQ(response.ByteSizeLong(), 0);
  EXPECT_THAT(world_.Notes(), IsEmpty());
  EXPECT_THAT(world_.Records(kDistrict), IsEmpty());
  ASSERT_THAT(world_.Records(kPolice), SizeIs(1));
  EXPECT_EQ(world_.Records(kPolice)[0].kind(), Record::KIND_REFUSED);
  EXPECT_EQ(world_.Records(kPolice)[0].resource(), item);

  // Nothing was done under this request_id, so the retry acts.
  world_.handlers.act = [](Call&) { return absl::OkStatus(); };
  const auto retried = world_.Ask(world_.reject, world_.As("skarh-kompol"), request);
  EXPECT_TRUE(retried.status.ok());
  EXPECT_FALSE(retried.replayed);
  EXPECT_THAT(world_.Notes(), ElementsAre("Dubblett."));
}

TEST_F(GateTest, ARepeatIsRenderedAnewAndDoesNothingTwice) {
  const std::string item = world_.Item();
  const auto request = world_.Rejection(item);
  ASSERT_FALSE(world_.Ask(world_.reject, world_.As("skarh-kompol"), request).replayed);
  Touch(item);  // The repeat's etag is old by now.
  incidents::v1::Incident response;
  const auto repeat = world_.Ask(world_.reject, world_.As("skarh-kompol"), request, &response);
  EXPECT_TRUE(repeat.status.ok()) << repeat.status;
  EXPECT_TRUE(repeat.replayed);
  EXPECT_EQ(response.name(), "rendered 1");
  EXPECT_THAT(world_.Notes(), SizeIs(1));
  EXPECT_EQ(world_.Records(kPolice).at(1).kind(), Record::KIND_READ);

  auto other = request;
  other.set_reason("Dubblett av en annan.");
  EXPECT_EQ(world_.Ask(world_.reject, world_.As("skarh-kompol"), other).reason(),
            errors::v1::ERROR_REASON_REQUEST_ID_REUSED);
  EXPECT_THAT(world_.Notes(), SizeIs(1));
}

TEST_F(GateTest, ARequestIdIsItsHoldersOwn) {
  const auto request = world_.Rejection(world_.Item());
  auto others =
      world_.Rejection(world_.Item("parties/pol/units/pol-sth-syd-farst", "areas/stadsdel-farsta"));
  others.set_request_id(request.request_id());
  ASSERT_TRUE(world_.Ask(world_.reject, world_.As("skarh-kompol"), request).status.ok());
  const auto answer = world_.Ask(world_.reject, world_.As("farst-kompol"), others);
  EXPECT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_FALSE(answer.replayed);
  EXPECT_THAT(world_.Notes(), SizeIs(2));
}

TEST_F(GateTest, ARepeatBySomeoneWhoLostTheItemIsRefused) {
  const std::string item = world_.Item();
  const auto request = world_.Rejection(item);
  ASSERT_TRUE(world_.Ask(world_.reject, world_.As("skarh-kompol"), request).status.ok());
  access::Object object = *world_.world().Find(item);
  object.cells = {"areas/city", "areas/stadsdel-husby"};
  ASSERT_TRUE(storage::WriteAndWait(world_.world().database(), [&](storage::WriteTx& tx) {
                return world_.world().objects().Update(tx, object);
              }).ok());
  const auto repeat = world_.Ask(world_.reject, world_.As("skarh-kompol"), request);
  EXPECT_EQ(repeat.reason(), errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE);
  EXPECT_FALSE(repeat.replayed);
}

TEST_F(GateTest, ValidateOnlyLeavesNothingButARecord) {
  auto request = world_.ReleaseOf(world_.Item());
  request.set_validate_only(true);
  const Inbound officer = world_.As("skarh-kompol", "PUR_LAGESBILD");
  incidents::v1::Release response;
  ASSERT_TRUE(world_.Ask(world_.release, officer, request, &response).status.ok());
  EXPECT_EQ(response.name(), request.name()) << "the answer is that of the act";
  EXPECT_THAT(world_.Notes(), IsEmpty());
  EXPECT_THAT(world_.Records(kDistrict), IsEmpty());
  ASSERT_THAT(world_.Records(kPolice), SizeIs(1));
  EXPECT_EQ(world_.Records(kPolice)[0].kind(), Record::KIND_READ);

  request.set_validate_only(false);
  const auto real = world_.Ask(world_.release, officer, request);
  EXPECT_TRUE(real.status.ok()) << "the request_id is as good as new: " << real.status;
  EXPECT_FALSE(real.replayed);
  EXPECT_THAT(world_.Notes(), SizeIs(1));
  EXPECT_THAT(world_.Records(kDistrict), SizeIs(1));
}

TEST_F(GateTest, WhatAReadDoesBesideComesWithItsRecord) {
  const std::string item = world_.Item();
  world_.handlers.act = [](Call& call) {
    call.OnRecord([](storage::WriteTx& tx) {
      return tx.Run("INSERT INTO notes (text) VALUES ('opened')").status();
    });
    return absl::OkStatus();
  };
  EXPECT_TRUE(Get("skarh-kompol", item).status.ok());
  EXPECT_THAT(world_.Notes(), ElementsAre("opened"));

  world_.handlers.act = [](Call& call) {
    call.OnRecord([](storage::WriteTx&) { return absl::DataLossError("torn"); });
    return absl::OkStatus();
  };
  EXPECT_EQ(Get("skarh-kompol", item).reason(), errors::v1::ERROR_REASON_INTERNAL_FAILURE);
  EXPECT_THAT(world_.Records(kPolice), SizeIs(1)) << "no answer, no record";

  world_.handlers.act = [](Call& call) {
    call.OnRecord([](storage::WriteTx& tx) {
      return tx.Run("INSERT INTO notes (text) VALUES ('sealed')").status();
    });
    return Error(errors::v1::ERROR_REASON_SEALED, "Only the tombstone is left.");
  };
  EXPECT_EQ(Get("skarh-kompol", item).reason(), errors::v1::ERROR_REASON_SEALED);
  EXPECT_THAT(world_.Notes(), ElementsAre("opened")) << "a refusal has no effect";
}

TEST_F(GateTest, AListIsOfTheCallersOwnUnit) {
  incidents::v1::ListIncidentsRequest request;
  request.set_parent(kPoliceUnit);
  EXPECT_TRUE(world_.Ask(world_.list, world_.As("skarh-kompol"), request).status.ok());
  EXPECT_EQ(world_.Records(kPolice).at(0).resource(), kPoliceUnit);
  const absl::Status known = world_.Ask(world_.list, world_.As("hal-tryggsam"), request).status;
  request.set_parent("parties/pol/units/pol-sth-nowhere");
  const absl::Status unknown = world_.Ask(world_.list, world_.As("hal-tryggsam"), request).status;
  EXPECT_EQ(ReasonOf(known), errors::v1::ERROR_REASON_NOT_FOUND);
  EXPECT_EQ(known, unknown);
  EXPECT_EQ(world_.Records(kPolice).at(1).kind(), Record::KIND_OUTSIDER_REFUSED);
}

class OpenStreamTest : public GateTest {
 protected:
  absl::StatusOr<std::unique_ptr<Call>> Open(Inbound inbound, std::vector<std::string> units) {
    absl::StatusOr<std::unique_ptr<Call>> opened = absl::UnknownError("");
    absl::Notification answered;
    world_.gate().OpenStream(method_, std::move(inbound), std::move(units),
                             [&](absl::StatusOr<std::unique_ptr<Call>> call) {
                               opened = std::move(call);
                               answered.Notify();
                             });
    answered.WaitForNotification();
    return opened;
  }
  const Method& method_ = world_.gate().BindStream(feed::v1::WatchRequest::descriptor());
};

TEST_F(OpenStreamTest, OpensOnTheMandatesOwnUnitAndIsOnRecord) {
  const auto call = Open(world_.As("hal-tryggsam"), {kDistrictUnit});
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_EQ((*call)->unit_name(), kDistrictUnit);
  EXPECT_EQ((*call)->acting_as(), "FN_TRYGGSAM parties/sthlm-sdn-hal/units/sthlm-sdn-hal");
  ASSERT_THAT(world_.Records(kDistrict), SizeIs(1));
  EXPECT_EQ(world_.Records(kDistrict)[0].kind(), Record::KIND_STREAM_OPENED);
  EXPECT_EQ(world_.Records(kDistrict)[0].resource(), kDistrictUnit);
}

TEST_F(OpenStreamTest, AnotherUnitAndNoUnitAreOneAnswer) {
  const auto other = Open(world_.As("hal-tryggsam"), {kDistrictUnit, kPoliceUnit});
  const auto none = Open(world_.As("hal-tryggsam"), {kDistrictUnit, "parties/pol/units/none"});
  EXPECT_EQ(ReasonOf(other.status()), errors::v1::ERROR_REASON_NOT_FOUND);
  EXPECT_EQ(other.status(), none.status());
  EXPECT_THAT(Reasons(world_.Records(kDistrict)), ElementsAre("NOT_FOUND", "NOT_FOUND"));
  ASSERT_THAT(world_.Records(kPolice), SizeIs(1));
  EXPECT_EQ(world_.Records(kPolice)[0].resource(), kPoliceUnit);
  EXPECT_THAT(world_.Records(""), SizeIs(1));
}

TEST_F(OpenStreamTest, AsksForIdentityAndPermission) {
  EXPECT_EQ(ReasonOf(Open(Inbound(), {}).status()), errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT);
  EXPECT_EQ(ReasonOf(Open(world_.As("hal-dso"), {}).status()), errors::v1::ERROR_REASON_NO_MANDATE);
  world_.database().FailWrites(absl::DataLossError("torn"));
  EXPECT_EQ(ReasonOf(Open(world_.As("hal-tryggsam"), {}).status()),
            errors::v1::ERROR_REASON_INTERNAL_FAILURE)
      << "what cannot be recorded does not open";
}

// Starts the program anew for what must end: a fork of one that has threads may hang.
class GateDeathTest : public GateTest {
 protected:
  GateDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(GateDeathTest, SealEndsTheProcessUnlessEveryMethodIsBound) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto* feed = feed::v1::WatchRequest::descriptor()->file()->service(0);
  EXPECT_DEATH(world_.gate().Seal({feed}), "FeedService.Watch is not bound at the gate");
  world_.gate().BindStream(feed::v1::WatchRequest::descriptor());
  world_.gate().Seal({feed});
  const auto* incidents = incidents::v1::GetIncidentRequest::descriptor()->file()->service(0);
  EXPECT_DEATH(world_.gate().Seal({feed, incidents}), "CreateIncident is not bound at the gate");
}

// Writes where the policy of its method says that it reads.
struct Deceiver {
  absl::StatusOr<incidents::v1::ListReleasesResponse> List(
      Call& call, storage::WriteTx& tx, const incidents::v1::ListReleasesRequest& request) {
    return incidents::v1::ListReleasesResponse();
  }
  absl::StatusOr<incidents::v1::ListReleasesResponse> Render(Call& call, storage::ReadTx& tx,
                                                             const Replay& replay) {
    return incidents::v1::ListReleasesResponse();
  }
};

TEST_F(GateDeathTest, AHandlerIsBoundOnceAndAsItsPolicySays) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Deceiver deceiver;
  EXPECT_DEATH(world_.gate().Bind(deceiver, &Deceiver::List, &Deceiver::Render), "read or write");
  EXPECT_DEATH(world_.gate().Bind(world_.handlers, &NotingHandlers::Get),
               "GetIncident is bound twice");
}

}  // namespace
}  // namespace samverkan::rpc
