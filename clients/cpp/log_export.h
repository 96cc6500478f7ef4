#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace samverkan::client {

// The file in which a party keeps its audit log, complete and verifiable without the hub: JSON, one
// object a line.
//
//   {"format":"samverkan-audit-export-1","origin":"hub.example/audit/parties/kommun"}
//   {"index":0,"record":"CAEQ…"}           every record from index 0 on, its exact bytes in base64
//   (RFC 4648, padded)
//   {"index":1,"record":"CAEQ…"}
//   {"checkpoint":"hub.example/audit/…\n"}  the signed note whose tree has exactly these records
//
// Each function gives one line with its newline.
std::string ExportHeaderLine(absl::string_view origin);
std::string ExportRecordLine(int64_t index, absl::string_view record);
std::string ExportCheckpointLine(absl::string_view note);

inline constexpr char kExportFormat[] = "samverkan-audit-export-1";

}  // namespace samverkan::client
