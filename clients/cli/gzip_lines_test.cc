#include "clients/cli/gzip_lines.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

namespace samverkan::cli {
namespace {

std::string Path(const char* name) {
  return ::testing::TempDir() + name;
}

TEST(GzipLines, ReadsPlainAndCompressedFiles) {
  std::ofstream(Path("plain")) << "one\r\n\nthree";
  gzFile packed = gzopen(Path("packed").c_str(), "wb");
  gzputs(packed, "one\r\n\nthree");
  gzclose(packed);
  for (const char* name : {"plain", "packed"}) {
    auto lines = GzipLines::Open(Path(name));
    ASSERT_TRUE(lines.ok());
    std::string line;
    std::string all;
    // A blank line in the middle is a line; the end has none.
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(lines->Next(line).ok());
      all += "[" + line + "]";
    }
    EXPECT_EQ(all, "[one][][three]") << name;
    EXPECT_FALSE(*lines->Next(line));
  }
}

TEST(GzipLines, TellsDamageAndLinesThatAreTooLong) {
  gzFile packed = gzopen(Path("long").c_str(), "wb");
  const std::string long_line(GzipLines::kLineBytesMax + 10, 'x');
  gzputs(packed, (long_line + "\nnext\n").c_str());
  gzclose(packed);
  auto lines = GzipLines::Open(Path("long"));
  std::string line;
  EXPECT_EQ(lines->Next(line).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(*lines->Next(line));
  EXPECT_EQ(line, "next");

  std::ifstream whole(Path("long"), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  std::ofstream(Path("cut"), std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  auto cut = GzipLines::Open(Path("cut"));
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = cut->Next(line);
  EXPECT_EQ(more.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(GzipLines::Open(Path("absent")).ok());
}

}  // namespace
}  // namespace samverkan::cli
