// A publishing stream is opened like a call: judged and recorded, before any message is.
#include <gtest/gtest.h>

#include <string>

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
