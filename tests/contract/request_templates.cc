#include "tests/contract/request_templates.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/home.h"
#include "google/protobuf/descriptor_database.h"
#include "services/base/status.h"

namespace samverkan::testing {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kFile[] = "tests/contract/requests.txt";

bool IsExempt(const ServiceDescriptor& service) {
  static const auto* const exempt =
      new std::set<std::string>{"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                "grpc.reflection.v1alpha.ServerReflection"};
  return exempt->contains(service.full_name());
}

// "incidents.GetIncident" of samverkan.incidents.v1.IncidentService.GetIncident.
std::string ShortName(const MethodDescriptor& method) {
  const std::vector<std::string> package = absl::StrSplit(method.file()->package(), '.');
  SV_CHECK(package.size() == 3, "a service's package is samverkan.{noun}.{version}");
  return absl::StrCat(package[1], ".", method.name());
}

std::vector<RequestTemplate> Parse(const std::string& text) {
  std::vector<RequestTemplate> templates;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != '[') {
      SV_CHECK(!templates.empty(), "a request begins with a line [noun.Method]");
      absl::StrAppend(&templates.back().text, line, "\n");
      continue;
    }
    RequestTemplate next;
    next.name = std::string(line.substr(1, line.find(']') - 1));
    const auto method = Methods().find(next.name.substr(0, next.name.find('/')));
    if (method != Methods().end()) next.method = method->second;
    templates.push_back(std::move(next));
  }
  return templates;
}

}  // namespace

const std::map<std::string, const MethodDescriptor*>& Methods() {
  static const auto* const methods = [] {
    auto* const found = new std::map<std::string, const MethodDescriptor*>;
    std::vector<std::string> files;
    SV_CHECK(DescriptorPool::internal_generated_database()->FindAllFileNames(&files),
             "the linked contract can be listed");
    for (const std::string& name : files) {
      const auto* const file = DescriptorPool::generated_pool()->FindFileByName(name);
      for (int s = 0; s < file->service_count(); ++s) {
        if (IsExempt(*file->service(s))) continue;
        for (int m = 0; m < file->service(s)->method_count(); ++m) {
          const MethodDescriptor* const method = file->service(s)->method(m);
          SV_CHECK(found->emplace(ShortName(*method), method).second, method->full_name().c_str());
        }
      }
    }
    return found;
  }();
  return *methods;
}

const std::vector<RequestTemplate>& RequestTemplates() {
  static const auto* const templates = [] {
    const auto text = cli::ReadFile(kFile);
    SV_CHECK(text.ok(), kFile);
    return new std::vector<RequestTemplate>(Parse(*text));
  }();
  return *templates;
}

const RequestTemplate& TemplateOf(const std::string& name) {
  const auto& all = RequestTemplates();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const RequestTemplate& entry) { return entry.name == name; });
  SV_CHECK(found != all.end() && found->method != nullptr, name.c_str());
  return *found;
}

}  // namespace samverkan::testing
