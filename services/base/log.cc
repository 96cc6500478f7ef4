#include "services/base/log.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/time/time.h"
#include "services/base/clock.h"

namespace samverkan {
namespace {

const char* NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

}  // namespace

std::string FormatLogLine(LogLevel level, absl::string_view event,
                          std::initializer_list<LogField> fields, absl::string_view time) {
  nlohmann::ordered_json line;
  line["time"] = std::string(time);
  line["level"] = NameOf(level);
  line["event"] = std::string(event);
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void Log(LogLevel level, absl::string_view event, std::initializer_list<LogField> fields) {
  const std::string time =
      absl::FormatTime(absl::RFC3339_full, SystemClock().Now(), absl::UTCTimeZone());
  const std::string line = FormatLogLine(level, event, fields, time) + "\n";
  // One write, so that lines of several threads never mix. A log that cannot be written is no
  // reason to stop.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace samverkan
