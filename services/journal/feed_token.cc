#include "services/journal/feed_token.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/base/error.h"
#include "services/base/status.h"

namespace samverkan::journal {
namespace {

constexpr absl::string_view kPurpose = "feed";

std::string UnitsOf(const FeedAudience& audience) {
  std::vector<absl::string_view> units(audience.units.begin(), audience.units.end());
  std::sort(units.begin(), units.end());
  units.erase(std::unique(units.begin(), units.end()), units.end());
  return absl::StrJoin(units, "\n");
}

}  // namespace

std::string SealCursor(const TokenSealer& sealer, const FeedAudience& audience,
                       const FeedCursor& cursor, absl::Time now) {
  const std::string units = UnitsOf(audience);
  return sealer.Seal(kPurpose, {audience.holder, units},
                     absl::StrCat(cursor.position, " ", cursor.targets_done, " ",
                                  absl::ToUnixMicros(cursor.time), " ", absl::ToUnixMicros(now)));
}

absl::StatusOr<FeedCursor> OpenCursor(const TokenSealer& sealer, const FeedAudience& audience,
                                      absl::string_view token, absl::Time oldest) {
  const std::string units = UnitsOf(audience);
  const std::optional<std::string> payload = sealer.Open(kPurpose, {audience.holder, units}, token);
  if (!payload.has_value()) return TokenRefused();
  const std::vector<absl::string_view> parts = absl::StrSplit(*payload, ' ');
  FeedCursor cursor;
  int64_t time = 0;
  int64_t sealed_at = 0;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &cursor.position) ||
      !absl::SimpleAtoi(parts[1], &cursor.targets_done) || !absl::SimpleAtoi(parts[2], &time) ||
      !absl::SimpleAtoi(parts[3], &sealed_at) || absl::FromUnixMicros(sealed_at) < oldest) {
    return TokenRefused();
  }
  cursor.time = absl::FromUnixMicros(time);
  return cursor;
}

absl::Status TokenRefused() {
  return FieldInvalid("resume_token",
                      "not a token of this hub for this caller and these units, or too old; list "
                      "anew and watch from the listing's token");
}

}  // namespace samverkan::journal
