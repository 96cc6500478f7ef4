#include "services/incidents/projection.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/base/proto_time.h"
#include "tests/support/stockholm.h"

namespace samverkan::incidents {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using types::v1::GeoPrecision;
using types::v1::Place;
using types::v1::TimePrecision;

// Tuesday 2026-03-03 17:20 in Stockholm.
constexpr absl::Time kStart = absl::FromUnixSeconds(1'772'554'800);

const access::AreaMap& Map() {
  static const auto& map = *new std::shared_ptr<const access::AreaMap>([] {
    const samverkan::testing::World world = samverkan::testing::Stockholm(kStart);
    return *access::AreaMap::Compile(*world.directory, world.geojson);
  }());
  return *map;
}

v1::IncidentContent Assessed(const char* place) {
  v1::IncidentContent content;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(category: "INC_RAN_PERS"
           occur_span { precision: TIME_PRECISION_EXACT }
           certainty: "CER_SANNOLIK"
           harm: 2
           description: "Fritext"
           marking { tlp: TLP_AMBER confidentiality: 2 })pb",
      &content));
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(place, content.mutable_place()));
  *content.mutable_occur_span()->mutable_start_time() = ToProto(kStart);
  *content.mutable_occur_span()->mutable_end_time() = ToProto(kStart + absl::Minutes(10));
  return content;
}

constexpr char kPosition[] =
    R"(type: "PLA_TORG" display_name: "Fruängens centrum"
       position { latitude: 59.2867 longitude: 17.9645 })";
constexpr char kNamed[] =
    R"(type: "PLA_TORG" display_name: "Fruängens centrum" areas: "areas/stadsdel-fruangen")";
constexpr char kNeighbourhood[] = R"(type: "PLA_OKAND" areas: "areas/stadsdel-fruangen")";
constexpr char kCityOnly[] = R"(type: "PLA_OKAND")";

v1::IncidentContent Projected(const v1::IncidentContent& content, GeoPrecision geo,
                              TimePrecision time) {
  const absl::Time at = FromProto(content.occur_span().start_time());
  const auto cells = Map().Locate(content.place(), at, "place");
  EXPECT_TRUE(cells.ok()) << cells.status();
  static const Calendar& calendar = *new Calendar(*Calendar::Load());
  return Project(content, *cells, {.geo_precision = geo, .time_precision = time}, Map(), calendar);
}

Place PlaceAt(const char* place, GeoPrecision geo) {
  return Projected(Assessed(place), geo, types::v1::TIME_PRECISION_EXACT).place();
}

TEST(ProjectionTest, HowExactlyAPlaceIsTold) {
  const auto precision = [](const char* place) {
    return PrecisionOf(Assessed(place).place(), Map());
  };
  EXPECT_EQ(precision(kPosition), types::v1::GEO_PRECISION_EXACT);
  EXPECT_EQ(precision(R"(polygon { latitude: 59 longitude: 18 })"), types::v1::GEO_PRECISION_EXACT);
  EXPECT_EQ(precision(kNamed), types::v1::GEO_PRECISION_PLACE);
  EXPECT_EQ(precision(kNeighbourhood), types::v1::GEO_PRECISION_NEIGHBOURHOOD);
  EXPECT_EQ(precision(R"(areas: "areas/sdo-hal")"), types::v1::GEO_PRECISION_DISTRICT);
  EXPECT_EQ(precision(R"(areas: "areas/city")"), types::v1::GEO_PRECISION_CITY);
  EXPECT_EQ(precision(kCityOnly), types::v1::GEO_PRECISION_CITY);
}

TEST(ProjectionTest, APositionIsToldOnlyWhereItMayBeExact) {
  const Place exact = PlaceAt(kPosition, types::v1::GEO_PRECISION_EXACT);
  EXPECT_TRUE(exact.has_position());
  EXPECT_EQ(exact.precision(), types::v1::GEO_PRECISION_EXACT);

  const Place place = PlaceAt(kPosition, types::v1::GEO_PRECISION_PLACE);
  EXPECT_FALSE(place.has_position());
  EXPECT_EQ(place.display_name(), "Fruängens centrum");
  EXPECT_THAT(place.areas(), Contains("areas/stadsdel-fruangen"));

  const Place neighbourhood = PlaceAt(kPosition, types::v1::GEO_PRECISION_NEIGHBOURHOOD);
  EXPECT_FALSE(neighbourhood.has_position());
  EXPECT_THAT(neighbourhood.display_name() + neighbourhood.type(), IsEmpty());
  EXPECT_THAT(neighbourhood.areas(), Contains("areas/stadsdel-fruangen"));

  const Place district = PlaceAt(kPosition, types::v1::GEO_PRECISION_DISTRICT);
  EXPECT_THAT(district.areas(), ElementsAre("areas/lpo-skarh", "areas/sdo-hal"));

  const Place city = PlaceAt(kPosition, types::v1::GEO_PRECISION_CITY);
  EXPECT_THAT(city.areas(), ElementsAre("areas/city"));
  EXPECT_THAT(city.display_name() + city.type(), IsEmpty());
}

TEST(ProjectionTest, APolygonIsToldOnlyWhereItMayBeExact) {
  constexpr char kPolygon[] =
      R"(polygon { latitude: 59.286 longitude: 17.963 } polygon { latitude: 59.286 longitude: 17.966 }
         polygon { latitude: 59.288 longitude: 17.966 })";
  EXPECT_EQ(PlaceAt(kPolygon, types::v1::GEO_PRECISION_EXACT).polygon_size(), 3);
  EXPECT_EQ(PlaceAt(kPolygon, types::v1::GEO_PRECISION_PLACE).polygon_size(), 0);
}

TEST(ProjectionTest, NothingBecomesFinerThanItWas) {
  const Place city = PlaceAt(kCityOnly, types::v1::GEO_PRECISION_EXACT);
  EXPECT_EQ(city.precision(), types::v1::GEO_PRECISION_CITY);
  EXPECT_THAT(city.areas(), ElementsAre("areas/city"));
  EXPECT_EQ(city.type(), "PLA_OKAND") << "which says no more";
  v1::IncidentContent content = Assessed(kNamed);
  content.mutable_occur_span()->set_precision(types::v1::TIME_PRECISION_WEEK);
  EXPECT_EQ(Projected(content, types::v1::GEO_PRECISION_EXACT, types::v1::TIME_PRECISION_HOUR)
                .occur_span()
                .precision(),
            types::v1::TIME_PRECISION_WEEK);
}

TEST(ProjectionTest, ANameIsToldOnlyWhereAPlaceMayBe) {
  for (const char* area : {"", R"(areas: "areas/city")", R"(areas: "areas/sdo-hal")",
                           R"(areas: "areas/stadsdel-fruangen")"}) {
    const std::string place = absl::StrCat(R"(type: "PLA_TORG" display_name: "Torget" )", area);
    EXPECT_EQ(PlaceAt(place.c_str(), types::v1::GEO_PRECISION_PLACE).display_name(), "Torget")
        << area;
    for (const GeoPrecision coarser :
         {types::v1::GEO_PRECISION_NEIGHBOURHOOD, types::v1::GEO_PRECISION_DISTRICT,
          types::v1::GEO_PRECISION_CITY}) {
      const v1::IncidentContent told =
          Projected(Assessed(place.c_str()), coarser, types::v1::TIME_PRECISION_EXACT);
      EXPECT_THAT(told.place().display_name() + told.place().type(), IsEmpty()) << area;
      EXPECT_THAT(told.description(), IsEmpty()) << area;
    }
  }
}

TEST(ProjectionTest, ATimeIsCoveredByWholeUnits) {
  const auto span = [](TimePrecision precision) {
    const types::v1::TimeSpan told =
        Projected(Assessed(kNamed), types::v1::GEO_PRECISION_PLACE, precision).occur_span();
    EXPECT_EQ(told.precision(), precision);
    return std::pair(FromProto(told.start_time()) - kStart,
                     FromProto(told.end_time()) - FromProto(told.start_time()));
  };
  using absl::Hours;
  using absl::Minutes;
  EXPECT_EQ(span(types::v1::TIME_PRECISION_EXACT), std::pair(Minutes(0), Minutes(10)));
  EXPECT_EQ(span(types::v1::TIME_PRECISION_HOUR), std::pair(-Minutes(20), Hours(1)));
  EXPECT_EQ(span(types::v1::TIME_PRECISION_PART_OF_DAY),
            std::pair(-Hours(1) - Minutes(20), Hours(6)));
  EXPECT_EQ(span(types::v1::TIME_PRECISION_DATE), std::pair(-Hours(17) - Minutes(20), Hours(24)));
}

TEST(ProjectionTest, FreeTextStaysBehindWherePlaceOrTimeBecomesCoarser) {
  const auto told = [](const char* place, GeoPrecision geo, TimePrecision time) {
    return !Projected(Assessed(place), geo, time).description().empty();
  };
  using namespace types::v1;  // NOLINT(google-build-using-namespace): the table reads better
  EXPECT_TRUE(told(kPosition, GEO_PRECISION_PLACE, TIME_PRECISION_PART_OF_DAY));
  EXPECT_FALSE(told(kPosition, GEO_PRECISION_NEIGHBOURHOOD, TIME_PRECISION_PART_OF_DAY));
  EXPECT_FALSE(told(kNamed, GEO_PRECISION_NEIGHBOURHOOD, TIME_PRECISION_HOUR));
  EXPECT_TRUE(told(kNeighbourhood, GEO_PRECISION_NEIGHBOURHOOD, TIME_PRECISION_HOUR))
      << "told as it was assessed";
  EXPECT_FALSE(told(kNeighbourhood, GEO_PRECISION_DISTRICT, TIME_PRECISION_HOUR));
  EXPECT_FALSE(told(kNamed, GEO_PRECISION_PLACE, TIME_PRECISION_DATE));
  EXPECT_TRUE(told(kCityOnly, GEO_PRECISION_CITY, TIME_PRECISION_EXACT));
}

// The projection names what it lets through. A field added to the contract is withheld until its
// author decides, and then stands here.
TEST(ProjectionTest, WhatIsToldIsAListThatSomebodyDecided) {
  std::vector<std::string> fields;
  const auto* content = v1::IncidentContent::descriptor();
  for (int i = 0; i < content->field_count(); ++i) fields.push_back(content->field(i)->name());
  EXPECT_THAT(fields, ElementsAre("category", "place", "occur_span", "certainty", "harm",
                                  "description", "marking"));
  const v1::IncidentContent told = Projected(Assessed(kPosition), types::v1::GEO_PRECISION_EXACT,
                                             types::v1::TIME_PRECISION_EXACT);
  EXPECT_EQ(told.category(), "INC_RAN_PERS");
  EXPECT_EQ(told.certainty(), "CER_SANNOLIK");
  EXPECT_EQ(told.harm(), 2);
  EXPECT_EQ(told.marking().tlp(), types::v1::TLP_AMBER);
}

}  // namespace
}  // namespace samverkan::incidents
