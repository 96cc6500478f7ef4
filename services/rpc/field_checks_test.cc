#include "services/rpc/field_checks.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/error.h"

namespace samverkan::rpc {
namespace {

using incidents::v1::CreateIncidentRequest;
using incidents::v1::ListIncidentsRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The paths at fault.
std::vector<std::string> Faults(const google::protobuf::Message& request) {
  const absl::Status status = CheckFields(request);
  std::vector<std::string> paths;
  if (status.ok()) return paths;
  EXPECT_EQ(ReasonOf(status), errors::v1::ERROR_REASON_FIELD_INVALID);
  const google::rpc::BadRequest bad_request = BadRequestOf(status);
  for (const auto& violation : bad_request.field_violations()) paths.push_back(violation.field());
  EXPECT_FALSE(paths.empty());
  return paths;
}

CreateIncidentRequest Good() {
  CreateIncidentRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(parent: "parties/pol/units/pol-sth"
           incident {
             content {
               category: "INC_MIL_BELYS"
               place { position { latitude: 59.3 longitude: 18 } }
               occur_span {
                 start_time { seconds: 1772438400 }
                 end_time { seconds: 1772442000 }
               }
             }
           }
           request_id: "8a7e1a52-6a54-4d43-9d3c-2f8f2f5d5f11")pb",
      &request));
  return request;
}

TEST(FieldChecksTest, AGoodRequestPasses) {
  EXPECT_THAT(Faults(Good()), IsEmpty());
}

TEST(FieldChecksTest, EveryRequiredFieldIsAskedForAtOnceAndInDepth) {
  EXPECT_THAT(Faults(CreateIncidentRequest()), ElementsAre("parent", "incident", "request_id"));
  CreateIncidentRequest request = Good();
  request.clear_parent();
  request.mutable_incident()->mutable_content()->clear_place();
  EXPECT_THAT(Faults(request), ElementsAre("parent", "incident.content.place"));
  EXPECT_THAT(Faults(incidents::v1::ReleaseIncidentRequest()),
              ElementsAre("name", "etag", "clause", "recipients", "legal_position", "request_id"))
      << "an empty list is none";
}

TEST(FieldChecksTest, ARequestIdIsAUuidThatADeviceMade) {
  const auto faults = [](const std::string& id) {
    CreateIncidentRequest request = Good();
    request.set_request_id(id);
    return Faults(request);
  };
  EXPECT_THAT(faults("018f4d8e-7d4c-7c3a-8b7e-0c1d2e3f4a5b"), IsEmpty()) << "version 7";
  for (const char* id : {"8a7e1a52-6a54-1d43-9d3c-2f8f2f5d5f11",  // version 1
                         "8A7E1A52-6A54-4D43-9D3C-2F8F2F5D5F11", "8a7e1a526a544d439d3c2f8f2f5d5f11",
                         "00000000-0000-0000-0000-000000000000", "1", " "}) {
    EXPECT_THAT(faults(id), ElementsAre("request_id")) << id;
  }
}

TEST(FieldChecksTest, NumbersAreFinite) {
  for (const double value : {std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(), std::nan("")}) {
    CreateIncidentRequest request = Good();
    types::v1::Place& place = *request.mutable_incident()->mutable_content()->mutable_place();
    place.mutable_position()->set_longitude(value);
    EXPECT_THAT(Faults(request), ElementsAre("incident.content.place.position.longitude"));
    place.clear_position();
    place.add_polygon()->set_latitude(59);
    place.add_polygon()->set_latitude(value);
    EXPECT_THAT(Faults(request), ElementsAre("incident.content.place.polygon[1].latitude"));
  }
}

TEST(FieldChecksTest, TimesLieInTheirYears) {
  CreateIncidentRequest request = Good();
  auto* time =
      request.mutable_incident()->mutable_content()->mutable_occur_span()->mutable_start_time();
  const std::vector<std::string> fault = {"incident.content.occur_span.start_time"};
  const auto faults = [&](int64_t seconds, int32_t nanos) {
    time->set_seconds(seconds);
    time->set_nanos(nanos);
    return Faults(request);
  };
  constexpr int64_t kFirst = -62135596800;  // 0001-01-01
  constexpr int64_t kLast = 253402300799;   // 9999-12-31 23:59:59
  EXPECT_THAT(faults(kFirst, 0), IsEmpty());
  EXPECT_EQ(faults(kFirst - 1, 0), fault);
  EXPECT_THAT(faults(kLast, 999999999), IsEmpty());
  EXPECT_EQ(faults(kLast + 1, 0), fault);
  EXPECT_EQ(faults(0, -1), fault);
  EXPECT_EQ(faults(0, 1000000000), fault);
  EXPECT_EQ(faults(std::numeric_limits<int64_t>::max(), 0), fault);
}

TEST(FieldChecksTest, EnumsAreKnown) {
  ListIncidentsRequest request;
  request.set_parent("parties/pol/units/pol-sth");
  request.add_states(incidents::v1::Incident::STATE_RECEIVED);
  EXPECT_THAT(Faults(request), IsEmpty());
  request.add_states(static_cast<incidents::v1::Incident::State>(99));
  EXPECT_THAT(Faults(request), ElementsAre("states[1]"));
}

TEST(FieldChecksTest, APageSizeIsNotNegative) {
  ListIncidentsRequest request;
  request.set_parent("parties/pol/units/pol-sth");
  request.set_page_size(std::numeric_limits<int32_t>::max());
  EXPECT_THAT(Faults(request), IsEmpty()) << "too large is cut, not refused";
  request.set_page_size(-1);
  EXPECT_THAT(Faults(request), ElementsAre("page_size"));
}

TEST(FieldChecksTest, TextsAndListsHaveABoundEverywhere) {
  CreateIncidentRequest request = Good();
  incidents::v1::Source& source = *request.mutable_incident()->mutable_source();
  source.set_text(std::string(64 * 1024, 'a'));
  EXPECT_THAT(Faults(request), IsEmpty());
  source.mutable_text()->push_back('a');
  EXPECT_THAT(Faults(request), ElementsAre("incident.source.text"));

  ListIncidentsRequest list;
  list.set_parent("parties/pol/units/pol-sth");
  for (int i = 0; i < 1000; ++i) list.add_states(incidents::v1::Incident::STATE_RECEIVED);
  EXPECT_THAT(Faults(list), IsEmpty());
  list.add_states(incidents::v1::Incident::STATE_RECEIVED);
  EXPECT_THAT(Faults(list), ElementsAre("states"));
}

TEST(FieldChecksTest, FaultsAreToldUpToTwenty) {
  agreements::v1::CreateAgreementRequest request;
  for (int i = 0; i < 100; ++i) request.mutable_content()->add_clauses();
  EXPECT_GE(Faults(request).size(), 20);
  EXPECT_LE(Faults(request).size(), 28) << "those of one message more at most";
}

}  // namespace
}  // namespace samverkan::rpc
