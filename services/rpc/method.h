#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "samverkan/options/v1/options.pb.h"

namespace samverkan::rpc {

// One method and its row of the access matrix.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  options::v1::MethodPolicy policy;
  std::string full_name;  // samverkan.incidents.v1.IncidentService.GetIncident
  // Fields of the request that the gate itself reads; nullptr where the request has none.
  const google::protobuf::FieldDescriptor* resource = nullptr;
  const google::protobuf::FieldDescriptor* request_id = nullptr;
  const google::protobuf::FieldDescriptor* etag = nullptr;
  const google::protobuf::FieldDescriptor* validate_only = nullptr;
};

// The method whose request this is: with one request message per method the type is the key. Fails
// where no method or more than one takes it, where the policy is missing or incomplete, or where a
// policy names a field that is not there.
absl::StatusOr<Method> MethodOfRequest(const google::protobuf::Descriptor* request);

// The text of a string field, "" for nullptr.
std::string TextField(const google::protobuf::Message& message,
                      const google::protobuf::FieldDescriptor* field);
bool BoolField(const google::protobuf::Message& message,
               const google::protobuf::FieldDescriptor* field);

}  // namespace samverkan::rpc
