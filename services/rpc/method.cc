#include "services/rpc/method.h"

#include "absl/strings/str_cat.h"

namespace samverkan::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

const FieldDescriptor* FieldOfType(const Descriptor* message, const std::string& name,
                                   FieldDescriptor::CppType type) {
  const FieldDescriptor* field = message->FindFieldByName(name);
  return field != nullptr && !field->is_repeated() && field->cpp_type() == type ? field : nullptr;
}

absl::Status CheckPolicy(const Method& method) {
  const options::v1::MethodPolicy& policy = method.policy;
  if (policy.access() == options::v1::ACCESS_UNSPECIFIED || policy.permission().empty() ||
      policy.reach() == options::v1::REACH_UNSPECIFIED) {
    return absl::FailedPreconditionError(absl::StrCat(
        method.full_name, " has no complete policy: access, permission and reach are required"));
  }
  const bool names_field =
      !policy.resource().empty() && policy.access() != options::v1::ACCESS_STREAM;
  if (names_field && method.resource == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(method.full_name, ": its policy names the field ", policy.resource(),
                     ", which is no string of its request"));
  }
  if (policy.access() == options::v1::ACCESS_WRITE && method.request_id == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(method.full_name, " writes and has no request_id"));
  }
  return absl::OkStatus();
}

const MethodDescriptor* FindMethod(const Descriptor* request, int* found) {
  const MethodDescriptor* result = nullptr;
  const google::protobuf::FileDescriptor* file = request->file();
  for (int s = 0; s < file->service_count(); ++s) {
    for (int m = 0; m < file->service(s)->method_count(); ++m) {
      if (file->service(s)->method(m)->input_type() == request) {
        result = file->service(s)->method(m);
        ++*found;
      }
    }
  }
  return result;
}

}  // namespace

absl::StatusOr<Method> MethodOfRequest(const Descriptor* request) {
  int found = 0;
  const MethodDescriptor* descriptor = FindMethod(request, &found);
  if (found != 1) {
    return absl::FailedPreconditionError(absl::StrCat(request->full_name(), " is the request of ",
                                                      found, " methods; it must be that of one"));
  }
  Method method;
  method.descriptor = descriptor;
  method.full_name = descriptor->full_name();
  method.policy = descriptor->options().GetExtension(options::v1::policy);
  method.resource = FieldOfType(request, method.policy.resource(), FieldDescriptor::CPPTYPE_STRING);
  method.request_id = FieldOfType(request, "request_id", FieldDescriptor::CPPTYPE_STRING);
  method.etag = FieldOfType(request, "etag", FieldDescriptor::CPPTYPE_STRING);
  method.validate_only = FieldOfType(request, "validate_only", FieldDescriptor::CPPTYPE_BOOL);
  if (absl::Status status = CheckPolicy(method); !status.ok()) return status;
  return method;
}

std::string TextField(const google::protobuf::Message& message, const FieldDescriptor* field) {
  return field == nullptr ? std::string() : message.GetReflection()->GetString(message, field);
}

bool BoolField(const google::protobuf::Message& message, const FieldDescriptor* field) {
  return field != nullptr && message.GetReflection()->GetBool(message, field);
}

}  // namespace samverkan::rpc
