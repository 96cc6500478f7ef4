#include "services/storage/sqlite/sqlite_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "services/storage/migrations.h"

namespace samverkan::storage::sqlite {
namespace {

using ::testing::HasSubstr;

class SqliteDatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/sqlite_XXXXXX";
    directory_ = ::mkdtemp(name.data());
    options_ = {.path = directory_ + "/hub.db", .clock = &clock_};
    Open();
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  void Open() {
    database_.reset();
    auto database = OpenSqlite(options_);
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
  }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::string directory_;
  SqliteOptions options_;
  std::unique_ptr<Database> database_;
};

TEST_F(SqliteDatabaseTest, SecondOpeningIsRefusedAndSaysWhy) {
  auto second = OpenSqlite(options_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.status().message(), HasSubstr(absl::StrCat("pid ", ::getpid())));
}

TEST_F(SqliteDatabaseTest, ForeignFilesAreRefused) {
  const std::string path = directory_ + "/other.db";
  {
    auto connection = Connection::Open({.path = path});
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE((*connection)->RunScript("CREATE TABLE others (id INTEGER)").ok());
  }
  auto opened = OpenSqlite({.path = path, .clock = &clock_});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(), HasSubstr("another program"));
}

TEST_F(SqliteDatabaseTest, WritesAndReads) {
  ASSERT_TRUE(
      Migrate(*database_, {{.room = "t",
                            .number = 1,
                            .name = "t",
                            .sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT) STRICT;"}})
          .ok());
  const AppendTable table{.name = "t", .columns = {"id", "v"}};
  ASSERT_TRUE(WriteAndWait(*database_, [&](WriteTx& tx) -> absl::Status {
                auto id = tx.Next("t");
                tx.Append(table, {*id, std::string("one")});
                tx.PutKey(KeySpace::kName, Key{7}, *id);
                return absl::OkStatus();
              }).ok());
  Open();
  ASSERT_TRUE(database_
                  ->Read(absl::InfiniteFuture(),
                         [&](ReadTx& tx) -> absl::Status {
                           auto id = tx.FindKey(KeySpace::kName, Key{7});
                           EXPECT_EQ(**id, 1);
                           auto rows = tx.Run("SELECT v FROM t WHERE id = $1", {**id});
                           EXPECT_EQ((*rows)[0].Text(0), "one");
                           return absl::OkStatus();
                         })
                  .ok());
  EXPECT_TRUE(database_->Ready().ok());
  EXPECT_TRUE(PurgeAndWait(*database_).ok());
}

}  // namespace
}  // namespace samverkan::storage::sqlite
