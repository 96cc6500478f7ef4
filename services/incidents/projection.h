#pragma once

#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/access/areas.h"
#include "services/access/decide.h"
#include "services/base/calendar.h"

namespace samverkan::incidents {

// What a recipient may have of an item under a clause's obligations (R27): an allow-list, built
// field by field, so that a field added later is withheld until somebody puts it here. The place
// and the span are made as coarse as demanded and never finer than they were; free text goes along
// unless the clause makes place or time coarser than they were assessed, beyond a public place and
// part of day, for nothing can make a text coarser. `cells` are those the place touches.
v1::IncidentContent Project(const v1::IncidentContent& content, const access::CellSet& cells,
                            const access::Obligations& obligations, const access::AreaMap& areas,
                            const Calendar& calendar);

// How exactly a place is told.
types::v1::GeoPrecision PrecisionOf(const types::v1::Place& place, const access::AreaMap& areas);

}  // namespace samverkan::incidents
