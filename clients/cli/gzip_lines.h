#pragma once

#include <zlib.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace samverkan::cli {

// The lines of a file, compressed with gzip or plain.
class GzipLines {
 public:
  // Longer than any line of a known source; what is longer is cut off and told.
  static constexpr size_t kLineBytesMax = 1 << 20;

  static absl::StatusOr<GzipLines> Open(const std::string& path);

  // The next line without its end; false at the end of the file. DATA_LOSS where the compressed
  // data is damaged, OUT_OF_RANGE for a line that is too long (the next call goes on after it).
  absl::StatusOr<bool> Next(std::string& line);

 private:
  explicit GzipLines(gzFile file) : file_(file, &gzclose) {}
  // The next chunk of the file; false at its end.
  absl::StatusOr<bool> Fill();

  std::unique_ptr<gzFile_s, decltype(&gzclose)> file_;
  std::string chunk_;
  size_t position_ = 0;
};

}  // namespace samverkan::cli
