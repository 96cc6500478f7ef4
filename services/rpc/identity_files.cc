#include "services/rpc/identity_files.h"

#include <sys/stat.h>

#include <utility>

#include "services/base/log.h"

namespace samverkan::rpc {

IdentityFiles::IdentityFiles(Authenticator& authenticator)
    : authenticator_(authenticator), files_(authenticator.files()) {}

void IdentityFiles::Look() {
  Marks marks = MarksNow();
  absl::MutexLock lock(&mutex_);
  const bool settled = marks == seen_;
  seen_ = std::move(marks);
  // What was at fault is read again at each look: not every fault changes a file when it passes.
  if (settled && loaded_ != seen_) (void)Load(seen_);
}

absl::Status IdentityFiles::Reload() {
  const Marks marks = MarksNow();
  absl::MutexLock lock(&mutex_);
  return Load(marks);
}

absl::Status IdentityFiles::Load(const Marks& marks) {
  const uint64_t epoch = authenticator_.epoch();
  absl::Status status = authenticator_.Reload();
  if (!status.ok()) {
    loaded_.reset();
    if (fault_ == status.message()) return status;
    fault_ = std::string(status.message());
    Log(LogLevel::kError, "identity_files_refused",
        {{"why", fault_},
         {"what", std::string("the former keys or revocations of this file stay in use; "
                              "mend the file and it is read again within a second")}});
    return status;
  }
  loaded_ = marks;
  const bool mended = !std::exchange(fault_, "").empty();
  if (mended || authenticator_.epoch() != epoch) {
    Log(LogLevel::kInfo, "identity_files_read",
        {{"what", std::string("issuers' keys and revocations are those of the files")}});
  }
  return absl::OkStatus();
}

bool IdentityFiles::current() const {
  absl::MutexLock lock(&mutex_);
  return fault_.empty();
}

IdentityFiles::Marks IdentityFiles::MarksNow() const {
  Marks marks;
  for (const std::string& file : files_) {
    struct stat found = {};
    if (stat(file.c_str(), &found) != 0) {
      marks.push_back(std::nullopt);
      continue;
    }
    // The time of the last change of the inode: that of the content can be set at will.
    marks.push_back(Mark{found.st_dev, found.st_ino, found.st_size, found.st_ctim.tv_sec,
                         found.st_ctim.tv_nsec});
  }
  return marks;
}

}  // namespace samverkan::rpc
