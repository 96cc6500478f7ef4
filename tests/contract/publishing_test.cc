// A publishing stream is opened like a call: judged and recorded, before any message is.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/audit/v1/record.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/clock.h"
#include "tests/contract/casework.h"
#include "tests/contract/names.h"
#include "tests/support/running_hub.h"

namespace samverkan::testing {
namespace {

using audit::v1::Record;

constexpr char kPublish[] = "samverkan.incidents.v1.IncidentService.PublishIncidents";

constexpr char kPath[] = "/samverkan.incidents.v1.IncidentService/PublishIncidents";
// The hub's default, which RunningHub leaves as it is.
constexpr size_t kReceiveBytesMax = 1 << 20;

// No other test names it, so that the records of these calls are told from others'.
constexpr char kPurpose[] = "PUR_UPPFOLJNING";

// Records of the district's tree about the stream itself.
int64_t Openings(Record::Kind kind) {
  RunningHub& hub = RunningHub::Get();
  audit::v1::ListEntriesRequest request;
  request.set_parent(kDistrictParty);
  int64_t count = 0;
  do {
    audit::v1::ListEntriesResponse page;
    EXPECT_EQ(hub.Call(hub.As("hal-dso"), request, &page).reason(), "OK");
    for (const audit::v1::Entry& entry : page.entries()) {
      Record record;
      EXPECT_TRUE(record.ParseFromString(entry.record()));
      if (record.kind() == kind && record.method() == kPublish && record.purpose() == kPurpose)
        ++count;
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return count;
}

// The log is answered from what has been made a tree of: a moment behind.
void ExpectOneOpening(Record::Kind kind) {
  const absl::Time end = SystemClock().Now() + absl::Seconds(30);
  while (Openings(kind) == 0 && SystemClock().Now() < end) {
  }
  EXPECT_EQ(Openings(kind), 1);
}

TEST(PublishingContractTest, OpeningIsRecorded) {
  RunningHub& hub = RunningHub::Get();
  const auto message = Casework::Get().Request("incidents.PublishIncidents");
  incidents::v1::PublishIncidentsResponse response;
  EXPECT_EQ(hub.Call(hub.As("hal-tryggsam", kPurpose), *message, &response).reason(), "OK");
  ASSERT_EQ(response.results_size(), 1);
  EXPECT_EQ(response.results(0).reason(), "");
  ExpectOneOpening(Record::KIND_STREAM_OPENED);
}

// The items that the answers name, and every refusal.
std::vector<std::string> NamesAndReasons(const std::vector<std::string>& answers) {
  std::vector<std::string> all;
  for (const std::string& bytes : answers) {
    incidents::v1::PublishIncidentsResponse response;
    EXPECT_TRUE(response.ParseFromString(bytes));
    for (const auto& result : response.results())
      all.push_back(result.reason().empty() ? result.name() : result.reason());
  }
  return all;
}

// A request as a liaison system would send it, in its place of the stream.
incidents::v1::PublishIncidentsRequest Message(int64_t sequence) {
  incidents::v1::PublishIncidentsRequest message;
  message.CopyFrom(*Casework::Get().Request("incidents.PublishIncidents"));
  message.set_sequence(sequence);
  return message;
}

TEST(PublishingContractTest, WhatCameBeforeBytesThatAreNoMessageStandsAndNothingElse) {
  RunningHub& hub = RunningHub::Get();
  const auto before = Message(1);
  const auto after = Message(2);
  std::vector<std::string> answers;
  const std::string whole = before.SerializeAsString();
  const Outcome outcome =
      hub.SendAll(hub.As("hal-tryggsam"), kPath,
                  {whole, whole.substr(0, whole.size() - 1), after.SerializeAsString()}, &answers);
  EXPECT_EQ(outcome.reason(), "FIELD_INVALID");
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const std::vector<std::string> results = NamesAndReasons(answers);
  ASSERT_EQ(results.size(), 1u);
  incidents::v1::GetIncidentRequest get;
  get.set_name(results[0]);
  EXPECT_EQ(hub.Call(hub.As("hal-tryggsam"), get).reason(), "OK");
  // What came after is created now, so it was not before; what came before is known.
  answers.clear();
  auto again = after;
  again.set_sequence(1);
  auto known = before;
  known.set_sequence(2);
  incidents::v1::PublishIncidentsResponse response;
  EXPECT_EQ(hub.SendAll(hub.As("hal-tryggsam"), kPath,
                        {again.SerializeAsString(), known.SerializeAsString()}, &answers)
                .reason(),
            "OK");
  std::vector<incidents::v1::PublishResult::Outcome> outcomes;
  for (const std::string& bytes : answers) {
    ASSERT_TRUE(response.ParseFromString(bytes));
    for (const auto& result : response.results()) outcomes.push_back(result.outcome());
  }
  EXPECT_EQ(outcomes, (std::vector{incidents::v1::PublishResult::OUTCOME_CREATED,
                                   incidents::v1::PublishResult::OUTCOME_UNCHANGED}));
}

TEST(PublishingContractTest, AMessageThatIsTooLargeIsRefusedAndOneThatFitsIsAnswered) {
  RunningHub& hub = RunningHub::Get();
  auto message = Message(1);
  std::string* const text =
      message.mutable_create()->mutable_incident()->mutable_source()->mutable_text();
  text->assign(kReceiveBytesMax, 'a');
  text->resize(text->size() - (message.ByteSizeLong() - kReceiveBytesMax));
  ASSERT_EQ(message.ByteSizeLong(), kReceiveBytesMax);
  std::vector<std::string> answers;
  EXPECT_EQ(
      hub.SendAll(hub.As("hal-tryggsam"), kPath, {message.SerializeAsString()}, &answers).reason(),
      "OK");
  EXPECT_EQ(NamesAndReasons(answers), std::vector<std::string>{"FIELD_INVALID"});
  answers.clear();
  text->push_back('a');
  EXPECT_EQ(hub.SendAll(hub.As("hal-tryggsam"), kPath, {message.SerializeAsString()}, &answers)
                .status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(answers, std::vector<std::string>());
}

TEST(PublishingContractTest, WhoMayNotHandInIsRefusedAtTheDoor) {
  RunningHub& hub = RunningHub::Get();
  const auto message = Casework::Get().Request("incidents.PublishIncidents");
  incidents::v1::PublishIncidentsResponse response;
  EXPECT_EQ(hub.Call(hub.As("hal-regstr", kPurpose), *message, &response).reason(), "NO_MANDATE");
  EXPECT_EQ(response.results_size(), 0);
  ExpectOneOpening(Record::KIND_REFUSED);
}

}  // namespace
}  // namespace samverkan::testing
