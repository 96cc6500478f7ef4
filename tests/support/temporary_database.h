#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "services/base/clock.h"
#include "services/base/status.h"
#include "services/storage/database.h"
#include "services/storage/migrations.h"
#include "services/storage/sqlite/sqlite_database.h"

namespace samverkan::storage {

// The embedded engine on a file that goes with the object, and a clock that moves only when told
// to.
class TemporaryDatabase {
 public:
  // When the clock stands at first: 2026-03-02 08:00 UTC.
  static constexpr absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);

  explicit TemporaryDatabase(absl::Span<const Migration> migrations = {},
                             sqlite::SqliteOptions options = {})
      : options_(std::move(options)), migrations_(migrations.begin(), migrations.end()) {
    std::string directory = (std::filesystem::temp_directory_path() / "samverkan_XXXXXX").string();
    SV_CHECK(::mkdtemp(directory.data()) != nullptr, "a temporary directory can be made");
    directory_ = directory;
    options_.path = directory_ / "hub.db";
    if (options_.clock == nullptr) options_.clock = &clock_;
    Reopen();
  }
  ~TemporaryDatabase() {
    database_.reset();
    std::filesystem::remove_all(directory_);
  }

  Database& operator*() { return *database_; }
  Database* operator->() { return database_.get(); }
  FakeClock& clock() { return clock_; }
  sqlite::SqliteOptions& options() { return options_; }
  // Holds the database file, its log and its lock.
  const std::filesystem::path& directory() const { return directory_; }

  void Close() { database_.reset(); }
  // Closes and opens, with the options as they are now. Without migrations the schema is left as it
  // is.
  void Reopen() {
    database_.reset();
    auto database = sqlite::OpenSqlite(options_);
    SV_CHECK(database.ok(), database.status().ToString().c_str());
    database_ = *std::move(database);
    if (migrations_.empty()) return;
    const absl::Status status = Migrate(*database_, migrations_);
    SV_CHECK(status.ok(), status.ToString().c_str());
  }

 private:
  FakeClock clock_{kStart};
  sqlite::SqliteOptions options_;
  std::vector<Migration> migrations_;
  std::filesystem::path directory_;
  std::unique_ptr<Database> database_;
};

}  // namespace samverkan::storage
