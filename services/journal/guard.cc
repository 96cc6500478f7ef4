#include "services/journal/guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/base/base64.h"
#include "services/base/log.h"
#include "services/base/status.h"

namespace samverkan::journal {
namespace {

constexpr absl::string_view kHeader = "samverkan-guard 1";
constexpr absl::string_view kHeadKind = "head";
constexpr absl::string_view kRestored = "restored";
constexpr absl::string_view kSealed = "sealed";
constexpr size_t kChecksumBytes = 8;
constexpr int64_t kRewriteBytes = 4 << 20;
// Disks keep or lose these whole.
constexpr size_t kSectorBytes = 512;

absl::Status Damaged(absl::string_view path, int64_t line) {
  return absl::DataLossError(
      absl::StrCat("the guard file ", path, " is damaged in line ", line,
                   "; it must not be changed by hand and cannot be made anew from the database"));
}

absl::Status IoError(absl::string_view what, absl::string_view path) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " the guard file ", path, ": ", std::strerror(errno)));
}

// Ends the process without running anything: what is on disk after a failed sync is unknown to
// everybody, and a second sync would report success for what is lost. Opening the file writes it
// anew.
[[noreturn]] void EndProcess(absl::string_view what, const std::string& path) {
  Log(LogLevel::kError, "guard_in_doubt",
      {{"why", absl::StrCat(IoError(what, path).message(),
                            "; ending the process, since only a restart can tell what the disk "
                            "holds")}});
  std::_Exit(EX_IOERR);
}

std::string Checksum(absl::string_view previous, absl::string_view entry) {
  return absl::BytesToHexString(
      AsBytes(Sha256Parts({previous, "\n", entry})).substr(0, kChecksumBytes));
}

// Whether [begin, end) holds what a power cut leaves of an append that was not synced: its later
// sectors may have reached the disk without its earlier ones, which are zeros then.
bool IsTorn(absl::string_view bytes, size_t begin, size_t end) {
  for (size_t at = bytes.find('\0', begin); at < end; at = bytes.find('\0', at)) {
    at = std::min(bytes.find_first_not_of('\0', at), bytes.size());
    if (at % kSectorBytes == 0) return true;
  }
  return false;
}

// The line of an entry; moves `checksum` on.
std::string MakeLine(absl::string_view entry, std::string& checksum) {
  checksum = Checksum(checksum, entry);
  return absl::StrCat(entry, " ", checksum, "\n");
}

std::string HeadEntry(absl::string_view kind, int64_t tree, const TreeHead& head) {
  return absl::StrCat(kind, " ", tree, " ", head.size, " ", Base64Encode(AsBytes(head.root)));
}

std::string RefEntry(absl::string_view kind, const Ref& ref) {
  return absl::StrCat(kind, " ", absl::BytesToHexString(AsBytes(ref)));
}

// Whether a tree's later head may follow its earlier one, as far as two heads alone can tell.
bool Continues(const TreeHead& earlier, const TreeHead& later) {
  return later.size > earlier.size || later == earlier;
}

absl::Status Write(int descriptor, absl::string_view bytes, absl::string_view path) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoError("write", path);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(int descriptor, absl::string_view path) {
  std::string bytes;
  char buffer[1 << 16];
  while (true) {
    const ssize_t count = read(descriptor, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoError("read", path);
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(count));
  }
}

// A new name in a folder is durable only when the folder is.
absl::Status SyncFolder(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return IoError("open the folder of", path);
  const bool good = fsync(descriptor) == 0;
  close(descriptor);
  return good ? absl::OkStatus() : IoError("sync the folder of", path);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Guard>> Guard::Open(std::string path, bool create) {
  std::unique_ptr<Guard> guard(new Guard(std::move(path)));
  absl::MutexLock lock(&guard->mutex_);
  guard->descriptor_ = open(guard->path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (guard->descriptor_ < 0) {
    if (errno != ENOENT) return IoError("open", guard->path_);
    if (!create) return absl::NotFoundError(absl::StrCat("no guard file at ", guard->path_));
    SV_RETURN_IF_ERROR(guard->Rewrite());
  } else {
    SV_RETURN_IF_ERROR(guard->Load());
  }
  return guard;
}

Guard::~Guard() {
  absl::MutexLock lock(&mutex_);
  Close();
}

void Guard::Close() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

absl::Status Guard::Load() {
  SV_ASSIGN_OR_RETURN(const std::string bytes, ReadAll(descriptor_, path_));
  absl::string_view rest = bytes;
  for (int64_t line = 1; !rest.empty(); ++line) {
    const size_t end = rest.find('\n');
    if (end == absl::string_view::npos) break;
    const size_t begin = bytes.size() - rest.size();
    if (IsTorn(bytes, begin, begin + end)) break;
    const size_t space = rest.substr(0, end).rfind(' ');
    if (space == absl::string_view::npos) return Damaged(path_, line);
    const absl::string_view entry = rest.substr(0, space);
    const std::string checksum = Checksum(checksum_, entry);
    if (rest.substr(space + 1, end - space - 1) != checksum) return Damaged(path_, line);
    const bool good = line == 1 ? entry == kHeader : Apply(entry).ok();
    if (!good) return Damaged(path_, line);
    checksum_ = checksum;
    rest.remove_prefix(end + 1);
  }
  size_ = static_cast<int64_t>(bytes.size() - rest.size());
  // Not even a header: a file that was emptied, not one whose last line was cut off.
  if (size_ == 0) return Damaged(path_, 1);
  return WriteAgain(absl::string_view(bytes).substr(0, static_cast<size_t>(size_)));
}

absl::Status Guard::WriteAgain(absl::string_view bytes) const {
  // Not the descriptor that appends wherever it is told to write.
  const int descriptor = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return IoError("open", path_);
  absl::Status status = Write(descriptor, bytes, path_);
  if (status.ok() && (ftruncate(descriptor, size_) != 0 || fsync(descriptor) != 0))
    status = IoError("write anew", path_);
  close(descriptor);
  return status;
}

absl::Status Guard::Apply(absl::string_view entry) {
  const std::vector<absl::string_view> fields = absl::StrSplit(entry, ' ');
  const bool restored = fields[0] == kRestored;
  if ((restored || fields[0] == kHeadKind) && fields.size() == 4) {
    int64_t tree = 0;
    TreeHead head;
    const std::optional<std::string> root = Base64Decode(fields[3]);
    const std::optional<Hash> hash = root ? ArrayFrom<32>(*root) : std::nullopt;
    if (!absl::SimpleAtoi(fields[1], &tree) || !absl::SimpleAtoi(fields[2], &head.size) || !hash) {
      return absl::InvalidArgumentError("head");
    }
    head.root = *hash;
    auto [known, is_new] = heads_.try_emplace(tree, head);
    if (!restored && !Continues(known->second, head))
      return absl::InvalidArgumentError("head goes back");
    known->second = head;
    return absl::OkStatus();
  }
  if (fields.size() == 2 && fields[1].size() == 2 * sizeof(Ref)) {
    const std::optional<Ref> ref = ArrayFrom<16>(absl::HexStringToBytes(fields[1]));
    if (ref && absl::BytesToHexString(AsBytes(*ref)) == fields[1]) {
      if (fields[0] == kSealed) return sealed_.insert(*ref), absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError("unknown entry");
}

absl::Status Guard::Append(const std::vector<std::string>& entries) {
  if (entries.empty()) return absl::OkStatus();
  if (descriptor_ < 0) {
    return absl::UnavailableError(
        absl::StrCat("the guard file ", path_, " is in doubt after an earlier failure"));
  }
  std::string lines;
  std::string checksum = checksum_;
  for (const std::string& entry : entries) lines += MakeLine(entry, checksum);
  absl::Status written = Write(descriptor_, lines, path_);
  if (!written.ok()) {
    // A full disk may have taken a part.
    if (ftruncate(descriptor_, size_) != 0) Close();
    return written;
  }
  if (fsync(descriptor_) != 0) EndProcess("sync", path_);
  checksum_ = checksum;
  size_ += static_cast<int64_t>(lines.size());
  for (const std::string& entry : entries) SV_RETURN_IF_ERROR(Apply(entry));
  return size_ > rewrite_size_ ? Rewrite() : absl::OkStatus();
}

absl::Status Guard::AppendHeads(const TreeHeads& heads) {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> entries;
  for (const auto& [tree, head] : heads) {
    const auto known = heads_.find(tree);
    if (known != heads_.end() && !Continues(known->second, head)) {
      return absl::FailedPreconditionError(absl::StrCat("tree ", tree,
                                                        " would fork or go back from size ",
                                                        known->second.size, " to ", head.size));
    }
    if (known == heads_.end() || known->second != head)
      entries.push_back(HeadEntry(kHeadKind, tree, head));
  }
  return Append(entries);
}

absl::Status Guard::AppendRestored(const TreeHeads& heads) {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> entries;
  for (const auto& [tree, head] : heads) entries.push_back(HeadEntry(kRestored, tree, head));
  return Append(entries);
}

absl::Status Guard::AppendSealed(absl::Span<const Ref> objects) {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> entries;
  for (const Ref& object : objects) {
    if (!sealed_.contains(object)) entries.push_back(RefEntry(kSealed, object));
  }
  return Append(entries);
}

absl::Status Guard::Rewrite() {
  std::string checksum;
  std::string lines = MakeLine(kHeader, checksum);
  for (const auto& [tree, head] : heads_)
    lines += MakeLine(HeadEntry(kHeadKind, tree, head), checksum);
  for (const Ref& object : sealed_) lines += MakeLine(RefEntry(kSealed, object), checksum);
  const std::string fresh = absl::StrCat(path_, ".new");
  const int descriptor =
      open(fresh.c_str(), O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return IoError("create", fresh);
  absl::Status status = Write(descriptor, lines, fresh);
  if (status.ok() && fsync(descriptor) != 0) status = IoError("sync", fresh);
  if (status.ok() && rename(fresh.c_str(), path_.c_str()) != 0) status = IoError("replace", path_);
  if (!status.ok()) {
    // The old file stands.
    close(descriptor);
    return status;
  }
  Close();
  descriptor_ = descriptor;
  checksum_ = checksum;
  size_ = static_cast<int64_t>(lines.size());
  rewrite_size_ = std::max(kRewriteBytes, 2 * size_);
  // Until its name is durable a power cut brings the old file back, without what follows.
  if (!SyncFolder(path_).ok()) EndProcess("sync the folder of", path_);
  return absl::OkStatus();
}

std::optional<TreeHead> Guard::Head(int64_t tree) const {
  absl::MutexLock lock(&mutex_);
  const auto found = heads_.find(tree);
  return found == heads_.end() ? std::nullopt : std::optional(found->second);
}

Guard::TreeHeads Guard::Heads() const {
  absl::MutexLock lock(&mutex_);
  return {heads_.begin(), heads_.end()};
}

std::vector<Ref> Guard::sealed() const {
  absl::MutexLock lock(&mutex_);
  return {sealed_.begin(), sealed_.end()};
}

}  // namespace samverkan::journal
