#pragma once

#include <map>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace samverkan::testing {

// Every method of the contract by its short name, e.g. "incidents.GetIncident", found in the
// descriptors of all services that the hub is linked with. Health and reflection are not of the
// contract: they are gRPC's own and tell nothing of anybody.
const std::map<std::string, const google::protobuf::MethodDescriptor*>& Methods();

// A request of requests.txt.
struct RequestTemplate {
  std::string name;  // the method's short name, with "/case" where it has several
  const google::protobuf::MethodDescriptor* method = nullptr;  // nullptr where there is none
  std::string text;
};

// In the file's order.
const std::vector<RequestTemplate>& RequestTemplates();

// The one of this name, which exists.
const RequestTemplate& TemplateOf(const std::string& name);

}  // namespace samverkan::testing
