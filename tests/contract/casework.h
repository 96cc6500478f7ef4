#pragma once

#include <string>

#include "samverkan/incidents/v1/incidents.pb.h"
#include "tests/support/running_hub.h"

namespace samverkan::testing {

// What stands in the hub before a test looks: the central agreement and one local one in force, an
// item of a district, an item of the police released to that district, and the copy the district
// got.
struct Casework {
  static const Casework& Get();

  // The text with {incident}, {released}, {delivery} and {uuid} (a new one) filled in.
  std::string Fill(const std::string& text) const;

  std::string incident;  // of Hägersten-Älvsjö, received
  std::string released;  // of the police in Skärholmen, released to Hägersten-Älvsjö
  std::string delivery;  // Hägersten-Älvsjö's copy of it
};

// A UUID that no other call makes.
std::string NewRequestId();

// An item as the district hands it in.
incidents::v1::CreateIncidentRequest ReportOfDistrict();

}  // namespace samverkan::testing
