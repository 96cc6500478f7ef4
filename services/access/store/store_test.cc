#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/access/store/migrations.h"
#include "services/access/store/object_store.h"
#include "services/access/store/owner_index.h"
#include "services/access/store/policy_store.h"
#include "services/base/random.h"
#include "services/base/uuid.h"
#include "tests/support/access_world.h"
#include "tests/support/temporary_database.h"

namespace samverkan::access {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kUnit[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
constexpr char kOther[] = "parties/sthlm-sdn-skh/units/sthlm-sdn-skh";

class StoreTest : public ::testing::Test {
 protected:
  absl::Status Write(storage::Database::WriteFunction fn) {
    return storage::WriteAndWait(*database_, std::move(fn));
  }
  absl::Status Read(absl::FunctionRef<absl::Status(storage::ReadTx&)> fn) {
    return database_->Read(absl::InfiniteFuture(), fn);
  }
  Object Item(const char* unit = kUnit) {
    Object object;
    object.owner_unit = unit;
    object.name = absl::StrCat(std::string(unit).substr(0, std::string(unit).find("/units")),
                               "/incidents/", Uuid::Random(random_).ToString());
    object.category = "IKA_HANDELSE";
    object.cells = {"areas/city", "areas/stadsdel-fruangen"};
    object.tlp = types::v1::TLP_AMBER;
    object.confidentiality = 2;
    object.state = 1;
    return object;
  }
  absl::Status Insert(storage::WriteTx& tx, Object& object) {
    SV_ASSIGN_OR_RETURN(object.id, store_.NextId(tx));
    return store_.Insert(tx, object);
  }
  // Ids of what the unit owns, as a list gives them.
  std::vector<int64_t> List(const char* unit, int64_t before = 1 << 30, int64_t limit = 100) {
    std::vector<int64_t> ids;
    EXPECT_TRUE(Read([&](storage::ReadTx& tx) -> absl::Status {
                  SV_ASSIGN_OR_RETURN(
                      const std::vector<Object> objects,
                      store_.ListByOwner(tx, ObjectKind::kIncident, unit, before, limit));
                  for (const Object& object : objects) ids.push_back(object.id);
                  return absl::OkStatus();
                }).ok());
    return ids;
  }

  SeededRandom random_{"store test"};
  storage::TemporaryDatabase database_{StoreMigrations()};
  const ObjectStore store_{};
};

TEST_F(StoreTest, AnObjectIsFoundAsItWasWritten) {
  Object object = Item();
  object.parties = {"parties/pol", "parties/sthlm-ks"};
  object.head = 7;
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) { return Insert(tx, object); }).ok());
  EXPECT_EQ(object.id, 1);
  std::optional<Object> found;
  ASSERT_TRUE(Read([&](storage::ReadTx& tx) -> absl::Status {
                SV_ASSIGN_OR_RETURN(found, store_.Find(tx, object.name));
                return absl::OkStatus();
              }).ok());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->id, 1);
  EXPECT_EQ(found->owner_unit, kUnit);
  EXPECT_EQ(found->owner_party, "parties/sthlm-sdn-hal");
  EXPECT_EQ(found->category, "IKA_HANDELSE");
  EXPECT_THAT(found->cells, ElementsAre("areas/city", "areas/stadsdel-fruangen"));
  EXPECT_EQ(found->tlp, types::v1::TLP_AMBER);
  EXPECT_EQ(found->confidentiality, 2);
  EXPECT_THAT(found->parties, ElementsAre("parties/pol", "parties/sthlm-ks"));
  EXPECT_EQ(found->head, 7);
  EXPECT_EQ(found->change, 1);
  EXPECT_EQ(found->change_time, object.change_time);
  EXPECT_GE(found->change_time, database_.clock().Now());
}

TEST_F(StoreTest, ANameOfAnotherPartyWithTheSameUuidFindsNothing) {
  Object object = Item();
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) { return Insert(tx, object); }).ok());
  const std::string id = object.name.substr(object.name.rfind('/'));
  ASSERT_TRUE(Read([&](storage::ReadTx& tx) -> absl::Status {
                SV_ASSIGN_OR_RETURN(auto other, store_.Find(tx, "parties/pol/incidents" + id));
                EXPECT_FALSE(other.has_value());
                SV_ASSIGN_OR_RETURN(auto none, store_.Find(tx, "agreements/lok"));
                EXPECT_FALSE(none.has_value());
                return absl::OkStatus();
              }).ok());
}

TEST_F(StoreTest, AnUpdateChangesTheEtagEvenInTheFunctionThatCreated) {
  Object object = Item();
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) -> absl::Status {
                SV_RETURN_IF_ERROR(Insert(tx, object));
                object.state = 2;
                object.cells = {"areas/city"};
                return store_.Update(tx, object);
              }).ok());
  ASSERT_TRUE(Read([&](storage::ReadTx& tx) -> absl::Status {
                SV_ASSIGN_OR_RETURN(auto found, store_.FindById(tx, object.id));
                EXPECT_EQ(found->change, 2);
                EXPECT_EQ(found->state, 2);
                EXPECT_THAT(found->cells, ElementsAre("areas/city"));
                EXPECT_EQ(EtagOf(*found), EtagOf(object));
                return absl::OkStatus();
              }).ok());
}

TEST_F(StoreTest, AListIsNewestFirstWhateverIsIndexed) {
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) -> absl::Status {
                for (int i = 0; i < 600; ++i) {
                  Object object = Item(i % 3 == 0 ? kUnit : kOther);
                  SV_RETURN_IF_ERROR(Insert(tx, object));
                }
                return absl::OkStatus();
              }).ok());
  const std::vector<int64_t> before = List(kUnit);
  ASSERT_EQ(before.size(), 100);
  EXPECT_EQ(before.front(), 598);
  EXPECT_EQ(before.back(), 301);
  bool more = true;
  for (int step = 0; more; ++step) {
    ASSERT_TRUE(Write([&](storage::WriteTx& tx) -> absl::Status {
                  SV_ASSIGN_OR_RETURN(more, IndexOwners(tx));
                  return absl::OkStatus();
                }).ok());
    EXPECT_EQ(List(kUnit), before) << "after step " << step;
  }
  EXPECT_EQ(List(kUnit, 301).size(), 100);
  EXPECT_THAT(List(kUnit, 8), ElementsAre(7, 4, 1));
  EXPECT_THAT(List(kUnit, 1 << 30, 1), ElementsAre(598));
  EXPECT_THAT(List("parties/pol/units/pol-sth"), IsEmpty());
}

TEST_F(StoreTest, TheIndexerStartsAndStops) {
  Object object = Item();
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) { return Insert(tx, object); }).ok());
  OwnerIndexer indexer(*database_);
  EXPECT_THAT(List(kUnit), ElementsAre(1));
}

TEST_F(StoreTest, KeysOfNamesAreTheirUuidOrAHash) {
  const Uuid uuid = Uuid::Random(random_);
  EXPECT_EQ(KeyOfName("parties/pol/incidents/" + uuid.ToString()), uuid.bytes());
  EXPECT_NE(KeyOfName("agreements/cen"), KeyOfName("agreements/int"));
}

class PolicyStoreTest : public StoreTest {
 protected:
  PolicyStoreTest()
      : world_(samverkan::testing::ParseWorld(
            samverkan::testing::ReadFileOrDie("tests/conformance/world.json"))) {}
  std::unique_ptr<PolicyStore> Open() {
    auto areas = AreaMap::Compile(*world_.directory, {});
    SV_CHECK(areas.ok(), "the world's areas compile");
    auto store = PolicyStore::Create(*database_, world_.directory, *areas);
    SV_CHECK(store.ok(), "the policy store opens");
    return *std::move(store);
  }
  absl::Status Save(PolicyStore& store, const v1::AgreementPolicy& policy) {
    return Write([&](storage::WriteTx& tx) { return store.Save(tx, policy).status(); });
  }

  const samverkan::testing::World world_;
};

TEST_F(PolicyStoreTest, ASavedPolicyIsInForceWhenAcknowledgedAndAfterARestart) {
  std::unique_ptr<PolicyStore> store = Open();
  EXPECT_FALSE(store->Current()->FindClause("agreements/cen/clauses/c7").has_value());
  const uint64_t epoch = store->Epoch();
  for (const auto& policy : world_.agreements) ASSERT_TRUE(Save(*store, *policy).ok());
  EXPECT_TRUE(store->Current()->FindClause("agreements/cen/clauses/c7").has_value());
  EXPECT_EQ(store->Epoch(), epoch + world_.agreements.size());

  v1::AgreementPolicy changed = *world_.agreements[0];
  changed.clear_suspensions();
  ASSERT_TRUE(Save(*store, changed).ok());
  EXPECT_EQ(store->Current()->input().agreements.size(), world_.agreements.size());

  store = Open();
  EXPECT_EQ(store->Current()->input().agreements.size(), world_.agreements.size());
  EXPECT_THAT(store->Current()->problems(), IsEmpty());
  EXPECT_TRUE(store->Current()->FindClause("agreements/lok-hal-skarh/clauses/l2").has_value());
}

TEST_F(PolicyStoreTest, WhatIsUndoneIsNeverInForce) {
  std::unique_ptr<PolicyStore> store = Open();
  const uint64_t epoch = store->Epoch();
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) -> absl::Status {
                SV_RETURN_IF_ERROR(store->Save(tx, *world_.agreements[0]).status());
                return tx.Undo();
              }).ok());
  EXPECT_EQ(store->Epoch(), epoch);
  EXPECT_THAT(Open()->Current()->input().agreements, IsEmpty());
}

TEST_F(PolicyStoreTest, WhatDoesNotResolveIsNotSaved) {
  std::unique_ptr<PolicyStore> store = Open();
  v1::AgreementPolicy policy = *world_.agreements[0];
  agreements::v1::AgreementContent content;
  content.ParseFromString(policy.content());
  content.mutable_clauses(0)->set_categories(0, "IKA_OKAND");
  policy.set_content(content.SerializeAsString());
  EXPECT_EQ(Save(*store, policy).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Open()->Current()->input().agreements, IsEmpty());
}

}  // namespace
}  // namespace samverkan::access
