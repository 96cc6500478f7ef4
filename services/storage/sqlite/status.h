#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace samverkan::storage::sqlite {

// SQLite's extended code as a status. The message is neutral; what SQLite said stands in a payload,
// for logs and tests: ALREADY_EXISTS (unique), FAILED_PRECONDITION (another constraint),
// RESOURCE_EXHAUSTED (disk full), UNAVAILABLE (locked), DEADLINE_EXCEEDED (interrupted), DATA_LOSS
// (corrupt), INTERNAL.
absl::Status ToStatus(int code, absl::string_view said, absl::string_view sql);

// The disk may or may not hold what was written: nothing the process still believes about the file
// can be trusted.
bool IsIoError(int code);
bool IsSyncError(int code);
bool IsDiskFull(int code);

// Ends the process without running anything: a failed fsync may have dropped the pages, and a
// second try would report success for what is lost. The restart reads what the disk really holds.
[[noreturn]] void EndProcess(absl::string_view why, int code);

}  // namespace samverkan::storage::sqlite
