#pragma once

#include <string>

#include "clients/cli/text.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "samverkan/types/v1/types.pb.h"

namespace samverkan::cli {

// States and grades as people call them.
const char* Label(incidents::v1::Incident::State state, Language language);
const char* Label(incidents::v1::Delivery::State state, Language language);
const char* Label(incidents::v1::RevisionNote::Kind kind, Language language);
const char* Label(incidents::v1::Task::Kind kind, Language language);
const char* Label(agreements::v1::Agreement::State state, Language language);
const char* Label(types::v1::GeoPrecision precision, Language language);
const char* Label(types::v1::TimePrecision precision, Language language);
const char* Label(types::v1::Onward onward, Language language);
// The part of a TLP value after its prefix: "AMBER_STRICT".
std::string TlpName(types::v1::Tlp tlp);

}  // namespace samverkan::cli
