#pragma once

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace samverkan::journal {

// Sixteen bytes that name a key, an object or a resource without telling anything about it.
using Ref = std::array<uint8_t, 16>;

// The reference of a resource name: the UUID that is its last segment, else the first half of the
// name's SHA-256.
Ref RefOfName(absl::string_view name);

}  // namespace samverkan::journal
