#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace samverkan::cli {

// Europe/Stockholm, in which people here read and write times.
absl::TimeZone Stockholm();

// "2026-11-22 14:05"; with seconds where asked for. Empty for an absent time.
std::string ShowTime(const google::protobuf::Timestamp& time);
std::string ShowTimeWithSeconds(const google::protobuf::Timestamp& time);

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time ToTime(const google::protobuf::Timestamp& time);

// "2026-11-22 14:05" or "2026-11-22" in Stockholm, or RFC 3339 with its own offset. A usage error
// otherwise.
absl::StatusOr<absl::Time> ParseTime(absl::string_view text);

}  // namespace samverkan::cli
