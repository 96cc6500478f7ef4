#include "clients/cli/rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

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
  constexpr size_t kLabelColumns = 14;
  if (!value.empty())
    absl::StrAppend(&text_, "  ", Pad(label.In(language_), kLabelColumns), value, "\n");
  return *this;
}

}  // namespace samverkan::cli
