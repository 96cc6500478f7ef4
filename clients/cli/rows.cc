#include "clients/cli/rows.h"

#include <algorithm>

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
  // Lines after the first stand under it.
  const std::string lines =
      absl::StrReplaceAll(value, {{"\n", "\n" + std::string(kLabelColumns + 2, ' ')}});
  absl::StrAppend(&text_, "  ", Pad(label.In(language_), kLabelColumns), lines, "\n");
  return *this;
}

}  // namespace samverkan::cli
