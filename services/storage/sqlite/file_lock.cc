#include "services/storage/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace samverkan::storage::sqlite {

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Take(const std::string& database) {
  const std::string path = database + ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot open ", path, ": ", std::strerror(errno),
                     "; check that the directory exists and may be written"));
  }
  std::unique_ptr<FileLock> lock(new FileLock(descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> text = {};
    const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
    const absl::string_view holder = absl::StripAsciiWhitespace(
        absl::string_view(text.data(), size > 0 ? static_cast<size_t>(size) : 0));
    return absl::FailedPreconditionError(
        absl::StrCat("the database ", database, " is in use by another process",
                     holder.empty() ? "" : absl::StrCat(" (pid ", holder, ")"),
                     "; stop that process first, or choose another path"));
  }
  const std::string pid = absl::StrCat(::getpid(), "\n");
  // Only for the message above: a failure to write it harms nothing.
  if (::ftruncate(descriptor, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, pid.data(), pid.size(), 0);
  }
  return lock;
}

FileLock::~FileLock() {
  ::close(descriptor_);
}

}  // namespace samverkan::storage::sqlite
