// Decides disclosure cases for the reference evaluator to decide again.
//
//   access_cases random SEED CASES   makes small worlds and cases in them; one JSON line a world,
//   {"world": …}, and one a case,
//                                    {"case": …, "decision": …}
//   access_cases decide              reads such lines, without decisions, and writes the decisions

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "services/base/error.h"
#include "tests/conformance/random_world.h"
#include "tests/support/access_world.h"

namespace samverkan {
namespace {

using access::Decision;
using access::Snapshot;
using Json = nlohmann::json;

Json DecisionJson(const Snapshot& policy, const Decision& decision) {
  Json citations = Json::array();
  for (size_t i = 0; i < decision.citation_count; ++i) {
    const access::CompiledClause& clause = policy.clause(decision.citations[i].clause);
    citations.push_back(absl::StrCat(clause.name, "@", clause.version));
  }
  const bool stands_for_ever = decision.not_after == absl::InfiniteFuture();
  return {{"allowed", decision.allowed},
          {"reason", decision.allowed ? "" : ReasonName(decision.reason)},
          {"citations", citations},
          {"obligations",
           {{"geo", decision.obligations.geo_precision},
            {"time", decision.obligations.time_precision},
            {"delay", decision.obligations.delay_seconds},
            {"count", decision.obligations.min_count},
            {"onward", decision.obligations.onward}}},
          {"not_after", stands_for_ever ? Json() : Json(absl::ToUnixMicros(decision.not_after))}};
}

Json Decide(const Snapshot& policy, const Json& question) {
  const auto text = [&question](const char* key) { return question.at(key).get<std::string>(); };
  const Json& described = question.at("label");
  access::Label label;
  label.owner_unit = policy.FindUnit(described.at("owner_unit").get<std::string>());
  if (label.owner_unit.valid()) label.owner_party = policy.unit(label.owner_unit).party;
  label.category = policy.FindInformationCategory(described.at("category").get<std::string>());
  for (const Json& cell : described.at("cells"))
    label.cells.set(*policy.areas().CellOf(cell.get<std::string>()));
  SV_CHECK(types::v1::Tlp_Parse(described.at("tlp").get<std::string>(), &label.tlp),
           "a case has a TLP");
  label.confidentiality = described.at("confidentiality").get<uint8_t>();
  const std::optional<uint32_t> clause = policy.FindClause(text("clause"));
  SV_CHECK(text("clause").empty() || clause.has_value(), "a case names a clause of its world");
  SV_CHECK(text("purpose").empty() || policy.FindPurpose(text("purpose")).valid(),
           "a case has a known purpose");
  SV_CHECK(text("legal").empty() || policy.FindLegal(text("legal")).valid(),
           "a case has a known legal position");
  return DecisionJson(policy, access::DecideDisclosure(
                                  policy,
                                  {.mandate = policy.FindMandate(text("mandate")),
                                   .recipient = policy.FindUnit(text("recipient")),
                                   .purpose = policy.FindPurpose(text("purpose")),
                                   .legal = policy.FindLegal(text("legal")),
                                   .clause = clause,
                                   .now = absl::FromUnixMicros(question.at("now").get<int64_t>())},
                                  label));
}

std::shared_ptr<const Snapshot> CompileOrDie(const Json& world) {
  const auto compiled = testing::ParseWorld(world.dump()).Compile();
  if (!compiled.ok() || !(*compiled)->problems().empty()) {
    std::cerr << (compiled.ok() ? (*compiled)->problems()[0] : compiled.status().ToString()) << "\n"
              << world << "\n";
    SV_CHECK(false, "a world of cases compiles without problems");
  }
  return *compiled;
}

void Random(uint64_t seed, int64_t cases) {
  constexpr int64_t kCasesPerWorld = 100;
  for (int64_t done = 0; done < cases; ++seed) {
    testing::RandomWorld world(seed);
    const std::shared_ptr<const Snapshot> policy = CompileOrDie(world.json());
    std::cout << Json{{"world", world.json()}} << "\n";
    for (int64_t i = 0; i < kCasesPerWorld && done < cases; ++i, ++done) {
      const Json question = world.NextCase();
      std::cout << Json{{"case", question}, {"decision", Decide(*policy, question)}} << "\n";
    }
  }
}

void DecideInput() {
  std::shared_ptr<const Snapshot> policy;
  for (std::string line; std::getline(std::cin, line);) {
    const Json entry = Json::parse(line);
    if (entry.contains("world")) {
      policy = CompileOrDie(entry["world"]);
    } else {
      std::cout << Decide(*policy, entry.at("case")) << "\n";
    }
  }
}

}  // namespace
}  // namespace samverkan

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  uint64_t seed = 0;
  int64_t cases = 0;
  if (mode == "random" && argc == 4 && absl::SimpleAtoi(argv[2], &seed) &&
      absl::SimpleAtoi(argv[3], &cases)) {
    samverkan::Random(seed, cases);
  } else if (mode == "decide" && argc == 2) {
    samverkan::DecideInput();
  } else {
    std::fprintf(stderr, "usage: access_cases random SEED CASES | access_cases decide\n");
    return 2;
  }
  return 0;
}
