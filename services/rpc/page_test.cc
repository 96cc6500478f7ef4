#include "services/rpc/page.h"

#include "gtest/gtest.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/error.h"
#include "tests/support/handler_world.h"

namespace samverkan::rpc {
namespace {

using incidents::v1::Incident;
using incidents::v1::ListIncidentsRequest;
using ::samverkan::testing::HandlerWorld;

class PagerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Call> CallOf(const char* mandate) {
    return CallMaker::Make(world_.snapshot(),
                           {.mandate = world_.MandateName(mandate), .now = world_.clock().Now()});
  }
  // The cursor behind the request's token; nothing where it is refused.
  std::optional<std::string> Cursor(const Call& call, const google::protobuf::Message& request) {
    const absl::StatusOr<Page> page = world_.pager().Open(call, request);
    if (page.ok()) return page->cursor;
    EXPECT_EQ(ReasonOf(page.status()), errors::v1::ERROR_REASON_FIELD_INVALID);
    EXPECT_EQ(BadRequestOf(page.status()).field_violations(0).field(), "page_token");
    return std::nullopt;
  }

  HandlerWorld world_{{}};
  const std::unique_ptr<Call> call_ = CallOf("hal-tryggsam");
};

TEST_F(PagerTest, SizesHaveADefaultAndAreCut) {
  const auto size = [&](int32_t asked) {
    ListIncidentsRequest request;
    request.set_page_size(asked);
    return world_.pager().Open(*call_, request)->size;
  };
  EXPECT_EQ(size(0), 50);
  EXPECT_EQ(size(1), 1);
  EXPECT_EQ(size(200), 200);
  EXPECT_EQ(size(201), 200);
  ListIncidentsRequest request;
  request.set_page_size(1'000'000);
  EXPECT_EQ(world_.pager().Open(*call_, request, {.default_size = 7, .max_size = 9})->size, 9);
}

TEST_F(PagerTest, ATokenOpensForItsCallerAndListing) {
  ListIncidentsRequest request;
  request.set_parent("parties/sthlm-sdn-hal/units/sthlm-sdn-hal");
  request.add_states(Incident::STATE_SHARED);
  EXPECT_EQ(Cursor(*call_, request), "") << "the first page";
  const std::string token = world_.pager().Seal(*call_, request, "after 17");
  EXPECT_EQ(token.find("17"), std::string::npos);

  request.set_page_token(token);
  EXPECT_EQ(Cursor(*call_, request), "after 17");
  request.set_page_size(7);
  EXPECT_EQ(Cursor(*call_, request), "after 17") << "pages may differ in size";

  request.add_states(Incident::STATE_RECEIVED);
  EXPECT_EQ(Cursor(*call_, request), std::nullopt) << "other arguments";
  request.mutable_states()->RemoveLast();
  EXPECT_EQ(Cursor(*CallOf("hal-sddir"), request), std::nullopt) << "another caller of the unit";
  incidents::v1::ListDeliveriesRequest other;
  other.set_parent(request.parent());
  other.set_page_token(token);
  EXPECT_EQ(Cursor(*call_, other), std::nullopt) << "another listing";
  request.mutable_page_token()->back() ^= 1;
  EXPECT_EQ(Cursor(*call_, request), std::nullopt) << "a token that was changed";
  request.set_page_token("1");
  EXPECT_EQ(Cursor(*call_, request), std::nullopt);
}

}  // namespace
}  // namespace samverkan::rpc
