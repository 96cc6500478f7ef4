#include "services/rpc/small_file.h"

#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace samverkan::rpc {

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, " cannot be opened."));
  // One byte more than allowed tells a file that is too large from one that just fits.
  std::string content(bytes_max + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad()) return absl::InvalidArgumentError(absl::StrCat(path, " cannot be read."));
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() > bytes_max) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is larger than ", bytes_max, " bytes."));
  }
  return content;
}

}  // namespace samverkan::rpc
