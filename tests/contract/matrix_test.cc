// Who may call what: every method by every kind of caller gets the answer that matrix.csv, written
// by hand, expects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "samverkan/errors/v1/errors.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/clock.h"
#include "services/base/proto_time.h"
#include "tests/contract/callers.h"
#include "tests/contract/calls.h"
#include "tests/contract/casework.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using google::protobuf::Message;
using ::testing::ElementsAreArray;
using ::testing::IsSupersetOf;

std::string ShortCode(const std::string& reason) {
  const auto* const value =
      errors::v1::ErrorReason_descriptor()->FindValueByName("ERROR_REASON_" + reason);
  if (value == nullptr) return reason;
  const std::string& code = value->options().GetExtension(options::v1::error).code();
  return code.empty() ? reason : code;
}

// What a cell says: OK, a reason's short code or, without one, the reason; TLS where there is no
// connection. A publishing stream answers in its messages.
std::string CellOf(const Outcome& outcome, const Message& response) {
  if (outcome.status.error_code() == grpc::StatusCode::UNAVAILABLE &&
      outcome.error().reason.empty())
    return "TLS";
  const auto* const published =
      dynamic_cast<const incidents::v1::PublishIncidentsResponse*>(&response);
  if (outcome.status.ok() && published != nullptr && !published->results(0).reason().empty())
    return ShortCode(published->results(0).reason());
  return ShortCode(outcome.reason());
}

Attempt Prepared(const std::string& row, const CallerKind& kind) {
  return {.caller = CallerOf(kind), .request = Casework::Get().Request(row, kind.handle)};
}

// The cells of a row. What changes something goes one after the other, since the next call needs an
// object that is still as it should be; everything else at once.
std::vector<std::string> Answers(const std::vector<std::string>& row) {
  const bool writes = Writes(*TemplateOf(row[0]).method);
  std::vector<std::string> answers(CallerKinds().size());
  std::vector<size_t> columns;
  std::vector<Attempt> attempts;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (writes && row[i + 1] == "OK") continue;
    columns.push_back(i);
    attempts.push_back(Prepared(row[0], CallerKinds()[i]));
  }
  TryAtOnce(attempts);
  for (size_t i = 0; i < columns.size(); ++i)
    answers[columns[i]] = CellOf(attempts[i].outcome, *attempts[i].response);
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].empty()) continue;
    Attempt attempt = Prepared(row[0], CallerKinds()[i]);
    Try(attempt);
    answers[i] = CellOf(attempt.outcome, *attempt.response);
    Casework::Get().Forget(row[0]);
  }
  return answers;
}

TEST(MatrixTest, EveryMethodHasARowAndNoRowIsStale) {
  std::set<std::string> methods;
  for (const auto& [name, method] : Methods()) methods.insert(name);
  std::vector<std::string> requests;
  std::set<std::string> with_request;
  for (const RequestTemplate& request : RequestTemplates()) {
    EXPECT_NE(request.method, nullptr) << request.name << " of requests.txt is no method any more";
    requests.push_back(request.name);
    with_request.insert(request.name.substr(0, request.name.find('/')));
  }
  EXPECT_EQ(with_request, methods) << "requests.txt has a request for every method";
  std::vector<std::string> rows;
  for (size_t i = 1; i < Matrix().size(); ++i) rows.push_back(Matrix()[i][0]);
  EXPECT_THAT(rows, ElementsAreArray(requests)) << "matrix.csv has a row for every request";
}

TEST(MatrixTest, EveryKindOfCallerHasAColumn) {
  std::vector<std::string> columns = {"method"};
  std::set<std::string> identities;
  std::set<std::string> functions;
  std::map<std::string, std::string> function_of;
  const absl::Time now = SystemClock().Now();
  std::set<std::string> given;
  for (const auto& mandate : RunningHub::Get().home().directory().mandates()) {
    function_of[mandate.name()] = mandate.function();
    if (!mandate.has_valid_to_time() || now < FromProto(mandate.valid_to_time()))
      given.insert(mandate.function());
  }
  for (const CallerKind& kind : CallerKinds()) {
    columns.push_back(kind.id);
    if (kind.identity == "usual") {
      functions.insert(function_of[RunningHub::Get().As(kind.handle).mandate]);
    } else {
      identities.insert(kind.identity);
    }
  }
  EXPECT_EQ(identities, UnusualIdentities());
  EXPECT_THAT(functions, IsSupersetOf(given)) << "every function has a usual caller";
  for (const auto& row : Matrix()) EXPECT_EQ(row.size(), columns.size()) << row[0];
  EXPECT_THAT(Matrix().front(), ElementsAreArray(columns));
}

TEST(MatrixTest, EveryCellIsWhatTheHubAnswers) {
  for (size_t i = 1; i < Matrix().size(); ++i) {
    const std::vector<std::string>& row = Matrix()[i];
    ASSERT_EQ(row.size(), CallerKinds().size() + 1) << row[0];
    const std::vector<std::string> answers = Answers(row);
    for (size_t j = 0; j < answers.size(); ++j) {
      const CallerKind& kind = CallerKinds()[j];
      EXPECT_EQ(row[j + 1], answers[j])
          << row[0] << " by " << kind.id << " (" << kind.handle << ", " << kind.who << ")";
    }
  }
}

}  // namespace
}  // namespace samverkan::testing
