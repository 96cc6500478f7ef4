#include "services/access/areas.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "services/access/geometry.h"
#include "services/base/calendar.h"
#include "services/base/error.h"
#include "services/base/status.h"

namespace samverkan::access {
namespace {

using directory::v1::Area;
using directory::v1::AreaVersion;

constexpr absl::string_view kCity = "areas/city";
constexpr int kPolygonPointsMax = 200;

struct Version {
  // areas/{area}@{date}
  std::string name;
  absl::Time from;
  absl::Time to;
  CellSet cells;
  enum class State { kUnresolved, kResolving, kResolved } state = State::kUnresolved;
};

struct CompiledArea {
  const Area* source = nullptr;
  std::optional<size_t> cell;
  std::vector<Version> versions;  // by time, not overlapping
};

absl::Status Wrong(absl::string_view area, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(area, ": ", what));
}

class CompiledAreaMap final : public AreaMap {
 public:
  absl::Status Load(const directory::v1::DirectoryBundle& bundle,
                    const std::vector<std::string>& geojson);

  std::optional<CellSet> CellsOfVersion(absl::string_view area_version) const override;
  std::optional<CellSet> CellsAt(absl::string_view area, absl::Time at) const override;
  CellSet CellsDuring(absl::string_view area, absl::Time from, absl::Time to) const override;
  std::optional<size_t> CellOf(absl::string_view area) const override;
  const std::string& CellName(size_t cell) const override { return cell_names_[cell]; }
  size_t cell_count() const override { return cell_names_.size(); }
  absl::StatusOr<CellSet> Locate(const types::v1::Place& place, absl::Time at,
                                 absl::string_view field) const override;
  std::vector<std::string> AreaNames(const CellSet& cells, absl::Time at,
                                     types::v1::GeoPrecision precision) const override;
  std::string GeoJson(absl::string_view area) const override;

 private:
  absl::Status AddArea(const Calendar& calendar, const Area& area);
  absl::Status AddVersion(const Calendar& calendar, const AreaVersion& source, CompiledArea& area);
  absl::Status AddCell(CompiledArea& area);
  absl::Status Resolve(CompiledArea& area, size_t index);
  absl::Status CheckPredecessors() const;
  absl::Status AddGeometry(const std::vector<std::string>& geojson);
  const Version* VersionAt(const CompiledArea& area, absl::Time at) const;
  absl::StatusOr<CellSet> LocatePosition(const types::v1::LatLng& position,
                                         absl::string_view field) const;
  absl::StatusOr<CellSet> LocatePolygon(const types::v1::Place& place,
                                        absl::string_view field) const;

  // The sources point into it.
  directory::v1::DirectoryBundle bundle_;
  absl::flat_hash_map<std::string, CompiledArea> areas_;
  std::vector<std::string> cell_names_ = {std::string(kCity)};
  std::vector<std::string> cell_geojson_;
  std::unique_ptr<const CellGeometry> geometry_;
};

bool IsCity(const Area& area) {
  return area.kind() == Area::KIND_MUNICIPALITY && area.name() == kCity;
}

absl::Status CompiledAreaMap::AddArea(const Calendar& calendar, const Area& source) {
  if (!absl::StartsWith(source.name(), "areas/") || absl::StrContains(source.name(), '@')) {
    return Wrong(source.name(), "is not a name areas/{area}");
  }
  auto [entry, added] = areas_.try_emplace(source.name());
  if (!added) return Wrong(source.name(), "is given twice");
  CompiledArea& area = entry->second;
  area.source = &source;
  if (source.versions().empty()) return Wrong(source.name(), "has no version");
  for (const AreaVersion& version : source.versions())
    SV_RETURN_IF_ERROR(AddVersion(calendar, version, area));
  return source.versions(0).members().empty() && !IsCity(source) ? AddCell(area) : absl::OkStatus();
}

absl::Status CompiledAreaMap::AddVersion(const Calendar& calendar, const AreaVersion& source,
                                         CompiledArea& area) {
  const std::string& name = area.source->name();
  const absl::StatusOr<absl::Time> from = calendar.ParseDate("valid_from", source.valid_from());
  if (!from.ok()) return Wrong(name, "has a version without a valid_from that exists");
  Version version{.name = absl::StrCat(name, "@", absl::FormatCivilTime(calendar.DayOf(*from))),
                  .from = *from,
                  .to = absl::InfiniteFuture(),
                  .cells = {}};
  if (source.has_valid_to()) {
    const absl::StatusOr<absl::Time> to = calendar.ParseDate("valid_to", source.valid_to());
    if (!to.ok()) return Wrong(version.name, "has a valid_to that does not exist");
    version.to = *to;
  }
  if (version.to <= version.from) return Wrong(version.name, "ends before it starts");
  if (!area.versions.empty()) {
    Version& before = area.versions.back();
    if (before.from >= version.from) return Wrong(name, "has versions out of order");
    if (before.to == absl::InfiniteFuture()) before.to = version.from;
    if (before.to > version.from) return Wrong(version.name, "starts before its predecessor ends");
  }
  if (source.members().empty() != area.source->versions(0).members().empty()) {
    return Wrong(name, "is a cell in one version and composed in another");
  }
  area.versions.push_back(std::move(version));
  return absl::OkStatus();
}

absl::Status CompiledAreaMap::AddCell(CompiledArea& area) {
  if (area.source->kind() != Area::KIND_NEIGHBOURHOOD) {
    return Wrong(area.source->name(), "has no members and is no neighbourhood");
  }
  if (cell_names_.size() == kCellsMax) {
    return Wrong(area.source->name(), absl::StrCat("is one cell more than ", kCellsMax - 1));
  }
  area.cell = cell_names_.size();
  cell_names_.push_back(area.source->name());
  return absl::OkStatus();
}

// Gives a version its cells: of a composed area those of its members as they were when the version
// began.
absl::Status CompiledAreaMap::Resolve(CompiledArea& area, size_t index) {
  Version& version = area.versions[index];
  if (version.state == Version::State::kResolved) return absl::OkStatus();
  if (version.state == Version::State::kResolving)
    return Wrong(version.name, "is a member of itself");
  version.state = Version::State::kResolving;
  if (area.cell.has_value()) version.cells.set(*area.cell);
  for (const std::string& member : area.source->versions(static_cast<int>(index)).members()) {
    const auto found = areas_.find(member);
    if (found == areas_.end())
      return Wrong(version.name, absl::StrCat("has the unknown member ", member));
    CompiledArea& other = found->second;
    const Version* of_member = VersionAt(other, version.from);
    if (of_member == nullptr)
      return Wrong(version.name, absl::StrCat("has the member ", member, ", which did not exist"));
    SV_RETURN_IF_ERROR(Resolve(other, static_cast<size_t>(of_member - other.versions.data())));
    version.cells |= of_member->cells;
  }
  if (IsCity(*area.source)) {
    version.cells.set(kCityCell);
    for (size_t cell = 1; cell < cell_names_.size(); ++cell) version.cells.set(cell);
  }
  version.state = Version::State::kResolved;
  return absl::OkStatus();
}

absl::Status CompiledAreaMap::CheckPredecessors() const {
  for (const Area& area : bundle_.areas()) {
    for (const AreaVersion& version : area.versions()) {
      for (const std::string& name : version.predecessors()) {
        if (!CellsOfVersion(name).has_value())
          return Wrong(area.name(), absl::StrCat("has the unknown predecessor ", name));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CompiledAreaMap::AddGeometry(const std::vector<std::string>& geojson) {
  cell_geojson_.resize(cell_names_.size());
  if (geojson.empty()) return absl::OkStatus();
  SV_ASSIGN_OR_RETURN(std::vector<CellShape> shapes,
                      ParseCellShapes(geojson, [this](absl::string_view area) {
                        const std::optional<size_t> cell = CellOf(area);
                        return cell == kCityCell ? std::nullopt : cell;
                      }));
  for (CellShape& shape : shapes) cell_geojson_[shape.cell] = std::move(shape.geojson);
  for (size_t cell = 1; cell < cell_names_.size(); ++cell) {
    if (cell_geojson_[cell].empty()) return Wrong(cell_names_[cell], "has no geometry");
  }
  SV_ASSIGN_OR_RETURN(geometry_, CellGeometry::Build(shapes));
  return absl::OkStatus();
}

absl::Status CompiledAreaMap::Load(const directory::v1::DirectoryBundle& bundle,
                                   const std::vector<std::string>& geojson) {
  SV_ASSIGN_OR_RETURN(const Calendar calendar, Calendar::Load());
  *bundle_.mutable_areas() = bundle.areas();
  for (const Area& area : bundle_.areas()) SV_RETURN_IF_ERROR(AddArea(calendar, area));
  for (auto& [name, area] : areas_) {
    for (size_t i = 0; i < area.versions.size(); ++i) SV_RETURN_IF_ERROR(Resolve(area, i));
  }
  SV_RETURN_IF_ERROR(CheckPredecessors());
  return AddGeometry(geojson);
}

const Version* CompiledAreaMap::VersionAt(const CompiledArea& area, absl::Time at) const {
  for (const Version& version : area.versions) {
    if (version.from <= at && at < version.to) return &version;
  }
  return nullptr;
}

std::optional<CellSet> CompiledAreaMap::CellsOfVersion(absl::string_view area_version) const {
  const auto found = areas_.find(area_version.substr(0, area_version.find('@')));
  if (found == areas_.end()) return std::nullopt;
  for (const Version& version : found->second.versions) {
    if (version.name == area_version) return version.cells;
  }
  return std::nullopt;
}

std::optional<CellSet> CompiledAreaMap::CellsAt(absl::string_view area, absl::Time at) const {
  const auto found = areas_.find(area);
  if (found == areas_.end()) return std::nullopt;
  const Version* version = VersionAt(found->second, at);
  if (version == nullptr) return std::nullopt;
  return version->cells;
}

CellSet CompiledAreaMap::CellsDuring(absl::string_view area, absl::Time from, absl::Time to) const {
  CellSet cells;
  const auto found = areas_.find(area);
  if (found == areas_.end()) return cells;
  for (const Version& version : found->second.versions) {
    if (version.from < to && from < version.to) cells |= version.cells;
  }
  return cells;
}

std::optional<size_t> CompiledAreaMap::CellOf(absl::string_view area) const {
  if (area == kCity) return kCityCell;
  const auto found = areas_.find(area);
  return found == areas_.end() ? std::nullopt : found->second.cell;
}

absl::StatusOr<CellSet> CompiledAreaMap::LocatePosition(const types::v1::LatLng& position,
                                                        absl::string_view field) const {
  const GeoPoint point{position.latitude(), position.longitude()};
  if (!IsValid(point)) return FieldInvalid(field, "is not a position in degrees, WGS84");
  const CellSet cells = geometry_ == nullptr ? CellSet() : geometry_->AtPoint(point);
  if (cells.none()) return FieldInvalid(field, "lies outside the map");
  return cells;
}

absl::StatusOr<CellSet> CompiledAreaMap::LocatePolygon(const types::v1::Place& place,
                                                       absl::string_view field) const {
  if (place.polygon_size() > kPolygonPointsMax) {
    return FieldInvalid(field, absl::StrCat("has more than ", kPolygonPointsMax, " points"));
  }
  GeoRing ring;
  for (const types::v1::LatLng& corner : place.polygon()) {
    ring.push_back({corner.latitude(), corner.longitude()});
    if (!IsValid(ring.back()))
      return FieldInvalid(field, "has a point that is not a position in degrees, WGS84");
  }
  if (const std::string wrong = CheckRing(ring); !wrong.empty()) return FieldInvalid(field, wrong);
  const CellSet cells = geometry_ == nullptr ? CellSet() : geometry_->AtPolygon(ring);
  if (cells.none()) return FieldInvalid(field, "lies outside the map");
  return cells;
}

absl::StatusOr<CellSet> CompiledAreaMap::Locate(const types::v1::Place& place, absl::Time at,
                                                absl::string_view field) const {
  const auto path = [field](absl::string_view name) {
    return absl::StrCat(field, field.empty() ? "" : ".", name);
  };
  if (place.has_position() && !place.polygon().empty()) {
    return FieldInvalid(path("polygon"), "is given besides a position; give one of them");
  }
  if (place.areas_size() > 1 ||
      (!place.areas().empty() && (place.has_position() || !place.polygon().empty()))) {
    return FieldInvalid(path("areas"),
                        "is given besides a position, a polygon or another area; give one of them");
  }
  CellSet cells;
  if (place.has_position()) {
    SV_ASSIGN_OR_RETURN(cells, LocatePosition(place.position(), path("position")));
  } else if (!place.polygon().empty()) {
    SV_ASSIGN_OR_RETURN(cells, LocatePolygon(place, path("polygon")));
  } else if (!place.areas().empty()) {
    const std::optional<CellSet> named = CellsAt(place.areas(0), at);
    if (!named.has_value())
      return FieldInvalid(path("areas"), "is not an area at the time of the event");
    // A place coarser than a district lies in no local area (R20).
    if (!named->test(kCityCell)) cells = *named;
  }
  return cells.set(kCityCell);
}

std::vector<std::string> CompiledAreaMap::AreaNames(const CellSet& cells, absl::Time at,
                                                    types::v1::GeoPrecision precision) const {
  CellSet local = cells;
  local.reset(kCityCell);
  // Nothing but a known precision opens anything finer than the city.
  const bool districts =
      precision >= types::v1::GEO_PRECISION_EXACT && precision <= types::v1::GEO_PRECISION_DISTRICT;
  if (local.none() || !districts) {
    return cells.any() ? std::vector<std::string>{std::string(kCity)} : std::vector<std::string>();
  }
  const bool neighbourhoods = precision <= types::v1::GEO_PRECISION_NEIGHBOURHOOD;
  std::vector<std::string> names;
  for (const auto& [name, area] : areas_) {
    const Area::Kind kind = area.source->kind();
    if (kind != Area::KIND_CITY_DISTRICT && kind != Area::KIND_LOCAL_POLICE_AREA &&
        !(kind == Area::KIND_NEIGHBOURHOOD && neighbourhoods)) {
      continue;
    }
    const Version* version = VersionAt(area, at);
    if (version != nullptr && (version->cells & local).any()) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string CompiledAreaMap::GeoJson(absl::string_view area) const {
  const std::optional<size_t> cell = CellOf(area);
  return cell.has_value() ? cell_geojson_[*cell] : "";
}

}  // namespace

absl::StatusOr<std::shared_ptr<const AreaMap>> AreaMap::Compile(
    const directory::v1::DirectoryBundle& bundle, const std::vector<std::string>& geojson) {
  auto map = std::make_shared<CompiledAreaMap>();
  SV_RETURN_IF_ERROR(map->Load(bundle, geojson));
  return std::shared_ptr<const AreaMap>(std::move(map));
}

}  // namespace samverkan::access
