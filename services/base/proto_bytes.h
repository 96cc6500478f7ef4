#pragma once

#include <string>

#include "google/protobuf/message_lite.h"

namespace samverkan {

// The message in wire format, the same bytes every time: for what is hashed or compared.
std::string DeterministicBytes(const google::protobuf::MessageLite& message);

}  // namespace samverkan
