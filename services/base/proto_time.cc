#include "services/base/proto_time.h"

#include <algorithm>

namespace samverkan {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kNanosPerMicro = 1'000;
constexpr int64_t kSecondsMin = -62'135'596'800;  // 0001-01-01
constexpr int64_t kSecondsMax = 253'402'300'799;  // 9999-12-31

}  // namespace

bool IsTimestamp(const google::protobuf::Timestamp& timestamp) {
  return timestamp.seconds() >= kSecondsMin && timestamp.seconds() <= kSecondsMax &&
         timestamp.nanos() >= 0 && timestamp.nanos() < kNanosPerMicro * kMicrosPerSecond;
}

absl::Time FromProto(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixMicros(timestamp.seconds() * kMicrosPerSecond +
                              timestamp.nanos() / kNanosPerMicro);
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  const absl::Time bounded =
      std::clamp(time, absl::FromUnixSeconds(kSecondsMin), absl::FromUnixSeconds(kSecondsMax));
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(bounded));
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToUnixMicros(bounded) - timestamp.seconds() * kMicrosPerSecond) *
      kNanosPerMicro);
  return timestamp;
}

}  // namespace samverkan
