#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace samverkan::storage::sqlite {

// Keeps every other process from the database: an exclusive lock on `<database>.lock`, which ends
// with the process.
class FileLock {
 public:
  // FAILED_PRECONDITION, naming the process that holds it.
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(const std::string& database);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

}  // namespace samverkan::storage::sqlite
