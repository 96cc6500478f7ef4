#include "services/access/geometry.h"

#include <s2/mutable_s2shape_index.h>
#include <s2/s2buffer_operation.h>
#include <s2/s2builderutil_s2polygon_layer.h>
#include <s2/s2closest_edge_query.h>
#include <s2/s2contains_point_query.h>
#include <s2/s2earth.h>
#include <s2/s2error.h>
#include <s2/s2latlng.h>
#include <s2/s2loop.h>
#include <s2/s2polygon.h>

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/status.h"

namespace samverkan::access {
namespace {

S2Point ToPoint(GeoPoint point) {
  return S2LatLng::FromDegrees(point.latitude, point.longitude).ToPoint();
}

// Counter-clockwise, unchecked: whoever calls asks the result for its validation error.
std::unique_ptr<S2Loop> ToLoop(const GeoRing& ring) {
  std::vector<S2Point> vertices;
  vertices.reserve(ring.size());
  for (const GeoPoint& point : ring) vertices.push_back(ToPoint(point));
  auto loop = std::make_unique<S2Loop>();
  loop->set_s2debug_override(S2Debug::DISABLE);
  loop->Init(vertices);
  return loop;
}

class S2CellGeometry final : public CellGeometry {
 public:
  absl::Status Add(const CellShape& shape);
  void Finish() { index_.ForceBuild(); }

  CellSet AtPoint(GeoPoint point) const override;
  CellSet AtPolygon(const GeoRing& ring) const override;

 private:
  struct Cell {
    size_t id;
    std::unique_ptr<S2Polygon> whole;
    // What lies at least the tolerance inside.
    std::unique_ptr<S2Polygon> inner;
  };

  CellSet Nearest(const S2Point& point) const;

  std::vector<Cell> cells_;
  // Shape i is cells_[i].whole.
  MutableS2ShapeIndex index_;
};

absl::Status S2CellGeometry::Add(const CellShape& shape) {
  std::vector<std::unique_ptr<S2Loop>> loops;
  for (const std::vector<GeoRing>& polygon : shape.polygons) {
    for (const GeoRing& ring : polygon) {
      if (std::string wrong = CheckRing(ring); !wrong.empty()) {
        return absl::InvalidArgumentError(absl::StrCat("geometry of ", shape.area, ": ", wrong));
      }
      loops.push_back(ToLoop(ring));
      loops.back()->Normalize();
    }
  }
  Cell cell{.id = shape.cell, .whole = std::make_unique<S2Polygon>(), .inner = nullptr};
  cell.whole->set_s2debug_override(S2Debug::DISABLE);
  cell.whole->InitNested(std::move(loops));
  S2Error error;
  if (cell.whole->is_empty() || cell.whole->FindValidationError(&error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("geometry of ", shape.area, ": ", error.ok() ? "is empty" : error.text()));
  }
  cell.inner = std::make_unique<S2Polygon>();
  S2BufferOperation shrink(std::make_unique<s2builderutil::S2PolygonLayer>(cell.inner.get()),
                           S2BufferOperation::Options(-S2Earth::MetersToAngle(kToleranceMetres)));
  shrink.AddShapeIndex(cell.whole->index());
  if (!shrink.Build(&error)) {
    return absl::InvalidArgumentError(absl::StrCat("geometry of ", shape.area, ": ", error.text()));
  }
  cell.whole->index().ForceBuild();
  cell.inner->index().ForceBuild();
  index_.Add(std::make_unique<S2Polygon::Shape>(cell.whole.get()));
  cells_.push_back(std::move(cell));
  return absl::OkStatus();
}

// The cell within the tolerance of the point that is nearest; none where all are farther.
CellSet S2CellGeometry::Nearest(const S2Point& point) const {
  S2ClosestEdgeQuery query(&index_);
  query.mutable_options()->set_inclusive_max_distance(S2Earth::MetersToAngle(kToleranceMetres));
  S2ClosestEdgeQuery::PointTarget target(point);
  CellSet set;
  const S2ClosestEdgeQuery::Result nearest = query.FindClosestEdge(&target);
  if (!nearest.is_empty()) set.set(cells_[nearest.shape_id()].id);
  return set;
}

CellSet S2CellGeometry::AtPoint(GeoPoint at) const {
  const S2Point point = ToPoint(at);
  auto query =
      MakeS2ContainsPointQuery(&index_, S2ContainsPointQueryOptions(S2VertexModel::CLOSED));
  CellSet inside;
  const Cell* deepest = nullptr;
  S1Angle depth;
  for (const S2Shape* shape : query.GetContainingShapes(point)) {
    const Cell& cell = cells_[shape->id()];
    if (cell.inner->Contains(point)) inside.set(cell.id);
    const S1Angle reach = cell.whole->GetDistanceToBoundary(point);
    if (deepest == nullptr || reach > depth) {
      deepest = &cell;
      depth = reach;
    }
  }
  if (inside.any() || deepest == nullptr) return inside.any() ? inside : Nearest(point);
  inside.set(deepest->id);
  return inside;
}

CellSet S2CellGeometry::AtPolygon(const GeoRing& ring) const {
  std::vector<std::unique_ptr<S2Loop>> loops;
  loops.push_back(ToLoop(ring));
  loops.back()->Normalize();
  S2Polygon polygon(std::move(loops), S2Debug::DISABLE);
  const S2LatLngRect bound = polygon.GetRectBound();
  CellSet touched;
  const Cell* largest = nullptr;
  double area = 0;
  for (const Cell& cell : cells_) {
    if (!cell.whole->GetRectBound().Intersects(bound)) continue;
    if (cell.inner->Intersects(polygon)) {
      touched.set(cell.id);
    } else if (touched.none() && cell.whole->Intersects(polygon)) {
      S2Polygon overlap;
      overlap.set_s2debug_override(S2Debug::DISABLE);
      overlap.InitToIntersection(*cell.whole, polygon);
      if (largest == nullptr || overlap.GetArea() > area) {
        largest = &cell;
        area = overlap.GetArea();
      }
    }
  }
  if (touched.any()) return touched;
  if (largest == nullptr) return Nearest(ToPoint(ring.front()));
  touched.set(largest->id);
  return touched;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const CellGeometry>> CellGeometry::Build(
    absl::Span<const CellShape> shapes) {
  auto geometry = std::make_unique<S2CellGeometry>();
  for (const CellShape& shape : shapes) SV_RETURN_IF_ERROR(geometry->Add(shape));
  geometry->Finish();
  return std::unique_ptr<const CellGeometry>(std::move(geometry));
}

bool IsValid(GeoPoint point) {
  return std::abs(point.latitude) <= 90 && std::abs(point.longitude) <= 180;
}

std::string CheckRing(const GeoRing& ring) {
  if (ring.size() < 3) return "has fewer than three corners";
  S2Error error;
  if (!ToLoop(ring)->FindValidationError(&error)) return "";
  switch (error.code()) {
    case S2Error::DUPLICATE_VERTICES:
      return "passes the same point twice";
    case S2Error::LOOP_SELF_INTERSECTION:
      return "has edges that cross each other";
    default:
      return "is not a simple polygon";
  }
}

}  // namespace samverkan::access
