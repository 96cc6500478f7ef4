#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "services/base/clock.h"
#include "services/base/status.h"
#include "services/storage/database.h"
#include "services/storage/migrations.h"

namespace samverkan::storage {

// What the suite sets on an engine; the rest is the engine's own.
struct SuiteOptions {
  int readers = 2;
  int64_t queue_max = 8192;
  int64_t group_max = 256;
  // Keys are merged early and in small steps, so that tests meet every state of a merge.
  int64_t key_merge_min = 64;
  int64_t key_merge_slice = 8;
};

// An engine under the suite: a database of its own that can be closed and opened again.
class SuiteEngine {
 public:
  virtual ~SuiteEngine() = default;
  // Opens the same data again.
  virtual void Open(const SuiteOptions& options) = 0;
  virtual void Close() = 0;
  virtual Database& database() = 0;
  virtual FakeClock& clock() = 0;
  // The tables `lines` (id, text), appended to, and `notes` (id, text, unique), changed by
  // statements.
  virtual Migration tables() const = 0;
  // A statement with one parameter, an id that exists in notes, that fails and ends the whole
  // transaction; empty when no statement does that on this engine.
  virtual std::string losing_statement() const = 0;
};

struct SuiteParameter {
  std::string name;
  std::function<std::unique_ptr<SuiteEngine>()> make;

  friend std::ostream& operator<<(std::ostream& out, const SuiteParameter& parameter) {
    return out << parameter.name;
  }
};

// The engines of this build: all of them answer to the same tests.
std::vector<SuiteParameter> SuiteEngines();

class DatabaseSuite : public ::testing::TestWithParam<SuiteParameter> {
 protected:
  static inline const AppendTable kLines = {.name = "lines", .columns = {"id", "text"}};

  void SetUp() override {
    engine_ = GetParam().make();
    engine_->Open({});
    ASSERT_EQ(Migrate(db(), {engine_->tables()}), absl::OkStatus());
  }
  void TearDown() override { engine_->Close(); }

  Database& db() { return engine_->database(); }
  FakeClock& clock() { return engine_->clock(); }
  void Reopen(const SuiteOptions& options = {}) {
    engine_->Close();
    engine_->Open(options);
  }

  absl::Status Write(Database::WriteFunction fn) { return WriteAndWait(db(), std::move(fn)); }
  absl::Status Read(absl::FunctionRef<absl::Status(ReadTx&)> fn) {
    return db().Read(absl::InfiniteFuture(), fn);
  }

  static absl::Status AppendLine(WriteTx& tx, std::string text) {
    SV_ASSIGN_OR_RETURN(const int64_t id, tx.Next("lines"));
    tx.Append(kLines, {id, std::move(text)});
    return absl::OkStatus();
  }
  static absl::Status PutNote(WriteTx& tx, int64_t id, std::string text) {
    return tx
        .Run(
            "INSERT INTO notes (id, text) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET text = "
            "excluded.text",
            {id, std::move(text)})
        .status();
  }
  // The texts of a table in order of id, as a reader sees them.
  std::vector<std::string> Texts(const std::string& table) {
    std::vector<std::string> texts;
    EXPECT_EQ(Read([&](ReadTx& tx) -> absl::Status {
                SV_ASSIGN_OR_RETURN(Rows rows,
                                    tx.Run("SELECT text FROM " + table + " ORDER BY id"));
                for (const Row& row : rows) texts.emplace_back(row.Text(0));
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return texts;
  }
  std::optional<int64_t> ReadKey(KeySpace space, const Key& key) {
    std::optional<int64_t> found;
    EXPECT_EQ(Read([&](ReadTx& tx) -> absl::Status {
                SV_ASSIGN_OR_RETURN(found, tx.FindKey(space, key));
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return found;
  }
  static Key KeyOf(uint64_t number) {
    Key key = {};
    for (size_t i = 0; i < key.size(); ++i) {
      number = number * 6364136223846793005u + 1442695040888963407u;
      key[i] = static_cast<uint8_t>(number >> 56);
    }
    return key;
  }

  // Functions that run as one group: the writer is held while they queue.
  class Group {
   public:
    explicit Group(Database& database) : database_(database) {
      absl::Notification held;
      database_.Write(
          absl::InfiniteFuture(),
          [this, &held](WriteTx& tx) {
            if (!held.HasBeenNotified()) held.Notify();
            release_.WaitForNotification();
            tx.EndGroup();
            return absl::OkStatus();
          },
          [this](const absl::Status&) { released_.Notify(); });
      held.WaitForNotification();
    }
    void Add(Database::WriteFunction fn, absl::Time deadline = absl::InfiniteFuture()) {
      const size_t index = statuses_.size();
      statuses_.emplace_back(absl::UnknownError("not answered"));
      answered_.push_back(std::make_unique<absl::Notification>());
      database_.Write(deadline, std::move(fn),
                      [this, index, answered = answered_.back().get()](absl::Status status) {
                        {
                          absl::MutexLock lock(&mutex_);
                          order_.push_back(index);
                          results_.emplace_back(index, std::move(status));
                        }
                        answered->Notify();
                      });
    }
    // The functions' answers, in the order they were added.
    std::vector<absl::Status> Run() {
      release_.Notify();
      released_.WaitForNotification();
      for (auto& answered : answered_) answered->WaitForNotification();
      absl::MutexLock lock(&mutex_);
      for (auto& [index, status] : results_) statuses_[index] = status;
      return statuses_;
    }
    // In which order they were answered.
    std::vector<size_t> order() {
      absl::MutexLock lock(&mutex_);
      return order_;
    }

   private:
    Database& database_;
    absl::Notification release_;
    absl::Notification released_;
    std::vector<absl::Status> statuses_;
    std::vector<std::unique_ptr<absl::Notification>> answered_;
    absl::Mutex mutex_;
    std::vector<std::pair<size_t, absl::Status>> results_;
    std::vector<size_t> order_;
  };

  std::unique_ptr<SuiteEngine> engine_;
};

inline std::string SuiteName(const ::testing::TestParamInfo<SuiteParameter>& info) {
  return info.param.name;
}

}  // namespace samverkan::storage
