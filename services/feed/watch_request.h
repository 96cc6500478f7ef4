#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "samverkan/feed/v1/feed.pb.h"
#include "services/access/snapshot.h"
#include "services/journal/feed.h"

namespace samverkan::feed {

inline constexpr int kSubscriptionsMax = 20;
inline constexpr int kResumeTokenBytesMax = 4096;

// The units a request names, each once, for the gate.
std::vector<std::string> UnitsOf(const v1::WatchRequest& request);

// What holds for every request: field checks and limits. FIELD_INVALID.
absl::Status CheckWatch(const v1::WatchRequest& request);

// What the mandate may watch of what is asked. NO_MANDATE for a kind that is named and whose
// objects the mandate's function may not read; where none is named, those it may.
absl::StatusOr<std::vector<journal::FeedSubscription>> SubscriptionsOf(
    const v1::WatchRequest& request, const access::Snapshot& policy, access::MandateId mandate,
    absl::Time now);

}  // namespace samverkan::feed
