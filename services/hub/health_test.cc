#include "services/hub/health.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace samverkan::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

class FakeService final : public grpc::HealthCheckServiceInterface {
 public:
  void SetServingStatus(const std::string& service_name, bool serving) override {
    FAIL() << "only for all services at once";
  }
  void SetServingStatus(bool serving) override { told.push_back(serving); }

  std::vector<bool> told;
};

TEST(HealthTest, TellsEachChangeOnceAndWhy) {
  absl::Status state;
  FakeService service;
  Health health([&] { return state; }, service);
  CaptureStderr();
  health.Look();
  EXPECT_THAT(service.told, IsEmpty());
  state = absl::DataLossError("the log cannot be signed");
  health.Look();
  EXPECT_FALSE(health.serving());
  state = absl::DataLossError("still not");
  health.Look();
  state = absl::OkStatus();
  health.Look();
  health.Look();
  EXPECT_TRUE(health.serving());
  EXPECT_THAT(service.told, ElementsAre(false, true));
  const std::string log = GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("the log cannot be signed"));
  EXPECT_EQ(log.find("unhealthy"), log.rfind("unhealthy"));
}

}  // namespace
}  // namespace samverkan::hub
