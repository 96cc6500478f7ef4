// What the hub signs must satisfy verifiers that were not made from its code:
// clients/cpp/log_verifier.h and verify_log.py beside this file. Both accept the hub's exports,
// proofs and checkpoints, and both refuse each kind of tampering.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cpp/log_export.h"
#include "clients/cpp/log_verifier.h"
#include "services/base/base64.h"
#include "services/base/status.h"
#include "services/journal/integrator.h"
#include "services/journal/migrations.h"
#include "services/journal/proofs.h"
#include "tests/support/temporary_database.h"

namespace samverkan {
namespace {

using audit::v1::Record;

constexpr char kParty[] = "parties/kommun";
constexpr char kOrigin[] = "hub.example/audit/parties/kommun";

class LogVerifiersTest : public testing::Test {
 protected:
  LogVerifiersTest() {
    for (int count : {1, 6, 57, 36}) {
      Append(count);
      SV_CHECK(integrator_->RunOnce().ok(), "the integrator signs");
      notes_.push_back(Newest(tree_).note);
    }
  }

  void Append(int count) {
    const absl::Status status =
        storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
          for (int i = 0; i < count; ++i) {
            Record record;
            record.set_kind(Record::KIND_READ);
            record.set_resource(absl::StrCat(kParty, "/things/", appended_ + i));
            SV_RETURN_IF_ERROR(log_->Append(tx, kParty, record));
          }
          return absl::OkStatus();
        });
    ASSERT_TRUE(status.ok()) << status;
    appended_ += count;
  }
  template <typename T>
  T Read(std::function<absl::StatusOr<T>(storage::ReadTx&)> load) {
    absl::StatusOr<T> result = absl::UnknownError("not read");
    const absl::Status status = database_->Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) {
      result = load(tx);
      return result.status();
    });
    SV_CHECK(status.ok(), "the database can be read");
    return *std::move(result);
  }
  journal::StoredCheckpoint Newest(int64_t tree) {
    return *Read<std::optional<journal::StoredCheckpoint>>(
        [&](storage::ReadTx& tx) { return journal::LoadCheckpoint(tx, tree); });
  }
  std::vector<std::string> Records(int64_t tree) {
    std::vector<std::string> records;
    for (const journal::Leaf& leaf : Read<std::vector<journal::Leaf>>(
             [&](storage::ReadTx& tx) { return journal::LoadLeaves(tx, tree, 0, 10000); })) {
      records.push_back(leaf.record);
    }
    return records;
  }
  static std::string ExportOf(const std::vector<std::string>& records, const std::string& note,
                              const std::string& origin = kOrigin) {
    std::string text = client::ExportHeaderLine(origin);
    for (size_t i = 0; i < records.size(); ++i) {
      text += client::ExportRecordLine(static_cast<int64_t>(i), records[i]);
    }
    return text + client::ExportCheckpointLine(note);
  }

  // The exit code of verify_log.py over files with these contents.
  int RunPython(const std::string& mode, const std::vector<std::string>& contents) {
    std::string command =
        absl::StrCat("/usr/bin/python3 tests/conformance/verify_log.py '", Key(), "' ", mode);
    for (size_t i = 0; i < contents.size(); ++i) {
      const std::string path = database_.directory() / absl::StrCat("argument", i);
      std::ofstream(path, std::ios::binary) << contents[i];
      absl::StrAppend(&command, " '", path, "'");
    }
    const int status = std::system(absl::StrCat(command, " > /dev/null").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string Key() { return integrator_->VerifierKey(kParty); }
  client::LogVerifier Verifier() { return *client::LogVerifier::Create(Key()); }

  // Both verifiers' common answer; the test fails when they differ.
  bool AcceptsExport(const std::string& text,
                     const std::optional<std::string>& older = std::nullopt) {
    std::istringstream input(text);
    const bool accepted =
        Verifier().VerifyExport(input, older, [](int64_t, absl::string_view) {}).ok();
    std::vector<std::string> files = {text};
    if (older) files.push_back(*older);
    EXPECT_EQ(RunPython("export", files), accepted ? 0 : 1);
    return accepted;
  }
  bool AcceptsProof(const std::string& proof, const std::string& record) {
    const bool accepted = Verifier().VerifyInclusion(proof, record).ok();
    EXPECT_EQ(RunPython("proof", {proof, record}), accepted ? 0 : 1);
    return accepted;
  }
  bool AcceptsConsistency(const std::string& older, const std::string& newer,
                          const std::vector<std::string>& hashes) {
    const bool accepted = Verifier().VerifyConsistency(older, newer, hashes).ok();
    std::string lines;
    for (const std::string& hash : hashes) absl::StrAppend(&lines, Base64Encode(hash), "\n");
    EXPECT_EQ(RunPython("consistency", {older, newer, lines}), accepted ? 0 : 1);
    return accepted;
  }

  storage::TemporaryDatabase database_{journal::JournalMigrations()};
  SeededRandom random_{"hub"};
  std::unique_ptr<journal::AuditLog> log_ =
      *journal::AuditLog::Open(*database_, std::vector<std::string>{kParty});
  std::unique_ptr<journal::Guard> guard_ =
      *journal::OpenGuard(database_.directory() / "guard", *database_);
  std::unique_ptr<journal::Integrator> integrator_ =
      *journal::Integrator::Create({"hub.example/audit", Ed25519PrivateKey::Generate(random_)},
                                   *log_, *database_, *guard_, database_.clock());
  const int64_t tree_ = *log_->TreeOf(kParty);
  int appended_ = 0;
  // Signed when the log had 1, 7, 64 and 100 records.
  std::vector<std::string> notes_;
};

TEST_F(LogVerifiersTest, BothAcceptTheHubsExports) {
  const std::string text = ExportOf(Records(tree_), notes_.back());
  EXPECT_TRUE(AcceptsExport(text));
  for (const std::string& older : notes_) EXPECT_TRUE(AcceptsExport(text, older));
}

TEST_F(LogVerifiersTest, BothAcceptTheHubsProofs) {
  const std::vector<std::string> records = Records(tree_);
  for (int64_t index : {0, 1, 31, 63, 64, 96, 99}) {
    const auto receipt = Read<journal::InclusionReceipt>(
        [&](storage::ReadTx& tx) { return journal::LoadReceipt(tx, tree_, index); });
    EXPECT_TRUE(AcceptsProof(receipt.ToText(), records[index]));
    EXPECT_FALSE(AcceptsProof(receipt.ToText(), records[(index + 1) % 100]));
  }
}

TEST_F(LogVerifiersTest, BothAcceptThatTheLogContinues) {
  for (size_t i = 0; i < notes_.size(); ++i) {
    const int64_t old_size = std::vector<int64_t>{1, 7, 64, 100}[i];
    const auto continuation = Read<journal::Continuation>(
        [&](storage::ReadTx& tx) { return journal::LoadContinuation(tx, tree_, old_size); });
    std::vector<std::string> hashes;
    for (const Hash& hash : continuation.proof) hashes.emplace_back(AsBytes(hash));
    EXPECT_TRUE(AcceptsConsistency(notes_[i], notes_.back(), hashes));
    if (hashes.empty()) continue;
    EXPECT_FALSE(AcceptsConsistency(notes_.back(), notes_[i], hashes));
    EXPECT_FALSE(AcceptsConsistency(notes_[i], notes_.back(), {}));
    hashes.back()[31] = static_cast<char>(hashes.back()[31] ^ 1);
    EXPECT_FALSE(AcceptsConsistency(notes_[i], notes_.back(), hashes));
  }
}

TEST_F(LogVerifiersTest, BothRefuseEachKindOfTampering) {
  const std::vector<std::string> records = Records(tree_);
  const std::string& note = notes_.back();
  const auto with = [&](auto change) {
    std::vector<std::string> changed = records;
    change(changed);
    return changed;
  };
  EXPECT_FALSE(AcceptsExport(ExportOf(with([](auto& r) { r.erase(r.begin() + 40); }), note)));
  EXPECT_FALSE(AcceptsExport(ExportOf(with([](auto& r) { r[40].back() ^= 1; }), note)));
  EXPECT_FALSE(AcceptsExport(ExportOf(with([](auto& r) { std::swap(r[40], r[41]); }), note)));
  EXPECT_FALSE(
      AcceptsExport(ExportOf(with([](auto& r) { r.insert(r.begin() + 40, r[40]); }), note)));
  EXPECT_FALSE(AcceptsExport(ExportOf(with([](auto& r) { r.pop_back(); }), note)));
  EXPECT_FALSE(AcceptsExport(ExportOf(records, note, "hub.example/audit/parties/polis")));
  // An older checkpoint under all records; a whole older log, for whoever has seen a newer one.
  EXPECT_FALSE(AcceptsExport(ExportOf(records, notes_[2])));
  const std::string older = ExportOf(with([](auto& r) { r.resize(64); }), notes_[2]);
  EXPECT_TRUE(AcceptsExport(older));
  EXPECT_FALSE(AcceptsExport(older, note));
}

TEST_F(LogVerifiersTest, BothRefuseAForkByTheHubsOwnKey) {
  storage::TemporaryDatabase other(journal::JournalMigrations());
  auto log = *journal::AuditLog::Open(*other, std::vector<std::string>{kParty});
  auto guard = *journal::OpenGuard(other.directory() / "guard", *other);
  SeededRandom same_key("hub");
  auto integrator =
      *journal::Integrator::Create({"hub.example/audit", Ed25519PrivateKey::Generate(same_key)},
                                   *log, *other, *guard, other.clock());
  std::vector<std::string> records;
  ASSERT_TRUE(storage::WriteAndWait(*other, [&](storage::WriteTx& tx) -> absl::Status {
                for (int i = 0; i < 120; ++i) SV_RETURN_IF_ERROR(log->Append(tx, kParty, Record()));
                return absl::OkStatus();
              }).ok());
  ASSERT_TRUE(integrator->RunOnce().ok());
  std::string note;
  ASSERT_TRUE(other
                  ->Read(absl::InfiniteFuture(),
                         [&](storage::ReadTx& tx) -> absl::Status {
                           SV_ASSIGN_OR_RETURN(const auto stored, journal::LoadCheckpoint(tx, 1));
                           SV_ASSIGN_OR_RETURN(const auto leaves,
                                               journal::LoadLeaves(tx, 1, 0, 1000));
                           note = stored->note;
                           for (const auto& leaf : leaves) records.push_back(leaf.record);
                           return absl::OkStatus();
                         })
                  .ok());
  const std::string fork = ExportOf(records, note);
  EXPECT_TRUE(AcceptsExport(fork));
  for (const std::string& older : notes_) EXPECT_FALSE(AcceptsExport(fork, older));
}

TEST_F(LogVerifiersTest, BothRefuseAnotherKey) {
  const std::string text = ExportOf(Records(tree_), notes_.back());
  SeededRandom other_random("other");
  const auto other =
      *journal::NoteVerifier::Create(kOrigin, journal::NoteKeyType::kEd25519,
                                     Ed25519PrivateKey::Generate(other_random).public_key());
  std::istringstream input(text);
  EXPECT_FALSE(client::LogVerifier::Create(other.ToString())
                   ->VerifyExport(input, std::nullopt, [](int64_t, absl::string_view) {})
                   .ok());
  const std::string path = database_.directory() / "export";
  std::ofstream(path, std::ios::binary) << text;
  EXPECT_NE(std::system(absl::StrCat("/usr/bin/python3 tests/conformance/verify_log.py '",
                                     other.ToString(), "' export '", path, "' > /dev/null")
                            .c_str()),
            0);
}

TEST_F(LogVerifiersTest, BothRefuseWhatWasAlteredInTheDatabaseAfterItWasSigned) {
  for (const char* sql : {"UPDATE audit_log SET record = x'08011803' WHERE tree = 1 AND idx = 40",
                          "UPDATE audit_log SET record = x'', hash = x'"
                          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d' "
                          "WHERE tree = 1 AND idx = 40",
                          "DELETE FROM audit_log WHERE tree = 1 AND idx = 99"}) {
    ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) {
                  return tx.Run(sql).status();
                }).ok());
    EXPECT_FALSE(AcceptsExport(ExportOf(Records(tree_), notes_.back()))) << sql;
  }
}

TEST_F(LogVerifiersTest, BothRefuseRandomOneBitChangesOfAProof) {
  const std::string record = Records(tree_)[70];
  const std::string proof = Read<journal::InclusionReceipt>([&](storage::ReadTx& tx) {
                              return journal::LoadReceipt(tx, tree_, 70);
                            }).ToText();
  ASSERT_TRUE(AcceptsProof(proof, record));
  std::mt19937 random(20260302);
  for (int i = 0; i < 16; ++i) {
    const size_t bit = random() % (proof.size() * 8);
    std::string changed = proof;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(AcceptsProof(changed, record)) << "byte " << bit / 8 << " bit " << bit % 8;
  }
}

TEST_F(LogVerifiersTest, EveryCheckpointOfAPartyIsPinnedInTheHubsLog) {
  const std::vector<std::string> records = Records(journal::kHubTree);
  const auto hub = *client::LogVerifier::Create(integrator_->VerifierKey(""));
  std::vector<client::LogHead> pinned;
  std::istringstream input(
      ExportOf(records, Newest(journal::kHubTree).note, "hub.example/audit/hub"));
  const auto verified =
      hub.VerifyExport(input, std::nullopt, [&](int64_t, absl::string_view bytes) {
        Record record;
        ASSERT_TRUE(record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        if (record.kind() != Record::KIND_PARTY_HEAD || record.origin() != kOrigin) return;
        pinned.push_back({record.size(), *ArrayFrom<32>(record.hash())});
      });
  ASSERT_TRUE(verified.ok()) << verified.status();
  std::vector<client::LogHead> signed_heads;
  for (const std::string& note : notes_) signed_heads.push_back(*Verifier().VerifyCheckpoint(note));
  EXPECT_THAT(pinned, testing::ElementsAreArray(signed_heads));
}

}  // namespace
}  // namespace samverkan
