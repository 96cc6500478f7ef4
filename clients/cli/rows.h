#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "clients/cli/text.h"

namespace samverkan::cli {

// A heading and aligned rows beneath it; a row without a value is left out.
class Rows {
 public:
  Rows(std::string heading, Language language) : text_(std::move(heading)), language_(language) {
    text_ += '\n';
  }
  Rows& Add(const Text& label, absl::string_view value);
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
  const Language language_;
};

// How many characters a reader sees, in UTF-8.
size_t ColumnsOf(absl::string_view text);
// The text with spaces to that many columns.
std::string Pad(absl::string_view text, size_t columns);

}  // namespace samverkan::cli
