#pragma once

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

// The disk behind libunsynced.so, which unsynced.cc describes.
namespace samverkan::fault {

constexpr off64_t kPage = 4096;
using Page = std::array<char, kPage>;

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct RealCalls {
  decltype(::open64)* open = Real<decltype(::open64)>("open64");
  decltype(::openat64)* openat = Real<decltype(::openat64)>("openat64");
  decltype(::close)* close = Real<decltype(::close)>("close");
  decltype(::pread64)* pread = Real<decltype(::pread64)>("pread64");
  decltype(::pwrite64)* pwrite = Real<decltype(::pwrite64)>("pwrite64");
  decltype(::read)* read = Real<decltype(::read)>("read");
  decltype(::write)* write = Real<decltype(::write)>("write");
  decltype(::lseek64)* lseek = Real<decltype(::lseek64)>("lseek64");
  decltype(::ftruncate64)* ftruncate = Real<decltype(::ftruncate64)>("ftruncate64");
  decltype(::fsync)* fsync = Real<decltype(::fsync)>("fsync");
  decltype(::fdatasync)* fdatasync = Real<decltype(::fdatasync)>("fdatasync");
  decltype(::fstat64)* fstat = Real<decltype(::fstat64)>("fstat64");
  decltype(::stat64)* stat = Real<decltype(::stat64)>("stat64");
  decltype(::lstat64)* lstat = Real<decltype(::lstat64)>("lstat64");
  decltype(::unlink)* unlink = Real<decltype(::unlink)>("unlink");
  decltype(::rename)* rename = Real<decltype(::rename)>("rename");
};

inline const RealCalls& Calls() {
  static const RealCalls calls;
  return calls;
}

inline int64_t Setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? 0 : std::atoll(value);
}

// What the program believes a file holds, over what it really holds.
struct File {
  // Written and not synced, whole pages.
  std::map<off64_t, Page> pages;
  // As the program sees it.
  off64_t size = 0;
  // Up to here the real file's content counts; beyond it was cut off or never written.
  off64_t valid = 0;
  // One of those that fail, not only lose.
  bool faulty = true;
};

class Disk {
 public:
  static Disk& Get() {
    static Disk* const disk = new Disk;  // Outlives every thread.
    return *disk;
  }

  // Held while a file of the disk is looked up or used.
  class Lock {
   public:
    explicit Lock(Disk& disk) : disk_(disk) { ::pthread_mutex_lock(&disk_.mutex_); }
    ~Lock() { ::pthread_mutex_unlock(&disk_.mutex_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    Disk& disk_;
  };

  bool Covers(const char* path) const {
    if (directory_.empty() || path == nullptr) return false;
    std::string absolute = path;
    if (absolute.empty() || absolute[0] != '/') {
      std::array<char, 4096> here = {};
      if (::getcwd(here.data(), here.size()) == nullptr) return false;
      absolute = std::string(here.data()) + "/" + absolute;
    }
    return absolute.compare(0, directory_.size(), directory_) == 0 && !Ends(absolute, "-shm") &&
           !Ends(absolute, ".lock");
  }

  void Track(int fd, const char* path, bool appends) {
    struct stat64 status = {};
    if (Calls().fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return;
    std::shared_ptr<File>& file = files_[{status.st_dev, status.st_ino}];
    if (file == nullptr)
      file =
          std::make_shared<File>(File{.pages = {},
                                      .size = status.st_size,
                                      .valid = status.st_size,
                                      .faulty = faulty_name_.empty() || Ends(path, faulty_name_)});
    open_[fd] = file;
    if (appends) appending_.insert(fd);
  }
  bool Appends(int fd) const { return appending_.count(fd) != 0; }
  File* Find(int fd) {
    const auto found = open_.find(fd);
    return found == open_.end() ? nullptr : found->second.get();
  }
  File* Find(const struct stat64& status) {
    const auto found = files_.find({status.st_dev, status.st_ino});
    return found == files_.end() ? nullptr : found->second.get();
  }
  void Forget(int fd) {
    open_.erase(fd);
    appending_.erase(fd);
  }
  // The name goes; what is open stays open.
  void Unlink(const char* path) {
    struct stat64 status = {};
    if (Covers(path) && Calls().lstat(path, &status) == 0)
      files_.erase({status.st_dev, status.st_ino});
  }

  ssize_t Read(int fd, File& file, char* to, size_t count, off64_t offset) {
    if (offset >= file.size) return 0;
    const auto end =
        static_cast<off64_t>(std::min<uint64_t>(count, static_cast<uint64_t>(file.size - offset))) +
        offset;
    for (off64_t at = offset; at < end;) {
      const off64_t start = at / kPage * kPage;
      const off64_t step = std::min(end, start + kPage) - at;
      Page scratch;
      std::memcpy(to, Load(fd, file, start, scratch).data() + (at - start),
                  static_cast<size_t>(step));
      to += step;
      at += step;
    }
    return end - offset;
  }

  ssize_t Write(int fd, File& file, const char* from, size_t count, off64_t offset) {
    const off64_t end = offset + static_cast<off64_t>(count);
    if (end > file.size && space_ > 0 && file.faulty) {
      if (grown_ + (end - file.size) > space_) {
        errno = ENOSPC;
        return -1;
      }
      grown_ += end - file.size;
    }
    for (off64_t at = offset; at < end;) {
      const off64_t start = at / kPage * kPage;
      const off64_t step = std::min(end, start + kPage) - at;
      Page& page = Dirty(fd, file, start);
      std::memcpy(page.data() + (at - start), from, static_cast<size_t>(step));
      file.size = std::max(file.size, at + step);
      if (tear_ != 0 && Random() % 8 == 0) PutPage(fd, file, start, page);
      from += step;
      at += step;
    }
    return static_cast<ssize_t>(count);
  }

  void Truncate(int fd, File& file, off64_t size) {
    if (size < file.size) {
      if (size % kPage != 0) {
        Page& last = Dirty(fd, file, size / kPage * kPage);
        std::fill(last.begin() + size % kPage, last.end(), '\0');
      }
      file.pages.erase(file.pages.lower_bound((size + kPage - 1) / kPage * kPage),
                       file.pages.end());
      file.valid = std::min(file.valid, size);
    }
    file.size = size;
  }

  int Sync(int fd, File& file) {
    const int64_t number = file.faulty ? ++syncs_ : 0;
    if (number != 0 && number == fail_sync_) {
      Drop(fd, file);
      errno = EIO;
      return -1;
    }
    if (lies_) return 0;
    size_t left = file.pages.size() / 2;
    for (const auto& [start, page] : file.pages) {
      if (number != 0 && number == kill_at_sync_ && left-- == 0) ::kill(::getpid(), SIGKILL);
      PutPage(fd, file, start, page);
    }
    if (number != 0 && number == kill_at_sync_) ::kill(::getpid(), SIGKILL);
    // The kernel keeps what it has been given over kill -9: only a power cut would need the real
    // sync.
    if (Calls().ftruncate(fd, file.size) != 0 && errno != EINVAL) return -1;
    file.pages.clear();
    file.valid = file.size;
    if (number != 0 && number == kill_after_sync_) ::kill(::getpid(), SIGKILL);
    return 0;
  }

 private:
  Disk()
      : tear_(static_cast<uint64_t>(Setting("SAMVERKAN_UNSYNCED_TEAR"))),
        kill_at_sync_(Setting("SAMVERKAN_UNSYNCED_KILL_AT_SYNC")),
        kill_after_sync_(Setting("SAMVERKAN_UNSYNCED_KILL_AFTER_SYNC")),
        fail_sync_(Setting("SAMVERKAN_UNSYNCED_FAIL_SYNC")),
        lies_(Setting("SAMVERKAN_UNSYNCED_LIE") != 0),
        space_(Setting("SAMVERKAN_UNSYNCED_SPACE")) {
    if (const char* name = std::getenv("SAMVERKAN_UNSYNCED_FILE")) faulty_name_ = name;
    const char* directory = std::getenv("SAMVERKAN_UNSYNCED_DIR");
    if (directory == nullptr || *directory == '\0') return;
    directory_ = directory;
    if (directory_.back() != '/') directory_ += '/';
  }

  static bool Ends(const std::string& path, const std::string& suffix) {
    return path.size() >= suffix.size() &&
           path.compare(path.size() - suffix.size(), suffix.size(), suffix) == 0;
  }

  // The page as the program sees it; `scratch` holds it when it is not in memory.
  const Page& Load(int fd, const File& file, off64_t start, Page& scratch) {
    if (const auto page = file.pages.find(start); page != file.pages.end()) return page->second;
    scratch.fill('\0');
    const off64_t count = std::min(kPage, file.valid - start);
    if (count > 0) {
      // A descriptor that may only write cannot read what stands around its bytes; through /proc it
      // can be opened again.
      if (Calls().pread(fd, scratch.data(), static_cast<size_t>(count), start) < 0 &&
          errno == EBADF) {
        const int readable =
            Calls().open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
        if (readable >= 0) {
          [[maybe_unused]] const ssize_t size =
              Calls().pread(readable, scratch.data(), static_cast<size_t>(count), start);
          Calls().close(readable);
        }
      }
    }
    return scratch;
  }

  Page& Dirty(int fd, File& file, off64_t start) {
    const auto page = file.pages.find(start);
    if (page != file.pages.end()) return page->second;
    Page content;
    content = Load(fd, file, start, content);
    return file.pages.emplace(start, content).first->second;
  }

  void PutPage(int fd, const File& file, off64_t start, const Page& page) {
    const off64_t count = std::min(kPage, file.size - start);
    if (count <= 0) return;
    if (Calls().pwrite(fd, page.data(), static_cast<size_t>(count), start) >= 0 || errno != EBADF)
      return;
    const int writable =
        Calls().open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_WRONLY | O_CLOEXEC);
    if (writable < 0) return;
    [[maybe_unused]] const ssize_t size =
        Calls().pwrite(writable, page.data(), static_cast<size_t>(count), start);
    Calls().close(writable);
  }

  // As Linux does after a failed writeback: the pages count as clean and their content is gone.
  void Drop(int fd, File& file) {
    struct stat64 status = {};
    Calls().fstat(fd, &status);
    file = {.pages = {}, .size = status.st_size, .valid = status.st_size, .faulty = file.faulty};
  }

  uint64_t Random() {
    tear_ = tear_ * 6364136223846793005u + 1442695040888963407u;
    return tear_ >> 33;
  }

  // No library's mutex: a preloaded library must not bring symbols that the program has too.
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  std::string directory_;
  std::string faulty_name_;
  uint64_t tear_;
  const int64_t kill_at_sync_;
  const int64_t kill_after_sync_;
  const int64_t fail_sync_;
  const bool lies_;
  const int64_t space_;
  int64_t syncs_ = 0;
  int64_t grown_ = 0;
  std::map<std::pair<dev_t, ino64_t>, std::shared_ptr<File>> files_;
  std::map<int, std::shared_ptr<File>> open_;
  std::set<int> appending_;
};

}  // namespace samverkan::fault
