#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "services/storage/database.h"

namespace samverkan::storage {

// One step of a room's tables, written once and never changed. The build makes them from
// services/<room>/migrations/<engine>/0001_name.sql (see migrations.cmake).
struct Migration {
  std::string room;
  // From 1, without gaps.
  int number = 0;
  std::string name;
  std::string sql;
};

// Brings the database up to date: runs what has not run, in order, each in a transaction of its own
// together with its record, so that an interrupted run is continued by the next.
// FAILED_PRECONDITION, with a message for the operator, when the database is newer than this
// program or a migration has changed after it ran; then nothing is done.
absl::Status Migrate(Database& database, absl::Span<const Migration> migrations);

}  // namespace samverkan::storage
