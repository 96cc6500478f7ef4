#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace samverkan::rpc {

// The whole of a file of at most so many bytes. NOT_FOUND or INVALID_ARGUMENT, naming the file.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t bytes_max);

}  // namespace samverkan::rpc
