#pragma once

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "clients/cli/home.h"
#include "services/base/status.h"

namespace samverkan::testing {

// The rows of a comma-separated file with room for spaces around cells, for tables that people read
// as they stand; lines that begin with "#" are for them alone.
inline std::vector<std::vector<std::string>> ReadTable(const std::string& path) {
  const auto text = cli::ReadFile(path);
  SV_CHECK(text.ok(), path.c_str());
  std::vector<std::vector<std::string>> rows;
  for (const absl::string_view line : absl::StrSplit(*text, '\n', absl::SkipWhitespace())) {
    if (line[0] == '#') continue;
    std::vector<std::string>& row = rows.emplace_back(absl::StrSplit(line, ','));
    for (std::string& cell : row) absl::StripAsciiWhitespace(&cell);
  }
  return rows;
}

}  // namespace samverkan::testing
