#include "clients/cli/gzip_lines.h"

#include "absl/strings/str_cat.h"

namespace samverkan::cli {
namespace {

constexpr unsigned kChunkBytes = 1 << 16;

}  // namespace

absl::StatusOr<GzipLines> GzipLines::Open(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return GzipLines(file);
}

absl::StatusOr<bool> GzipLines::Fill() {
  chunk_.resize(kChunkBytes);
  const int count = gzread(file_.get(), chunk_.data(), kChunkBytes);
  chunk_.resize(count > 0 ? static_cast<size_t>(count) : 0);
  position_ = 0;
  if (count > 0) return true;
  int code = Z_OK;
  const char* problem = gzerror(file_.get(), &code);
  if (code != Z_OK && code != Z_STREAM_END) return absl::DataLossError(problem);
  return false;
}

absl::StatusOr<bool> GzipLines::Next(std::string& line) {
  line.clear();
  bool too_long = false;
  bool any = false;
  while (true) {
    if (position_ == chunk_.size()) {
      const absl::StatusOr<bool> more = Fill();
      if (!more.ok()) return more;
      if (!*more) break;
    }
    any = true;
    const size_t end = chunk_.find('\n', position_);
    const size_t count = (end == chunk_.npos ? chunk_.size() : end) - position_;
    too_long = too_long || line.size() + count > kLineBytesMax;
    if (!too_long) line.append(chunk_, position_, count);
    position_ += count + (end == chunk_.npos ? 0 : 1);
    if (end != chunk_.npos) break;
  }
  if (too_long) return absl::OutOfRangeError("the line is too long");
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return any;
}

}  // namespace samverkan::cli
