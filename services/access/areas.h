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

  // `geojson` holds the contents of the bundle's geometry files. A bundle without any has no map:
  // positions and polygons are then all outside. INVALID_ARGUMENT, naming the area, for names that
  // are doubled or do not resolve, versions that overlap, an area that is a member of itself, a
  // cell without geometry, and geometry that crosses itself.
  static absl::StatusOr<std::shared_ptr<const AreaMap>> Compile(
      const directory::v1::DirectoryBundle& bundle, const std::vector<std::string>& geojson);

  // Cells of an area version "areas/{area}@{date}"; nothing for an unknown one.
  virtual std::optional<CellSet> CellsOfVersion(absl::string_view area_version) const = 0;
  // Cells of "areas/{area}" in the version valid at `at`; nothing where there is none.
  virtual std::optional<CellSet> CellsAt(absl::string_view area, absl::Time at) const = 0;
  // Cells of "areas/{area}" in all versions valid at some time of [from, to); none where there is
  // none.
  virtual CellSet CellsDuring(absl::string_view area, absl::Time from, absl::Time to) const = 0;
  // The cell of a stored cell name "areas/stadsdel-…"; nothing for an unknown one.
  virtual std::optional<size_t> CellOf(absl::string_view area) const = 0;
  // `cell` below cell_count.
  virtual const std::string& CellName(size_t cell) const = 0;
  // The city itself included.
  virtual size_t cell_count() const = 0;

  // Cells a place touches (R20): an area by its version at `at`; a position by geometry; a polygon
  // by geometry, where an overlap that reaches less than 20 m beyond a common edge does not count.
  // Every place touches kCityCell; one known only as the city, or not at all, touches nothing else.
  // FIELD_INVALID with the path under `field` for an unknown area, a position outside the city, a
  // polygon that is malformed, self-crossing or over 200 points.
  virtual absl::StatusOr<CellSet> Locate(const types::v1::Place& place, absl::Time at,
                                         absl::string_view field) const = 0;

  // Names without version of all areas of the kinds NEIGHBOURHOOD, CITY_DISTRICT, LOCAL_POLICE_AREA
  // in the versions valid at `at` that the cells meet, coarsened: NEIGHBOURHOOD gives cells and
  // above, DISTRICT only districts, CITY (and anything unknown) the municipality. Cells known only
  // as the city give the municipality at every precision. In order of name.
  virtual std::vector<std::string> AreaNames(const CellSet& cells, absl::Time at,
                                             types::v1::GeoPrecision precision) const = 0;

  // GeoJSON geometry of a cell; empty where the area is none.
  virtual std::string GeoJson(absl::string_view area) const = 0;
};

}  // namespace samverkan::access
