#include "services/incidents/delivery_handlers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/error.h"
#include "services/base/proto_time.h"
#include "tests/support/incident_world.h"

namespace samverkan::incidents {
namespace {

using audit::v1::Record;
using ::samverkan::testing::IncidentWorld;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Delivery;

constexpr const char* kPoliceUnit = IncidentWorld::kPoliceUnit;
constexpr const char* kDistrictUnit = IncidentWorld::kDistrictUnit;

class DeliveryHandlersTest : public ::testing::Test {
 protected:
  using Caller = IncidentWorld::Caller;

  // The item; its copy is copy_.
  std::string Released() {
    const v1::IncidentContent content = world_.Robbery();
    const std::string name =
        world_.Create(officer_, IncidentWorld::Report(kPoliceUnit, content))->name();
    EXPECT_TRUE(world_.Assess(officer_, name, content).ok());
    EXPECT_TRUE(
        world_.ReleaseItem({"skarh-kompol", "PUR_LAGESBILD"}, name, IncidentWorld::Disclosure())
            .ok());
    copy_ = world_.left().side_records.at(0).resource;
    return name;
  }
  v1::Receipt ReceiptOf(const std::string& item) {
    return world_.ListReleases(officer_, item)->releases(0).receipts(0);
  }

  IncidentWorld world_;
  const Caller officer_{"skarh-kompol"};
  const Caller holder_{"hal-tryggsam"};
  std::string copy_;
};

TEST_F(DeliveryHandlersTest, TheFirstReadIsNotedAndToldOnce) {
  const std::string item = Released();
  const size_t changes = world_.Changes().size();
  world_.clock().Advance(absl::Minutes(1));
  const auto first = world_.GetCopy(holder_, copy_);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->has_first_open_time()) << "as it was when it was opened";
  ASSERT_THAT(world_.left().citations, SizeIs(1));
  EXPECT_EQ(world_.left().citations[0].first, IncidentWorld::kClause);
  ASSERT_THAT(world_.Changes(), SizeIs(changes + 1));
  EXPECT_EQ(world_.Changes().back()->targets.at(0).unit, kDistrictUnit);

  const auto second = world_.GetCopy(holder_, copy_);
  const absl::Time opened = FromProto(second->first_open_time());
  EXPECT_GE(opened, world_.clock().Now());
  world_.clock().Advance(absl::Minutes(1));
  EXPECT_EQ(FromProto(world_.GetCopy(holder_, copy_)->first_open_time()), opened);
  EXPECT_THAT(world_.Changes(), SizeIs(changes + 1));
  EXPECT_EQ(FromProto(ReceiptOf(item).first_open_time()), opened);
}

TEST_F(DeliveryHandlersTest, ListingIsNotOpening) {
  Released();
  ASSERT_EQ(world_.ListCopies(holder_)->deliveries_size(), 1);
  EXPECT_FALSE(world_.ListCopies(holder_)->deliveries(0).has_first_open_time());
}

TEST_F(DeliveryHandlersTest, ASealedCopyTellsOnlyThatItIs) {
  const std::string item = Released();
  ASSERT_TRUE(world_.Retract(officer_, item, "RTR_SEKRETESS").ok());
  const size_t changes = world_.Changes().size();
  const absl::Status sealed = world_.GetCopy(holder_, copy_).status();
  EXPECT_EQ(ReasonOf(sealed), errors::v1::ERROR_REASON_SEALED);
  const google::rpc::ErrorInfo info = ErrorInfoOf(sealed);
  EXPECT_EQ(info.metadata().at("name"), copy_);
  EXPECT_EQ(info.metadata().at("tombstone_reason"), "RTR_SEKRETESS");
  EXPECT_FALSE(info.metadata().at("retract_time").empty());
  EXPECT_THAT(world_.Changes(), SizeIs(changes)) << "a tombstone is not opened";
}

TEST_F(DeliveryHandlersTest, ACopyOutlivesItsClauseAndIsMarked) {
  Released();
  EXPECT_FALSE(world_.GetCopy(holder_, copy_)->access_ended());
  world_.Suspend("agreements/lok-hal-skarh", "parties/sthlm-sdn-hal");
  const auto copy = world_.GetCopy(holder_, copy_);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_TRUE(copy->access_ended());
  EXPECT_TRUE(copy->has_content());
}

TEST_F(DeliveryHandlersTest, ACopyIsMarkedFromTheInstantItsClauseExpires) {
  Released();
  const absl::Time end = world_.clock().Now() - absl::Hours(24) + absl::Hours(24 * 730);
  world_.clock().Set(end - absl::Milliseconds(10));
  EXPECT_FALSE(world_.GetCopy(holder_, copy_)->access_ended());
  world_.clock().Set(end);
  EXPECT_TRUE(world_.GetCopy(holder_, copy_)->access_ended());
}

TEST_F(DeliveryHandlersTest, AListIsNewestFirstTombstonesAmongThem) {
  std::vector<std::string> copies;
  std::vector<std::string> items;
  for (int i = 0; i < 3; ++i) {
    items.push_back(Released());
    copies.insert(copies.begin(), copy_);
  }
  ASSERT_TRUE(world_.Retract(officer_, items[1], "RTR_FEL").ok());
  v1::ListDeliveriesRequest request;
  request.set_page_size(2);
  std::vector<std::string> listed;
  do {
    const auto page = world_.ListCopies(holder_, request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(world_.left().count, page->deliveries_size());
    EXPECT_EQ(page->resume_token(), absl::StrCat("resume ", kDistrictUnit));
    for (const Delivery& delivery : page->deliveries()) {
      listed.push_back(delivery.name());
      EXPECT_EQ(delivery.has_content(), delivery.state() == Delivery::STATE_DELIVERED);
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, copies);
  EXPECT_EQ(world_.ListCopies({"skn-tryggsam"})->deliveries_size(), 0);
}

TEST_F(DeliveryHandlersTest, AnAcknowledgementIsTakenOnceAndSeenByTheOriginator) {
  const std::string item = Released();
  const std::string etag = world_.GetCopy(holder_, copy_)->etag();
  const size_t changes = world_.Changes().size();
  const auto first = world_.Acknowledge(holder_, copy_);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->has_acknowledge_time());
  EXPECT_NE(first->etag(), etag);
  EXPECT_EQ(world_.left().kind, Record::KIND_ACKNOWLEDGEMENT);
  ASSERT_THAT(world_.left().side_records, SizeIs(1));
  EXPECT_EQ(world_.left().side_records[0].party, "parties/pol");
  EXPECT_EQ(world_.left().side_records[0].resource, item);
  ASSERT_THAT(world_.Changes(), SizeIs(changes + 1));
  EXPECT_EQ(world_.Changes().back()->targets.back().unit, kPoliceUnit) << "its item changed too";
  EXPECT_EQ(ReceiptOf(item).acknowledge_time().SerializeAsString(),
            first->acknowledge_time().SerializeAsString());

  world_.clock().Advance(absl::Hours(1));
  const auto second = world_.Acknowledge(holder_, copy_);
  EXPECT_EQ(second->SerializeAsString(), first->SerializeAsString());
  EXPECT_THAT(world_.left().side_records, IsEmpty());
  EXPECT_THAT(world_.Changes(), SizeIs(changes + 1));
}

TEST_F(DeliveryHandlersTest, ATombstoneAwaitsAnAcknowledgementOfItsOwn) {
  const std::string item = Released();
  ASSERT_TRUE(world_.Acknowledge(holder_, copy_).ok());
  ASSERT_TRUE(world_.Retract(officer_, item, "RTR_FEL").ok());
  EXPECT_FALSE(ReceiptOf(item).has_acknowledge_time());
  const auto acknowledged = world_.Acknowledge(holder_, copy_);
  ASSERT_TRUE(acknowledged.ok()) << acknowledged.status();
  EXPECT_EQ(acknowledged->state(), Delivery::STATE_SEALED);
  EXPECT_FALSE(acknowledged->has_content());
  EXPECT_TRUE(ReceiptOf(item).has_acknowledge_time());
}

}  // namespace
}  // namespace samverkan::incidents
