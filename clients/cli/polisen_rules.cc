#include "clients/cli/polisen_rules.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/csv.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

using Table = std::vector<std::vector<std::string>>;

// The police's local areas were redrawn on this day.
constexpr absl::CivilDay kRedrawn(2025, 1, 1);

// Reads the named columns of a table with a header.
absl::StatusOr<Table> ReadColumns(absl::string_view text, const std::vector<std::string>& names) {
  SC_ASSIGN_OR_RETURN(const Table rows, ParseCsv(text));
  if (rows.empty()) return absl::InvalidArgumentError("the table is empty");
  std::vector<size_t> columns;
  for (const std::string& name : names) {
    const auto it = std::find(rows[0].begin(), rows[0].end(), name);
    if (it == rows[0].end()) return absl::InvalidArgumentError(absl::StrCat("no column ", name));
    columns.push_back(it - rows[0].begin());
  }
  Table result;
  for (size_t row = 1; row < rows.size(); ++row) {
    std::vector<std::string>& fields = result.emplace_back();
    for (const size_t column : columns) {
      if (column >= rows[row].size()) {
        return absl::InvalidArgumentError(absl::StrCat("row ", row + 1, " is too short"));
      }
      fields.push_back(rows[row][column]);
    }
  }
  return result;
}

// Whether the character that begins (or ends) here is a letter or digit of Swedish text: ASCII, or
// a Latin letter of two bytes (U+00C0 to U+024F). Quotes and dashes of three bytes are neither.
bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || (byte >= 0xC3 && byte <= 0xC9);
}

bool WordBefore(absl::string_view text, size_t begin) {
  if (begin == 0) return false;
  if (static_cast<unsigned char>(text[begin - 1]) < 0x80) return IsWordByte(text[begin - 1]);
  size_t start = begin - 1;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  return IsWordByte(text[start]);
}

bool WordAfter(absl::string_view text, size_t end) {
  return end < text.size() && IsWordByte(text[end]);
}

absl::StatusOr<PolisenForm> FormOf(const std::string& text) {
  if (text == "I") return PolisenForm::kItem;
  if (text == "A") return PolisenForm::kAggregate;
  if (text == "X") return PolisenForm::kNever;
  if (text == "-") return PolisenForm::kNotice;
  return absl::InvalidArgumentError(absl::StrCat("form '", text, "' is none of I, A, X, -"));
}

}  // namespace

absl::StatusOr<PolisenTypes> PolisenTypes::FromCsv(absl::string_view text) {
  SC_ASSIGN_OR_RETURN(const Table rows, ReadColumns(text, {"type", "code", "form"}));
  PolisenTypes result;
  for (const auto& row : rows) {
    PolisenType type;
    type.category = row[1];
    SC_ASSIGN_OR_RETURN(type.form, FormOf(row[2]));
    if (!result.types_.emplace(row[0], type).second) {
      return absl::InvalidArgumentError(absl::StrCat("type '", row[0], "' stands twice"));
    }
  }
  return result;
}

const PolisenType* PolisenTypes::Find(const std::string& type) const {
  const auto it = types_.find(type);
  return it == types_.end() ? nullptr : &it->second;
}

absl::StatusOr<Stadsdelar> Stadsdelar::FromCsv(absl::string_view text) {
  SC_ASSIGN_OR_RETURN(const Table rows,
                      ReadColumns(text, {"stadsdel", "lokalpolisomrade_fran_2025_01_01",
                                         "lokalpolisomrade_till_2024_12_31"}));
  Stadsdelar result;
  for (const auto& row : rows) {
    if (row[0].empty()) return absl::InvalidArgumentError("a stadsdel has no name");
    result.rows_.push_back({row[0], row[1], row[2]});
  }
  result.longest_first_.resize(result.rows_.size());
  std::iota(result.longest_first_.begin(), result.longest_first_.end(), size_t{0});
  std::stable_sort(result.longest_first_.begin(), result.longest_first_.end(),
                   [&](size_t a, size_t b) {
                     return result.rows_[a].name.size() > result.rows_[b].name.size();
                   });
  return result;
}

std::vector<const Stadsdel*> Stadsdelar::NamedIn(absl::string_view text) const {
  std::set<size_t> named;
  size_t at = 0;
  while (at < text.size()) {
    size_t step = 1;
    if (!WordBefore(text, at)) {
      for (const size_t row : longest_first_) {
        const std::string& name = rows_[row].name;
        if (!absl::StartsWith(text.substr(at), name) || WordAfter(text, at + name.size())) continue;
        named.insert(row);
        step = name.size();
        break;
      }
    }
    at += step;
  }
  std::vector<const Stadsdel*> result;
  for (const size_t row : named) result.push_back(&rows_[row]);
  return result;
}

std::string StadsdelArea(absl::string_view name) {
  std::string slug = absl::StrReplaceAll(
      name, {{"å", "a"}, {"ä", "a"}, {"ö", "o"}, {"Å", "a"}, {"Ä", "a"}, {"Ö", "o"}, {" ", "-"}});
  absl::AsciiStrToLower(&slug);
  return absl::StrCat("areas/stadsdel-", slug);
}

std::string SlotUnit(const Stadsdel& stadsdel, absl::CivilDay date,
                     const std::map<std::string, std::string>& unit_by_police_area) {
  const std::string& then = date < kRedrawn ? stadsdel.police_area_before : stadsdel.police_area;
  for (const std::string* area : {&then, &stadsdel.police_area}) {
    const auto it = unit_by_police_area.find(*area);
    if (it != unit_by_police_area.end()) return it->second;
  }
  return "";
}

}  // namespace samverkan::cli
