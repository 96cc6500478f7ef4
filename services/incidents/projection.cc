#include "services/incidents/projection.h"

#include <algorithm>
#include <string>

#include "services/base/proto_time.h"

namespace samverkan::incidents {
namespace {

using types::v1::GeoPrecision;
using types::v1::Place;
using types::v1::TimePrecision;
using types::v1::TimeSpan;

Place ProjectPlace(const Place& place, const access::CellSet& cells, absl::Time at,
                   GeoPrecision precision, const access::AreaMap& areas) {
  Place projected;
  projected.set_precision(precision);
  // Type and name say no more than the place itself where it is not made coarser.
  const bool as_assessed = precision == PrecisionOf(place, areas);
  if (precision <= types::v1::GEO_PRECISION_PLACE || as_assessed) {
    projected.set_type(place.type());
    projected.set_display_name(place.display_name());
  }
  if (precision == types::v1::GEO_PRECISION_EXACT) {
    if (place.has_position()) *projected.mutable_position() = place.position();
    *projected.mutable_polygon() = place.polygon();
  }
  for (std::string& area : areas.AreaNames(cells, at, precision))
    projected.add_areas(std::move(area));
  return projected;
}

TimeSpan ProjectSpan(const TimeSpan& span, TimePrecision precision, const Calendar& calendar) {
  const TimeInterval covered =
      calendar.Cover({FromProto(span.start_time()), FromProto(span.end_time())}, precision);
  TimeSpan projected;
  *projected.mutable_start_time() = ToProto(covered.start);
  *projected.mutable_end_time() = ToProto(covered.end);
  projected.set_precision(precision);
  return projected;
}

}  // namespace

GeoPrecision PrecisionOf(const Place& place, const access::AreaMap& areas) {
  if (place.has_position() || !place.polygon().empty()) return types::v1::GEO_PRECISION_EXACT;
  // A name tells the place, in however large an area it is said to lie.
  if (!place.display_name().empty()) return types::v1::GEO_PRECISION_PLACE;
  if (place.areas().empty() || place.areas(0) == "areas/city") return types::v1::GEO_PRECISION_CITY;
  return areas.CellOf(place.areas(0)) ? types::v1::GEO_PRECISION_NEIGHBOURHOOD
                                      : types::v1::GEO_PRECISION_DISTRICT;
}

v1::IncidentContent Project(const v1::IncidentContent& content, const access::CellSet& cells,
                            const access::Obligations& obligations, const access::AreaMap& areas,
                            const Calendar& calendar) {
  const GeoPrecision geo = std::max(PrecisionOf(content.place(), areas), obligations.geo_precision);
  const TimePrecision time = std::max(content.occur_span().precision(), obligations.time_precision);
  const absl::Time at = FromProto(content.occur_span().start_time());
  v1::IncidentContent projected;
  projected.set_category(content.category());
  *projected.mutable_place() = ProjectPlace(content.place(), cells, at, geo, areas);
  *projected.mutable_occur_span() = ProjectSpan(content.occur_span(), time, calendar);
  projected.set_certainty(content.certainty());
  projected.set_harm(content.harm());
  *projected.mutable_marking() = content.marking();
  // Nothing can make a text coarser: it stays behind where the clause makes place or time coarser
  // than they were assessed, beyond a public place and part of day.
  const bool place_kept = obligations.geo_precision <= types::v1::GEO_PRECISION_PLACE ||
                          geo == PrecisionOf(content.place(), areas);
  const bool time_kept = obligations.time_precision <= types::v1::TIME_PRECISION_PART_OF_DAY ||
                         time == content.occur_span().precision();
  if (place_kept && time_kept) projected.set_description(content.description());
  return projected;
}

}  // namespace samverkan::incidents
