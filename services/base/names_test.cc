#include "services/base/names.h"

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace samverkan {
namespace {

constexpr absl::string_view kUuid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
constexpr absl::string_view kOtherUuid = "7d444840-9dc0-4f1d-8b24-5ffdce74fad2";

struct Example {
  NameKind kind;
  std::string name;
};

std::vector<Example> Examples() {
  return {
      {NameKind::kParty, "parties/sthlm-sdn-hal"},
      {NameKind::kUnit, "parties/pol/units/pol-sth-syd-skarh"},
      {NameKind::kMandate, "parties/pol/mandates/skarh-kompol"},
      {NameKind::kIncident, absl::StrCat("parties/pol/incidents/", kUuid)},
      {NameKind::kRelease, absl::StrCat("parties/pol/incidents/", kUuid, "/releases/", kOtherUuid)},
      {NameKind::kDelivery, absl::StrCat("parties/pol/units/pol-sth/deliveries/", kUuid)},
      {NameKind::kAgreement, "agreements/lok-hal-globe"},
      {NameKind::kClause, "agreements/lok-hal-globe/clauses/l2"},
      {NameKind::kArea, "areas/stadsdel-fruangen"},
      {NameKind::kAreaVersion, "areas/sdo-hal@2020-07-01"}};
}

// What the parser of a kind makes of a name, formatted again; empty when it refuses it.
template <typename Name>
std::string Again(absl::string_view name) {
  const std::optional<Name> parsed = Name::Parse(name);
  return parsed ? parsed->ToString() : "";
}

std::string AgainAs(NameKind kind, absl::string_view name) {
  switch (kind) {
    case NameKind::kParty:
      return Again<PartyName>(name);
    case NameKind::kUnit:
      return Again<UnitName>(name);
    case NameKind::kMandate:
      return Again<MandateName>(name);
    case NameKind::kIncident:
      return Again<IncidentName>(name);
    case NameKind::kRelease:
      return Again<ReleaseName>(name);
    case NameKind::kDelivery:
      return Again<DeliveryName>(name);
    case NameKind::kAgreement:
      return Again<AgreementName>(name);
    case NameKind::kClause:
      return Again<ClauseName>(name);
    case NameKind::kArea:
      return Again<AreaName>(name);
    case NameKind::kAreaVersion:
      return Again<AreaVersionName>(name);
  }
  return "";
}

// Whatever a parser takes it writes as it was.
void ExpectOneText(absl::string_view name) {
  if (const std::optional<NameKind> kind = KindOfName(name)) {
    EXPECT_EQ(AgainAs(*kind, name), name);
  } else if (PartyOfName(name).empty()) {
    EXPECT_EQ(UnitOfName(name), "");
  }
}

TEST(NamesTest, EveryKindIsReadByItsOwnParserAlone) {
  for (const Example& example : Examples()) {
    EXPECT_EQ(KindOfName(example.name), example.kind) << example.name;
    for (const Example& other : Examples()) {
      EXPECT_EQ(AgainAs(other.kind, example.name), other.kind == example.kind ? example.name : "");
    }
  }
}

// The naughty strings stand as names, as ids and beside good ones.
TEST(NamesTest, HostileTextIsRefusedOrReadExactly) {
  std::ifstream file("tests/data/hostile/blns.json");
  const nlohmann::json list = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  ASSERT_GT(list.size(), 400u);
  std::vector<std::string> naughty = list.get<std::vector<std::string>>();
  naughty.insert(naughty.end(), {std::string("a\0b", 3), "../pol", "%2e%2e", "pol\n", "\u202epol",
                                 std::string(10000, 'a'), "p\u00f6l", "POL", "pol ", "\xff\xfe"});
  for (const std::string& text : naughty) {
    for (const Example& example : Examples()) {
      for (const std::string& name :
           {text, absl::StrCat(example.name, text), absl::StrCat(text, example.name),
            absl::StrCat(example.name, "/", text),
            absl::StrReplaceAll(example.name, {{"pol", text}}),
            absl::StrReplaceAll(example.name, {{"hal", text}}),
            absl::StrReplaceAll(example.name, {{kUuid, text}}),
            absl::StrReplaceAll(example.name, {{"2020-07-01", text}})}) {
        ExpectOneText(name);
      }
    }
  }
}

TEST(NamesTest, EverySingleByteChangeIsRefusedOrAnotherName) {
  for (const Example& example : Examples()) {
    for (size_t i = 0; i < example.name.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string name = example.name;
        name[i] = static_cast<char>(byte);
        ExpectOneText(name);
      }
      ExpectOneText(example.name.substr(0, i));
    }
  }
}

TEST(NamesTest, ReadableIdsHaveTwoToSixtyThreeCharacters) {
  EXPECT_FALSE(IsReadableId(""));
  EXPECT_FALSE(IsReadableId("a"));
  EXPECT_TRUE(IsReadableId("l1"));
  EXPECT_TRUE(IsReadableId(std::string(63, 'a')));
  EXPECT_FALSE(IsReadableId(std::string(64, 'a')));
  EXPECT_FALSE(IsReadableId("Ab"));
  EXPECT_FALSE(IsReadableId("a_b"));
  EXPECT_FALSE(IsReadableId("a.b"));
  // The wildcard of listings names no party.
  EXPECT_FALSE(PartyName::Parse("parties/-"));
}

TEST(NamesTest, RandomIdsAreUuidsOfVersionFourInCanonicalText) {
  for (absl::string_view id :
       {"3f2504e0-4f89-11d3-9a0c-0305e82c3301", "3F2504E0-4F89-41D3-9A0C-0305E82C3301",
        "3f2504e04f8941d39a0c0305e82c3301", "00000000-0000-0000-0000-000000000000",
        "3f2504e0-4f89-71d3-9a0c-0305e82c3301", "{3f2504e0-4f89-41d3-9a0c-0305e82c3301}"}) {
    EXPECT_FALSE(IncidentName::Parse(absl::StrCat("parties/pol/incidents/", id))) << id;
  }
}

TEST(NamesTest, AnAreaVersionNamesADayThatExists) {
  EXPECT_EQ(AreaVersionName::Parse("areas/sdo-hal@2024-02-29")->valid_from,
            absl::CivilDay(2024, 2, 29));
  for (absl::string_view day :
       {"2023-02-29", "2023-00-10", "2023-13-01", "2023-1-01", "0000-01-01", "2023-01-32",
        "+023-01-01", "2023- 1-01", "2023/01/01", "20230101", "2023-01-01 ", "-023-01-01", ""}) {
    EXPECT_FALSE(AreaVersionName::Parse(absl::StrCat("areas/sdo-hal@", day))) << day;
  }
}

TEST(NamesTest, PartyAndUnitOfAName) {
  const std::string delivery = absl::StrCat("parties/pol/units/pol-sth/deliveries/", kUuid);
  EXPECT_EQ(PartyOfName(delivery), "parties/pol");
  EXPECT_EQ(UnitOfName(delivery), "parties/pol/units/pol-sth");
  EXPECT_EQ(UnitOfName("parties/pol/units/pol-sth"), "parties/pol/units/pol-sth");
  EXPECT_EQ(PartyOfName("parties/pol"), "parties/pol");
  EXPECT_EQ(UnitOfName("parties/pol"), "");
  EXPECT_EQ(UnitOfName("parties/pol/mandates/skarh-kompol"), "");
  EXPECT_EQ(PartyOfName("agreements/cen"), "");
  EXPECT_EQ(PartyOfName(""), "");
  EXPECT_EQ(DeliveryName::Parse(delivery)->Unit().Party().ToString(), "parties/pol");
  EXPECT_EQ(ClauseName::Parse("agreements/cen/clauses/c1")->Agreement().ToString(),
            "agreements/cen");
}

TEST(NamesTest, PatternsMatchSegmentBySegment) {
  EXPECT_TRUE(MatchesPattern("parties/pol/units/pol-sth", "parties/*/units/*"));
  EXPECT_TRUE(
      MatchesPattern(absl::StrCat("parties/pol/incidents/", kUuid), "parties/*/incidents/*"));
  EXPECT_TRUE(MatchesPattern("areas/sdo-hal@2020-07-01", "areas/*@*"));
  EXPECT_FALSE(MatchesPattern("areas/sdo-hal@2020-07-01", "areas/*"));
  EXPECT_FALSE(MatchesPattern("areas/sdo-hal", "areas/*@*"));
  EXPECT_FALSE(MatchesPattern("parties/pol", "parties/*/units/*"));
  EXPECT_FALSE(MatchesPattern("parties/pol/units/pol-sth/", "parties/*/units/*"));
  EXPECT_FALSE(MatchesPattern("parties/pol/units/pol-sth/x", "parties/*/units/*"));
  EXPECT_FALSE(MatchesPattern("parties//units/pol-sth", "parties/*/units/*"));
  EXPECT_FALSE(MatchesPattern("parties/*/units/*", "parties/*/units/*"));
  EXPECT_FALSE(MatchesPattern("", "parties/*"));
}

}  // namespace
}  // namespace samverkan
