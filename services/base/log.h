#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"

namespace samverkan {

// One field of a log line. Never content of an item, a token or a key.
struct LogField {
  absl::string_view key;
  std::variant<absl::string_view, int64_t, double, bool> value;
};

enum class LogLevel { kInfo, kWarning, kError };

// Writes one JSON object on one line to standard error: time (RFC 3339, UTC), level, event, fields.
// Thread-safe; whatever bytes a value has, the line stays one line of valid JSON.
void Log(LogLevel level, absl::string_view event, std::initializer_list<LogField> fields);

// The line itself, without its newline.
std::string FormatLogLine(LogLevel level, absl::string_view event,
                          std::initializer_list<LogField> fields, absl::string_view time);

}  // namespace samverkan
