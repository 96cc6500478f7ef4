#pragma once

#include <grpcpp/client_context.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/session.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {

inline const Flag kLimitFlag = {"limit", "N", {"Högst så många rader", "At most so many rows"}};

// Shows a listing page by page: `rows` gives the repeated field of a page, `line` one row's text.
template <typename Stub, typename Request, typename Response, typename RowsOf, typename Line>
absl::Status ShowPages(Session& session, const Arguments& arguments,
                       grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                    Response*),
                       Request request, RowsOf rows_of, Line line) {
  constexpr int64_t kNoLimit = INT64_MAX;
  constexpr int32_t kPageSizeMax = 200;
  SC_ASSIGN_OR_RETURN(int64_t left, arguments.Number("limit", kNoLimit));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  while (left > 0) {
    request.set_page_size(static_cast<int32_t>(std::min<int64_t>(left, kPageSizeMax)));
    SC_ASSIGN_OR_RETURN(const Response page, hub->Call(method, request));
    for (const auto& row : rows_of(page)) {
      if (left-- <= 0) break;
      session.Show(row, line(row));
    }
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  return absl::OkStatus();
}

}  // namespace samverkan::cli
