#include "clients/cli/rows.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace samverkan::cli {

size_t ColumnsOf(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string Pad(absl::string_view text, size_t columns) {
  const size_t width = ColumnsOf(text);
  return absl::StrCat(text, std::string(width < columns ? columns - width : 0, ' '));
}

Rows& Rows::Add(const Text& label, absl::string_view value) {
  constexpr size_t kLabelColumns = 16;
  if (value.empty()) return *this;
  // What a text continues with stands below its beginning: at the margin it would pass for a row.
  const std::string further = absl::StrCat("\n", std::string(kLabelColumns + 2, ' '));
  absl::StrAppend(&text_, "  ", Pad(label.In(language_), kLabelColumns),
                  absl::StrReplaceAll(absl::StripTrailingAsciiWhitespace(value), {{"\n", further}}),
                  "\n");
  return *this;
}

}  // namespace samverkan::cli
