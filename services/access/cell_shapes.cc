// Reads the map's GeoJSON (RFC 7946).

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/access/geometry.h"
#include "services/base/status.h"

namespace samverkan::access {
namespace {

using Json = nlohmann::json;

absl::Status Malformed(absl::string_view area, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("geometry of ", area, ": ", what));
}

const Json* Member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string TextMember(const Json& object, const char* key) {
  const Json* member = Member(object, key);
  return member != nullptr && member->is_string() ? member->get<std::string>() : "";
}

absl::StatusOr<GeoRing> ParseRing(const Json& json, absl::string_view area) {
  if (!json.is_array() || json.size() < 4)
    return Malformed(area, "a ring has under four positions");
  GeoRing ring;
  for (const Json& position : json) {
    if (!position.is_array() || position.size() < 2 || !position[0].is_number() ||
        !position[1].is_number()) {
      return Malformed(area, "a position is not [longitude, latitude]");
    }
    ring.push_back({.latitude = position[1].get<double>(), .longitude = position[0].get<double>()});
    if (!IsValid(ring.back())) return Malformed(area, "a position is out of range");
  }
  // RFC 7946 3.1.6: the first and last positions are equivalent.
  if (json.front() != json.back()) return Malformed(area, "a ring is not closed");
  ring.pop_back();
  return ring;
}

absl::Status ParsePolygon(const Json& json, CellShape& shape) {
  if (!json.is_array() || json.empty()) return Malformed(shape.area, "a polygon has no ring");
  std::vector<GeoRing> rings;
  for (const Json& ring_json : json) {
    SV_ASSIGN_OR_RETURN(GeoRing ring, ParseRing(ring_json, shape.area));
    rings.push_back(std::move(ring));
  }
  shape.polygons.push_back(std::move(rings));
  return absl::OkStatus();
}

absl::Status ParseGeometry(const Json& geometry, CellShape& shape) {
  const std::string type = TextMember(geometry, "type");
  const Json* coordinates = Member(geometry, "coordinates");
  if (coordinates == nullptr || !coordinates->is_array())
    return Malformed(shape.area, "is missing");
  shape.geojson = geometry.dump();
  if (type == "Polygon") return ParsePolygon(*coordinates, shape);
  if (type != "MultiPolygon") return Malformed(shape.area, "is neither Polygon nor MultiPolygon");
  for (const Json& polygon : *coordinates) SV_RETURN_IF_ERROR(ParsePolygon(polygon, shape));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<CellShape>> ParseCellShapes(
    const std::vector<std::string>& geojson,
    absl::FunctionRef<std::optional<size_t>(absl::string_view area)> cell_of) {
  std::vector<CellShape> shapes;
  absl::flat_hash_set<std::string> seen;
  for (const std::string& text : geojson) {
    const Json file = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    const Json* features = Member(file, "features");
    if (features == nullptr || !features->is_array()) {
      return absl::InvalidArgumentError("a geometry file is not a GeoJSON FeatureCollection");
    }
    for (const Json& feature : *features) {
      const Json* properties = Member(feature, "properties");
      const Json* geometry = Member(feature, "geometry");
      CellShape shape;
      if (properties != nullptr) shape.area = TextMember(*properties, "area");
      const std::optional<size_t> cell = cell_of(shape.area);
      if (!cell.has_value()) {
        return absl::InvalidArgumentError(absl::StrCat("a geometry file has a feature for \"",
                                                       shape.area,
                                                       "\", which is not an area without members"));
      }
      if (!seen.insert(shape.area).second) return Malformed(shape.area, "is given twice");
      shape.cell = *cell;
      if (geometry == nullptr) return Malformed(shape.area, "is missing");
      SV_RETURN_IF_ERROR(ParseGeometry(*geometry, shape));
      shapes.push_back(std::move(shape));
    }
  }
  return shapes;
}

}  // namespace samverkan::access
