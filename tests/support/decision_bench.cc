#include "tests/support/decision_bench.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <vector>

#include "services/access/decide.h"
#include "tests/support/figures.h"
#include "tests/support/stockholm.h"

namespace samverkan::bench {
namespace {

using access::Decision;
using access::DisclosureRequest;
using access::Label;
using access::Snapshot;
using Steady = std::chrono::steady_clock;

constexpr int kRuns = 9;
constexpr int kBatch = 64;  // Decisions per reading of the clock, which itself costs some 25 ns.
constexpr int kBatches = 2000;
constexpr int kSingles = 50000;

struct Question {
  DisclosureRequest request;
  Label label;
};

double Micros(Steady::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// A question to which a clause says yes: its pair, the first of each of its codes, the first cell
// of its area.
Question Fitting(const Snapshot& policy, uint32_t clause, Snapshot::Pair pair,
                 access::MandateId mandate, absl::Time now) {
  const access::ClauseTerms& terms = policy.terms(clause);
  Question question;
  question.request.mandate = mandate;
  question.request.recipient = pair.to;
  question.request.purpose = {static_cast<uint16_t>(std::countr_zero(terms.purposes))};
  question.request.legal = {static_cast<uint16_t>(std::countr_zero(terms.legal_positions))};
  question.request.now = now;
  question.label.owner_unit = pair.from;
  question.label.owner_party = policy.unit(pair.from).party;
  question.label.category = {static_cast<uint16_t>(std::countr_zero(terms.categories))};
  question.label.cells.set(access::kCityCell);
  for (size_t cell = 1; cell < policy.areas().cell_count() && question.label.cells.count() == 1;
       ++cell) {
    if (terms.cells.test(cell)) question.label.cells.set(cell);
  }
  question.label.tlp = types::v1::TLP_CLEAR;
  return question;
}

// For every pair that a clause joins one question that fits it and one that does not, in an order
// the caches could not learn.
std::vector<Question> Questions(const Snapshot& policy, absl::Time now) {
  std::vector<std::optional<access::MandateId>> mandate_of(policy.units().size());
  for (const auto& source : policy.input().directory->mandates()) {
    const access::MandateId id = policy.FindMandate(source.name());
    const access::CompiledMandate& mandate = policy.mandate(id);
    if (mandate.valid.Contains(now)) mandate_of[mandate.unit.value] = id;
  }
  std::vector<Question> questions;
  for (uint32_t clause = 0; clause < policy.clause_count(); ++clause) {
    for (const Snapshot::Pair& pair : policy.OpenPairs(clause, now)) {
      if (!mandate_of[pair.from.value].has_value()) continue;
      const Question fitting = Fitting(policy, clause, pair, *mandate_of[pair.from.value], now);
      Question other = fitting;
      switch (questions.size() / 2 % 4) {
        case 0:
          other.label.category = policy.FindInformationCategory("IKA_OMRKLASS");
          break;
        case 1:
          other.label.cells.reset();
          break;
        case 2:
          other.label.tlp = types::v1::TLP_RED;
          break;
        default:
          other.request.recipient =
              access::UnitId{static_cast<uint16_t>(questions.size() % policy.units().size())};
      }
      questions.push_back(fitting);
      questions.push_back(other);
    }
  }
  std::shuffle(questions.begin(), questions.end(), std::mt19937(1));
  return questions;
}

double At(std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<size_t>(share * static_cast<double>(sorted.size())))];
}

}  // namespace

void MeasureDecisions() {
  const absl::Time signed_at = absl::FromUnixSeconds(1'772'438'400);
  const testing::World world = testing::Stockholm(signed_at);
  const auto areas = *access::AreaMap::Compile(*world.directory, world.geojson);
  const Steady::time_point start_of_compile = Steady::now();
  const auto policy = *Snapshot::Compile(
      {.directory = world.directory, .areas = areas, .agreements = world.agreements});
  // What each signature, suspension or notice costs the writer.
  std::printf("policy compiled in %.1f ms\n", Micros(Steady::now() - start_of_compile) / 1000);
  SV_CHECK(policy->problems().empty(), "the demo's agreements resolve");
  const std::vector<Question> questions = Questions(*policy, signed_at + absl::Hours(24));
  size_t allowed = 0;
  for (const Question& question : questions) {
    const Decision decision = access::DecideDisclosure(*policy, question.request, question.label);
    SV_CHECK(decision.allowed == (decision.citation_count > 0), "what is allowed is cited");
    allowed += decision.allowed ? 1 : 0;
  }
  std::printf("decisions: %zu agreements, %zu questions, %zu allowed\n",
              policy->input().agreements.size(), questions.size(), allowed);
  SV_CHECK(3 * allowed > questions.size() && allowed < questions.size(),
           "a good part is allowed and a part is not");

  std::vector<double> p50;
  std::vector<double> p99;
  size_t next = 0;
  size_t cited = 0;
  const auto decide = [&] {
    next = next + 1 == questions.size() ? 0 : next + 1;
    cited += access::DecideDisclosure(*policy, questions[next].request, questions[next].label)
                 .citation_count;
  };
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> batches;
    for (int i = 0; i < kBatches; ++i) {
      const Steady::time_point start = Steady::now();
      for (int j = 0; j < kBatch; ++j) decide();
      batches.push_back(Micros(Steady::now() - start) / kBatch);
    }
    std::sort(batches.begin(), batches.end());
    p50.push_back(At(batches, 0.5));
    std::vector<double> singles;
    for (int i = 0; i < kSingles; ++i) {
      const Steady::time_point start = Steady::now();
      decide();
      singles.push_back(Micros(Steady::now() - start));
    }
    std::sort(singles.begin(), singles.end());
    p99.push_back(At(singles, 0.99));
  }
  SV_CHECK(cited > 0, "the decisions were made");
  Print("decision_p50", p50, "us", 3, AtMost(0.25));
  Print("decision_p99", p99, "us", 3, AtMost(1));
}

}  // namespace samverkan::bench
