#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/types/span.h"
#include "services/storage/database.h"
#include "services/storage/sqlite/connection.h"

namespace samverkan::bench {

// One statement as the writer executed it.
struct Executed {
  std::string sql;
  std::vector<storage::Value> parameters;
};

// What the writer of one database executes for functions that are handed in while it is held back,
// so that every group is as full as SqliteOptions::group_max lets it be.
class Recording {
 public:
  // Of that many groups. Outlives the database.
  explicit Recording(int64_t groups) : groups_(groups) {}

  // For SqliteOptions::trace.
  storage::sqlite::Trace Trace();
  // Nothing handed in from now on runs before Release.
  void Hold(storage::Database& database);
  void Release() { released_.Notify(); }

  // Once the last of them is answered.
  const std::vector<Executed>& statements() const { return statements_; }

 private:
  const int64_t groups_;
  absl::Notification released_;
  // Of the writer's thread.
  bool recording_ = false;
  int64_t recorded_ = 0;
  std::vector<Executed> statements_;
};

struct Replayed {
  double seconds = 0;
  // Of the thread that replays.
  double cpu_seconds = 0;
  // Inserted, updated and deleted.
  int64_t rows = 0;
};

// Executes the statements on a bare connection to this file, as the engine is set up. Ends the
// process where one fails.
Replayed Replay(const std::string& path, absl::Span<const Executed> statements);

// Ends the process unless the tables that the statements insert into have integer keys and no
// index.
void RequireNoIndex(const std::string& path, absl::Span<const Executed> statements);

}  // namespace samverkan::bench
