#include "services/journal/integrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/base/status.h"
#include "services/journal/migrations.h"
#include "services/journal/proofs.h"
#include "tests/support/forwarding_database.h"
#include "tests/support/temporary_database.h"

namespace samverkan::journal {
namespace {

using audit::v1::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kKommun[] = "parties/kommun";
constexpr char kPolis[] = "parties/polis";

Ed25519PrivateKey KeyOf(absl::string_view seed) {
  SeededRandom random(seed);
  return Ed25519PrivateKey::Generate(random);
}

// A database that fails writes on demand, before or after they were stored.
class FailingDatabase final : public storage::ForwardingDatabase {
 public:
  enum class Failure { kNone, kBefore, kAfter };

  explicit FailingDatabase(storage::Database& real) : ForwardingDatabase(real) {}
  // The write after `writes` good ones fails.
  void FailAfter(int writes, Failure failure) {
    writes_ = writes;
    failure_ = failure;
  }
  void Write(absl::Time deadline, WriteFunction fn, Done done) override {
    const Failure now = writes_-- == 0 ? failure_ : Failure::kNone;
    if (now == Failure::kBefore) return done(absl::ResourceExhaustedError("disk full"));
    ForwardingDatabase::Write(
        deadline, std::move(fn), [now, done = std::move(done)](absl::Status status) mutable {
          done(now == Failure::kAfter ? absl::UnavailableError("connection lost") : status);
        });
  }

 private:
  int writes_ = -1;
  Failure failure_ = Failure::kNone;
};

class IntegratorTest : public testing::Test {
 protected:
  IntegratorTest() { Start(); }

  std::string guard_path() const { return database_.directory() / "guard"; }

  // Everything but the integrator, as a new process would.
  void OpenLog() {
    integrator_.reset();
    log_ = *AuditLog::Open(*database_, std::vector<std::string>{kKommun, kPolis});
  }
  absl::Status TryStart(bool accept_new_key = false) {
    OpenLog();
    guard_.reset();
    SV_ASSIGN_OR_RETURN(guard_, OpenGuard(guard_path(), *database_));
    failing_ = std::make_unique<FailingDatabase>(*database_);
    SV_ASSIGN_OR_RETURN(integrator_,
                        Integrator::Create({origin_, key_, accept_new_key, restored_}, *log_,
                                           *failing_, *guard_, database_.clock()));
    return absl::OkStatus();
  }
  void Start() {
    const absl::Status status = TryStart();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Restart() {
    integrator_.reset();
    database_.Reopen();
    Start();
  }

  void Append(absl::string_view party, int count) {
    const absl::Status status =
        storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
          for (int i = 0; i < count; ++i) {
            Record record;
            record.set_kind(Record::KIND_READ);
            record.set_resource(absl::StrCat(party, "/things/", appended_ + i));
            SV_RETURN_IF_ERROR(log_->Append(tx, party, record));
          }
          return absl::OkStatus();
        });
    ASSERT_TRUE(status.ok()) << status;
    appended_ += count;
  }
  void Run() {
    const absl::Status status = integrator_->RunOnce();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Tamper(const std::string& sql) {
    ASSERT_TRUE(storage::WriteAndWait(*database_,
                                      [&](storage::WriteTx& tx) { return tx.Run(sql).status(); })
                    .ok())
        << sql;
  }
  template <typename T>
  T Read(std::function<absl::StatusOr<T>(storage::ReadTx&)> load) {
    T result;
    const absl::Status status =
        database_->Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(result, load(tx));
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return result;
  }
  std::optional<StoredCheckpoint> Newest(absl::string_view party) {
    return Read<std::optional<StoredCheckpoint>>(
        [&](storage::ReadTx& tx) { return LoadCheckpoint(tx, *log_->TreeOf(party)); });
  }
  NoteVerifier Verifier(absl::string_view party) {
    return *NoteVerifier::Parse(integrator_->VerifierKey(party));
  }
  // What a verifier makes of the newest checkpoint.
  TreeHead Head(absl::string_view party) {
    const auto stored = Newest(party);
    if (!stored) return {0, EmptyRoot()};
    const auto opened = OpenCheckpoint(stored->note, Verifier(party));
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? opened->head : TreeHead{};
  }
  std::vector<Leaf> Leaves(absl::string_view party) {
    return Read<std::vector<Leaf>>(
        [&](storage::ReadTx& tx) { return LoadLeaves(tx, *log_->TreeOf(party), 0, 10000); });
  }
  std::vector<Record> Records(absl::string_view party) {
    std::vector<Record> records;
    for (const Leaf& leaf : Leaves(party)) {
      records.emplace_back();
      EXPECT_TRUE(records.back().ParseFromString(leaf.record));
    }
    return records;
  }

  storage::TemporaryDatabase database_{JournalMigrations()};
  std::string origin_ = "hub.example/audit";
  bool restored_ = false;
  Ed25519PrivateKey key_ = KeyOf("hub");
  std::unique_ptr<AuditLog> log_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<FailingDatabase> failing_;
  std::unique_ptr<Integrator> integrator_;
  int appended_ = 0;
};

TEST_F(IntegratorTest, SignsEachTreeThatGrewAndPinsItInTheHubs) {
  Append(kKommun, 5);
  Append(kPolis, 3);
  Run();
  EXPECT_EQ(Head(kKommun).size, 5);
  EXPECT_EQ(Head(kPolis).size, 3);
  EXPECT_EQ(Verifier(kPolis).name(), "hub.example/audit/parties/polis");
  std::map<std::string, TreeHead> pinned;
  for (const Record& record : Records("")) {
    EXPECT_EQ(record.kind(), Record::KIND_PARTY_HEAD);
    pinned[record.origin()] = {record.size(), *ArrayFrom<32>(record.hash())};
  }
  EXPECT_THAT(pinned, SizeIs(2));
  EXPECT_EQ(pinned["hub.example/audit/parties/kommun"], Head(kKommun));
  EXPECT_EQ(pinned["hub.example/audit/parties/polis"], Head(kPolis));
  EXPECT_EQ(Head("").size, 2);
  EXPECT_EQ(guard_->Head(0), Head(""));
}

TEST_F(IntegratorTest, ItsOwnRecordsCallForNoFurtherRound) {
  Append(kKommun, 1);
  Run();
  const int64_t size = Head("").size;
  const absl::Time signed_at = Newest("")->sign_time;
  database_.clock().Advance(absl::Seconds(1));
  Run();
  Run();
  EXPECT_EQ(Head("").size, size);
  EXPECT_EQ(Newest("")->sign_time, signed_at);
  Append(kKommun, 1);
  Run();
  EXPECT_EQ(Head("").size, size + 1);
}

TEST_F(IntegratorTest, AnEmptyLogIsNotSigned) {
  Run();
  EXPECT_FALSE(Newest("").has_value());
  EXPECT_THAT(guard_->Heads(), IsEmpty());
}

TEST_F(IntegratorTest, ProvesEveryRecordAndEveryOlderTree) {
  std::vector<TreeHead> heads;
  for (int count : {1, 2, 13, 16, 1, 60, 200}) {
    Append(kKommun, count);
    Append(kPolis, 1);
    Run();
    heads.push_back(Head(kKommun));
  }
  const int64_t tree = *log_->TreeOf(kKommun);
  const std::vector<Leaf> leaves = Leaves(kKommun);
  ASSERT_THAT(leaves, SizeIs(293));
  for (const Leaf& leaf : leaves) {
    const auto receipt = Read<InclusionReceipt>(
        [&](storage::ReadTx& tx) { return LoadReceipt(tx, tree, leaf.index); });
    EXPECT_TRUE(receipt.Verify(leaf.record, Verifier(kKommun)).ok()) << leaf.index;
    EXPECT_FALSE(receipt.Verify(leaf.record + "x", Verifier(kKommun)).ok());
  }
  for (const TreeHead& old : heads) {
    const auto continuation = Read<Continuation>(
        [&](storage::ReadTx& tx) { return LoadContinuation(tx, tree, old.size); });
    EXPECT_TRUE(VerifyConsistency(old, Head(kKommun), continuation.proof));
  }
}

TEST_F(IntegratorTest, WhatNoCheckpointCoversYetIsUnavailable) {
  Append(kKommun, 2);
  Run();
  Append(kKommun, 1);
  const int64_t tree = *log_->TreeOf(kKommun);
  const auto code = [&](auto load) {
    return database_
        ->Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) { return load(tx).status(); })
        .code();
  };
  EXPECT_EQ(code([&](auto& tx) { return LoadReceipt(tx, tree, 2); }),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(code([&](auto& tx) { return LoadReceipt(tx, tree, -1); }),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([&](auto& tx) { return LoadContinuation(tx, tree, 3); }),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(code([&](auto& tx) { return LoadContinuation(tx, tree, 0); }),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(IntegratorTest, FindsWhoSawWhat) {
  const std::string item = "parties/kommun/incidents/017f22e2-79b0-4cc3-98c4-dc0c0c07398f";
  Record page;
  page.set_kind(Record::KIND_READ);
  page.set_resource("parties/kommun");
  for (const std::string& name : {item, std::string("parties/kommun/incidents/other")}) {
    page.add_related_refs(std::string(AsBytes(RefOfName(name))));
  }
  Record read;
  read.set_resource(item);
  for (const Record& record : {page, read}) {
    ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) {
                  return log_->Append(tx, kKommun, record);
                }).ok());
  }
  Append(kKommun, 3);
  Run();
  const auto about = [&](const std::string& name, int64_t seq) {
    std::vector<int64_t> indices;
    for (const Leaf& leaf : Read<std::vector<Leaf>>([&](storage::ReadTx& tx) {
           return LoadLeavesAbout(tx, *log_->TreeOf(kKommun), RefOfName(name), seq, 10);
         })) {
      indices.push_back(leaf.index);
    }
    return indices;
  };
  EXPECT_THAT(about(item, 0), ElementsAre(0, 1));
  EXPECT_THAT(about(item, 1), ElementsAre(1));
  EXPECT_THAT(about("parties/kommun", 0), ElementsAre(0));
  EXPECT_THAT(about("parties/kommun/incidents/unknown", 0), IsEmpty());
}

TEST_F(IntegratorTest, GoesOnAfterARestart) {
  Append(kKommun, 37);
  Run();
  const TreeHead before = Head(kKommun);
  Append(kKommun, 4);
  Restart();
  Run();
  EXPECT_EQ(Head(kKommun).size, 41);
  const auto continuation =
      Read<Continuation>([&](storage::ReadTx& tx) { return LoadContinuation(tx, 1, before.size); });
  EXPECT_TRUE(VerifyConsistency(before, Head(kKommun), continuation.proof));
  EXPECT_TRUE(integrator_->VerifyAll().ok());
}

TEST_F(IntegratorTest, SignsWhatACrashLeftUnsignedBehindTheGuard) {
  Append(kKommun, 2);
  Run();
  Append(kKommun, 3);
  // Integrated and in the guard file, but the checkpoint was never stored.
  failing_->FailAfter(1, FailingDatabase::Failure::kBefore);
  EXPECT_FALSE(integrator_->RunOnce().ok());
  EXPECT_EQ(guard_->Head(1)->size, 5);
  EXPECT_EQ(Head(kKommun).size, 2);
  Restart();
  Run();
  EXPECT_EQ(Head(kKommun).size, 5);
}

TEST_F(IntegratorTest, APassingFailureHeals) {
  for (auto failure : {FailingDatabase::Failure::kBefore, FailingDatabase::Failure::kAfter}) {
    for (int write = 0; write < 4; ++write) {
      Append(kKommun, 3);
      failing_->FailAfter(write, failure);
      EXPECT_FALSE(integrator_->RunOnce().ok());
      EXPECT_FALSE(integrator_->Health().ok());
      Run();
      EXPECT_TRUE(integrator_->Health().ok());
    }
  }
  EXPECT_EQ(Head(kKommun).size, 24);
  EXPECT_TRUE(integrator_->VerifyAll().ok());
}

TEST_F(IntegratorTest, TheThreadSignsBeforeItEnds) {
  Append(kKommun, 3);
  integrator_->Start();
  integrator_->Stop();
  EXPECT_EQ(Head(kKommun).size, 3);
}

// Each way to tamper with what is not signed yet, between the writing and the signing of a record.
TEST_F(IntegratorTest, SignsNothingMoreWhenTheLogWasTamperedWith) {
  for (const char* sql : {
           "UPDATE audit_log SET record = x'08011803' WHERE seq = 7",
           "UPDATE audit_log SET hash = zeroblob(32) WHERE seq = 7",
           "UPDATE audit_log SET idx = idx + 1 WHERE seq = 7",
           "UPDATE audit_log SET tree = 2 WHERE seq = 7",
           "UPDATE audit_log SET tree = 77 WHERE seq = 7",
           "UPDATE audit_log SET seq = 100 WHERE seq = 7",
           "DELETE FROM audit_log WHERE seq = 7",
           "UPDATE audit_log SET record = (SELECT record FROM audit_log WHERE seq = 8) "
           "WHERE seq = 7",
           // What was integrated before, but is still needed.
           "DELETE FROM tree_index WHERE tree = 1 AND idx = 4",
           "UPDATE audit_log SET hash = zeroblob(32) WHERE seq = 5",
       }) {
    storage::TemporaryDatabase fresh(JournalMigrations());
    auto log = *AuditLog::Open(*fresh, std::vector<std::string>{kKommun, kPolis});
    auto guard = *OpenGuard(fresh.directory() / "guard", *fresh);
    auto integrator =
        *Integrator::Create({"hub.example/audit", key_}, *log, *fresh, *guard, fresh.clock());
    const auto append = [&](int count) {
      ASSERT_TRUE(storage::WriteAndWait(*fresh, [&](storage::WriteTx& tx) -> absl::Status {
                    for (int i = 0; i < count; ++i) {
                      Record record;
                      record.set_count(i);
                      SV_RETURN_IF_ERROR(log->Append(tx, kKommun, record));
                    }
                    return absl::OkStatus();
                  }).ok());
    };
    append(5);
    // The hub's tree gets the sixth row.
    ASSERT_TRUE(integrator->RunOnce().ok());
    append(5);
    ASSERT_TRUE(storage::WriteAndWait(*fresh, [&](storage::WriteTx& tx) {
                  return tx.Run(sql).status();
                }).ok());
    EXPECT_EQ(integrator->RunOnce().code(), absl::StatusCode::kDataLoss) << sql;
    EXPECT_EQ(integrator->Health().code(), absl::StatusCode::kDataLoss) << sql;
    EXPECT_EQ(guard->Head(1)->size, 5) << sql;
    // It never comes back by itself.
    EXPECT_EQ(integrator->RunOnce().code(), absl::StatusCode::kDataLoss) << sql;
  }
}

TEST_F(IntegratorTest, FindsTamperingWithWhatWasSigned) {
  Append(kKommun, 40);
  Run();
  for (const char* sql : {
           "UPDATE audit_log SET record = x'08011803' WHERE seq = 7",
           "UPDATE audit_log SET record = x'', hash = x'"
           "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d' WHERE seq = 7",
           "DELETE FROM audit_log WHERE seq = 40",
           "UPDATE tree_index SET seq = 8 WHERE tree = 1 AND idx = 6",
       }) {
    // A copy of the database, so that each is found alone.
    database_.Close();
    std::filesystem::copy(database_.options().path, database_.options().path + ".good");
    database_.Reopen();
    Tamper(sql);
    const absl::Status started = TryStart();
    EXPECT_TRUE(!started.ok() || !integrator_->VerifyAll().ok()) << sql;
    integrator_.reset();
    database_.Close();
    std::filesystem::remove(database_.options().path + "-wal");
    std::filesystem::rename(database_.options().path + ".good", database_.options().path);
    database_.Reopen();
  }
  Start();
  EXPECT_TRUE(integrator_->VerifyAll().ok());
}

TEST_F(IntegratorTest, RefusesTheEdgeOfAnotherTreeAtStart) {
  Append(kKommun, 40);
  Run();
  Tamper("UPDATE tree_nodes SET hash = zeroblob(32) WHERE tree = 1 AND level = 4 AND idx = 1");
  EXPECT_EQ(TryStart().code(), absl::StatusCode::kDataLoss);
}

TEST_F(IntegratorTest, RefusesARestoredBackup) {
  Append(kKommun, 5);
  Run();
  integrator_.reset();
  database_.Close();
  std::filesystem::copy(database_.options().path, database_.options().path + ".backup");
  database_.Reopen();
  Start();
  Append(kKommun, 1);
  Run();
  integrator_.reset();
  database_.Close();
  std::filesystem::remove(database_.options().path + "-wal");
  std::filesystem::rename(database_.options().path + ".backup", database_.options().path);
  database_.Reopen();
  const absl::Status status = TryStart();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("restored backup"));
  // Nor when it has grown again by other entries.
  Append(kKommun, 3);
  EXPECT_EQ(TryStart().code(), absl::StatusCode::kDataLoss);
  restored_ = true;
  EXPECT_THAT(TryStart().message(), HasSubstr("never used"));
  origin_ += "-2";
  ASSERT_TRUE(TryStart().ok());
  Run();
  EXPECT_EQ(Records(kKommun).back().size(), 6);
}

TEST_F(IntegratorTest, RefusesAGuardFileThatIsMissingOrOlder) {
  Append(kKommun, 5);
  Run();
  std::filesystem::copy(guard_path(), guard_path() + ".old");
  Append(kKommun, 1);
  Run();
  std::filesystem::rename(guard_path() + ".old", guard_path());
  EXPECT_THAT(TryStart().message(), HasSubstr("guard file is older"));
  std::filesystem::remove(guard_path());
  const absl::Status status = TryStart();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("missing"));
}

TEST_F(IntegratorTest, RefusesAnotherKeyUnlessToldOf) {
  Append(kKommun, 5);
  Run();
  const std::string old_key = integrator_->VerifierKey("");
  key_ = KeyOf("another");
  EXPECT_THAT(TryStart().message(), HasSubstr("configured key"));
  ASSERT_TRUE(TryStart(/*accept_new_key=*/true).ok());
  Run();
  // Every tree is signed by the new key, and the hub's tells of it.
  EXPECT_EQ(Head(kKommun).size, 5);
  EXPECT_NE(integrator_->VerifierKey(""), old_key);
  bool told = false;
  for (const Record& record : Records("")) {
    told |= record.kind() == Record::KIND_KEY && record.origin() == integrator_->VerifierKey("");
  }
  EXPECT_TRUE(told);
  EXPECT_TRUE(TryStart().ok());
}

TEST_F(IntegratorTest, RefusesTheGuardFileOfAnotherDatabase) {
  Append(kKommun, 5);
  Run();
  ASSERT_TRUE(guard_->AppendHeads({{9, {1, EmptyRoot()}}}).ok());
  EXPECT_EQ(TryStart().code(), absl::StatusCode::kDataLoss);
}

TEST_F(IntegratorTest, StopsWhenTheGuardFileHasAnotherHead) {
  Append(kKommun, 5);
  Run();
  ASSERT_TRUE(guard_->AppendHeads({{1, {6, Sha256("fork")}}}).ok());
  Append(kKommun, 1);
  EXPECT_EQ(integrator_->RunOnce().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace samverkan::journal
