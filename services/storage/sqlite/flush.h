#pragma once

#include <vector>

#include "absl/status/status.h"
#include "services/storage/pending_group.h"
#include "services/storage/sqlite/connection.h"

namespace samverkan::storage::sqlite {

// Writes what a group has gathered in memory: appended rows table by table, then the counters that
// moved.
class Flusher {
 public:
  explicit Flusher(Connection& connection) : connection_(connection) {}
  absl::Status Flush(const PendingGroup& pending);

 private:
  absl::Status FlushTable(size_t index, const PendingGroup::Table& table);

  Connection& connection_;
  // The INSERT of each table of the pending group, at the same index.
  std::vector<Statement*> inserts_;
};

}  // namespace samverkan::storage::sqlite
