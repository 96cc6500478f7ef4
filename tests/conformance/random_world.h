#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "samverkan/types/v1/types.pb.h"

namespace samverkan::testing {

// A small world (see ParseWorld) and cases in it, the same for the same seed. All that happens by
// itself happens at one of a few instants, and cases are asked at those, a microsecond before and
// after. Sets are small and mostly overlap, so that about half of the cases get past the first
// tests.
class RandomWorld {
 public:
  using Json = nlohmann::json;

  explicit RandomWorld(uint64_t seed) : random_(seed) {
    json_["directory"] = Directory();
    json_["agreements"] = Agreements();
  }

  const Json& json() const { return json_; }

  // Two of three cases are aimed at a clause: they fit it but for a mistake or two.
  Json NextCase() {
    const bool aimed = Chance(67);
    const Json& content = Pick(json_["agreements"])["content"];
    const Json* picked = &Pick(content["clauses"]);
    for (int tries = 0; aimed && tries < 3 && (*picked)["effect"] != "EFFECT_PERMIT"; ++tries) {
      picked = &Pick(content["clauses"]);
    }
    const Json& clause = *picked;
    const Json& flow = Pick(clause["flows"]);
    const auto code = [&](const char* key, const std::vector<std::string>& all,
                          const std::string& prefix) {
      return aimed && Chance(85) ? Pick(clause[key]).get<std::string>() : prefix + Pick(all);
    };
    const Json& sender = aimed ? UnitOf(flow["from"]) : Pick(json_["directory"]["units"]);
    const Json& recipient = aimed ? UnitOf(flow["to"]) : Pick(json_["directory"]["units"]);
    // Mandates stand in the order of their units.
    const auto index = static_cast<size_t>(&sender - &json_["directory"]["units"][0]);
    const Json& mandate = json_["directory"]["mandates"][index];
    Json cells = Json::array({"areas/city"});
    for (const std::string& cell : kCells) {
      if (Chance(aimed ? 70 : 40)) cells.push_back("areas/" + cell);
    }
    const std::string named = absl::StrCat(content["name"].get<std::string>(), "/clauses/",
                                           clause["id"].get<std::string>());
    return {
        {"mandate", Chance(98) ? mandate["name"].get<std::string>() : "parties/p0/mandates/none"},
        {"recipient", recipient["name"]},
        {"purpose", Chance(15) ? "" : code("purposes", kPurposes, "PUR_")},
        {"legal", Chance(15) ? "" : code("legalPositions", kLegal, "LB_")},
        {"clause", Chance(40) ? named : ""},
        {"now", At(aimed ? Number(1, 7) : Number(0, kInstants - 1)) + Number(-1, 1)},
        {"label",
         {{"owner_unit", Chance(97) ? sender["name"] : Pick(json_["directory"]["units"])["name"]},
          {"category", Chance(97) ? code("categories", kCategories, "IKA_") : ""},
          {"cells", cells},
          {"tlp", aimed && Chance(70) ? "TLP_CLEAR" : Pick(kTlps)},
          {"confidentiality", aimed && Chance(70) ? 0 : Number(0, 2)}}}};
  }

 private:
  static constexpr int64_t kInstants = 10;
  static inline const std::vector<std::string> kCells = {"stadsdel-a", "stadsdel-b", "stadsdel-c"};
  static inline const std::vector<std::string> kCategories = {"HANDELSE", "MILJO", "LAGESBILD"};
  static inline const std::vector<std::string> kPurposes = {"LAGESBILD", "ATGARDSPLAN"};
  static inline const std::vector<std::string> kLegal = {"NOT_SECRET_TESTED", "PUBLIC_SOURCE"};
  static inline const std::vector<std::string> kTlps = {"TLP_CLEAR", "TLP_GREEN", "TLP_AMBER",
                                                        "TLP_AMBER_STRICT"};
  static inline const std::vector<std::string> kGroups = {"SDN", "LPO", "NGL", "ALL"};
  static inline const std::vector<std::string> kKinds = {"KIND_COMMITTEE", "KIND_STATE",
                                                         "KIND_PRIVATE", "KIND_MUNICIPAL_COMPANY",
                                                         "KIND_CIVIL_SOCIETY"};

  int64_t Number(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random_);
  }
  bool Chance(int percent) { return Number(1, 100) <= percent; }
  template <typename List>
  const typename List::value_type& Pick(const List& list) {
    return list[static_cast<size_t>(Number(0, static_cast<int64_t>(list.size()) - 1))];
  }
  // Each with the chance, but at least one.
  std::vector<std::string> Some(const std::vector<std::string>& all, int percent,
                                const std::string& prefix) {
    std::vector<std::string> some;
    for (const std::string& one : all) {
      if (Chance(percent)) some.push_back(prefix + one);
    }
    if (some.empty()) some.push_back(prefix + Pick(all));
    return some;
  }

  // A unit that a selector may mean.
  const Json& UnitOf(const Json& selector) {
    const Json& units = json_["directory"]["units"];
    const Json* unit = &Pick(units);
    for (int tries = 0; tries < 20; ++tries, unit = &Pick(units)) {
      if (selector.contains("unit")
              ? (*unit)["name"] == selector["unit"]
              : selector["group"] == "ALL" ||
                    std::count((*unit)["selectors"].begin(), (*unit)["selectors"].end(),
                               selector["group"]) > 0) {
        break;
      }
    }
    return *unit;
  }

  // Instant i, in microseconds: an hour apart from 2026-03-29, when summer time begins.
  static int64_t At(int64_t i) { return (int64_t{1'774'742'400} + i * 3600) * 1'000'000; }
  static std::string Text(int64_t i) {
    return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMicros(At(i)), absl::UTCTimeZone());
  }
  std::string Early() { return Text(Number(0, Chance(75) ? 1 : 3)); }

  Json Directory() {
    Json directory;
    for (size_t p = 0; p < kKinds.size(); ++p) {
      const std::string party = absl::StrCat("parties/p", p);
      directory["parties"].push_back({{"name", party}, {"kind", kKinds[p]}});
      for (int u = 0; u < 2; ++u) {
        const std::string unit = absl::StrCat(party, "/units/u", u);
        Json selectors = Json::array();
        for (const char* group : {"SDN", "LPO", "NGL"}) {
          if (Chance(40)) selectors.push_back(group);
        }
        directory["units"].push_back(
            {{"name", unit}, {"selectors", selectors}, {"reportsOnly", Chance(10)}});
        Json mandate = {{"name", absl::StrCat(party, "/mandates/m", u)},
                        {"function", "FN_X"},
                        {"unit", unit},
                        {"holder", "x y"},
                        {"level", Pick(std::vector<std::string>{"LEVEL_LOCAL", "LEVEL_LOCAL",
                                                                "LEVEL_BOTH", "LEVEL_CENTRAL"})}};
        if (Chance(20)) mandate["validFromTime"] = Early();
        if (Chance(20)) mandate["validToTime"] = Text(Number(4, kInstants - 1));
        directory["mandates"].push_back(mandate);
      }
    }
    for (const std::string& code : kCategories)
      directory["codes"].push_back({{"list", "IKA"}, {"code", "IKA_" + code}});
    for (const std::string& code : kPurposes)
      directory["codes"].push_back({{"list", "PUR"}, {"code", "PUR_" + code}});
    for (const std::string& code : kLegal)
      directory["codes"].push_back({{"list", "LB"}, {"code", "LB_" + code}});
    directory["codes"].push_back({{"list", "FN"}, {"code", "FN_X"}});
    directory["areas"] = Areas();
    return directory;
  }

  Json Areas() {
    const Json first = {{"year", 2015}, {"month", 1}, {"day", 1}};
    const Json second = {{"year", 2023}, {"month", 7}, {"day", 1}};
    Json areas = Json::array();
    areas.push_back({{"name", "areas/city"},
                     {"kind", "KIND_MUNICIPALITY"},
                     {"versions", {{{"validFrom", first}}}}});
    for (const std::string& cell : kCells) {
      areas.push_back({{"name", "areas/" + cell},
                       {"kind", "KIND_NEIGHBOURHOOD"},
                       {"versions", {{{"validFrom", first}}}}});
    }
    for (const char* name : {"areas/sdo-x", "areas/lpo-y"}) {
      areas.push_back(
          {{"name", name},
           {"kind", "KIND_CITY_DISTRICT"},
           {"versions",
            {{{"validFrom", first}, {"validTo", second}, {"members", Some(kCells, 60, "areas/")}},
             {{"validFrom", second}, {"members", Some(kCells, 60, "areas/")}}}}});
    }
    return areas;
  }

  Json Selector(const std::vector<int>& parties) {
    if (Chance(50)) return {{"group", Pick(kGroups)}};
    return {{"unit", absl::StrCat("parties/p", Pick(parties), "/units/u", Number(0, 1))}};
  }

  Json Clause(const std::string& id, const std::string& effect, const std::vector<int>& parties) {
    const bool frame = effect == "EFFECT_FRAME";
    Json clause = {
        {"id", id}, {"effect", effect}, {"categories", Some(kCategories, frame ? 95 : 60, "IKA_")}};
    for (int64_t i = Number(1, 2); i > 0; --i) {
      const Json all = {{"group", "ALL"}};
      clause["flows"].push_back({{"from", frame && Chance(93) ? all : Selector(parties)},
                                 {"to", frame && Chance(93) ? all : Selector(parties)}});
    }
    clause["areas"] = Json::array();
    for (const char* area :
         {"areas/sdo-x@2015-01-01", "areas/sdo-x@2023-07-01", "areas/lpo-y@2023-07-01"}) {
      if (!frame && Chance(25)) clause["areas"].push_back(area);
    }
    clause["purposes"] = Some(kPurposes, frame ? 95 : 60, "PUR_");
    clause["maxTlp"] = frame && Chance(93) ? "TLP_AMBER_STRICT" : Pick(kTlps);
    clause["maxConfidentiality"] = frame ? 2 : Number(0, 2);
    clause["obligations"] = {
        {"geoPrecision", GeoPrecision_Name(static_cast<types::v1::GeoPrecision>(
                             frame ? Number(0, Chance(80) ? 1 : 3) : Number(1, 5)))},
        {"timePrecision", TimePrecision_Name(static_cast<types::v1::TimePrecision>(
                              frame ? Number(0, Chance(80) ? 1 : 3) : Number(1, 8)))},
        {"delaySeconds", absl::StrCat(frame ? 0 : 60 * Number(0, 2))},
        {"minCount", Chance(frame ? 25 : 60) ? 5 : 0},
        {"onward",
         Onward_Name(static_cast<types::v1::Onward>(frame ? Number(2, 4) : Number(0, 2)))}};
    clause["legalPositions"] = Some(kLegal, 60, "LB_");
    if (frame && Chance(50)) clause["clearOnward"] = "ONWARD_PUBLIC";
    return clause;
  }

  Json Agreement(const std::string& name, int version, bool local, int64_t begins) {
    std::vector<int> parties = {0, 1, 2, 3, 4};
    std::shuffle(parties.begin(), parties.end(), random_);
    const auto founding = static_cast<size_t>(Number(1, 2));
    if (local) parties.resize(static_cast<size_t>(Number(2, 4)));
    Json content = {
        {"name", "agreements/" + name},
        {"version", version},
        {"level", !local       ? "LEVEL_CENTRAL"
                  : Chance(80) ? "LEVEL_LOCAL"
                               : "LEVEL_THEMATIC"},
        {"frame", local ? "agreements/cen" : ""},
        {"validFromTime", Text(begins)},
        {"validToTime", Text(Number(std::max(begins + 1, Chance(70) ? kInstants - 3 : int64_t{0}),
                                    kInstants + 3))}};
    Json signatures = Json::array();
    for (size_t i = 0; i < parties.size(); ++i) {
      const std::string party = absl::StrCat("parties/p", parties[i]);
      content[i < founding ? "founding" : "acceding"].push_back(
          {{"party", party}, {"unit", party + "/units/u0"}});
      if (Chance(95)) signatures.push_back({{"party", party}, {"signTime", Early()}});
    }
    for (int64_t i = local ? 0 : Number(1, 3); i > 0; --i) {
      content["clauses"].push_back(Clause(absl::StrCat("f", i), "EFFECT_FRAME", parties));
    }
    for (int64_t i = Number(1, local ? 4 : 2); i > 0; --i) {
      content["clauses"].push_back(Clause(absl::StrCat("c", i), "EFFECT_PERMIT", parties));
    }
    if (Chance(20)) content["clauses"].push_back(Clause("x1", "EFFECT_FORBID", parties));
    Json agreement = {
        {"content", content}, {"signatures", signatures}, {"suspensions", Json::array()}};
    for (int64_t i = Number(0, 2); i > 0; --i)
      agreement["suspensions"].push_back(Suspension(content, parties));
    if (Chance(20)) agreement["noticeEndTime"] = Text(Number(3, kInstants - 1));
    return agreement;
  }

  Json Suspension(const Json& content, const std::vector<int>& parties) {
    const int64_t from = Number(2, kInstants - 2);
    Json suspension = {{"party", absl::StrCat("parties/p", Pick(parties))},
                       {"fromTime", Text(from)}};
    if (Chance(70)) suspension["toTime"] = Text(Number(from, kInstants - 1));
    if (Chance(50)) suspension["clauses"] = {Pick(content["clauses"])["id"]};
    return suspension;
  }

  Json Agreements() {
    Json agreements = Json::array({Agreement("cen", 1, false, Number(0, 1))});
    if (Chance(25)) agreements.push_back(Agreement("cen", 2, false, Number(3, 7)));
    for (const char* name : {"lok-a", "lok-b"})
      agreements.push_back(Agreement(name, 1, true, Number(0, 2)));
    if (Chance(25)) agreements.push_back(Agreement("lok-a", 2, true, Number(3, 7)));
    std::shuffle(agreements.begin(), agreements.end(), random_);
    return agreements;
  }

  std::mt19937_64 random_;
  Json json_;
};

}  // namespace samverkan::testing
