#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "services/base/limits.h"
#include "services/base/sealed_token.h"
#include "services/rpc/call.h"

namespace samverkan::rpc {

// One page of a listing: how many and from where. `cursor` is empty on the first page.
struct Page {
  int64_t size = 0;
  std::string cursor;
};

// Opens and seals page tokens. A token is bound to the caller, its mandate and the listing's
// arguments, and grants nothing.
class Pager {
 public:
  struct Sizes {
    int32_t default_size = kPageSizeDefault;
    int32_t max_size = kPageSizeMax;
  };

  explicit Pager(const TokenSealer& sealer) : sealer_(sealer) {}

  // Reads page_size and page_token of a list request. FIELD_INVALID for a token of another caller
  // or other arguments.
  absl::StatusOr<Page> Open(const Call& call, const google::protobuf::Message& request) const {
    return Open(call, request, Sizes{});
  }
  absl::StatusOr<Page> Open(const Call& call, const google::protobuf::Message& request,
                            Sizes sizes) const;
  // The token of the page that begins after `cursor`.
  std::string Seal(const Call& call, const google::protobuf::Message& request,
                   absl::string_view cursor) const;

 private:
  const TokenSealer& sealer_;
};

}  // namespace samverkan::rpc
