#pragma once

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace samverkan::rpc {

// What holds for every request, from its descriptor: required fields are there, enum values are
// known, numbers are finite, times and spans are in range, request_id is a UUID of version 4 or 7,
// page_size is not negative, lists and texts keep the bounds that hold everywhere. FIELD_INVALID
// with the path of every field at fault, at most 20.
absl::Status CheckFields(const google::protobuf::Message& request);

}  // namespace samverkan::rpc
