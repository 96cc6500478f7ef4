#include "services/rpc/page.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "google/protobuf/descriptor.h"
#include "services/base/error.h"

namespace samverkan::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kPurpose[] = "page";

const FieldDescriptor* Field(const Message& request, const char* name) {
  return request.GetDescriptor()->FindFieldByName(name);
}

// The arguments a token is bound to: the request without what changes from page to page.
std::string Arguments(const Message& request) {
  std::unique_ptr<Message> copy(request.New());
  copy->CopyFrom(request);
  for (const char* name : {"page_token", "page_size"})
    copy->GetReflection()->ClearField(copy.get(), Field(*copy, name));
  return copy->SerializeAsString();
}

}  // namespace

absl::StatusOr<Page> Pager::Open(const Call& call, const Message& request, Sizes sizes) const {
  Page page;
  const int32_t asked = request.GetReflection()->GetInt32(request, Field(request, "page_size"));
  page.size = asked == 0 ? sizes.default_size : std::min(asked, sizes.max_size);
  const std::string token =
      request.GetReflection()->GetString(request, Field(request, "page_token"));
  if (token.empty()) return page;
  std::optional<std::string> cursor =
      sealer_.Open(kPurpose,
                   {call.principal().holder, call.policy().mandate(call.mandate()).name,
                    request.GetDescriptor()->full_name(), Arguments(request)},
                   token);
  if (!cursor)
    return FieldInvalid("page_token",
                        "is not a token of this listing for this caller: begin again without one");
  page.cursor = *std::move(cursor);
  return page;
}

std::string Pager::Seal(const Call& call, const Message& request, absl::string_view cursor) const {
  return sealer_.Seal(kPurpose,
                      {call.principal().holder, call.policy().mandate(call.mandate()).name,
                       request.GetDescriptor()->full_name(), Arguments(request)},
                      cursor);
}

}  // namespace samverkan::rpc
