#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace samverkan {

// Limits of what comes in, as the contract's comments state them, in one place. Text counts in code
// points, where not in bytes. Larger is refused, except for page sizes, which are cut.

// Free text.
inline constexpr int64_t kDescriptionCodePointsMax = 1'000;
inline constexpr int64_t kSourceTextCodePointsMax = 4'000;
inline constexpr int64_t kReasonCodePointsMin = 1;
inline constexpr int64_t kReasonCodePointsMax = 500;
inline constexpr int64_t kMotivationCodePointsMin = 20;
inline constexpr int64_t kMotivationCodePointsMax = 500;
inline constexpr int64_t kBalancingNoteCodePointsMin = 20;
inline constexpr int64_t kBalancingNoteCodePointsMax = 500;
inline constexpr int64_t kPlaceNameCodePointsMax = 80;
inline constexpr int64_t kProvenanceCodePointsMin = 1;
inline constexpr int64_t kProvenanceCodePointsMax = 200;
inline constexpr int64_t kTitleCodePointsMin = 1;
inline constexpr int64_t kTitleCodePointsMax = 200;

// Other fields of an item.
inline constexpr int64_t kForeignIdBytesMax = 128;
inline constexpr int64_t kSourceUriBytesMax = 500;
inline constexpr int64_t kPolygonPointsMin = 3;
inline constexpr int64_t kPolygonPointsMax = 200;
inline constexpr int32_t kHarmMax = 4;
// KLASSA levels; the level above is security-classified and refused as such.
inline constexpr int32_t kKlassaMax = 3;
// A span of time; 366 days, so that every calendar year fits.
inline constexpr absl::Duration kOccurSpanMax = absl::Hours(24 * 366);

// Lists.
inline constexpr int64_t kRecipientsMin = 1;
inline constexpr int64_t kRecipientsMax = 100;
inline constexpr int64_t kClausesMin = 1;
inline constexpr int64_t kClausesMax = 100;
inline constexpr int64_t kSubscriptionsMin = 1;
inline constexpr int64_t kSubscriptionsMax = 20;
inline constexpr int32_t kPageSizeDefault = 50;
inline constexpr int32_t kPageSizeMax = 200;
inline constexpr int32_t kAuditPageSizeDefault = 200;
inline constexpr int32_t kAuditPageSizeMax = 1'000;

// Calls.
inline constexpr absl::Duration kRequestIdLifetime = absl::Hours(24);
inline constexpr absl::Duration kUnaryDeadlineMax = absl::Seconds(60);
// A sign-in counts as recent that long (R2).
inline constexpr absl::Duration kRecentSignInMax = absl::Minutes(15);
// The level of assurance that reading, signing and releasing demand of people (R2).
inline constexpr int kAssuranceMin = 3;

}  // namespace samverkan
