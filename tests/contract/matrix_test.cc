// Who may call what: every method by every kind of caller gets the answer that matrix.csv, written
// by hand, expects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/dynamic_message.h"
#include "samverkan/errors/v1/errors.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/clock.h"
#include "services/base/proto_time.h"
#include "tests/contract/callers.h"
#include "tests/contract/casework.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
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

// One cell: a call that is ready to go, and what came of it.
struct Cell {
  const CallerKind& kind;
  std::string expected;
  Caller caller;
  std::unique_ptr<Message> request;
  std::string answer = {};
};

bool Writes(const MethodDescriptor& method) {
  return method.input_type()->FindFieldByName("request_id") != nullptr;
}

Cell Prepare(const std::string& row, const CallerKind& kind, const std::string& expected) {
  return {.kind = kind,
          .expected = expected,
          .caller = CallerOf(kind),
          .request = Casework::Get().Request(row, kind.handle)};
}

void Run(const MethodDescriptor* method, Cell& cell) {
  const std::unique_ptr<Message> response(
      MessageFactory::generated_factory()->GetPrototype(method->output_type())->New());
  const Outcome outcome =
      RunningHub::Get().Call(cell.caller, method, *cell.request, response.get());
  cell.answer = CellOf(outcome, *response);
}

// What changes something goes one after the other, since the next call needs an object that is
// still as it should be; everything else at once.
std::vector<Cell> RunRow(const std::vector<std::string>& row) {
  const MethodDescriptor* const method = TemplateOf(row[0]).method;
  std::vector<Cell> cells;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < CallerKinds().size(); ++i) {
    if (row[i + 1] != "OK" || !Writes(*method))
      cells.push_back(Prepare(row[0], CallerKinds()[i], row[i + 1]));
  }
  for (Cell& cell : cells) threads.emplace_back([&] { Run(method, cell); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < CallerKinds().size(); ++i) {
    if (row[i + 1] != "OK" || !Writes(*method)) continue;
    cells.push_back(Prepare(row[0], CallerKinds()[i], row[i + 1]));
    Run(method, cells.back());
    Casework::Get().Forget(row[0]);
  }
  return cells;
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
    for (const Cell& cell : RunRow(row)) {
      EXPECT_EQ(cell.expected, cell.answer) << row[0] << " by " << cell.kind.id << " ("
                                            << cell.kind.handle << ", " << cell.kind.who << ")";
    }
  }
}

}  // namespace
}  // namespace samverkan::testing
