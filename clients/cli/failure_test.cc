#include "clients/cli/failure.h"

#include <gmock/gmock.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "clients/cli/arguments.h"
#include "clients/cpp/call_error.h"
#include "clients/cpp/fake_hub.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace samverkan::cli {
namespace {

using ::testing::HasSubstr;

TEST(Failure, SpeaksTheReadersLanguage) {
  const absl::Status status =
      client::ToStatus(client::Refusal(grpc::StatusCode::PERMISSION_DENIED, "NO_CLAUSE_IN_FORCE",
                                       {{"code", "E03"}, {"clause", "agreements/a/clauses/l2"}}));
  const std::string sv = DescribeFailure(status, Language::kSwedish);
  EXPECT_THAT(sv, HasSubstr("NO_CLAUSE_IN_FORCE (E03): Ingen gällande klausul täcker handlingen."));
  EXPECT_THAT(sv, HasSubstr("clause: agreements/a/clauses/l2"));
  EXPECT_THAT(sv, HasSubstr("samverkan explain"));
  EXPECT_THAT(DescribeFailure(status, Language::kEnglish),
              HasSubstr("No clause in force covers the act."));
  EXPECT_THAT(FailureJson(status), HasSubstr("\"reason\":\"NO_CLAUSE_IN_FORCE\""));
  EXPECT_EQ(ExitCodeOf(status), kRefused);
}

TEST(Failure, SaysWhatIsWrongWithAFieldOnce) {
  google::rpc::BadRequest fields;
  auto* const fault = fields.add_field_violations();
  fault->set_field("recipient");
  fault->set_description("is no known unit");
  google::rpc::ErrorInfo info;
  info.set_domain("samverkan");
  info.set_reason("FIELD_INVALID");
  google::rpc::Status details;
  details.set_code(static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
  details.add_details()->PackFrom(info);
  details.add_details()->PackFrom(fields);
  const std::string text = DescribeFailure(
      client::ToStatus({grpc::StatusCode::INVALID_ARGUMENT, "recipient: is no known unit",
                        details.SerializeAsString()}),
      Language::kEnglish);
  EXPECT_THAT(text, HasSubstr("recipient: is no known unit"));
  EXPECT_EQ(text.find("recipient"), text.rfind("recipient")) << text;
}

TEST(Failure, TellsApartWhatAScriptMustTellApart) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), kDone);
  EXPECT_EQ(ExitCodeOf(UsageError("x")), kTypedWrong);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), kUnreachable);
  // A hub that answers is not unreachable.
  EXPECT_EQ(
      ExitCodeOf(client::ToStatus(client::Refusal(grpc::StatusCode::UNAVAILABLE, "NOT_READY"))),
      kRefused);
}

}  // namespace
}  // namespace samverkan::cli
