// libunsynced.so: a disk that keeps only what was synced. Preloaded into any program, it holds what
// is written to files under SAMVERKAN_UNSYNCED_DIR in the process' memory, where the program's own
// reads find it, and passes it to the file at fsync or fdatasync. So kill -9 loses what a power cut
// would lose. Names ending in -shm (memory shared between connections) or .lock are left alone; so
// are mappings, and making, renaming and deleting of files, which take effect at once.
//
// Further faults, each by its variable:
//   SAMVERKAN_UNSYNCED_TEAR=seed
//       a write may also reach the file at once, page by page, in any order, as a disk may do
//   SAMVERKAN_UNSYNCED_KILL_AT_SYNC=n, SAMVERKAN_UNSYNCED_KILL_AFTER_SYNC=n
//       the process dies in the middle of its n-th sync, or right after it
//   SAMVERKAN_UNSYNCED_FAIL_SYNC=n
//       the n-th sync fails with EIO and drops what it should have kept; later ones succeed
//   SAMVERKAN_UNSYNCED_LIE=1
//       syncs report success and keep nothing
//   SAMVERKAN_UNSYNCED_SPACE=bytes
//       files may grow by this much in all; then writes fail with ENOSPC
//   SAMVERKAN_UNSYNCED_FILE=suffix
//       only files whose names end so count and fail
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdarg>

#include "tests/fault/unsynced_disk.h"

namespace {

using samverkan::fault::Calls;
using samverkan::fault::Disk;
using samverkan::fault::File;

// Calls `faulty` with the file when the descriptor is one of ours, `plain` otherwise.
template <typename Faulty, typename Plain>
auto With(int fd, Faulty faulty, Plain plain) {
  Disk& disk = Disk::Get();
  {
    Disk::Lock lock(disk);
    if (File* file = disk.Find(fd)) return faulty(disk, *file);
  }
  return plain();
}

int Opened(const char* path, int flags, const int fd) {
  Disk& disk = Disk::Get();
  if (fd < 0 || !disk.Covers(path)) return fd;
  Disk::Lock lock(disk);
  disk.Track(fd, path, (flags & O_APPEND) != 0);
  File* file = disk.Find(fd);
  if (file != nullptr && (flags & O_TRUNC) != 0) disk.Truncate(fd, *file, 0);
  return fd;
}

// Truncation while opening must wait for a sync too; and where Linux appends, it does so wherever
// pwrite wants to write, so the disk appends by itself.
int Untruncated(const char* path, int flags) {
  return Disk::Get().Covers(path) ? flags & ~(O_TRUNC | O_APPEND) : flags;
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

void ShowSize(struct stat64* status) {
  Disk& disk = Disk::Get();
  Disk::Lock lock(disk);
  if (const File* file = disk.Find(*status)) status->st_size = file->size;
}

}  // namespace

extern "C" {

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Opened(path, flags, Calls().open(path, Untruncated(path, flags), mode));
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return open64(path, flags, mode);
}

// Relative to the working directory only: whoever holds a directory open is not covered.
int openat64(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  if (directory == AT_FDCWD || path[0] == '/') return open64(path, flags, mode);
  return Calls().openat(directory, path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return openat64(directory, path, flags, mode);
}

int creat(const char* path, mode_t mode) {
  return open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int fd) {
  Disk& disk = Disk::Get();
  {
    Disk::Lock lock(disk);
    disk.Forget(fd);
  }
  return Calls().close(fd);
}

ssize_t pread64(int fd, void* to, size_t count, off64_t offset) {
  return With(
      fd,
      [&](Disk& disk, File& file) {
        return disk.Read(fd, file, static_cast<char*>(to), count, offset);
      },
      [&] { return Calls().pread(fd, to, count, offset); });
}
ssize_t pread(int fd, void* to, size_t count, off_t offset) {
  return pread64(fd, to, count, offset);
}

ssize_t pwrite64(int fd, const void* from, size_t count, off64_t offset) {
  return With(
      fd,
      [&](Disk& disk, File& file) {
        return disk.Write(fd, file, static_cast<const char*>(from), count, offset);
      },
      [&] { return Calls().pwrite(fd, from, count, offset); });
}
ssize_t pwrite(int fd, const void* from, size_t count, off_t offset) {
  return pwrite64(fd, from, count, offset);
}

ssize_t read(int fd, void* to, size_t count) {
  return With(
      fd,
      [&](Disk& disk, File& file) {
        const off64_t offset = Calls().lseek(fd, 0, SEEK_CUR);
        const ssize_t size = disk.Read(fd, file, static_cast<char*>(to), count, offset);
        if (size > 0) Calls().lseek(fd, offset + size, SEEK_SET);
        return size;
      },
      [&] { return Calls().read(fd, to, count); });
}

ssize_t write(int fd, const void* from, size_t count) {
  return With(
      fd,
      [&](Disk& disk, File& file) {
        const off64_t offset = disk.Appends(fd) ? file.size : Calls().lseek(fd, 0, SEEK_CUR);
        const ssize_t size = disk.Write(fd, file, static_cast<const char*>(from), count, offset);
        if (size > 0) Calls().lseek(fd, offset + size, SEEK_SET);
        return size;
      },
      [&] { return Calls().write(fd, from, count); });
}

off64_t lseek64(int fd, off64_t offset, int whence) {
  return With(
      fd,
      [&](Disk&, File& file) {
        return whence == SEEK_END ? Calls().lseek(fd, file.size + offset, SEEK_SET)
                                  : Calls().lseek(fd, offset, whence);
      },
      [&] { return Calls().lseek(fd, offset, whence); });
}
off_t lseek(int fd, off_t offset, int whence) {
  return lseek64(fd, offset, whence);
}

int ftruncate64(int fd, off64_t size) {
  return With(
      fd,
      [&](Disk& disk, File& file) {
        disk.Truncate(fd, file, size);
        return 0;
      },
      [&] { return Calls().ftruncate(fd, size); });
}
int ftruncate(int fd, off_t size) {
  return ftruncate64(fd, size);
}

int fsync(int fd) {
  return With(
      fd, [&](Disk& disk, File& file) { return disk.Sync(fd, file); },
      [&] { return Calls().fsync(fd); });
}
int fdatasync(int fd) {
  return With(
      fd, [&](Disk& disk, File& file) { return disk.Sync(fd, file); },
      [&] { return Calls().fdatasync(fd); });
}

int fstat64(int fd, struct stat64* status) {
  const int result = Calls().fstat(fd, status);
  if (result == 0) ShowSize(status);
  return result;
}
int fstat(int fd, struct stat* status) {
  return fstat64(fd, reinterpret_cast<struct stat64*>(status));
}

int stat64(const char* path, struct stat64* status) {
  const int result = Calls().stat(path, status);
  if (result == 0) ShowSize(status);
  return result;
}
int stat(const char* path, struct stat* status) {
  return stat64(path, reinterpret_cast<struct stat64*>(status));
}

int unlink(const char* path) {
  Disk& disk = Disk::Get();
  {
    Disk::Lock lock(disk);
    disk.Unlink(path);
  }
  return Calls().unlink(path);
}

int rename(const char* from, const char* to) {
  Disk& disk = Disk::Get();
  {
    Disk::Lock lock(disk);
    disk.Unlink(to);
  }
  return Calls().rename(from, to);
}

}  // extern "C"
