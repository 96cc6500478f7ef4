#include "services/incidents/incident_codec.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/proto_time.h"

namespace samverkan::incidents {
namespace {

constexpr absl::Time kTime = absl::FromUnixSeconds(1'772'438'400);

access::Object ObjectOf(const std::string& name, int64_t state) {
  access::Object object;
  object.name = name;
  object.owner_unit = "parties/pol/units/pol";
  object.owner_party = "parties/pol";
  object.state = state;
  object.revision = 4;
  return object;
}

v1::IncidentRecord Full() {
  v1::IncidentRecord record;
  record.mutable_content()->set_description("the text");
  record.mutable_source()->set_text("the source");
  record.mutable_note()->set_reason("the reason");
  record.add_tasks();
  record.set_foreign_id("f1");
  *record.mutable_create_time() = ::samverkan::ToProto(kTime);
  record.set_create_hash("not for the wire");
  return record;
}

DeliveryRow Row() {
  DeliveryRow row;
  row.id = 70;
  row.release_id = 5;
  row.unit = "parties/hal/units/hal";
  row.originator_unit = "parties/pol/units/pol";
  row.clause = "agreements/a/clauses/l2";
  row.clause_version = 3;
  row.deliver_time = kTime;
  row.tombstone_time = absl::UnixEpoch();
  return row;
}

TEST(IncidentCodecTest, TheOwnerSeesAllOfItsItem) {
  const v1::Incident incident =
      ToProto(ObjectOf("i", v1::Incident::STATE_SHARED), Full(), kTime + absl::Hours(1));
  EXPECT_EQ(incident.name(), "i");
  EXPECT_EQ(incident.state(), v1::Incident::STATE_SHARED);
  EXPECT_EQ(incident.revision(), 4);
  EXPECT_FALSE(incident.etag().empty());
  EXPECT_EQ(incident.foreign_id(), "f1");
  EXPECT_EQ(incident.content().description(), "the text");
  EXPECT_EQ(incident.source().text(), "the source");
  EXPECT_EQ(incident.revision_note().reason(), "the reason");
  EXPECT_EQ(incident.tasks_size(), 1);
  EXPECT_EQ(FromProto(incident.update_time()), kTime + absl::Hours(1));
}

// Whatever a record still holds: of a retracted item only identity, reason and times leave.
TEST(IncidentCodecTest, ATombstoneHidesWhatStandsBesideIt) {
  v1::IncidentRecord record = Full();
  record.mutable_tombstone()->set_reason("RTR_FEL");
  const v1::Incident incident =
      ToProto(ObjectOf("i", v1::Incident::STATE_RETRACTED), record, kTime);
  EXPECT_EQ(incident.tombstone().reason(), "RTR_FEL");
  EXPECT_FALSE(incident.has_content());
  EXPECT_FALSE(incident.has_source());
  EXPECT_FALSE(incident.has_revision_note());
  EXPECT_EQ(incident.tasks_size(), 0);
}

TEST(IncidentCodecTest, AReceiptTellsNothingThatTheOwnerHasDone) {
  const v1::Incident early = ToReceipt(ObjectOf("i", v1::Incident::STATE_RECEIVED), Full());
  v1::IncidentRecord later = Full();
  later.mutable_content()->set_description("assessed");
  later.mutable_tombstone()->set_reason("RTR_FEL");
  const v1::Incident late = ToReceipt(ObjectOf("i", v1::Incident::STATE_RETRACTED), later);
  EXPECT_EQ(late.SerializeAsString(), early.SerializeAsString());
  EXPECT_EQ(early.state(), v1::Incident::STATE_RECEIVED);
  EXPECT_EQ(early.foreign_id(), "f1");
  EXPECT_FALSE(early.has_content());
  EXPECT_EQ(early.revision(), 0);
}

TEST(IncidentCodecTest, ACopyIsSealedBeforeItIsSuperseded) {
  DeliveryRow row = Row();
  EXPECT_EQ(StateOf(row), v1::Delivery::STATE_DELIVERED);
  row.superseded_by = 71;
  EXPECT_EQ(StateOf(row), v1::Delivery::STATE_SUPERSEDED);
  row.tombstone_time = kTime;
  EXPECT_EQ(StateOf(row), v1::Delivery::STATE_SEALED) << "whether its reason was lost or not";
}

TEST(IncidentCodecTest, ACopyTellsItsReceiptsAndItsNeighbours) {
  DeliveryRow row = Row();
  v1::ReleasedRecord content;
  content.mutable_content()->set_description("the text");
  content.set_salt("not for the wire");
  v1::Delivery copy = ToProto(ObjectOf("d", 1), row, &content, {.supersedes = "older"}, true);
  EXPECT_EQ(copy.content().description(), "the text");
  EXPECT_EQ(copy.supersedes(), "older");
  EXPECT_EQ(copy.superseded_by(), "");
  EXPECT_TRUE(copy.access_ended());
  EXPECT_EQ(copy.clause().version(), 3);
  EXPECT_FALSE(copy.has_first_open_time());
  EXPECT_FALSE(copy.has_acknowledge_time());
  EXPECT_FALSE(copy.has_tombstone());
  row.first_open_time = kTime + absl::Seconds(1);
  row.acknowledge_time = kTime + absl::Seconds(2);
  row.tombstone_time = kTime + absl::Seconds(3);
  row.tombstone_reason = "RTR_FEL";
  copy = ToProto(ObjectOf("d", 1), row, &content, {}, false);
  EXPECT_EQ(FromProto(copy.first_open_time()), kTime + absl::Seconds(1));
  EXPECT_EQ(FromProto(copy.acknowledge_time()), kTime + absl::Seconds(2));
  EXPECT_EQ(FromProto(copy.tombstone().retract_time()), kTime + absl::Seconds(3));
  EXPECT_FALSE(copy.has_content()) << "even where it is given";
}

TEST(IncidentCodecTest, AReleaseHasTheReceiptsOfItsOwnCopies) {
  ReleaseRow row;
  row.id = 5;
  row.name = "r";
  row.legal_code = "LB_NOT_SECRET_TESTED";
  row.time = kTime;
  row.reasons.mutable_legal_position()->set_motivation("why");
  DeliveryRow other = Row();
  other.release_id = 6;
  const v1::Release release = ToProto(row, {Row(), other});
  ASSERT_EQ(release.receipts_size(), 1);
  EXPECT_EQ(release.receipts(0).unit(), "parties/hal/units/hal");
  EXPECT_EQ(release.legal_position().code(), "LB_NOT_SECRET_TESTED");
  EXPECT_EQ(release.legal_position().motivation(), "why");
  EXPECT_FALSE(release.has_content()) << "as of one that was retracted";
}

}  // namespace
}  // namespace samverkan::incidents
