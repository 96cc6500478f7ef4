#include "services/base/log.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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

// RFC 3339 with microseconds. Most lines fall into the second of the line before.
std::string Timestamp(absl::Time time) {
  thread_local int64_t last_second = 0;
  thread_local std::string last_text;
  const int64_t micros = absl::ToUnixMicros(time);
  const int64_t second = micros / 1'000'000;
  if (second != last_second || last_text.empty()) {
    last_text = absl::FormatTime("%Y-%m-%dT%H:%M:%S", time, absl::UTCTimeZone());
    last_second = second;
  }
  return absl::StrFormat("%s.%06d+00:00", last_text, micros % 1'000'000);
}

// Printable ASCII without what JSON escapes: nearly every value of a log line.
bool IsPlain(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

void AppendString(std::string& line, absl::string_view text) {
  if (IsPlain(text)) {
    absl::StrAppend(&line, "\"", text, "\"");
  } else {
    line += nlohmann::json(std::string(text))
                .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

void AppendValue(std::string& line, absl::string_view text) {
  AppendString(line, text);
}
void AppendValue(std::string& line, int64_t number) {
  absl::StrAppend(&line, number);
}
void AppendValue(std::string& line, double number) {
  line += nlohmann::json(number).dump();
}
void AppendValue(std::string& line, bool value) {
  line += value ? "true" : "false";
}

}  // namespace

std::string FormatLogLine(LogLevel level, absl::string_view event,
                          std::initializer_list<LogField> fields, absl::string_view time) {
  std::string line = "{";
  const auto append_key = [&line](absl::string_view key) {
    if (line.size() > 1) line += ',';
    AppendString(line, key);
    line += ':';
  };
  append_key("time");
  AppendString(line, time);
  append_key("level");
  AppendString(line, NameOf(level));
  append_key("event");
  AppendString(line, event);
  for (const LogField& field : fields) {
    append_key(field.key);
    std::visit([&line](const auto& value) { AppendValue(line, value); }, field.value);
  }
  line += '}';
  return line;
}

void Log(LogLevel level, absl::string_view event, std::initializer_list<LogField> fields) {
  const std::string line =
      FormatLogLine(level, event, fields, Timestamp(SystemClock().Now())) + "\n";
  // One write, so that lines of several threads never mix. A log that cannot be written is no
  // reason to stop.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace samverkan
