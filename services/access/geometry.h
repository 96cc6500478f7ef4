#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/access/ids.h"

namespace samverkan::access {

// Degrees, WGS84.
struct GeoPoint {
  double latitude = 0;
  double longitude = 0;
};

// A closed line of points, the first not repeated at the end.
using GeoRing = std::vector<GeoPoint>;

// The shape of one cell: polygons, each its outer ring and then its holes.
struct CellShape {
  size_t cell = 0;
  std::string area;
  std::vector<std::vector<GeoRing>> polygons;
  // The geometry as GeoJSON, as the bundle gives it.
  std::string geojson;
};

// The cells of the GeoJSON files of a directory bundle: features with a property "area". `cell_of`
// says which cell an area is; INVALID_ARGUMENT for a file that does not parse, an area that is no
// cell or stands there twice.
absl::StatusOr<std::vector<CellShape>> ParseCellShapes(
    const std::vector<std::string>& geojson,
    absl::FunctionRef<std::optional<size_t>(absl::string_view area)> cell_of);

// Which cells a position or polygon touches. Cells are drawn simplified, so that neighbours overlap
// or part by some metres: what reaches less than kTolerance into a cell does not touch it, unless
// no cell is touched otherwise; then the one it lies deepest in, or nearest to, is. Immutable,
// thread-safe.
class CellGeometry {
 public:
  static constexpr double kToleranceMetres = 20;

  virtual ~CellGeometry() = default;

  // INVALID_ARGUMENT for a shape that crosses itself.
  static absl::StatusOr<std::unique_ptr<const CellGeometry>> Build(
      absl::Span<const CellShape> shapes);

  // Nothing set for a position outside all cells.
  virtual CellSet AtPoint(GeoPoint point) const = 0;
  // Nothing set for a polygon outside all cells. The ring must be one that CheckRing finds sound.
  virtual CellSet AtPolygon(const GeoRing& ring) const = 0;
};

// A position on the globe: finite and in range.
bool IsValid(GeoPoint point);

// What is wrong with a ring of valid points (fewer than three corners, edges that cross or repeat);
// empty where nothing is.
std::string CheckRing(const GeoRing& ring);

}  // namespace samverkan::access
