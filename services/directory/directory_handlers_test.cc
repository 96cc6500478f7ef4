#include "services/directory/directory_handlers.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/error.h"
#include "services/base/proto_time.h"
#include "tests/support/handler_world.h"

namespace samverkan::directory {
namespace {

using ::samverkan::testing::HandlerWorld;
using ::testing::Contains;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class DirectoryHandlersTest : public ::testing::Test {
 protected:
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(absl::StatusOr<Response> (DirectoryHandlers::*method)(
                                   rpc::Call&, storage::ReadTx&, const Request&),
                               const Request& request) {
    return world_.Read({"hal-tryggsam"}, "", [&](rpc::Call& call, storage::ReadTx& tx) {
      return (handlers_.*method)(call, tx, request);
    });
  }
  std::vector<std::string> Units(const std::string& parent, int32_t page_size = 0) {
    v1::ListUnitsRequest request;
    request.set_parent(parent);
    request.set_page_size(page_size);
    std::vector<std::string> names;
    do {
      const auto page = Ask(&DirectoryHandlers::ListUnits, request);
      EXPECT_TRUE(page.ok()) << page.status();
      for (const v1::Unit& unit : page->units()) names.push_back(unit.name());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return names;
  }
  std::vector<std::string> Located(double latitude, double longitude, absl::Time at) {
    v1::LocatePlaceRequest request;
    request.mutable_place()->mutable_position()->set_latitude(latitude);
    request.mutable_place()->mutable_position()->set_longitude(longitude);
    *request.mutable_at_time() = ToProto(at);
    const auto located = Ask(&DirectoryHandlers::LocatePlace, request);
    EXPECT_TRUE(located.ok()) << located.status();
    return {located->area_versions().begin(), located->area_versions().end()};
  }

  HandlerWorld world_{{}};
  DirectoryHandlers handlers_{world_.pager(), world_.calendar()};
};

TEST_F(DirectoryHandlersTest, APartyIsFoundByItsWholeName) {
  v1::GetPartyRequest request;
  request.set_name("parties/pol");
  EXPECT_EQ(Ask(&DirectoryHandlers::GetParty, request)->display_name(), "Polismyndigheten");
  for (const char* name : {"parties/po", "pol", "", "parties/pol/units/pol-sth"}) {
    request.set_name(name);
    EXPECT_EQ(Ask(&DirectoryHandlers::GetParty, request).status(), NotFound()) << name;
  }
}

TEST_F(DirectoryHandlersTest, UnitsAreThoseOfThePartyByName) {
  const std::vector<std::string> police = Units("parties/pol");
  EXPECT_THAT(police, Each(StartsWith("parties/pol/units/")));
  EXPECT_THAT(police, Contains("parties/pol/units/pol-sth-syd-skarh"));
  EXPECT_TRUE(std::is_sorted(police.begin(), police.end()));
  EXPECT_EQ(Units("parties/pol", 2), police) << "in whatever pages";
  EXPECT_THAT(Units("parties/-"), SizeIs(world_.snapshot()->units().size()));
  v1::ListUnitsRequest unknown;
  unknown.set_parent("parties/po");
  EXPECT_EQ(Ask(&DirectoryHandlers::ListUnits, unknown).status(), NotFound());
}

TEST_F(DirectoryHandlersTest, CodesAndAreasAreFilteredAndCounted) {
  v1::ListCodesRequest codes;
  codes.set_list("RTR");
  const auto reasons = Ask(&DirectoryHandlers::ListCodes, codes);
  ASSERT_TRUE(reasons.ok()) << reasons.status();
  EXPECT_GT(reasons->codes_size(), 0);
  EXPECT_EQ(world_.left().count, reasons->codes_size());
  for (const v1::Code& code : reasons->codes()) EXPECT_EQ(code.list(), "RTR");
  codes.set_list("NONE");
  EXPECT_EQ(Ask(&DirectoryHandlers::ListCodes, codes)->codes_size(), 0);

  v1::ListAreasRequest areas;
  areas.set_kind(v1::Area::KIND_CITY_DISTRICT);
  const auto districts = Ask(&DirectoryHandlers::ListAreas, areas);
  EXPECT_GT(districts->areas_size(), 0);
  for (const v1::Area& area : districts->areas())
    EXPECT_EQ(area.kind(), v1::Area::KIND_CITY_DISTRICT);
}

TEST_F(DirectoryHandlersTest, MandatesAreThoseOfTheParty) {
  v1::ListMandatesRequest request;
  request.set_parent("parties/sthlm-sdn-hal");
  const auto mandates = Ask(&DirectoryHandlers::ListMandates, request);
  ASSERT_TRUE(mandates.ok()) << mandates.status();
  EXPECT_GT(mandates->mandates_size(), 0);
  for (const v1::Mandate& mandate : mandates->mandates())
    EXPECT_THAT(mandate.name(), StartsWith("parties/sthlm-sdn-hal/mandates/"));
}

TEST_F(DirectoryHandlersTest, ACellComesWithItsGeometryAndALargerAreaWithItsMembers) {
  v1::GetAreaRequest request;
  request.set_name("areas/stadsdel-fruangen");
  EXPECT_THAT(Ask(&DirectoryHandlers::GetArea, request)->versions(0).geojson(), StartsWith("{"));
  request.set_name("areas/sdo-hal");
  const auto district = Ask(&DirectoryHandlers::GetArea, request);
  EXPECT_THAT(district->versions(0).geojson(), IsEmpty());
  EXPECT_THAT(district->versions(0).members(), Contains("areas/stadsdel-fruangen"));
  request.set_name("areas/none");
  EXPECT_EQ(Ask(&DirectoryHandlers::GetArea, request).status(), NotFound());
}

// On the first of July 2020 Hägersten-Liljeholmen and Älvsjö became one district.
TEST_F(DirectoryHandlersTest, APlaceLiesInTheAreasOfItsTime) {
  const absl::Time change = world_.calendar().Midnight(absl::CivilDay(2020, 7, 1));
  const std::vector<std::string> before = Located(59.2867, 17.9645, change - absl::Microseconds(1));
  EXPECT_THAT(before, Contains("areas/sdo-hli@2015-01-01"));
  EXPECT_THAT(before, Not(Contains("areas/sdo-hal@2020-07-01")));
  const std::vector<std::string> after = Located(59.2867, 17.9645, change);
  EXPECT_THAT(after, Contains("areas/sdo-hal@2020-07-01"));
  EXPECT_THAT(after, Not(Contains("areas/sdo-hli@2015-01-01")));
  for (const auto& areas : {before, after}) {
    EXPECT_THAT(areas, Contains(StartsWith("areas/stadsdel-fruangen@")));
    EXPECT_THAT(areas, Contains(StartsWith("areas/lpo-skarh@")));
    EXPECT_TRUE(std::is_sorted(areas.begin(), areas.end()));
  }
}

TEST_F(DirectoryHandlersTest, OnlyAPositionOrAPolygonIsLocated) {
  v1::LocatePlaceRequest request;
  request.mutable_place()->add_areas("areas/stadsdel-fruangen");
  EXPECT_EQ(ReasonOf(Ask(&DirectoryHandlers::LocatePlace, request).status()),
            errors::v1::ERROR_REASON_FIELD_INVALID);
  request.mutable_place()->clear_areas();
  request.mutable_place()->mutable_position()->set_latitude(57.7);
  request.mutable_place()->mutable_position()->set_longitude(11.97);
  EXPECT_EQ(ReasonOf(Ask(&DirectoryHandlers::LocatePlace, request).status()),
            errors::v1::ERROR_REASON_FIELD_INVALID)
      << "outside the city";
}

}  // namespace
}  // namespace samverkan::directory
