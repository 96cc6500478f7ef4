#pragma once

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace samverkan {

// Whether a Timestamp is one: from the year 1 to 9999, with nanoseconds below a second.
bool IsTimestamp(const google::protobuf::Timestamp& timestamp);

// A Timestamp in range (1 to 9999, which the gate checks) as an instant, to the microsecond; the
// infinite past where unset is for the caller to tell.
absl::Time FromProto(const google::protobuf::Timestamp& timestamp);

// An instant as a Timestamp, to the microsecond. Infinite instants give the ends of the range.
google::protobuf::Timestamp ToProto(absl::Time time);

}  // namespace samverkan
