#pragma once

#include <string>

namespace samverkan::client {

// A random UUID (RFC 9562 version 4), for request_id. Made before the first send and kept across
// retries.
std::string NewUuid();

}  // namespace samverkan::client
