// The engines under the database suite.
#include "tests/conformance/database_suite.h"
#include "tests/support/temporary_database.h"

namespace samverkan::storage {
namespace {

class SqliteEngine final : public SuiteEngine {
 public:
  void Open(const SuiteOptions& options) override {
    sqlite::SqliteOptions& own = database_.options();
    own.readers = options.readers;
    own.queue_max = options.queue_max;
    own.group_max = options.group_max;
    own.key_merge_min = options.key_merge_min;
    own.key_merge_slice = options.key_merge_slice;
    own.checkpoint_pages = 64;
    database_.Reopen();
  }
  void Close() override { database_.Close(); }
  Database& database() override { return *database_; }
  FakeClock& clock() override { return database_.clock(); }
  Migration tables() const override {
    return {.room = "suite", .number = 1, .name = "tables", .sql = R"sql(
CREATE TABLE lines (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
)sql"};
  }
  std::string losing_statement() const override {
    return "INSERT OR ROLLBACK INTO notes (id, text) VALUES ($1, 'twice')";
  }

 private:
  TemporaryDatabase database_;
};

}  // namespace

std::vector<SuiteParameter> SuiteEngines() {
  return {{.name = "Sqlite", .make = [] { return std::make_unique<SqliteEngine>(); }}};
}

INSTANTIATE_TEST_SUITE_P(Engines, DatabaseSuite, ::testing::ValuesIn(SuiteEngines()), SuiteName);

}  // namespace samverkan::storage
