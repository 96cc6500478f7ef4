// What comes over the wire and is no call of the contract: no such method, no such message, too
// large, too late. None of it reaches a handler.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/clock.h"
#include "services/base/limits.h"
#include "tests/contract/callers.h"
#include "tests/contract/calls.h"
#include "tests/contract/casework.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using google::protobuf::MethodDescriptor;
using grpc::StatusCode;

// The hub's default, which RunningHub leaves as it is.
constexpr size_t kReceiveBytesMax = 1 << 20;

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

Outcome Send(Sent sent) {
  return RunningHub::Get().Send(RunningHub::Get().As("hal-tryggsam"), sent);
}

TEST(WireTest, WhatDoesNotExistIsUnimplemented) {
  for (const char* path : {"/samverkan.incidents.v1.IncidentService/DropIncidents",
                           "/samverkan.incidents.v2.IncidentService/GetIncident",
                           "/samverkan.incidents.v1.IncidentService/getincident",
                           "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "/",
                           "/x", "/samverkan.incidents.v1.IncidentService/GetIncident/"}) {
    EXPECT_EQ(Send({.path = path, .bytes = ""}).status.error_code(), StatusCode::UNIMPLEMENTED)
        << path;
  }
}

TEST(WireTest, BytesThatAreNoMessageDoNothing) {
  const std::string stands = WhatStands();
  for (const auto& [name, method] : Methods()) {
    std::string answer;
    const Outcome outcome = RunningHub::Get().Send(AllowedCaller(name),
                                                   {.path = PathOf(*method),
                                                    .bytes = "\x0a\xff\xff\xff\xff\x0f no message",
                                                    .streams = method->server_streaming()},
                                                   &answer);
    EXPECT_FALSE(outcome.status.ok()) << name;
    // Streams are parsed by the hub, which says what is wrong; all else by gRPC.
    if (method->client_streaming() || method->server_streaming())
      EXPECT_EQ(outcome.reason(), "FIELD_INVALID") << name;
    EXPECT_EQ(answer, "") << name;
  }
  EXPECT_EQ(WhatStands(), stands);
}

// Unknown fields come from a client that is newer: they change nothing.
TEST(WireTest, UnknownFieldsAreIgnored) {
  const Attempt attempt = Allowed("incidents.GetIncident");
  const std::string unknown = "\xfa\x7f\x03xyz";  // field 2047
  const Outcome outcome = RunningHub::Get().Send(
      attempt.caller, {.path = PathOf(*Methods().at("incidents.GetIncident")),
                       .bytes = attempt.request->SerializeAsString() + unknown});
  EXPECT_EQ(outcome.reason(), "OK");
}

TEST(WireTest, AMessageThatIsTooLargeDoesNothing) {
  const std::string stands = WhatStands();
  const Attempt attempt = Allowed("incidents.CreateIncident");
  auto& request = static_cast<incidents::v1::CreateIncidentRequest&>(*attempt.request);
  request.mutable_incident()->mutable_source()->set_text(std::string(kReceiveBytesMax, 'a'));
  const Outcome outcome = RunningHub::Get().Call(attempt.caller, request);
  EXPECT_EQ(outcome.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  // Just below, it is the field that is told.
  request.mutable_incident()->mutable_source()->mutable_text()->resize(kReceiveBytesMax - 4096);
  const Outcome smaller = RunningHub::Get().Call(attempt.caller, request);
  EXPECT_EQ(smaller.reason(), "FIELD_INVALID");
  EXPECT_EQ(smaller.field(), "incident.source.text");
  EXPECT_EQ(WhatStands(), stands);
}

// Whether anything came of it or not, the caller cannot know; a repeat makes it happen once.
TEST(WireTest, ACallThatWasTooLateIsRepeatedSafely) {
  for (const absl::Duration deadline :
       {absl::ZeroDuration(), -absl::Seconds(1), -absl::Minutes(1)}) {
    Attempt attempt = Allowed("incidents.CreateIncident");
    const Outcome late = RunningHub::Get().Send(
        attempt.caller, {.path = PathOf(*Methods().at("incidents.CreateIncident")),
                         .bytes = attempt.request->SerializeAsString(),
                         .deadline = deadline});
    EXPECT_EQ(late.status.error_code(), StatusCode::DEADLINE_EXCEEDED) << deadline;
    Try(attempt);
    EXPECT_EQ(attempt.outcome.reason(), "OK");
    const std::string name = TextOf(*attempt.response, "name");
    Try(attempt);
    EXPECT_TRUE(attempt.outcome.replayed());
    EXPECT_EQ(TextOf(*attempt.response, "name"), name);
  }
}

// All records of the district's log that are listed yet.
std::string DistrictsLog() {
  Attempt entries = Allowed("audit.ListEntries");
  auto& request = static_cast<audit::v1::ListEntriesRequest&>(*entries.request);
  request.set_page_size(kAuditPageSizeMax);
  std::string log;
  do {
    Try(entries);
    const auto& page = static_cast<const audit::v1::ListEntriesResponse&>(*entries.response);
    for (const audit::v1::Entry& entry : page.entries()) log += entry.record();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return log;
}

// R42: what a caller types where nobody has checked it, and what it hands in, stands in no record.
TEST(WireTest, WhatIsTypedDoesNotReachTheLog) {
  const std::string marker = absl::StrCat("marker-", NewRequestId());
  RunningHub& hub = RunningHub::Get();
  const auto call = [&](const std::string& request, const std::string& field, Caller caller) {
    const Attempt attempt = Allowed(request);
    if (!field.empty()) SetText(*attempt.request, field, marker);
    return hub.Call(caller, *attempt.request).reason();
  };
  const Caller usual = hub.As("hal-tryggsam", "PUR_LAGESBILD");
  Caller other_purpose = usual;
  other_purpose.purpose = marker;
  Caller other_mandate = usual;
  other_mandate.mandate = marker;
  EXPECT_EQ(call("directory.GetParty", "name", usual), "NOT_FOUND");
  EXPECT_EQ(call("incidents.GetIncident", "name", usual), "NOT_FOUND");
  EXPECT_EQ(call("feed.Watch", "", other_purpose), "PURPOSE_NOT_PERMITTED");
  EXPECT_EQ(call("incidents.ReleaseIncident", "", other_purpose), "PURPOSE_NOT_PERMITTED");
  EXPECT_EQ(call("audit.GetCheckpoint", "", other_purpose), "NO_MANDATE");
  EXPECT_EQ(call("directory.GetParty", "", other_mandate), "NO_MANDATE");
  EXPECT_EQ(call("incidents.ReleaseIncident", "clause", usual), "FIELD_INVALID");
  const std::string rejected = Casework::Get().Object("received").name;
  EXPECT_EQ(call("incidents.RejectIncident", "reason", usual), "OK");
  Casework::Get().Forget("incidents.RejectIncident");
  // Listed within a second, in the order of the calls.
  const absl::Time end = SystemClock().Now() + absl::Seconds(30);
  std::string log;
  while (log.find(rejected) == std::string::npos && SystemClock().Now() < end) log = DistrictsLog();
  EXPECT_NE(log.find(rejected), std::string::npos);
  EXPECT_EQ(log.find(marker), std::string::npos);
}

// gRPC's own health service answers whoever has a certificate, and names no service of the
// contract.
TEST(WireTest, HealthTellsOnlyThatTheHubServes) {
  RunningHub& hub = RunningHub::Get();
  std::string answer;
  const Caller system{.key_path = "operator/cli"};
  EXPECT_EQ(
      hub.Send(system, {.path = "/grpc.health.v1.Health/Check", .bytes = ""}, &answer).reason(),
      "OK");
  EXPECT_EQ(answer, "\x08\x01");  // SERVING
  EXPECT_EQ(hub.Send({}, {.path = "/grpc.health.v1.Health/Check", .bytes = ""}).status.error_code(),
            StatusCode::UNAVAILABLE);
  const std::string named = "\x0a\x26samverkan.incidents.v1.IncidentService";
  EXPECT_EQ(hub.Send(system, {.path = "/grpc.health.v1.Health/Check", .bytes = named})
                .status.error_code(),
            StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace samverkan::testing
