#include "services/access/areas.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/base/error.h"
#include "tests/support/stockholm.h"

namespace samverkan::access {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// At 59.3 degrees north.
constexpr double kMetreNorth = 1 / 111'300.0;
constexpr double kMetreEast = kMetreNorth / 0.5105;

types::v1::Place At(double latitude, double longitude) {
  types::v1::Place place;
  place.mutable_position()->set_latitude(latitude);
  place.mutable_position()->set_longitude(longitude);
  return place;
}

types::v1::Place Polygon(const std::vector<std::pair<double, double>>& corners) {
  types::v1::Place place;
  for (const auto& [latitude, longitude] : corners) {
    types::v1::LatLng& corner = *place.add_polygon();
    corner.set_latitude(latitude);
    corner.set_longitude(longitude);
  }
  return place;
}

types::v1::Place Box(double south, double west, double north, double east) {
  return Polygon({{south, west}, {south, east}, {north, east}, {north, west}});
}

types::v1::Place In(const char* area) {
  types::v1::Place place;
  place.add_areas(area);
  return place;
}

// Two cells of about a kilometre, side by side along 18.02 E, in districts that changed in 2020.
constexpr char kBundle[] = R"pb(
  areas {
    name: "areas/city"
    kind: KIND_MUNICIPALITY
    versions { valid_from { year: 2015 month: 1 day: 1 } }
  }
  areas {
    name: "areas/stadsdel-a"
    kind: KIND_NEIGHBOURHOOD
    versions { valid_from { year: 2015 month: 1 day: 1 } }
  }
  areas {
    name: "areas/stadsdel-b"
    kind: KIND_NEIGHBOURHOOD
    versions { valid_from { year: 2015 month: 1 day: 1 } }
  }
  areas {
    name: "areas/sdo-old"
    kind: KIND_CITY_DISTRICT
    versions {
      valid_from { year: 2015 month: 1 day: 1 }
      valid_to { year: 2020 month: 7 day: 1 }
      members: "areas/stadsdel-a"
    }
  }
  areas {
    name: "areas/sdo-new"
    kind: KIND_CITY_DISTRICT
    versions {
      valid_from { year: 2020 month: 7 day: 1 }
      members: "areas/stadsdel-a"
      members: "areas/stadsdel-b"
      predecessors: "areas/sdo-old@2015-01-01"
    }
  }
  areas {
    name: "areas/lpo-p"
    kind: KIND_LOCAL_POLICE_AREA
    versions {
      valid_from { year: 2015 month: 1 day: 1 }
      members: "areas/stadsdel-a"
    }
    versions {
      valid_from { year: 2025 month: 1 day: 1 }
      members: "areas/stadsdel-b"
    }
  }
)pb";

std::string Feature(const char* area, double west, double east) {
  return absl::Substitute(
      R"({"type":"Feature","properties":{"area":"$0"},"geometry":{"type":"Polygon","coordinates":)"
      R"([[[$1,59.3],[$2,59.3],[$2,59.31],[$1,59.31],[$1,59.3]]]}})",
      area, west, east);
}

std::string Collection(const std::vector<std::string>& features) {
  return absl::StrCat(R"({"type":"FeatureCollection","features":[)", absl::StrJoin(features, ","),
                      "]}");
}

directory::v1::DirectoryBundle Bundle(const char* text) {
  directory::v1::DirectoryBundle bundle;
  SV_CHECK(google::protobuf::TextFormat::ParseFromString(text, &bundle), "a test's bundle parses");
  return bundle;
}

class AreasTest : public ::testing::Test {
 protected:
  AreasTest()
      : map_(*AreaMap::Compile(Bundle(kBundle),
                               {Collection({Feature("areas/stadsdel-a", 18.00, 18.02),
                                            Feature("areas/stadsdel-b", 18.02, 18.04)})})) {}

  // Names of the cells a place touches; the path of the violation where it is refused.
  std::vector<std::string> Touched(const types::v1::Place& place, absl::Time at) const {
    const absl::StatusOr<CellSet> cells = map_->Locate(place, at, "place");
    if (!cells.ok()) {
      EXPECT_EQ(samverkan::ReasonOf(cells.status()), errors::v1::ERROR_REASON_FIELD_INVALID);
      return {"refused " + BadRequestOf(cells.status()).field_violations(0).field()};
    }
    std::vector<std::string> names;
    for (size_t i = 0; i < map_->cell_count(); ++i) {
      if (cells->test(i)) names.push_back(map_->CellName(i));
    }
    return names;
  }
  std::vector<std::string> Touched(const types::v1::Place& place) const {
    return Touched(place, kNow);
  }
  CellSet Cells(const char* area) const { return *map_->CellsAt(area, kNow); }

  const absl::Time kNow = absl::FromCivil(absl::CivilDay(2026, 3, 1), absl::UTCTimeZone());
  const std::shared_ptr<const AreaMap> map_;
};

TEST_F(AreasTest, APositionLiesInItsCell) {
  EXPECT_THAT(Touched(At(59.305, 18.01)), ElementsAre("areas/city", "areas/stadsdel-a"));
  EXPECT_THAT(Touched(At(59.305, 18.03)), ElementsAre("areas/city", "areas/stadsdel-b"));
  EXPECT_THAT(Touched(At(59.305, 18.02 + 5 * kMetreEast)),
              ElementsAre("areas/city", "areas/stadsdel-b"));
}

TEST_F(AreasTest, APositionJustOutsideIsGivenToTheNearestCell) {
  EXPECT_THAT(Touched(At(59.31 + 15 * kMetreNorth, 18.01)),
              ElementsAre("areas/city", "areas/stadsdel-a"));
  EXPECT_THAT(Touched(At(59.31 + 30 * kMetreNorth, 18.01)), ElementsAre("refused place.position"));
}

TEST_F(AreasTest, AnOverlapCountsFromTwentyMetres) {
  const auto box = [](double metres) {
    return Box(59.302, 18.015, 59.305, 18.02 + metres * kMetreEast);
  };
  EXPECT_THAT(Touched(box(-1)), ElementsAre("areas/city", "areas/stadsdel-a"));
  EXPECT_THAT(Touched(box(18)), ElementsAre("areas/city", "areas/stadsdel-a"));
  EXPECT_THAT(Touched(box(22)), ElementsAre("areas/city", "areas/stadsdel-a", "areas/stadsdel-b"));
}

TEST_F(AreasTest, ASmallPolygonAtTheBorderTouchesTheCellItLiesIn) {
  EXPECT_THAT(Touched(Box(59.304, 18.02 - 12 * kMetreEast, 59.3041, 18.02 + 6 * kMetreEast)),
              ElementsAre("areas/city", "areas/stadsdel-a"));
  EXPECT_THAT(Touched(Box(59.304, 18.02 - 6 * kMetreEast, 59.3041, 18.02 + 12 * kMetreEast)),
              ElementsAre("areas/city", "areas/stadsdel-b"));
}

TEST_F(AreasTest, ThePolygonsDirectionDoesNotMatter) {
  EXPECT_EQ(Touched(Polygon({{59.302, 18.01}, {59.304, 18.01}, {59.304, 18.03}, {59.302, 18.03}})),
            Touched(Polygon({{59.302, 18.03}, {59.304, 18.03}, {59.304, 18.01}, {59.302, 18.01}})));
}

TEST_F(AreasTest, MalformedPlacesAreRefusedByField) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const types::v1::Place& place :
       {At(nan, 18), At(59.3, infinity), At(91, 18), At(59.3, -181), At(0, 0), At(48.85, 2.35)}) {
    EXPECT_THAT(Touched(place), ElementsAre("refused place.position"));
  }
  types::v1::Place many;
  for (int i = 0; i < 201; ++i) {
    types::v1::LatLng& corner = *many.add_polygon();
    corner.set_latitude(59.305 + 0.001 * std::cos(i * 2 * M_PI / 201));
    corner.set_longitude(18.01 + 0.001 * std::sin(i * 2 * M_PI / 201));
  }
  types::v1::Place most = many;
  most.mutable_polygon()->RemoveLast();
  EXPECT_THAT(Touched(most), ElementsAre("areas/city", "areas/stadsdel-a"));
  for (const types::v1::Place& place :
       {many, Polygon({{59.302, 18.01}, {59.304, 18.01}}),
        Polygon({{59.302, 18.01}, {nan, 18.01}, {59.304, 18.02}}),
        Polygon({{59.302, 18.01}, {59.304, 18.02}, {59.304, 18.01}, {59.302, 18.02}}),
        Polygon({{59.302, 18.01}, {59.302, 18.01}, {59.304, 18.02}}), Box(10, 10, 11, 11)}) {
    EXPECT_THAT(Touched(place), ElementsAre("refused place.polygon"));
  }
  types::v1::Place both = At(59.305, 18.01);
  *both.mutable_polygon() = Box(59.302, 18.01, 59.304, 18.015).polygon();
  EXPECT_THAT(Touched(both), ElementsAre("refused place.polygon"));
  types::v1::Place besides = At(59.305, 18.01);
  besides.add_areas("areas/stadsdel-a");
  EXPECT_THAT(Touched(besides), ElementsAre("refused place.areas"));
  types::v1::Place two = In("areas/stadsdel-a");
  two.add_areas("areas/stadsdel-b");
  EXPECT_THAT(Touched(two), ElementsAre("refused place.areas"));
}

TEST_F(AreasTest, APlaceGivenAsAnAreaIsReadInTheVersionOfItsTime) {
  const absl::Time midnight =
      absl::FromCivil(absl::CivilSecond(2020, 6, 30, 22), absl::UTCTimeZone());
  EXPECT_THAT(Touched(In("areas/sdo-old"), midnight - absl::Microseconds(1)),
              ElementsAre("areas/city", "areas/stadsdel-a"));
  EXPECT_THAT(Touched(In("areas/sdo-old"), midnight), ElementsAre("refused place.areas"));
  EXPECT_THAT(Touched(In("areas/sdo-new"), midnight - absl::Microseconds(1)),
              ElementsAre("refused place.areas"));
  EXPECT_THAT(Touched(In("areas/sdo-new"), midnight),
              ElementsAre("areas/city", "areas/stadsdel-a", "areas/stadsdel-b"));
  EXPECT_THAT(Touched(In("areas/okand")), ElementsAre("refused place.areas"));
}

TEST_F(AreasTest, ThePlaceThatIsTheCityLiesInNoLocalArea) {
  EXPECT_THAT(Touched(In("areas/city")), ElementsAre("areas/city"));
  EXPECT_THAT(Touched(types::v1::Place()), ElementsAre("areas/city"));
}

TEST_F(AreasTest, VersionsAreFoundByNameAndByTime) {
  EXPECT_EQ(*map_->CellsOfVersion("areas/lpo-p@2015-01-01"), Cells("areas/stadsdel-a"));
  EXPECT_EQ(*map_->CellsOfVersion("areas/lpo-p@2025-01-01"), Cells("areas/stadsdel-b"));
  EXPECT_FALSE(map_->CellsOfVersion("areas/lpo-p@2025-01-02").has_value());
  EXPECT_FALSE(map_->CellsOfVersion("areas/lpo-p").has_value());
  EXPECT_EQ(map_->CellsDuring("areas/lpo-p", absl::InfinitePast(), absl::InfiniteFuture()),
            Cells("areas/stadsdel-a") | Cells("areas/stadsdel-b"));
  EXPECT_TRUE(Cells("areas/city").test(kCityCell));
  EXPECT_EQ(Cells("areas/city").count(), 3);
}

TEST_F(AreasTest, NamesCoarsen) {
  CellSet cells = Cells("areas/stadsdel-b");
  cells.set(kCityCell);
  EXPECT_THAT(map_->AreaNames(cells, kNow, types::v1::GEO_PRECISION_EXACT),
              ElementsAre("areas/lpo-p", "areas/sdo-new", "areas/stadsdel-b"));
  EXPECT_THAT(map_->AreaNames(cells, kNow, types::v1::GEO_PRECISION_NEIGHBOURHOOD),
              ElementsAre("areas/lpo-p", "areas/sdo-new", "areas/stadsdel-b"));
  EXPECT_THAT(map_->AreaNames(cells, kNow, types::v1::GEO_PRECISION_DISTRICT),
              ElementsAre("areas/lpo-p", "areas/sdo-new"));
  EXPECT_THAT(map_->AreaNames(cells, kNow, types::v1::GEO_PRECISION_CITY),
              ElementsAre("areas/city"));
  EXPECT_THAT(map_->AreaNames(cells, kNow, types::v1::GEO_PRECISION_UNSPECIFIED),
              ElementsAre("areas/city"));
  const absl::Time before = absl::FromCivil(absl::CivilDay(2019, 1, 1), absl::UTCTimeZone());
  EXPECT_THAT(map_->AreaNames(cells, before, types::v1::GEO_PRECISION_DISTRICT), IsEmpty());
  CellSet city;
  city.set(kCityCell);
  EXPECT_THAT(map_->AreaNames(city, kNow, types::v1::GEO_PRECISION_EXACT),
              ElementsAre("areas/city"));
}

TEST(AreasCompileTest, WhatIsWrongIsNamed) {
  const auto error = [](const std::string& extra, const std::vector<std::string>& geojson = {}) {
    const auto map = AreaMap::Compile(Bundle(absl::StrCat(kBundle, extra).c_str()), geojson);
    return map.ok() ? std::string("compiled") : std::string(map.status().message());
  };
  const std::string a = Feature("areas/stadsdel-a", 18.00, 18.02);
  const std::string b = Feature("areas/stadsdel-b", 18.02, 18.04);
  const auto district = [](const char* versions) {
    return absl::StrCat("areas { name: 'areas/x' kind: KIND_CITY_DISTRICT ", versions, " }");
  };
  EXPECT_EQ(error(""), "compiled");
  EXPECT_THAT(error("areas { name: 'areas/city' }"), HasSubstr("areas/city: is given twice"));
  EXPECT_THAT(error("areas { name: 'x' }"), HasSubstr("x: is not a name"));
  EXPECT_THAT(error(district("")), HasSubstr("areas/x: has no version"));
  EXPECT_THAT(
      error(district(
          "versions { valid_from { year: 2023 month: 2 day: 29 } members: 'areas/stadsdel-a' }")),
      HasSubstr("areas/x: has a version without a valid_from that exists"));
  EXPECT_THAT(error(district("versions { valid_from { year: 2023 month: 2 day: 1 } }")),
              HasSubstr("areas/x: has no members"));
  EXPECT_THAT(
      error(district("versions { valid_from { year: 2023 month: 2 day: 1 } members: 'areas/x' }")),
      HasSubstr("areas/x@2023-02-01: is a member of itself"));
  EXPECT_THAT(
      error(district("versions { valid_from { year: 2023 month: 2 day: 1 } members: 'areas/y' }")),
      HasSubstr("unknown member areas/y"));
  EXPECT_THAT(
      error(district(
          "versions { valid_from { year: 2014 month: 2 day: 1 } members: 'areas/stadsdel-a' }")),
      HasSubstr("which did not exist"));
  EXPECT_THAT(error(district("versions { valid_from { year: 2023 month: 2 day: 1 } members: "
                             "'areas/stadsdel-a' predecessors: 'areas/y@2015-01-01' }")),
              HasSubstr("unknown predecessor"));
  EXPECT_THAT(error("", {"{"}), HasSubstr("not a GeoJSON FeatureCollection"));
  EXPECT_THAT(error("", {Collection({a})}), HasSubstr("areas/stadsdel-b: has no geometry"));
  EXPECT_THAT(error("", {Collection({a, b}), Collection({a})}),
              HasSubstr("areas/stadsdel-a: is given twice"));
  EXPECT_THAT(error("", {Collection({a, b, Feature("areas/sdo-new", 18, 19)})}),
              HasSubstr("areas/sdo-new"));
  std::string crossing = b;
  crossing.replace(crossing.find("[18.02,59.31]"), 13, "[18.05,59.305]");
  EXPECT_THAT(error("", {Collection({a, crossing})}), HasSubstr("geometry of areas/stadsdel-b"));
}

class StockholmMapTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const samverkan::testing::World world = samverkan::testing::Stockholm(absl::UnixEpoch());
    map_ = new std::shared_ptr<const AreaMap>(*AreaMap::Compile(*world.directory, world.geojson));
  }
  std::vector<std::string> Areas(const types::v1::Place& place,
                                 const char* at = "2026-03-01T00:00:00Z") const {
    absl::Time time;
    SV_CHECK(absl::ParseTime(absl::RFC3339_full, at, &time, nullptr), "a time of a test parses");
    const absl::StatusOr<CellSet> cells = (*map_)->Locate(place, time, "place");
    if (!cells.ok()) return {std::string(cells.status().message())};
    return (*map_)->AreaNames(*cells, time, types::v1::GEO_PRECISION_EXACT);
  }
  static std::shared_ptr<const AreaMap>* map_;
};
std::shared_ptr<const AreaMap>* StockholmMapTest::map_ = nullptr;

TEST_F(StockholmMapTest, PlacesLieWhereTheyAre) {
  EXPECT_EQ((*map_)->cell_count(), 118);
  EXPECT_THAT(Areas(At(59.285735, 17.959445)),
              ElementsAre("areas/lpo-skarh", "areas/sdo-hal", "areas/stadsdel-fruangen"));
  EXPECT_THAT(Areas(At(59.269746, 17.998187)),
              ElementsAre("areas/lpo-globe", "areas/sdo-hal", "areas/stadsdel-alvsjo"));
  EXPECT_THAT(Areas(At(59.402857, 17.916009)),
              ElementsAre("areas/lpo-jarva", "areas/sdo-jar", "areas/stadsdel-husby"));
  EXPECT_THAT(Areas(At(59.402857, 17.916009), "2023-06-30T21:59:59Z"),
              ElementsAre("areas/lpo-jarva", "areas/sdo-rik", "areas/stadsdel-husby"));
}

TEST_F(StockholmMapTest, AStripAlongABorderTouchesBothSides) {
  const types::v1::Place wide = Polygon({{59.289457, 18.026987},
                                         {59.287413, 18.029966},
                                         {59.286769, 18.028273},
                                         {59.288813, 18.025294}});
  EXPECT_THAT(Areas(wide), ElementsAre("areas/lpo-globe", "areas/sdo-eav", "areas/sdo-hal",
                                       "areas/stadsdel-liseberg", "areas/stadsdel-ostberga"));
  const types::v1::Place narrow = Polygon({{59.289539, 18.025879},
                                           {59.286848, 18.029804},
                                           {59.286687, 18.029381},
                                           {59.289378, 18.025456}});
  EXPECT_EQ(Areas(narrow).size(), 3) << "15 m on both sides count for one side only";
  const types::v1::Place forest = Polygon({{59.259905, 18.063901},
                                           {59.260934, 18.066982},
                                           {59.260032, 18.068135},
                                           {59.259003, 18.065054}});
  EXPECT_THAT(Areas(forest), IsSupersetOf({"areas/sdo-far", "areas/sdo-eav", "areas/lpo-farst"}));
}

TEST_F(StockholmMapTest, TheWholeCityIsCovered) {
  const absl::Time at = absl::FromCivil(absl::CivilDay(2026, 3, 1), absl::UTCTimeZone());
  int inside = 0;
  for (double latitude = 59.23; latitude < 59.43; latitude += 0.005) {
    for (double longitude = 17.77; longitude < 18.19; longitude += 0.01) {
      const absl::StatusOr<CellSet> cells = (*map_)->Locate(At(latitude, longitude), at, "place");
      if (!cells.ok()) continue;
      ++inside;
      EXPECT_GE(cells->count(), 2);
      EXPECT_LE(cells->count(), 3);
    }
  }
  EXPECT_GT(inside, 500);
}

}  // namespace
}  // namespace samverkan::access
