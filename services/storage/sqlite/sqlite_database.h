#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/base/clock.h"
#include "services/storage/database.h"
#include "services/storage/sqlite/connection.h"

namespace samverkan::storage::sqlite {

struct SqliteOptions {
  // The database file; `<path>.lock`, `<path>-wal` and `<path>-shm` stand beside it. Created when
  // it does not exist.
  std::string path = {};
  // Outlives the database.
  Clock* clock = nullptr;
  // Reader connections: as many as the threads that read.
  int readers = 4;
  // Functions admitted and not yet answered; beyond it a write is refused at once.
  int64_t queue_max = 8192;
  // A group takes no further function when it has this many, or this many appended bytes.
  int64_t group_max = 256;
  int64_t group_bytes_max = 1 << 20;
  // The write-ahead log is copied into the file when it has grown by this many pages of 4 KiB.
  int64_t checkpoint_pages = 4000;
  // Keys are merged from this many on, in slices of this many. The more at once, the more of them
  // share a page of the tree; until then each takes some hundred bytes of memory.
  int64_t key_merge_min = 16'384;
  int64_t key_merge_slice = 512;
  // A reader's transaction fails when it takes longer: old snapshots keep the log from being reset.
  absl::Duration read_max = absl::Seconds(1);
  int64_t writer_cache_bytes = 64 << 20;
  int64_t reader_cache_bytes = 8 << 20;
  // How much of the file readers map into memory; 0: none.
  int64_t reader_mmap_bytes = 0;
  // The largest size of the file in pages; 0: no limit.
  int64_t pages_max = 0;
  // Sees every statement the writer executes, on the writer's thread. For benchmarks.
  Trace trace = nullptr;
  // Runs before each wait for the disk, on the thread that waits: a slow disk. For tests.
  std::function<void()> before_sync = nullptr;
};

// The embedded engine: one process, one connection that writes and checkpoints, several that read.
// FAILED_PRECONDITION, with a message for the operator, when another process has the file or it is
// not this program's.
absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(SqliteOptions options);

}  // namespace samverkan::storage::sqlite
