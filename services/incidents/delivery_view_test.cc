#include "services/incidents/delivery_view.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/proto_time.h"
#include "tests/support/incident_world.h"

namespace samverkan::incidents {
namespace {

using ::samverkan::testing::IncidentWorld;
using ::testing::Not;
using v1::Delivery;

class DeliveryViewTest : public ::testing::Test {
 protected:
  DeliveryViewTest() {
    const v1::IncidentContent content = world_.Robbery();
    item_ =
        world_.Create(officer_, IncidentWorld::Report(IncidentWorld::kPoliceUnit, content))->name();
    EXPECT_TRUE(world_.Assess(officer_, item_, content).ok());
    EXPECT_TRUE(
        world_.ReleaseItem({"skarh-kompol", "PUR_LAGESBILD"}, item_, IncidentWorld::Disclosure())
            .ok());
    copy_ = world_.left().side_records.at(0).resource;
  }
  // The copy as its holder sees it under the policy of now, or under another.
  absl::StatusOr<Delivery> Load(const std::string& name,
                                std::shared_ptr<const access::Snapshot> policy = nullptr) {
    if (policy == nullptr) policy = world_.snapshot();
    return world_.Read({"hal-tryggsam"}, name, [&](rpc::Call& call, storage::ReadTx& tx) {
      return view_.Load(tx, *policy, call.object());
    });
  }

  IncidentWorld world_;
  const IncidentWorld::Caller officer_{"skarh-kompol"};
  const ReleaseStore releases_{world_.cipher()};
  const DeliveryView view_{world_.objects(), releases_};
  std::string item_;
  std::string copy_;
};

TEST_F(DeliveryViewTest, ACopyIsAsCoarseAsItWasDelivered) {
  const auto copy = Load(copy_);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->name(), copy_);
  EXPECT_EQ(copy->state(), Delivery::STATE_DELIVERED);
  EXPECT_EQ(copy->originator_unit(), IncidentWorld::kPoliceUnit);
  EXPECT_EQ(copy->clause().clause(), IncidentWorld::kClause);
  EXPECT_EQ(copy->purpose(), "PUR_LAGESBILD");
  EXPECT_EQ(copy->content().category(), "INC_RAN_PERS");
  EXPECT_EQ(FromProto(copy->content().occur_span().end_time()) -
                FromProto(copy->content().occur_span().start_time()),
            absl::Hours(4))
      << "the clause tells the part of the day, of an hour in the morning";
  EXPECT_THAT(copy->SerializeAsString(), Not(::testing::HasSubstr(item_)))
      << "the item's own name is the originator's";
  EXPECT_FALSE(copy->access_ended());
  EXPECT_FALSE(copy->has_tombstone());
}

TEST_F(DeliveryViewTest, ShowingItTellsTheRecordWhichItemIsBehindIt) {
  const auto shown = world_.Read(
      {"hal-tryggsam"}, copy_,
      [&](rpc::Call& call, storage::ReadTx& tx) { return view_.Show(call, tx, call.object()); });
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_THAT(world_.left().related, ::testing::ElementsAre(journal::RefOfName(item_)));
  EXPECT_EQ(shown->SerializeAsString(), Load(copy_)->SerializeAsString());
  EXPECT_THAT(world_.left().related, ::testing::IsEmpty()) << "a feed's rendering is no answer";
}

TEST_F(DeliveryViewTest, ItIsMarkedWhereItsClauseLetsNothingThroughAndStaysReadable) {
  const auto before = world_.snapshot();
  world_.Suspend("agreements/lok-hal-skarh", "parties/pol");
  const auto ended = Load(copy_);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_TRUE(ended->access_ended());
  EXPECT_TRUE(ended->has_content());
  EXPECT_FALSE(Load(copy_, before)->access_ended()) << "it follows from the policy alone";
}

TEST_F(DeliveryViewTest, ACorrectedCopyAndTheOneItReplacesNameEachOther) {
  v1::IncidentContent content = world_.Robbery();
  content.set_harm(3);
  ASSERT_TRUE(world_.Correct(officer_, item_, content).ok());
  std::string newer;
  for (const auto& side : world_.left().side_records) newer = side.resource;
  ASSERT_NE(newer, copy_);
  const auto older_copy = Load(copy_);
  const auto newer_copy = Load(newer);
  ASSERT_TRUE(older_copy.ok() && newer_copy.ok());
  EXPECT_EQ(older_copy->state(), Delivery::STATE_SUPERSEDED);
  EXPECT_EQ(older_copy->superseded_by(), newer);
  EXPECT_EQ(older_copy->supersedes(), "");
  EXPECT_EQ(older_copy->content().harm(), 2) << "readable as history";
  EXPECT_FALSE(older_copy->has_revision_note());
  EXPECT_EQ(newer_copy->state(), Delivery::STATE_DELIVERED);
  EXPECT_EQ(newer_copy->supersedes(), copy_);
  EXPECT_EQ(newer_copy->superseded_by(), "");
  EXPECT_EQ(newer_copy->content().harm(), 3);
  EXPECT_EQ(newer_copy->revision_note().reason(), "Fel plats angavs först.");
}

TEST_F(DeliveryViewTest, OfASealedCopyOnlyTheTombstoneIsLeft) {
  ASSERT_TRUE(world_.Retract(officer_, item_, "RTR_SEKRETESS").ok());
  const auto sealed = Load(copy_);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(sealed->state(), Delivery::STATE_SEALED);
  EXPECT_FALSE(sealed->has_content());
  EXPECT_FALSE(sealed->has_revision_note());
  EXPECT_EQ(sealed->tombstone().reason(), "RTR_SEKRETESS");
  EXPECT_TRUE(sealed->tombstone().has_retract_time());
  EXPECT_EQ(sealed->clause().clause(), IncidentWorld::kClause) << "by which it came";
}

}  // namespace
}  // namespace samverkan::incidents
