#pragma once

namespace samverkan::testing {

constexpr char kDistrictParty[] = "parties/sthlm-sdn-hal";
constexpr char kDistrictUnit[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
constexpr char kPoliceUnit[] = "parties/pol/units/pol-sth-syd-skarh";
constexpr char kAgreement[] = "agreements/lok-hal-skarh";

}  // namespace samverkan::testing
