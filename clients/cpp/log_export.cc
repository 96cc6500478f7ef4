#include "clients/cpp/log_export.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace samverkan::client {
namespace {

using Json = nlohmann::ordered_json;

// Bytes that are no UTF-8 would make the library throw; they become U+FFFD, and no signature fits
// then.
std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string ExportHeaderLine(absl::string_view origin) {
  return Line({{"format", kExportFormat}, {"origin", std::string(origin)}});
}

std::string ExportRecordLine(int64_t index, absl::string_view record) {
  return absl::StrCat("{\"index\":", index, ",\"record\":\"", absl::Base64Escape(record), "\"}\n");
}

std::string ExportCheckpointLine(absl::string_view note) {
  return Line({{"checkpoint", std::string(note)}});
}

}  // namespace samverkan::client
