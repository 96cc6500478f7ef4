// What every changing call promises about repeats, versions and trials: a request_id counts once,
// an etag of yesterday changes nothing, and validate_only leaves no trace.
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "tests/contract/callers.h"
#include "tests/contract/calls.h"
#include "tests/contract/casework.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

// Every method that changes something.
std::vector<std::string> ChangingRequests() {
  std::vector<std::string> names;
  for (const auto& [name, method] : Methods()) {
    if (Writes(*method)) names.push_back(name);
  }
  return names;
}

std::vector<std::string> RequestsWith(const std::string& field) {
  std::vector<std::string> names;
  for (const std::string& name : ChangingRequests()) {
    if (Methods().at(name)->input_type()->FindFieldByName(field) != nullptr) names.push_back(name);
  }
  return names;
}

// The same request with something else in it.
void SayOtherwise(const std::string& name, Message& request) {
  static const auto* const others = new std::map<std::string, std::string>{
      {"agreements.CreateAgreement", R"(content { title: "En annan" })"},
      {"agreements.SignAgreement", R"(signature: "another")"},
      {"incidents.CreateIncident", R"(incident { content { harm: 2 } })"},
      {"incidents.ReportSourceChange", R"(content { harm: 2 })"},
      {"incidents.AcknowledgeDelivery", R"(name: "{sealed}")"}};
  const auto found = others->find(name);
  const std::string other = found == others->end() ? R"(etag: "another")" : found->second;
  ASSERT_TRUE(google::protobuf::TextFormat::MergeFromString(Casework::Get().Fill(other), &request))
      << name << " needs a line above";
}

// The one after the first whom the matrix lets act, or whom only the object's state keeps from it.
const CallerKind* AnotherCaller(const std::string& name, std::string* expected) {
  for (const auto& row : Matrix()) {
    if (row[0] != name) continue;
    for (size_t i = 0; i < CallerKinds().size(); ++i) {
      const CallerKind& kind = CallerKinds()[i];
      if (kind.identity != "usual" || kind.handle == AllowedHandle(name)) continue;
      *expected = row[i + 1] == "E21" ? "STATE_OR_EMBARGO" : row[i + 1];
      if (row[i + 1] == "OK" || row[i + 1] == "E21") return &kind;
    }
  }
  return nullptr;
}

Attempt Again(const Attempt& attempt) {
  return {.caller = attempt.caller, .request = CopyOf(*attempt.request)};
}

class RequestIdTest : public ::testing::TestWithParam<std::string> {
 protected:
  // Objects are made before anything is compared.
  RequestIdTest() : attempt_(Allowed(GetParam())) {}
  ~RequestIdTest() override { Casework::Get().Forget(GetParam()); }

  void ExpectImproperIdsRefused() {
    const std::string stands = WhatStands();
    std::vector<Attempt> attempts;
    for (const char* id :
         {"", "1", "B0A3E1C2-5F0D-4C65-9B3F-0A5D3B0C1D2E", "b0a3e1c2-5f0d-1c65-9b3f-0a5d3b0c1d2e",
          "{b0a3e1c2-5f0d-4c65-9b3f-0a5d3b0c1d2e}"}) {
      attempts.push_back(Again(attempt_));
      SetText(*attempts.back().request, "request_id", id);
    }
    TryAtOnce(attempts);
    for (const Attempt& attempt : attempts) {
      EXPECT_EQ(attempt.outcome.reason(), "FIELD_INVALID");
      EXPECT_EQ(attempt.outcome.field(), "request_id");
    }
    EXPECT_EQ(WhatStands(), stands);
  }

  Attempt attempt_;
};

TEST_P(RequestIdTest, AnActHappensOnce) {
  ExpectImproperIdsRefused();
  std::vector<Attempt> later;
  later.push_back(Again(attempt_));
  later.push_back(Again(attempt_));
  SayOtherwise(GetParam(), *later[1].request);
  Try(attempt_);
  ASSERT_EQ(attempt_.outcome.reason(), "OK") << attempt_.outcome.status.error_message();
  EXPECT_FALSE(attempt_.outcome.replayed());
  const std::string stands = WhatStands();
  TryAtOnce(later);
  EXPECT_EQ(later[0].outcome.reason(), "OK");
  EXPECT_TRUE(later[0].outcome.replayed());
  EXPECT_TRUE(MessageDifferencer::Equals(*later[0].response, *attempt_.response))
      << later[0].response->ShortDebugString() << "\n"
      << attempt_.response->ShortDebugString();
  EXPECT_EQ(later[1].outcome.reason(), "REQUEST_ID_REUSED");
  EXPECT_EQ(WhatStands(), stands);
}

TEST_P(RequestIdTest, AnotherCallersSameIdIsItsOwn) {
  Try(attempt_);
  ASSERT_EQ(attempt_.outcome.reason(), "OK");
  Casework::Get().Forget(GetParam());
  std::string expected;
  const CallerKind* const kind = AnotherCaller(GetParam(), &expected);
  ASSERT_NE(kind, nullptr);
  Attempt other{.caller = CallerOf(*kind),
                .request = Casework::Get().Request(GetParam(), kind->handle)};
  SetText(*other.request, "request_id", TextOf(*attempt_.request, "request_id"));
  Try(other);
  EXPECT_EQ(other.outcome.reason(), expected) << other.outcome.status.error_message();
  EXPECT_FALSE(other.outcome.replayed());
}

std::string TestName(const ::testing::TestParamInfo<std::string>& info) {
  return info.param.substr(info.param.find('.') + 1);
}

INSTANTIATE_TEST_SUITE_P(Changing, RequestIdTest, ::testing::ValuesIn(ChangingRequests()),
                         TestName);

// R60: the sender's own id makes a retry safe for ever, under whatever request_id.
TEST(ForeignIdTest, AKnownIdIsTheFirstItem) {
  Attempt first = Allowed("incidents.CreateIncident");
  Try(first);
  ASSERT_EQ(first.outcome.reason(), "OK");
  const std::string stands = WhatStands();
  Attempt again{.caller = first.caller, .request = CopyOf(*first.request)};
  SetText(*again.request, "request_id", NewRequestId());
  Try(again);
  EXPECT_EQ(again.outcome.reason(), "OK");
  EXPECT_TRUE(again.outcome.replayed());
  EXPECT_TRUE(MessageDifferencer::Equals(*again.response, *first.response));
  SetText(*again.request, "request_id", NewRequestId());
  SayOtherwise("incidents.CreateIncident", *again.request);
  Try(again);
  EXPECT_EQ(again.outcome.reason(), "FOREIGN_ID_REUSED");
  EXPECT_EQ(again.outcome.error().metadata["name"], TextOf(*first.response, "name"));
  EXPECT_EQ(WhatStands(), stands);
}

TEST(ForeignIdTest, AnIdIsOnesOwnPartys) {
  Attempt district = Allowed("incidents.CreateIncident");
  Try(district);
  ASSERT_EQ(district.outcome.reason(), "OK");
  Attempt police = Allowed("incidents.CreateIncident/police");
  auto& request = static_cast<incidents::v1::CreateIncidentRequest&>(*police.request);
  request.mutable_incident()->set_foreign_id(
      static_cast<incidents::v1::CreateIncidentRequest&>(*district.request)
          .incident()
          .foreign_id());
  Try(police);
  EXPECT_EQ(police.outcome.reason(), "OK");
  EXPECT_FALSE(police.outcome.replayed());
}

TEST(ForeignIdTest, AStreamsRepeatIsUnchanged) {
  using incidents::v1::PublishIncidentsResponse;
  using incidents::v1::PublishResult;
  Attempt attempt = Allowed("incidents.PublishIncidents/police");
  Try(attempt);
  const PublishResult first =
      static_cast<const PublishIncidentsResponse&>(*attempt.response).results(0);
  EXPECT_EQ(first.outcome(), PublishResult::OUTCOME_CREATED);
  Try(attempt);
  const PublishResult again =
      static_cast<const PublishIncidentsResponse&>(*attempt.response).results(0);
  EXPECT_EQ(again.outcome(), PublishResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(again.name(), first.name());
}

// R61: what was looked at is what is changed.
TEST(EtagTest, AnEtagOfYesterdayChangesNothing) {
  for (const std::string& name : RequestsWith("etag")) {
    SCOPED_TRACE(name);
    Attempt attempt = Allowed(name);
    Try(attempt);
    ASSERT_EQ(attempt.outcome.reason(), "OK") << attempt.outcome.status.error_message();
    Casework::Get().Forget(name);
    const std::string stands = WhatStands();
    for (const std::string& etag : {TextOf(*attempt.request, "etag"), std::string("no etag")}) {
      SetText(*attempt.request, "request_id", NewRequestId());
      SetText(*attempt.request, "etag", etag);
      Try(attempt);
      EXPECT_EQ(attempt.outcome.reason(), "STALE_VERSION") << etag;
    }
    SetText(*attempt.request, "etag", "");
    Try(attempt);
    EXPECT_EQ(attempt.outcome.reason(), "FIELD_INVALID");
    EXPECT_EQ(attempt.outcome.field(), "etag");
    EXPECT_EQ(WhatStands(), stands);
  }
}

TEST(ValidateOnlyTest, ATrialAnswersAndChangesNothing) {
  for (const std::string& name : RequestsWith("validate_only")) {
    SCOPED_TRACE(name);
    Attempt attempt = Allowed(name);
    const std::string stands = WhatStands();
    const auto* const field = attempt.request->GetDescriptor()->FindFieldByName("validate_only");
    attempt.request->GetReflection()->SetBool(attempt.request.get(), field, true);
    Try(attempt);
    EXPECT_EQ(attempt.outcome.reason(), "OK") << attempt.outcome.status.error_message();
    EXPECT_GT(attempt.response->ByteSizeLong(), 0);
    EXPECT_EQ(WhatStands(), stands);
    // The trial has not used the request_id up.
    attempt.request->GetReflection()->SetBool(attempt.request.get(), field, false);
    Try(attempt);
    EXPECT_EQ(attempt.outcome.reason(), "OK") << attempt.outcome.status.error_message();
    EXPECT_FALSE(attempt.outcome.replayed());
    EXPECT_NE(WhatStands(), stands);
    Casework::Get().Forget(name);
  }
}

}  // namespace
}  // namespace samverkan::testing
