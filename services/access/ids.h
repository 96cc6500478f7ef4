#pragma once

#include <bitset>
#include <compare>
#include <cstdint>

namespace samverkan::access {

// Numbers that one snapshot gives to names; meaningless in another, never stored. kNone names
// nothing.
template <typename Tag>
struct Id {
  static constexpr uint16_t kNoneValue = 0xffff;
  uint16_t value = kNoneValue;
  constexpr bool valid() const { return value != kNoneValue; }
  constexpr auto operator<=>(const Id&) const = default;
};

using PartyId = Id<struct PartyTag>;
using UnitId = Id<struct UnitTag>;
using MandateId = Id<struct MandateTag>;
// Information categories (IKA), incident categories (INC), purposes (PUR), legal positions (LB),
// permissions: at most 64 of each except incident categories.
using CategoryId = Id<struct CategoryTag>;
using PurposeId = Id<struct PurposeTag>;
using LegalId = Id<struct LegalTag>;
using PermissionId = Id<struct PermissionTag>;

// The map's cells (stadsdelar) that a place touches or an area covers. Bit 0 stands for the city as
// a whole: set in every place in the city, however coarse, and in the areas of clauses that hold
// city-wide.
inline constexpr size_t kCellsMax = 192;
using CellSet = std::bitset<kCellsMax>;
inline constexpr size_t kCityCell = 0;

}  // namespace samverkan::access
