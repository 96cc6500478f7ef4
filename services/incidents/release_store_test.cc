#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/random.h"
#include "services/base/status.h"
#include "services/incidents/incident_store.h"
#include "services/incidents/migrations.h"
#include "tests/support/temporary_database.h"

namespace samverkan::incidents {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kOriginator[] = "parties/pol";
constexpr char kHolder[] = "parties/hal";
constexpr int64_t kItem = 7;
constexpr int64_t kOtherItem = 8;

KeyRing Keys() {
  std::string text = "token AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  char first = 'B';
  for (const char* owner : {"hub", "pol", "hal"}) {
    const std::string key = absl::StrCat(std::string(1, first++), std::string(42, 'A'), "=");
    absl::StrAppend(&text, "content/", owner, " ", key, "\naudit-ref/", owner, " ", key, "\n");
  }
  return *KeyRing::Parse(text, "hub.keys");
}

class ReleaseStoreTest : public ::testing::Test {
 protected:
  absl::Status Write(absl::FunctionRef<absl::Status(storage::WriteTx&)> fn) {
    return storage::WriteAndWait(*database_, [fn](storage::WriteTx& tx) { return fn(tx); });
  }
  template <typename T>
  absl::StatusOr<T> Read(absl::FunctionRef<absl::StatusOr<T>(storage::ReadTx&)> fn) {
    absl::StatusOr<T> result;
    const absl::Status status =
        database_->Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          result = fn(tx);
          return absl::OkStatus();
        });
    return status.ok() ? std::move(result) : status;
  }
  // One release of an item with one copy.
  void Release(int64_t item, int64_t delivery, const std::string& text) {
    const absl::Status status = Write([&](storage::WriteTx& tx) -> absl::Status {
      NewContent content{.incident_id = item, .revision = 1, .record = {}, .hash = "hash " + text};
      content.record.mutable_content()->set_description(text);
      SV_ASSIGN_OR_RETURN(const StoredContent stored, store_.InsertContent(tx, content));
      ReleaseRow row{.name = absl::StrCat("releases of ", item),
                     .incident_id = item,
                     .revision = 1,
                     .clause = "agreements/a/clauses/l2",
                     .clause_version = 3,
                     .purpose = "PUR_LAGESBILD",
                     .legal_code = "LB_NOT_SECRET_TESTED",
                     .decided_by = "FN_KOMPOL",
                     .time = tx.now(),
                     .hash = {},
                     .reasons = {},
                     .content = {}};
      row.reasons.mutable_legal_position()->set_motivation("why " + text);
      SV_RETURN_IF_ERROR(store_.InsertRelease(tx, row, stored, kOriginator));
      last_release_ = row.id;
      return store_.InsertDelivery(tx,
                                   {.id = delivery,
                                    .incident_id = item,
                                    .release_id = row.id,
                                    .unit = "parties/hal/units/hal",
                                    .originator_unit = "parties/pol/units/pol",
                                    .clause = row.clause,
                                    .clause_version = 3,
                                    .purpose = row.purpose,
                                    .onward = types::v1::ONWARD_NONE,
                                    .deliver_time = tx.now(),
                                    .first_open_time = {},
                                    .acknowledge_time = {},
                                    .tombstone_reason = {},
                                    .tombstone_time = {}},
                                   stored, kHolder);
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  DeliveryRow Delivery(int64_t id) {
    const auto row =
        Read<DeliveryRow>([&](storage::ReadTx& tx) { return store_.LoadDelivery(tx, id); });
    EXPECT_TRUE(row.ok()) << row.status();
    return row.ok() ? *row : DeliveryRow();
  }
  absl::StatusOr<std::string> TextFor(int64_t delivery, absl::string_view party) {
    return Read<std::string>([&](storage::ReadTx& tx) -> absl::StatusOr<std::string> {
      SV_ASSIGN_OR_RETURN(const DeliveryRow row, store_.LoadDelivery(tx, delivery));
      SV_ASSIGN_OR_RETURN(const v1::ReleasedRecord record, store_.LoadContent(tx, row, party));
      return record.content().description();
    });
  }
  absl::StatusOr<std::vector<ReleaseRow>> Releases(int64_t item, int64_t before, int64_t limit) {
    return Read<std::vector<ReleaseRow>>([&](storage::ReadTx& tx) {
      return store_.ListReleases(tx, item, kOriginator, before, limit);
    });
  }
  absl::StatusOr<ReleaseRow> LoadRelease(int64_t id, absl::string_view party) {
    return Read<ReleaseRow>([&](storage::ReadTx& tx) { return store_.LoadRelease(tx, id, party); });
  }
  // One of the acts that say whether they changed anything.
  bool Changed(absl::StatusOr<bool> (ReleaseStore::*act)(storage::WriteTx&, int64_t) const,
               int64_t delivery) {
    bool changed = false;
    EXPECT_TRUE(Write([&](storage::WriteTx& tx) -> absl::Status {
                  SV_ASSIGN_OR_RETURN(changed, (store_.*act)(tx, delivery));
                  return absl::OkStatus();
                }).ok());
    return changed;
  }

  storage::TemporaryDatabase database_{IncidentsMigrations()};
  SeededRandom random_{"release store test"};
  const KeyRing keys_ = Keys();
  const RecordCipher cipher_{keys_, random_};
  const ReleaseStore store_{cipher_};
  int64_t last_release_ = 0;
};

TEST_F(ReleaseStoreTest, OriginatorAndHolderReadItEachByItsOwnKey) {
  Release(kItem, 70, "a robbery");
  const auto release = LoadRelease(last_release_, kOriginator);
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_EQ(release->content.content().description(), "a robbery");
  EXPECT_EQ(release->reasons.legal_position().motivation(), "why a robbery");
  EXPECT_EQ(release->hash, "hash a robbery");
  EXPECT_EQ(release->clause, "agreements/a/clauses/l2");
  EXPECT_EQ(release->clause_version, 3);
  EXPECT_EQ(release->decided_by, "FN_KOMPOL");
  EXPECT_EQ(*TextFor(70, kHolder), "a robbery");

  EXPECT_EQ(LoadRelease(last_release_, kHolder).status().code(), absl::StatusCode::kDataLoss)
      << "the reasons are the originator's";
  EXPECT_EQ(TextFor(70, kOriginator).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ReleaseStoreTest, WhatIsNotThereIsLossOfData) {
  EXPECT_EQ(LoadRelease(1, kOriginator).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(TextFor(70, kHolder).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(*Releases(kItem, 1'000, 10), SizeIs(0));
}

TEST_F(ReleaseStoreTest, AListIsOfOneItemNewestFirstFromBeforeAnId) {
  Release(kItem, 70, "first");
  const int64_t first = last_release_;
  Release(kOtherItem, 80, "another");
  Release(kItem, 71, "second");
  const int64_t second = last_release_;
  const auto ids = [&](int64_t before, int64_t limit) {
    std::vector<int64_t> found;
    const auto releases = Releases(kItem, before, limit);
    EXPECT_TRUE(releases.ok()) << releases.status();
    for (const ReleaseRow& row : *releases) found.push_back(row.id);
    return found;
  };
  EXPECT_THAT(ids(second + 1, 10), ElementsAre(second, first));
  EXPECT_THAT(ids(second + 1, 1), ElementsAre(second));
  EXPECT_THAT(ids(second, 10), ElementsAre(first));
  EXPECT_THAT(ids(first, 10), ElementsAre());
  const auto copies = Read<std::vector<DeliveryRow>>(
      [&](storage::ReadTx& tx) { return store_.ListDeliveries(tx, kItem); });
  ASSERT_THAT(*copies, SizeIs(2));
  EXPECT_EQ((*copies)[0].id, 70);
  EXPECT_EQ((*copies)[1].id, 71);
}

TEST_F(ReleaseStoreTest, ReceiptsAreOfTheFirstTimeAlone) {
  Release(kItem, 70, "text");
  EXPECT_FALSE(Delivery(70).first_open_time.has_value());
  EXPECT_TRUE(Changed(&ReleaseStore::NoteOpened, 70));
  const std::optional<absl::Time> opened = Delivery(70).first_open_time;
  ASSERT_TRUE(opened.has_value());
  database_.clock().Advance(absl::Hours(1));
  EXPECT_FALSE(Changed(&ReleaseStore::NoteOpened, 70));
  EXPECT_EQ(Delivery(70).first_open_time, opened);
  EXPECT_FALSE(Delivery(70).acknowledge_time.has_value()) << "to open is not to acknowledge";
  EXPECT_TRUE(Changed(&ReleaseStore::Acknowledge, 70));
  EXPECT_FALSE(Changed(&ReleaseStore::Acknowledge, 70));
  EXPECT_FALSE(Changed(&ReleaseStore::Acknowledge, 71)) << "nobody's";
}

TEST_F(ReleaseStoreTest, ACorrectionMarksTheCopyBeforeItAndNoOther) {
  Release(kItem, 70, "old");
  Release(kItem, 71, "new");
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) { return store_.Supersede(tx, 70, 71); }).ok());
  EXPECT_EQ(Delivery(70).superseded_by, 71);
  EXPECT_EQ(Delivery(71).superseded_by, 0);
  EXPECT_EQ(*TextFor(70, kHolder), "old") << "readable as history";
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) { return store_.WithholdCorrection(tx, 71); }).ok());
  EXPECT_FALSE(Delivery(70).correction_withheld);
  EXPECT_TRUE(Delivery(71).correction_withheld);
}

TEST_F(ReleaseStoreTest, ASealLeavesTombstonesAndNothingThatCanBeRead) {
  Release(kItem, 70, "first");
  const int64_t release = last_release_;
  Release(kItem, 71, "second");
  Release(kOtherItem, 80, "another");
  ASSERT_TRUE(Changed(&ReleaseStore::Acknowledge, 70));
  database_.clock().Advance(absl::Hours(1));
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) { return store_.Seal(tx, kItem, "RTR_FEL"); }).ok());
  for (const int64_t id : {70, 71}) {
    EXPECT_FALSE(TextFor(id, kHolder).ok());
    EXPECT_EQ(Delivery(id).tombstone_reason, "RTR_FEL");
    EXPECT_GE(Delivery(id).tombstone_time, database_.clock().Now());
    EXPECT_FALSE(Delivery(id).acknowledge_time.has_value()) << "the tombstone awaits its own";
  }
  const auto sealed = LoadRelease(release, kOriginator);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(sealed->clause, "agreements/a/clauses/l2") << "that it was released stays known";
  EXPECT_FALSE(sealed->content.has_content());
  EXPECT_FALSE(sealed->reasons.has_legal_position());
  EXPECT_EQ(*TextFor(80, kHolder), "another");
  EXPECT_EQ(Delivery(80).tombstone_time, absl::UnixEpoch());

  const auto left = Read<int64_t>([&](storage::ReadTx& tx) -> absl::StatusOr<int64_t> {
    SV_ASSIGN_OR_RETURN(
        const storage::Rows rows,
        tx.Run("SELECT (SELECT count(*) FROM released_contents WHERE incident_id = $1 AND "
               "ciphertext IS NOT NULL) + (SELECT count(*) FROM releases WHERE incident_id = $1 "
               "AND (wrapped_key IS NOT NULL OR reasons_key IS NOT NULL OR reasons IS NOT NULL)) "
               "+ (SELECT count(*) FROM deliveries WHERE incident_id = $1 AND wrapped_key IS NOT "
               "NULL)",
               {kItem}));
    return rows[0].Int(0);
  });
  EXPECT_EQ(*left, 0) << "keys and ciphertexts";
}

}  // namespace
}  // namespace samverkan::incidents
