#pragma once

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace samverkan {

// A Timestamp in range (1 to 9999, which the gate checks) as an instant, to the microsecond; the
// infinite past where unset is for the caller to tell.
absl::Time FromProto(const google::protobuf::Timestamp& timestamp);

// An instant as a Timestamp, to the microsecond. Infinite instants give the ends of the range.
google::protobuf::Timestamp ToProto(absl::Time time);

}  // namespace samverkan
