#pragma once

#include <compare>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "services/base/uuid.h"

namespace samverkan {

// Resource names, parsed and formatted here alone. Parsing is strict: it takes exactly what
// ToString gives, so that one thing has one name, and what came in can be compared, hashed and
// stored without being made canonical first.

// A readable id: [a-z0-9-]{2,63}. Codes become ids in lower case with "-" for ".".
bool IsReadableId(absl::string_view text);

// parties/{party}
struct PartyName {
  std::string party;

  static std::optional<PartyName> Parse(absl::string_view name);
  std::string ToString() const;
  auto operator<=>(const PartyName&) const = default;
};

// parties/{party}/units/{unit}
struct UnitName {
  std::string party;
  std::string unit;

  static std::optional<UnitName> Parse(absl::string_view name);
  std::string ToString() const;
  PartyName Party() const { return {party}; }
  auto operator<=>(const UnitName&) const = default;
};

// parties/{party}/mandates/{mandate}
struct MandateName {
  std::string party;
  std::string mandate;

  static std::optional<MandateName> Parse(absl::string_view name);
  std::string ToString() const;
  PartyName Party() const { return {party}; }
  auto operator<=>(const MandateName&) const = default;
};

// parties/{party}/incidents/{uuid4}
struct IncidentName {
  std::string party;
  Uuid incident;

  static std::optional<IncidentName> Parse(absl::string_view name);
  std::string ToString() const;
  PartyName Party() const { return {party}; }
  auto operator<=>(const IncidentName&) const = default;
};

// parties/{party}/incidents/{uuid4}/releases/{uuid4}
struct ReleaseName {
  std::string party;
  Uuid incident;
  Uuid release;

  static std::optional<ReleaseName> Parse(absl::string_view name);
  std::string ToString() const;
  IncidentName Incident() const { return {party, incident}; }
  auto operator<=>(const ReleaseName&) const = default;
};

// parties/{party}/units/{unit}/deliveries/{uuid4}
struct DeliveryName {
  std::string party;
  std::string unit;
  Uuid delivery;

  static std::optional<DeliveryName> Parse(absl::string_view name);
  std::string ToString() const;
  UnitName Unit() const { return {party, unit}; }
  auto operator<=>(const DeliveryName&) const = default;
};

// agreements/{agreement}
struct AgreementName {
  std::string agreement;

  static std::optional<AgreementName> Parse(absl::string_view name);
  std::string ToString() const;
  auto operator<=>(const AgreementName&) const = default;
};

// agreements/{agreement}/clauses/{clause}
struct ClauseName {
  std::string agreement;
  std::string clause;

  static std::optional<ClauseName> Parse(absl::string_view name);
  std::string ToString() const;
  AgreementName Agreement() const { return {agreement}; }
  auto operator<=>(const ClauseName&) const = default;
};

// areas/{area}
struct AreaName {
  std::string area;

  static std::optional<AreaName> Parse(absl::string_view name);
  std::string ToString() const;
  auto operator<=>(const AreaName&) const = default;
};

// areas/{area}@{YYYY-MM-DD}: the version of an area that is valid from that day.
struct AreaVersionName {
  std::string area;
  absl::CivilDay valid_from;

  static std::optional<AreaVersionName> Parse(absl::string_view name);
  std::string ToString() const;
  AreaName Area() const { return {area}; }
  bool operator==(const AreaVersionName&) const = default;
};

enum class NameKind {
  kParty,
  kUnit,
  kMandate,
  kIncident,
  kRelease,
  kDelivery,
  kAgreement,
  kClause,
  kArea,
  kAreaVersion
};

// What kind of resource a name names; nothing unless the name is well-formed.
std::optional<NameKind> KindOfName(absl::string_view name);

// Whether a name has a pattern's shape, as in "parties/*/units/*" or "areas/*@*": a star stands for
// one id, everything else for itself. The kinds whose ids are UUIDs are told apart by KindOfName.
bool MatchesPattern(absl::string_view name, absl::string_view pattern);

// The party that a well-formed name lies under ("parties/pol"), or itself; the unit that it lies
// under, or itself. Part of `name`; empty where there is none.
absl::string_view PartyOfName(absl::string_view name);
absl::string_view UnitOfName(absl::string_view name);

}  // namespace samverkan
