// Random functions against a model in memory: whatever mixture of statements, appends, numbers,
// keys, undoing and failing a group holds, and however often the database is opened again, it holds
// what the model holds.
#include <map>
#include <random>

#include "tests/conformance/database_suite.h"

namespace samverkan::storage {
namespace {

struct Model {
  std::map<int64_t, std::string> lines;
  std::map<int64_t, std::string> notes;
  std::map<Key, int64_t> keys;
  int64_t last_line = 0;

  friend bool operator==(const Model&, const Model&) = default;
};

constexpr int kKeys = 400;
constexpr int kNotes = 60;

enum class Step {
  kAppend,
  kPutNote,
  kRemoveNote,
  kFailStatement,
  kPutKey,
  kRemoveKey,
  kCheck,
  kUndo
};

struct Plan {
  struct Action {
    Step step;
    int64_t number;
  };
  std::vector<Action> actions;
  bool fails = false;
};

class ModelSuite : public DatabaseSuite {
 protected:
  Plan RandomPlan() {
    Plan plan;
    const int64_t steps = Random(12);
    for (int64_t i = 0; i < steps; ++i) {
      const auto step = static_cast<Step>(Random(7));
      plan.actions.push_back(
          {step, Random(step == Step::kPutKey || step == Step::kRemoveKey ? kKeys : kNotes)});
      if (Random(20) == 0) plan.actions.push_back({Step::kUndo, 0});
    }
    plan.fails = Random(10) == 0;
    return plan;
  }
  int64_t Random(int64_t bound) {
    return std::uniform_int_distribution<int64_t>(0, bound - 1)(random_);
  }

  // The plan on the model, as the function saw it.
  static Model Expect(const Model& before, const Plan& plan) {
    Model model = before;
    for (const Plan::Action& action : plan.actions) Apply(model, before, action);
    return plan.fails ? before : model;
  }

  static void Apply(Model& model, const Model& before, const Plan::Action& action) {
    switch (action.step) {
      case Step::kAppend:
        ++model.last_line;
        model.lines[model.last_line] = std::to_string(action.number);
        break;
      case Step::kPutNote:
        model.notes[action.number] = std::to_string(model.last_line);
        break;
      case Step::kRemoveNote:
        model.notes.erase(action.number);
        break;
      case Step::kPutKey:
        model.keys[KeyOf(static_cast<uint64_t>(action.number))] = action.number;
        break;
      case Step::kRemoveKey:
        model.keys.erase(KeyOf(static_cast<uint64_t>(action.number)));
        break;
      case Step::kUndo:
        model = before;
        break;
      case Step::kFailStatement:
      case Step::kCheck:
        break;
    }
  }

  // The plan on the database, checked against the model at every step.
  static absl::Status Run(WriteTx& tx, const Model& before, const Plan& plan) {
    Model model = before;
    for (const Plan::Action& action : plan.actions) {
      Apply(model, before, action);
      SV_RETURN_IF_ERROR(RunAction(tx, model, action));
    }
    return plan.fails ? absl::InternalError("planned") : absl::OkStatus();
  }

  static absl::Status RunAction(WriteTx& tx, const Model& model, const Plan::Action& action) {
    const Key key = KeyOf(static_cast<uint64_t>(action.number));
    switch (action.step) {
      case Step::kAppend: {
        SV_ASSIGN_OR_RETURN(const int64_t id, tx.Next("lines"));
        EXPECT_EQ(id, model.last_line);
        tx.Append(kLines, {id, std::to_string(action.number)});
        return absl::OkStatus();
      }
      case Step::kPutNote:
        return PutNote(tx, action.number, std::to_string(model.last_line));
      case Step::kRemoveNote:
        return tx.Run("DELETE FROM notes WHERE id = $1", {action.number}).status();
      case Step::kFailStatement:
        EXPECT_FALSE(
            tx.Run("INSERT INTO notes (id, text) VALUES ($1, NULL)", {action.number + kNotes})
                .ok());
        return absl::OkStatus();
      case Step::kPutKey:
        tx.PutKey(KeySpace::kName, key, action.number);
        return absl::OkStatus();
      case Step::kRemoveKey:
        tx.RemoveKeys(KeySpace::kName, {key});
        return absl::OkStatus();
      case Step::kUndo:
        return tx.Undo();
      case Step::kCheck:
        return Check(tx, model, action.number);
    }
    return absl::OkStatus();
  }

  static absl::Status Check(WriteTx& tx, const Model& model, int64_t number) {
    const int64_t line = model.last_line - number / 4;
    SV_ASSIGN_OR_RETURN(std::optional<Row> row, tx.Find(kLines, line));
    EXPECT_EQ(row.has_value(), model.lines.contains(line));
    if (row.has_value()) {
      EXPECT_EQ(row->Text(1), model.lines.at(line));
    }
    SV_ASSIGN_OR_RETURN(Rows notes, tx.Run("SELECT text FROM notes WHERE id = $1", {number}));
    EXPECT_EQ(!notes.empty(), model.notes.contains(number));
    if (!notes.empty()) {
      EXPECT_EQ(notes[0].Text(0), model.notes.at(number));
    }
    const Key key = KeyOf(static_cast<uint64_t>(number));
    SV_ASSIGN_OR_RETURN(std::optional<int64_t> value, tx.FindKey(KeySpace::kName, key));
    EXPECT_EQ(value.has_value(), model.keys.contains(key));
    return absl::OkStatus();
  }

  Model Load() {
    Model model;
    EXPECT_EQ(Read([&](ReadTx& tx) -> absl::Status {
                SV_ASSIGN_OR_RETURN(Rows lines, tx.Run("SELECT id, text FROM lines"));
                for (const Row& row : lines) model.lines[row.Int(0)] = std::string(row.Text(1));
                SV_ASSIGN_OR_RETURN(Rows notes, tx.Run("SELECT id, text FROM notes"));
                for (const Row& row : notes) model.notes[row.Int(0)] = std::string(row.Text(1));
                for (uint64_t number = 0; number < kKeys; ++number) {
                  SV_ASSIGN_OR_RETURN(std::optional<int64_t> value,
                                      tx.FindKey(KeySpace::kName, KeyOf(number)));
                  if (value.has_value()) model.keys[KeyOf(number)] = *value;
                }
                return absl::OkStatus();
              }),
              absl::OkStatus());
    model.last_line = model.lines.empty() ? 0 : model.lines.rbegin()->first;
    return model;
  }

  // Fixed, so that a failure comes again.
  std::mt19937_64 random_{20261122};
};

TEST_P(ModelSuite, HoldsWhatTheModelHolds) {
  const int rounds = std::getenv("SAMVERKAN_LONG") == nullptr ? 60 : 2000;
  Model model;
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    Group group(db());
    std::vector<Plan> plans;
    for (int64_t i = Random(20); i >= 0; --i) {
      const Plan plan = RandomPlan();
      group.Add([model, plan](WriteTx& tx) { return Run(tx, model, plan); });
      model = Expect(model, plan);
      plans.push_back(plan);
    }
    const std::vector<absl::Status> statuses = group.Run();
    for (size_t i = 0; i < plans.size(); ++i) EXPECT_EQ(statuses[i].ok(), !plans[i].fails);
    if (Random(4) == 0) Reopen();
    EXPECT_TRUE(Load() == model);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, ModelSuite, ::testing::ValuesIn(SuiteEngines()), SuiteName);

}  // namespace
}  // namespace samverkan::storage
