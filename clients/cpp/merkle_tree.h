#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "clients/cpp/log_verifier.h"

namespace samverkan::client {

// The tree of RFC 6962, as a verifier needs it.

LogHash Digest(absl::string_view bytes);
LogHash LeafDigest(absl::string_view record);
std::optional<LogHash> HashFrom(absl::string_view bytes);

// MTH(D[n]) of 2.1.
LogHash TreeRoot(absl::Span<const LogHash> leaves);

// The root that an audit path (2.1.1) leads to; nothing when it cannot belong to such a leaf and
// tree.
std::optional<LogHash> RootFromInclusion(const LogHash& leaf, int64_t index, int64_t size,
                                         absl::Span<const LogHash> path);

// Whether a consistency proof (2.1.2) leads to both heads.
bool IsConsistent(const LogHead& older, const LogHead& newer, absl::Span<const LogHash> proof);

}  // namespace samverkan::client
