#include "services/incidents/incident_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/access/store/migrations.h"
#include "services/base/random.h"
#include "services/incidents/migrations.h"
#include "tests/support/temporary_database.h"

namespace samverkan::incidents {
namespace {

std::vector<storage::Migration> Migrations() {
  std::vector<storage::Migration> all = access::StoreMigrations();
  const std::vector<storage::Migration>& own = IncidentsMigrations();
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

KeyRing Keys() {
  const std::string key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  return *KeyRing::Parse(absl::StrCat("token ", key, "\ncontent/hub ", key, "\naudit-ref/hub ", key,
                                      "\ncontent/pol ", key, "\naudit-ref/pol ", key, "\n"),
                         "hub.keys");
}

class IncidentStoreTest : public ::testing::Test {
 protected:
  static access::Object Item() {
    access::Object object;
    object.name = "parties/pol/incidents/6c1c2a5e-8a05-4a36-9d4d-0f1b6f1f9a10";
    object.owner_unit = "parties/pol/units/pol-sth";
    object.owner_party = "parties/pol";
    return object;
  }
  static v1::IncidentRecord RecordOf(const std::string& text) {
    v1::IncidentRecord record;
    record.mutable_content()->set_description(text);
    return record;
  }
  absl::Status Write(storage::Database::WriteFunction fn) {
    return storage::WriteAndWait(*database_, std::move(fn));
  }
  // Versions of which a key or a text is left.
  int64_t Readable() {
    int64_t count = -1;
    EXPECT_TRUE(database_
                    ->Read(absl::InfiniteFuture(),
                           [&](storage::ReadTx& tx) -> absl::Status {
                             SV_ASSIGN_OR_RETURN(
                                 const storage::Rows rows,
                                 tx.Run("SELECT count(*) FROM incident_versions WHERE wrapped_key "
                                        "IS NOT NULL OR ciphertext IS NOT NULL"));
                             count = rows[0].Int(0);
                             return absl::OkStatus();
                           })
                    .ok());
    return count;
  }

  storage::TemporaryDatabase database_{Migrations()};
  const access::ObjectStore objects_{};
  SeededRandom random_{"incident store test"};
  const KeyRing keys_ = Keys();
  const RecordCipher cipher_{keys_, random_};
  const IncidentStore store_{objects_, cipher_};
};

TEST_F(IncidentStoreTest, DestroysEveryVersion) {
  access::Object object = Item();
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) {
                return store_.Insert(tx, object, store_.Seal(object, RecordOf("first")));
              }).ok());
  ASSERT_TRUE(Write([&](storage::WriteTx& tx) {
                return store_.Save(tx, object, RecordOf("second"));
              }).ok());
  EXPECT_EQ(Readable(), 2);
  EXPECT_TRUE(Write([&](storage::WriteTx& tx) { return store_.Destroy(tx, object); }).ok());
  EXPECT_EQ(Readable(), 0);
}

// What an earlier act of the same group has appended is out of every statement's reach: were it
// passed over, its text would outlive the retraction.
TEST_F(IncidentStoreTest, PutsOffToDestroyWhatIsOnlyBeingWritten) {
  access::Object object = Item();
  const absl::Status status = Write([&](storage::WriteTx& tx) -> absl::Status {
    SV_RETURN_IF_ERROR(store_.Insert(tx, object, store_.Seal(object, RecordOf("first"))));
    return store_.Destroy(tx, object);
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(Readable(), 0);
}

}  // namespace
}  // namespace samverkan::incidents
