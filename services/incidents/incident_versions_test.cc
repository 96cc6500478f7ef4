// What the store of items promises of versions, parties and foreign ids.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/incidents/incident_store.h"
#include "services/incidents/migrations.h"
#include "tests/support/handler_world.h"

namespace samverkan::incidents {
namespace {

using ::samverkan::testing::HandlerWorld;

class IncidentVersionsTest : public ::testing::Test {
 protected:
  static access::Object Item(const std::string& id = "6c1c2a5e-8a05-4a36-9d4d-0f1b6f1f9a10") {
    access::Object object;
    object.kind = access::ObjectKind::kIncident;
    object.name = absl::StrCat("parties/pol/incidents/", id);
    object.owner_unit = "parties/pol/units/pol-sth";
    object.owner_party = "parties/pol";
    return object;
  }
  static v1::IncidentRecord RecordOf(const std::string& text) {
    v1::IncidentRecord record;
    record.mutable_content()->set_description(text);
    return record;
  }
  absl::Status Write(absl::FunctionRef<absl::Status(storage::WriteTx&)> fn) {
    return storage::WriteAndWait(world_.database(), [fn](storage::WriteTx& tx) { return fn(tx); });
  }
  absl::StatusOr<std::string> Load(const access::Object& object) {
    std::string text;
    SV_RETURN_IF_ERROR(
        world_.database().Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(const v1::IncidentRecord record, store_.Load(tx, object));
          text = record.content().description();
          return absl::OkStatus();
        }));
    return text;
  }
  void Insert(access::Object& object, const std::string& text) {
    const absl::Status status = Write([&](storage::WriteTx& tx) {
      return store_.Insert(tx, object, store_.Seal(object, RecordOf(text)));
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  void Save(access::Object& object, const std::string& text) {
    const absl::Status status =
        Write([&](storage::WriteTx& tx) { return store_.Save(tx, object, RecordOf(text)); });
    ASSERT_TRUE(status.ok()) << status;
  }

  HandlerWorld world_{{.migrations = IncidentsMigrations()}};
  const IncidentStore store_{world_.objects(), world_.cipher()};
};

TEST_F(IncidentVersionsTest, TheLabelLeadsToTheNewestVersion) {
  access::Object object = Item();
  Insert(object, "first");
  const access::Object earlier = object;
  EXPECT_EQ(*Load(object), "first");
  Save(object, "second");
  EXPECT_EQ(*Load(*world_.Find(object.name)), "second");
  EXPECT_EQ(*Load(earlier), "first") << "the older version is kept";
  EXPECT_NE(object.head, earlier.head);
}

TEST_F(IncidentVersionsTest, AVersionOpensForItsOwnersKeyAlone) {
  access::Object object = Item();
  Insert(object, "first");
  access::Object stolen = object;
  stolen.owner_party = "parties/sthlm-sdn-hal";
  EXPECT_EQ(Load(stolen).status().code(), absl::StatusCode::kDataLoss);
}

// A ciphertext that was moved to another item's row is not taken for that item's.
TEST_F(IncidentVersionsTest, AVersionIsBoundToItsPlace) {
  access::Object one = Item();
  access::Object other = Item("0f1e2d3c-4b5a-4697-8879-a0b1c2d3e4f5");
  Insert(one, "one");
  Insert(other, "other");
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) {
                return tx
                    .Run(
                        "UPDATE incident_versions SET (wrapped_key, ciphertext) = (SELECT "
                        "wrapped_key, ciphertext FROM incident_versions WHERE id = $1) WHERE id = "
                        "$2",
                        {one.head, other.head})
                    .status();
              }).ok());
  EXPECT_EQ(*Load(one), "one");
  EXPECT_EQ(Load(other).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(IncidentVersionsTest, WhatIsWrittenAfterTheDestructionStands) {
  access::Object object = Item();
  Insert(object, "first");
  const access::Object earlier = object;
  access::Object untouched = Item("0f1e2d3c-4b5a-4697-8879-a0b1c2d3e4f5");
  Insert(untouched, "untouched");
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) -> absl::Status {
                SV_RETURN_IF_ERROR(store_.Destroy(tx, object));
                return store_.Save(tx, object, RecordOf("tombstone"));
              }).ok());
  EXPECT_EQ(*Load(object), "tombstone");
  EXPECT_FALSE(Load(earlier).ok());
  EXPECT_EQ(*Load(untouched), "untouched");
}

TEST_F(IncidentVersionsTest, AForeignIdIsItsPartysAlone) {
  const auto find = [&](absl::string_view party, absl::string_view foreign_id) {
    std::optional<int64_t> found;
    EXPECT_TRUE(world_.database()
                    .Read(absl::InfiniteFuture(),
                          [&](storage::ReadTx& tx) -> absl::Status {
                            SV_ASSIGN_OR_RETURN(found, store_.FindForeignId(tx, party, foreign_id));
                            return absl::OkStatus();
                          })
                    .ok());
    return found;
  };
  EXPECT_EQ(find("parties/pol", "1"), std::nullopt);
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) {
                store_.PutForeignId(tx, "parties/pol", "1", 17);
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(find("parties/pol", "1"), 17);
  EXPECT_EQ(find("parties/pol1", ""), std::nullopt) << "nor by another way to join the two";
  EXPECT_EQ(find("parties/sthlm-sdn-hal", "1"), std::nullopt);
}

}  // namespace
}  // namespace samverkan::incidents
