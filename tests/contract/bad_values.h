#pragma once

#include <optional>
#include <string>
#include <vector>

namespace samverkan::testing {

// A value that the rules refuse in an otherwise valid request of requests.txt.
struct BadValue {
  std::string request;
  // Path of a field, and its value; of a message in text format, where only the fields named
  // replace what stands there.
  std::string field;
  std::string value;
  std::string reason = "FIELD_INVALID";
  // The path that is told where it is not the field's own; empty where none is.
  std::optional<std::string> told = std::nullopt;
};

// Of items: their content, assessment, release, correction and retraction.
std::vector<BadValue> BadIncidentValues();

// Of agreements, places, watches and the log.
std::vector<BadValue> BadOtherValues();

// What no free text may hold (R22), what nobody could read, and one code point too many.
void AddTexts(std::vector<BadValue>& values, const std::string& request, const std::string& field,
              int code_points_max);

// A text of so many code points, each of two bytes.
std::string Long(int code_points);

}  // namespace samverkan::testing
