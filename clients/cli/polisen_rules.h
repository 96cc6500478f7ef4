#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace samverkan::cli {

// How a type of the police's feed may travel.
enum class PolisenForm {
  kItem,       // I: as a single item.
  kAggregate,  // A: counted only.
  kNever,      // X: not at all.
  kNotice,     // -: no incident; never counted.
};

struct PolisenType {
  std::string category;
  PolisenForm form = PolisenForm::kNever;
};

// The table from the feed's types to categories.
class PolisenTypes {
 public:
  // CSV with header type,code,form,…
  static absl::StatusOr<PolisenTypes> FromCsv(absl::string_view text);
  // Null for a type the table does not know: it is not guessed.
  const PolisenType* Find(const std::string& type) const;

 private:
  std::map<std::string, PolisenType> types_;
};

// A stadsdel and the local police areas it has lain in, by name.
struct Stadsdel {
  std::string name;
  std::string police_area;         // From 2025-01-01.
  std::string police_area_before;  // Until 2024-12-31.
};

// The city's stadsdelar, found in text.
class Stadsdelar {
 public:
  // CSV with header stadsdel,…,lokalpolisomrade_fran_2025_01_01,lokalpolisomrade_till_2024_12_31
  static absl::StatusOr<Stadsdelar> FromCsv(absl::string_view text);

  // The stadsdelar a text names, each once, in the order of the table. Whole words as spelled, the
  // longest name at each place: "Örby slott" is not "Örby", "Farstas" is not "Farsta".
  std::vector<const Stadsdel*> NamedIn(absl::string_view text) const;

 private:
  std::vector<Stadsdel> rows_;
  std::vector<size_t> longest_first_;
};

// areas/stadsdel-… : lower case, å and ä to a, ö to o, space to "-".
std::string StadsdelArea(absl::string_view name);

// Which unit has the report slot for a stadsdel at a date: that of its local police area then;
// where that area has no unit any more, that of the area which took over. Empty where neither has
// one.
std::string SlotUnit(const Stadsdel& stadsdel, absl::CivilDay date,
                     const std::map<std::string, std::string>& unit_by_police_area);

}  // namespace samverkan::cli
