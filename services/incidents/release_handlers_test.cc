#include "services/incidents/release_handlers.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/crypto.h"
#include "services/base/error.h"
#include "tests/support/incident_world.h"

namespace samverkan::incidents {
namespace {

using audit::v1::Record;
using errors::v1::ErrorReason;
using ::samverkan::testing::IncidentWorld;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Delivery;
using v1::Incident;

constexpr const char* kPoliceUnit = IncidentWorld::kPoliceUnit;
constexpr const char* kDistrictUnit = IncidentWorld::kDistrictUnit;
constexpr char kCompanyUnit[] = "parties/sthlm-bolag-she/units/sthlm-bolag-she";
constexpr char kCompanyClause[] = "agreements/lok-hal-skarh/clauses/l10";
constexpr char kLocal[] = "agreements/lok-hal-skarh";
constexpr char kDistrict[] = "parties/sthlm-sdn-hal";

class ReleaseHandlersTest : public ::testing::Test {
 protected:
  using Caller = IncidentWorld::Caller;

  std::string Assessed(const v1::IncidentContent& content) {
    const auto created = world_.Create(officer_, IncidentWorld::Report(kPoliceUnit, content));
    EXPECT_TRUE(created.ok()) << created.status();
    const auto assessed = world_.Assess(officer_, created->name(), content);
    EXPECT_TRUE(assessed.ok()) << assessed.status();
    return created->name();
  }
  std::string Assessed() { return Assessed(world_.Robbery()); }
  std::string Released() {
    const std::string name = Assessed();
    const auto release = world_.ReleaseItem(releaser_, name, IncidentWorld::Disclosure());
    EXPECT_TRUE(release.ok()) << release.status();
    return name;
  }
  // The reason of a refused release, which leaves nothing.
  ErrorReason Refused(const Caller& caller, const std::string& name,
                      const v1::ReleaseIncidentRequest& request) {
    const size_t changes = world_.Changes().size();
    refusal_ = world_.ReleaseItem(caller, name, request).status();
    EXPECT_EQ(world_.Changes().size(), changes);
    EXPECT_THAT(Copies(), IsEmpty());
    return ReasonOf(refusal_);
  }
  std::vector<Delivery> Copies(const Caller& holder = {"hal-tryggsam"}) {
    const auto list = world_.ListCopies(holder);
    EXPECT_TRUE(list.ok()) << list.status();
    return {list->deliveries().begin(), list->deliveries().end()};
  }

  IncidentWorld world_;
  const Caller officer_{"skarh-kompol"};
  const Caller releaser_{"skarh-kompol", "PUR_LAGESBILD"};
  absl::Status refusal_;
};

TEST_F(ReleaseHandlersTest, ARecipientGetsACopyUnderTheClauseNamed) {
  const std::string name = Assessed();
  const auto release = world_.ReleaseItem(releaser_, name, IncidentWorld::Disclosure());
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_EQ(release->clause().clause(), IncidentWorld::kClause);
  EXPECT_EQ(release->clause().version(), 1);
  EXPECT_EQ(release->purpose(), "PUR_LAGESBILD");
  EXPECT_EQ(release->decided_by(), absl::StrCat("FN_KOMPOL ", kPoliceUnit));
  ASSERT_EQ(release->receipts_size(), 1);
  EXPECT_EQ(release->receipts(0).unit(), kDistrictUnit);
  EXPECT_EQ(world_.Find(name)->state, Incident::STATE_SHARED);

  const rpc::CallMaker::Left left = world_.left();
  EXPECT_EQ(left.kind, Record::KIND_RELEASE);
  EXPECT_EQ(left.hash, release->content_hash());
  EXPECT_THAT(left.citations, ElementsAre(std::pair(std::string(IncidentWorld::kClause), 1)));
  ASSERT_THAT(left.side_records, SizeIs(1));
  EXPECT_EQ(left.side_records[0].party, kDistrict);
  EXPECT_EQ(left.side_records[0].kind, Record::KIND_DELIVERY);

  const std::vector<Delivery> copies = Copies();
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_EQ(copies[0].name(), left.side_records[0].resource);
  EXPECT_EQ(copies[0].originator_unit(), kPoliceUnit);
  EXPECT_EQ(copies[0].state(), Delivery::STATE_DELIVERED);
  EXPECT_EQ(copies[0].onward(), types::v1::ONWARD_NONE);
  EXPECT_EQ(copies[0].content().SerializeAsString(), release->content().SerializeAsString());
  EXPECT_EQ(copies[0].content().occur_span().precision(), types::v1::TIME_PRECISION_PART_OF_DAY)
      << "made coarse before it was stored";

  const auto change = world_.Changes().back();
  ASSERT_THAT(change->targets, SizeIs(2));
  EXPECT_EQ(change->targets[0].unit, kPoliceUnit);
  EXPECT_EQ(change->targets[1].unit, kDistrictUnit);
}

TEST_F(ReleaseHandlersTest, TheHashCommitsToTheContentAndTellsNothingOfIt) {
  const v1::IncidentContent content = world_.Robbery();
  const auto one = world_.ReleaseItem(releaser_, Assessed(content), IncidentWorld::Disclosure());
  const auto two = world_.ReleaseItem(releaser_, Assessed(content), IncidentWorld::Disclosure());
  ASSERT_EQ(one->content().SerializeAsString(), two->content().SerializeAsString());
  EXPECT_NE(one->content_hash(), two->content_hash()) << "the same content, salted";
  EXPECT_NE(one->content_hash(), AsBytes(Sha256(one->content().SerializeAsString())));
}

TEST_F(ReleaseHandlersTest, OnlyWhatWasAssessedIsReleased) {
  const auto received =
      world_.Create(officer_, IncidentWorld::Report(kPoliceUnit, world_.Robbery()));
  EXPECT_EQ(Refused(releaser_, received->name(), IncidentWorld::Disclosure()),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
  ASSERT_TRUE(world_.Reject(officer_, received->name(), "Dubblett.").ok());
  EXPECT_EQ(Refused(releaser_, received->name(), IncidentWorld::Disclosure()),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
}

TEST_F(ReleaseHandlersTest, EachConditionOfTheClauseCounts) {
  const std::string name = Assessed();
  const auto good = IncidentWorld::Disclosure();
  auto request = good;
  request.set_clause("agreements/lok-hal-skarh/clauses/l99");
  EXPECT_EQ(Refused(releaser_, name, request), errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE);
  EXPECT_EQ(Refused({"skarh-kompol", "PUR_KOMMUNIKATION"}, name, good),
            errors::v1::ERROR_REASON_PURPOSE_NOT_PERMITTED);
  request = good;
  request.set_recipients(0, "parties/sthlm-sdn-skn/units/sthlm-sdn-skn");
  EXPECT_EQ(Refused(releaser_, name, request), errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE);
  EXPECT_EQ(ErrorInfoOf(refusal_).metadata().at("recipient"), request.recipients(0));
  request = good;
  request.mutable_legal_position()->set_code("LB_PUBLIC_SOURCE");
  EXPECT_EQ(Refused(releaser_, name, request), errors::v1::ERROR_REASON_LEGAL_POSITION_MISSING);

  v1::IncidentContent red = world_.Robbery();
  red.mutable_marking()->set_tlp(types::v1::TLP_RED);
  EXPECT_EQ(Refused(releaser_, Assessed(red), good),
            errors::v1::ERROR_REASON_MARKING_EXCEEDS_CLAUSE);
  v1::IncidentContent elsewhere = world_.Robbery();
  elsewhere.mutable_place()->set_areas(0, "areas/stadsdel-skarholmen");
  EXPECT_EQ(Refused(releaser_, Assessed(elsewhere), good),
            errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE);
  EXPECT_EQ(Refused(releaser_, Assessed(world_.Lighting()), good),
            errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED);
}

TEST_F(ReleaseHandlersTest, EveryRecipientOrNone) {
  const std::string name = Assessed();
  auto request = IncidentWorld::Disclosure();
  request.add_recipients(kCompanyUnit);  // Clause l2 does not join it.
  EXPECT_EQ(Refused(releaser_, name, request), errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE);
  EXPECT_EQ(ErrorInfoOf(refusal_).metadata().at("recipient"), kCompanyUnit);
}

TEST_F(ReleaseHandlersTest, AClauseLetsThroughToItsLastInstant) {
  const std::string name = Assessed();
  const std::string other = Assessed();
  // All agreements were signed yesterday for two years.
  const absl::Time end = world_.clock().Now() - absl::Hours(24) + absl::Hours(24 * 730);
  world_.clock().Set(end - absl::Milliseconds(1));
  EXPECT_TRUE(world_.ReleaseItem(releaser_, name, IncidentWorld::Disclosure()).ok());
  world_.clock().Set(end);
  const auto late = world_.ReleaseItem(releaser_, other, IncidentWorld::Disclosure());
  EXPECT_EQ(ReasonOf(late.status()), errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE);
}

TEST_F(ReleaseHandlersTest, ASuspensionCountsAtOnce) {
  const std::string name = Assessed();
  world_.Suspend(kLocal, kDistrict);
  EXPECT_EQ(Refused(releaser_, name, IncidentWorld::Disclosure()),
            errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE);
}

TEST_F(ReleaseHandlersTest, AFurtherReleaseIsToFurtherRecipients) {
  const std::string name = Released();
  const auto again = world_.ReleaseItem(releaser_, name, IncidentWorld::Disclosure());
  EXPECT_EQ(ReasonOf(again.status()), errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
  EXPECT_EQ(ErrorInfoOf(again.status()).metadata().at("recipient"), kDistrictUnit);
  EXPECT_THAT(Copies(), SizeIs(1));

  // To the company under another clause, whose marking is lower.
  v1::IncidentContent content = world_.Robbery();
  content.mutable_marking()->set_tlp(types::v1::TLP_AMBER);
  const std::string amber = Assessed(content);
  ASSERT_TRUE(world_.ReleaseItem(releaser_, amber, IncidentWorld::Disclosure()).ok());
  auto request = IncidentWorld::Disclosure();
  request.set_clause(kCompanyClause);
  request.set_recipients(0, kCompanyUnit);
  const auto further = world_.ReleaseItem({"skarh-kompol", "PUR_AKUT_SAMORD"}, amber, request);
  ASSERT_TRUE(further.ok()) << further.status();
  EXPECT_EQ(further->receipts_size(), 1) << "of this release alone";
  const auto releases = world_.ListReleases(officer_, amber);
  ASSERT_EQ(releases->releases_size(), 2);
  EXPECT_EQ(releases->releases(0).name(), further->name()) << "newest first";
}

TEST_F(ReleaseHandlersTest, ReleasesComeInPages) {
  const std::string name = Released();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(world_.Correct(officer_, name, world_.Robbery()).ok());
  v1::ListReleasesRequest request;
  request.set_page_size(2);
  const auto first = world_.ListReleases(officer_, name, request);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->releases_size(), 2);
  EXPECT_EQ(first->releases(0).revision(), 3);
  request.set_page_token(first->next_page_token());
  const auto last = world_.ListReleases(officer_, name, request);
  ASSERT_EQ(last->releases_size(), 1);
  EXPECT_EQ(last->releases(0).revision(), 1);
  EXPECT_THAT(last->next_page_token(), IsEmpty());
}

class PrepareReleaseTest : public ReleaseHandlersTest {
 protected:
  // The path at fault; the reason's name where there is none.
  std::string Fault(const v1::ReleaseIncidentRequest& request) {
    const absl::Status status = world_
                                    .Write(officer_, "",
                                           [&](rpc::Call& call, storage::WriteTx&) {
                                             return world_.releases.PrepareRelease(call, request);
                                           })
                                    .status();
    if (status.ok()) return "";
    const google::rpc::BadRequest bad_request = BadRequestOf(status);
    if (bad_request.field_violations().empty()) return ErrorInfoOf(status).reason();
    return bad_request.field_violations(0).field();
  }
  v1::ReleaseIncidentRequest request_ = IncidentWorld::Disclosure();
};

TEST_F(PrepareReleaseTest, RecipientsAreKnownDistinctAndAHundredAtMost) {
  EXPECT_EQ(Fault(request_), "");
  request_.add_recipients("parties/pol/units/none");
  EXPECT_EQ(Fault(request_), "recipients[1]");
  request_.set_recipients(1, kDistrictUnit);
  EXPECT_EQ(Fault(request_), "recipients[1]");
  request_.clear_recipients();
  while (request_.recipients_size() < 101) request_.add_recipients(kDistrictUnit);
  EXPECT_EQ(Fault(request_), "LIMIT_EXCEEDED");
  request_.mutable_recipients()->RemoveLast();
  EXPECT_EQ(Fault(request_), "recipients[1]") << "a hundred are looked at";
}

TEST_F(PrepareReleaseTest, TheClauseIsAName) {
  for (const char* name : {"", "l2", "agreements/lok-hal-skarh", "clauses/l2"}) {
    request_.set_clause(name);
    EXPECT_EQ(Fault(request_), "clause") << name;
  }
}

TEST_F(ReleaseHandlersTest, ACorrectionReplacesEachCopy) {
  const std::string name = Released();
  const Delivery before = Copies()[0];
  v1::IncidentContent content = world_.Robbery();
  content.set_harm(3);
  const auto corrected = world_.Correct(officer_, name, content);
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(corrected->revision(), 2);
  EXPECT_EQ(corrected->revision_note().reason(), "Fel plats angavs först.");
  EXPECT_EQ(world_.left().kind, Record::KIND_CORRECTION);
  EXPECT_THAT(world_.left().citations, SizeIs(1));

  const std::vector<Delivery> copies = Copies();
  ASSERT_THAT(copies, SizeIs(2));
  EXPECT_EQ(copies[0].state(), Delivery::STATE_DELIVERED);
  EXPECT_EQ(copies[0].content().harm(), 3);
  EXPECT_EQ(copies[0].revision(), 2);
  EXPECT_EQ(copies[0].revision_note().kind(), v1::RevisionNote::KIND_CORRECTION);
  EXPECT_EQ(copies[0].supersedes(), before.name());
  EXPECT_EQ(copies[1].name(), before.name());
  EXPECT_EQ(copies[1].state(), Delivery::STATE_SUPERSEDED);
  EXPECT_EQ(copies[1].superseded_by(), copies[0].name());
  EXPECT_EQ(copies[1].content().harm(), 2) << "readable as history";
  EXPECT_NE(copies[1].etag(), before.etag());
  EXPECT_THAT(world_.Changes().back()->targets, SizeIs(3)) << "item, old copy, new copy";
}

TEST_F(ReleaseHandlersTest, ACorrectionAnswersWhatTheSourceHadChanged) {
  const std::string name = Released();
  ASSERT_TRUE(world_.ReportSource(officer_, name, world_.Robbery(), world_.clock().Now()).ok());
  ASSERT_EQ(world_.Get(officer_, name)->tasks_size(), 1);
  EXPECT_EQ(world_.Correct(officer_, name, world_.Robbery())->tasks_size(), 0);
}

TEST_F(ReleaseHandlersTest, OnlyWhatWasReleasedIsCorrectedOrRetracted) {
  const std::string name = Assessed();
  EXPECT_EQ(ReasonOf(world_.Correct(officer_, name, world_.Robbery()).status()),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
  EXPECT_EQ(ReasonOf(world_.Retract(officer_, name, "RTR_FEL").status()),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
  EXPECT_THAT(world_.sealed, IsEmpty());
}

TEST_F(ReleaseHandlersTest, AHolderWhoseClauseEndedIsToldOfACorrectionWithoutItsContent) {
  const std::string name = Released();
  world_.Suspend(kLocal, kDistrict);
  v1::IncidentContent content = world_.Robbery();
  content.set_harm(3);
  ASSERT_TRUE(world_.Correct(officer_, name, content).ok());
  const rpc::CallMaker::Left left = world_.left();
  const std::vector<Delivery> copies = Copies();
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_TRUE(copies[0].correction_withheld());
  EXPECT_TRUE(copies[0].access_ended());
  EXPECT_EQ(copies[0].content().harm(), 2) << "the copy stays as it was";
  EXPECT_EQ(world_.Changes().back()->targets.back().unit, kDistrictUnit);
  ASSERT_THAT(left.side_records, SizeIs(1));
  EXPECT_EQ(left.side_records[0].resource, copies[0].name());
  EXPECT_THAT(left.citations, IsEmpty()) << "nothing went under the clause";
  EXPECT_EQ(world_.ListReleases(officer_, name)->releases_size(), 1);
}

TEST_F(ReleaseHandlersTest, ACorrectionThatTheClauseDoesNotCoverStaysBehind) {
  const std::string name = Released();
  v1::IncidentContent content = world_.Robbery();
  content.mutable_place()->set_areas(0, "areas/stadsdel-skarholmen");
  ASSERT_TRUE(world_.Correct(officer_, name, content).ok());
  ASSERT_THAT(Copies(), SizeIs(1));
  EXPECT_TRUE(Copies()[0].correction_withheld());
  EXPECT_FALSE(Copies()[0].access_ended());
}

TEST_F(ReleaseHandlersTest, ARetractionLeavesATombstoneAndNothingThatOpens) {
  const std::string name = Released();
  ASSERT_TRUE(world_.Correct(officer_, name, world_.Robbery()).ok());
  world_.clock().Advance(absl::Hours(1));
  const auto retracted = world_.Retract(officer_, name, "RTR_FEL");
  ASSERT_TRUE(retracted.ok()) << retracted.status();
  EXPECT_EQ(retracted->state(), Incident::STATE_RETRACTED);
  EXPECT_FALSE(retracted->has_content());
  EXPECT_FALSE(retracted->has_source());
  EXPECT_EQ(retracted->tombstone().reason(), "RTR_FEL");
  EXPECT_EQ(world_.left().kind, Record::KIND_RETRACTION);
  EXPECT_THAT(world_.left().side_records, SizeIs(2)) << "both copies";
  EXPECT_THAT(world_.sealed, ElementsAre(name));
  EXPECT_THAT(world_.Find(name)->cells, IsEmpty());

  const std::vector<Delivery> copies = Copies();
  ASSERT_THAT(copies, SizeIs(2));
  for (const Delivery& copy : copies) {
    EXPECT_EQ(copy.state(), Delivery::STATE_SEALED);
    EXPECT_FALSE(copy.has_content());
    EXPECT_FALSE(copy.has_revision_note());
    EXPECT_EQ(copy.tombstone().reason(), "RTR_FEL");
  }
  const auto releases = world_.ListReleases(officer_, name);
  for (const v1::Release& release : releases->releases()) {
    EXPECT_FALSE(release.has_content());
    EXPECT_THAT(release.legal_position().motivation(), IsEmpty());
    EXPECT_EQ(release.legal_position().code(), "LB_NOT_SECRET_TESTED");
    EXPECT_THAT(release.content_hash(), SizeIs(32)) << "the commitment outlives the content";
  }
}

// Whether any key or ciphertext of the item is left, but for the tombstone's own version.
TEST_F(ReleaseHandlersTest, ARetractionDestroysKeysAndCiphertexts) {
  const std::string name = Released();
  ASSERT_TRUE(world_.Correct(officer_, name, world_.Robbery()).ok());
  ASSERT_TRUE(world_.Retract(officer_, name, "RTR_FEL").ok());
  const auto count = [&](const char* sql) {
    int64_t left = -1;
    EXPECT_TRUE(world_.database()
                    .Read(absl::InfiniteFuture(),
                          [&](storage::ReadTx& tx) -> absl::Status {
                            SV_ASSIGN_OR_RETURN(const storage::Rows rows, tx.Run(sql));
                            left = rows.at(0).Int(0);
                            return absl::OkStatus();
                          })
                    .ok());
    return left;
  };
  EXPECT_EQ(count("SELECT count(*) FROM incident_versions WHERE wrapped_key IS NOT NULL OR "
                  "ciphertext IS NOT NULL"),
            1);
  EXPECT_EQ(count("SELECT count(*) FROM released_contents WHERE ciphertext IS NOT NULL"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM releases WHERE wrapped_key IS NOT NULL OR reasons_key IS "
                  "NOT NULL OR reasons IS NOT NULL"),
            0);
  EXPECT_EQ(count("SELECT count(*) FROM deliveries WHERE wrapped_key IS NOT NULL"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM deliveries"), 2);
}

TEST_F(ReleaseHandlersTest, ARetractionArrivesWhetherTheClauseIsInForceOrNot) {
  const std::string name = Released();
  world_.Suspend(kLocal, kDistrict);
  ASSERT_TRUE(world_.Retract(officer_, name, "RTR_PERSONUPPGIFT").ok());
  EXPECT_EQ(Copies()[0].state(), Delivery::STATE_SEALED);
  EXPECT_EQ(world_.Changes().back()->targets.back().unit, kDistrictUnit);
}

TEST_F(ReleaseHandlersTest, ARetractionIsForAKnownReasonAndOnce) {
  const std::string name = Released();
  EXPECT_EQ(ReasonOf(world_.Retract(officer_, name, "RTR_OKAND").status()),
            errors::v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_THAT(world_.sealed, IsEmpty()) << "only what is durable is told";
  ASSERT_TRUE(world_.Retract(officer_, name, "RTR_DUBBLETT").ok());
  EXPECT_EQ(ReasonOf(world_.Retract(officer_, name, "RTR_DUBBLETT").status()),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
  EXPECT_EQ(ReasonOf(world_.Correct(officer_, name, world_.Robbery()).status()),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
}

TEST_F(ReleaseHandlersTest, ARepeatShowsTheReleaseAsItIsNow) {
  const std::string name = Assessed();
  const auto release = world_.ReleaseItem(releaser_, name, IncidentWorld::Disclosure());
  const rpc::Replay replay = world_.left().result;
  const auto render = [&] {
    return *world_.Read(officer_, name, [&](rpc::Call& call, storage::ReadTx& tx) {
      return world_.releases.RenderRelease(call, tx, replay);
    });
  };
  EXPECT_EQ(render().SerializeAsString(), release->SerializeAsString());
  ASSERT_TRUE(world_.Retract(officer_, name, "RTR_FEL").ok());
  EXPECT_FALSE(render().has_content());
  EXPECT_EQ(render().receipts(0).state(), Delivery::STATE_SEALED);
}

}  // namespace
}  // namespace samverkan::incidents
