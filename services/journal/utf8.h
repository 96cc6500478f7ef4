#pragma once

#include "absl/strings/string_view.h"

namespace samverkan::journal {

// What c2sp.org/signed-note demands of text: valid UTF-8 (no surrogates, no overlong forms) and no
// character below U+0020 but the newline.
bool IsUtf8WithoutControls(absl::string_view text);

// Valid UTF-8 without a control character or any of Unicode's White_Space.
bool IsUtf8WithoutSpace(absl::string_view text);

}  // namespace samverkan::journal
