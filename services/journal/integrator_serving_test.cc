// Whether the hub may serve, as the integrator's rounds end well or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/base/random.h"
#include "services/journal/integrator.h"
#include "services/journal/migrations.h"
#include "tests/support/faulty_database.h"
#include "tests/support/temporary_database.h"

namespace samverkan::journal {
namespace {

constexpr char kKommun[] = "parties/kommun";

class ServingTest : public testing::Test {
 protected:
  static Ed25519PrivateKey Key() {
    SeededRandom random("serving test");
    return Ed25519PrivateKey::Generate(random);
  }
  void Append(absl::string_view party, int count) {
    const absl::Status status =
        storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
          for (int i = 0; i < count; ++i) {
            audit::v1::Record record;
            record.set_kind(audit::v1::Record::KIND_READ);
            SV_RETURN_IF_ERROR(log_->Append(tx, party, record));
          }
          return absl::OkStatus();
        });
    ASSERT_TRUE(status.ok()) << status;
  }
  void Run() {
    const absl::Status status = integrator_->RunOnce();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Tamper(const std::string& sql) {
    ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) {
                  return tx.Run(sql).status();
                }).ok());
  }

  storage::TemporaryDatabase database_{JournalMigrations()};
  storage::FaultyDatabase faulty_{*database_};
  const std::unique_ptr<AuditLog> log_ =
      *AuditLog::Open(*database_, std::vector<std::string>{kKommun});
  const std::unique_ptr<Guard> guard_ = *OpenGuard(database_.directory() / "guard", *database_);
  const std::unique_ptr<Integrator> integrator_ = *Integrator::Create(
      {.origin = "hub.example/audit", .key = Key()}, *log_, faulty_, *guard_, database_.clock());
};

TEST_F(ServingTest, ServesForAWhileThoughNothingCanBeSigned) {
  Append(kKommun, 5);
  Run();
  const absl::Duration most = Integrator::kServeUnsigned;
  database_.clock().Advance(most);
  EXPECT_TRUE(integrator_->MayServe().ok());
  Append(kKommun, 1);
  faulty_.FailWrites(absl::ResourceExhaustedError("disk full"));
  EXPECT_FALSE(integrator_->RunOnce().ok());
  faulty_.FailWrites(absl::OkStatus());
  EXPECT_TRUE(integrator_->MayServe().ok()) << "the records are durable, and it may pass";
  database_.clock().Advance(absl::Nanoseconds(1));
  EXPECT_EQ(integrator_->MayServe().code(), absl::StatusCode::kUnavailable);
  Run();
  EXPECT_TRUE(integrator_->MayServe().ok()) << "it passed";
  // Nor does a clock that is set back let it serve for longer.
  database_.clock().Advance(-most - absl::Nanoseconds(1));
  EXPECT_EQ(integrator_->MayServe().code(), absl::StatusCode::kUnavailable);
  Run();
  EXPECT_TRUE(integrator_->MayServe().ok());
}

TEST_F(ServingTest, ServesNothingMoreOnceTheLogIsNotWhatItWas) {
  Append(kKommun, 5);
  Run();
  Append(kKommun, 1);
  Tamper("UPDATE audit_log SET record = x'08011803' WHERE seq = (SELECT max(seq) FROM audit_log)");
  EXPECT_TRUE(integrator_->MayServe().ok()) << "nobody has looked";
  EXPECT_EQ(integrator_->RunOnce().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(integrator_->MayServe().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(integrator_->RunOnce().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(integrator_->MayServe().code(), absl::StatusCode::kUnavailable) << "for good";
}

}  // namespace
}  // namespace samverkan::journal
