#include "services/base/names.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace samverkan {
namespace {

constexpr size_t kIdSizeMin = 2;
constexpr size_t kIdSizeMax = 63;
constexpr absl::string_view kParties = "parties/";
constexpr absl::string_view kUnits = "/units/";
constexpr absl::string_view kIncidents = "/incidents/";
constexpr absl::string_view kReleases = "/releases/";
constexpr absl::string_view kDeliveries = "/deliveries/";
constexpr absl::string_view kMandates = "/mandates/";
constexpr absl::string_view kAgreements = "agreements/";
constexpr absl::string_view kClauses = "/clauses/";
constexpr absl::string_view kAreas = "areas/";

bool IsIdCharacter(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
}

std::string FormatDay(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

// Reads a name from left to right; after the first thing that does not fit, nothing fits.
class Reader {
 public:
  explicit Reader(absl::string_view name) : rest_(name) {}

  Reader& Literal(absl::string_view literal) {
    fits_ = fits_ && absl::ConsumePrefix(&rest_, literal);
    return *this;
  }
  Reader& Id(std::string& id) {
    const absl::string_view segment = Segment();
    fits_ = fits_ && IsReadableId(segment);
    if (fits_) id = std::string(segment);
    return *this;
  }
  Reader& RandomId(Uuid& id) {
    const std::optional<Uuid> parsed = Uuid::Parse(Segment());
    fits_ = fits_ && parsed && parsed->version() == 4;
    if (fits_) id = *parsed;
    return *this;
  }
  Reader& Day(absl::CivilDay& day);
  bool AtEnd() const { return fits_ && rest_.empty(); }

 private:
  // Takes what precedes the next slash or at sign.
  absl::string_view Segment() {
    const absl::string_view segment = rest_.substr(0, rest_.find_first_of("/@"));
    rest_.remove_prefix(segment.size());
    return segment;
  }

  absl::string_view rest_;
  bool fits_ = true;
};

Reader& Reader::Day(absl::CivilDay& day) {
  const absl::string_view text = Segment();
  int year = 0;
  int month = 0;
  int date = 0;
  fits_ = fits_ && text.size() == 10 && absl::SimpleAtoi(text.substr(0, 4), &year) &&
          absl::SimpleAtoi(text.substr(5, 2), &month) && absl::SimpleAtoi(text.substr(8, 2), &date);
  if (!fits_) return *this;
  day = absl::CivilDay(year, month, date);
  // CivilDay makes 30 February the 2nd of March, and SimpleAtoi takes blanks and signs: only what
  // is written as it was read is a day.
  fits_ = year > 0 && FormatDay(day) == text;
  return *this;
}

template <typename Name>
std::optional<Name> IfAtEnd(const Reader& reader, Name& name) {
  if (!reader.AtEnd()) return std::nullopt;
  return std::move(name);
}

// Takes one segment off each, which must fit; a segment of an area's version has two halves.
bool SegmentMatches(absl::string_view segment, absl::string_view pattern) {
  if (pattern == "*") return IsReadableId(segment);
  if (pattern == "*@*") {
    const size_t at = segment.find('@');
    return at != absl::string_view::npos && IsReadableId(segment.substr(0, at)) &&
           IsReadableId(segment.substr(at + 1));
  }
  return segment == pattern;
}

// The first `segments` segments.
absl::string_view Prefix(absl::string_view name, int segments) {
  size_t end = 0;
  for (int i = 0; i < segments; ++i) {
    end = name.find('/', i == 0 ? 0 : end + 1);
    if (end == absl::string_view::npos) return i == segments - 1 ? name : absl::string_view();
  }
  return name.substr(0, end);
}

}  // namespace

bool IsReadableId(absl::string_view text) {
  return text.size() >= kIdSizeMin && text.size() <= kIdSizeMax &&
         std::all_of(text.begin(), text.end(), IsIdCharacter);
}

std::optional<PartyName> PartyName::Parse(absl::string_view name) {
  PartyName parsed;
  return IfAtEnd(Reader(name).Literal(kParties).Id(parsed.party), parsed);
}

std::string PartyName::ToString() const {
  return absl::StrCat(kParties, party);
}

std::optional<UnitName> UnitName::Parse(absl::string_view name) {
  UnitName parsed;
  return IfAtEnd(Reader(name).Literal(kParties).Id(parsed.party).Literal(kUnits).Id(parsed.unit),
                 parsed);
}

std::string UnitName::ToString() const {
  return absl::StrCat(kParties, party, kUnits, unit);
}

std::optional<MandateName> MandateName::Parse(absl::string_view name) {
  MandateName parsed;
  return IfAtEnd(
      Reader(name).Literal(kParties).Id(parsed.party).Literal(kMandates).Id(parsed.mandate),
      parsed);
}

std::string MandateName::ToString() const {
  return absl::StrCat(kParties, party, kMandates, mandate);
}

std::optional<IncidentName> IncidentName::Parse(absl::string_view name) {
  IncidentName parsed;
  return IfAtEnd(
      Reader(name).Literal(kParties).Id(parsed.party).Literal(kIncidents).RandomId(parsed.incident),
      parsed);
}

std::string IncidentName::ToString() const {
  return absl::StrCat(kParties, party, kIncidents, incident.ToString());
}

std::optional<ReleaseName> ReleaseName::Parse(absl::string_view name) {
  ReleaseName parsed;
  return IfAtEnd(Reader(name)
                     .Literal(kParties)
                     .Id(parsed.party)
                     .Literal(kIncidents)
                     .RandomId(parsed.incident)
                     .Literal(kReleases)
                     .RandomId(parsed.release),
                 parsed);
}

std::string ReleaseName::ToString() const {
  return absl::StrCat(Incident().ToString(), kReleases, release.ToString());
}

std::optional<DeliveryName> DeliveryName::Parse(absl::string_view name) {
  DeliveryName parsed;
  return IfAtEnd(Reader(name)
                     .Literal(kParties)
                     .Id(parsed.party)
                     .Literal(kUnits)
                     .Id(parsed.unit)
                     .Literal(kDeliveries)
                     .RandomId(parsed.delivery),
                 parsed);
}

std::string DeliveryName::ToString() const {
  return absl::StrCat(Unit().ToString(), kDeliveries, delivery.ToString());
}

std::optional<AgreementName> AgreementName::Parse(absl::string_view name) {
  AgreementName parsed;
  return IfAtEnd(Reader(name).Literal(kAgreements).Id(parsed.agreement), parsed);
}

std::string AgreementName::ToString() const {
  return absl::StrCat(kAgreements, agreement);
}

std::optional<ClauseName> ClauseName::Parse(absl::string_view name) {
  ClauseName parsed;
  return IfAtEnd(
      Reader(name).Literal(kAgreements).Id(parsed.agreement).Literal(kClauses).Id(parsed.clause),
      parsed);
}

std::string ClauseName::ToString() const {
  return absl::StrCat(kAgreements, agreement, kClauses, clause);
}

std::optional<AreaName> AreaName::Parse(absl::string_view name) {
  AreaName parsed;
  return IfAtEnd(Reader(name).Literal(kAreas).Id(parsed.area), parsed);
}

std::string AreaName::ToString() const {
  return absl::StrCat(kAreas, area);
}

std::optional<AreaVersionName> AreaVersionName::Parse(absl::string_view name) {
  AreaVersionName parsed;
  return IfAtEnd(Reader(name).Literal(kAreas).Id(parsed.area).Literal("@").Day(parsed.valid_from),
                 parsed);
}

std::string AreaVersionName::ToString() const {
  return absl::StrCat(kAreas, area, "@", FormatDay(valid_from));
}

std::optional<NameKind> KindOfName(absl::string_view name) {
  if (PartyName::Parse(name)) return NameKind::kParty;
  if (UnitName::Parse(name)) return NameKind::kUnit;
  if (MandateName::Parse(name)) return NameKind::kMandate;
  if (IncidentName::Parse(name)) return NameKind::kIncident;
  if (ReleaseName::Parse(name)) return NameKind::kRelease;
  if (DeliveryName::Parse(name)) return NameKind::kDelivery;
  if (AgreementName::Parse(name)) return NameKind::kAgreement;
  if (ClauseName::Parse(name)) return NameKind::kClause;
  if (AreaName::Parse(name)) return NameKind::kArea;
  if (AreaVersionName::Parse(name)) return NameKind::kAreaVersion;
  return std::nullopt;
}

bool MatchesPattern(absl::string_view name, absl::string_view pattern) {
  while (true) {
    const size_t name_slash = name.find('/');
    const size_t pattern_slash = pattern.find('/');
    if (!SegmentMatches(name.substr(0, name_slash), pattern.substr(0, pattern_slash))) return false;
    const bool name_ends = name_slash == absl::string_view::npos;
    const bool pattern_ends = pattern_slash == absl::string_view::npos;
    if (name_ends || pattern_ends) return name_ends && pattern_ends;
    name.remove_prefix(name_slash + 1);
    pattern.remove_prefix(pattern_slash + 1);
  }
}

absl::string_view PartyOfName(absl::string_view name) {
  const absl::string_view party = Prefix(name, 2);
  return MatchesPattern(party, "parties/*") ? party : absl::string_view();
}

absl::string_view UnitOfName(absl::string_view name) {
  const absl::string_view unit = Prefix(name, 4);
  return MatchesPattern(unit, "parties/*/units/*") ? unit : absl::string_view();
}

}  // namespace samverkan
