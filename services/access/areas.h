#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "samverkan/directory/v1/bundle.pb.h"
#include "samverkan/types/v1/types.pb.h"
#include "services/access/ids.h"

namespace samverkan::access {

// The compiled map: cells with geometry, areas as sets of cells, versioned. Immutable, thread-safe.
class AreaMap {
 public:
  virtual ~AreaMap() = default;

  // `geojson` holds the contents of the bundle's geometry files.
  static absl::StatusOr<std::shared_ptr<const AreaMap>> Compile(
      const directory::v1::DirectoryBundle& bundle, const std::vector<std::string>& geojson);

  // Cells of an area version "areas/{area}@{date}"; nothing for an unknown one.
  virtual std::optional<CellSet> CellsOfVersion(absl::string_view area_version) const = 0;
  // Cells of "areas/{area}" in the version valid at `at`; nothing where there is none.
  virtual std::optional<CellSet> CellsAt(absl::string_view area, absl::Time at) const = 0;
  // The cell of a stored cell name "areas/stadsdel-…"; nothing for an unknown one.
  virtual std::optional<size_t> CellOf(absl::string_view area) const = 0;
  virtual const std::string& CellName(size_t cell) const = 0;

  // Cells a place touches (R20): an area by its version at `at`; a position by geometry; a polygon
  // by geometry, where an overlap that reaches less than 20 m beyond a common edge does not count.
  // A place known only as the city touches kCityCell alone. FIELD_INVALID with the path under
  // `field` for an unknown area, a position outside the city, a polygon that is malformed,
  // self-crossing or over 200 points.
  virtual absl::StatusOr<CellSet> Locate(const types::v1::Place& place, absl::Time at,
                                         absl::string_view field) const = 0;

  // Names without version of all areas of the kinds NEIGHBOURHOOD, CITY_DISTRICT, LOCAL_POLICE_AREA
  // in the versions valid at `at` that the cells meet, coarsened: NEIGHBOURHOOD gives cells and
  // above, DISTRICT only districts, CITY the municipality.
  virtual std::vector<std::string> AreaNames(const CellSet& cells, absl::Time at,
                                             types::v1::GeoPrecision precision) const = 0;

  // GeoJSON geometry of a cell; empty where the area is none.
  virtual std::string GeoJson(absl::string_view area) const = 0;
};

}  // namespace samverkan::access
