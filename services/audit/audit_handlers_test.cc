#include "services/audit/audit_handlers.h"

#include <filesystem>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/error.h"
#include "services/journal/integrator.h"
#include "services/journal/note.h"
#include "tests/support/handler_world.h"

namespace samverkan::audit {
namespace {

using errors::v1::ErrorReason;
using ::samverkan::testing::HandlerWorld;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kDistrict[] = "parties/sthlm-sdn-hal";
constexpr char kPolice[] = "parties/pol";
constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();

template <typename T>
T Must(absl::StatusOr<T> value) {
  SV_CHECK(value.ok(), value.status().ToString().c_str());
  return *std::move(value);
}

class AuditHandlersTest : public ::testing::Test {
 protected:
  ~AuditHandlersTest() override { std::filesystem::remove(guard_path_); }

  // One more entry about a resource in a party's tree.
  void Append(const char* party, const std::string& resource) {
    v1::Record record;
    record.set_kind(v1::Record::KIND_READ);
    record.set_resource(resource);
    ASSERT_TRUE(storage::WriteAndWait(world_.database(), [&](storage::WriteTx& tx) {
                  return log_->Append(tx, party, record);
                }).ok());
  }
  void Integrate() { ASSERT_TRUE(integrator_->RunOnce().ok()); }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(absl::StatusOr<Response> (AuditHandlers::*method)(rpc::Call&,
                                                                                 storage::ReadTx&,
                                                                                 const Request&),
                               const Request& request) {
    return world_.Read({"hal-dso"}, "", [&](rpc::Call& call, storage::ReadTx& tx) {
      return (handlers_.*method)(call, tx, request);
    });
  }
  ErrorReason ProofRefused(int64_t index) {
    v1::GetInclusionProofRequest request;
    request.set_index(index);
    return ReasonOf(Ask(&AuditHandlers::GetInclusionProof, request).status());
  }
  ErrorReason ContinuationRefused(int64_t old_size) {
    v1::GetConsistencyProofRequest request;
    request.set_old_size(old_size);
    return ReasonOf(Ask(&AuditHandlers::GetConsistencyProof, request).status());
  }
  // The resources of the entries, over all pages.
  std::vector<std::string> Listed(v1::ListEntriesRequest request) {
    std::vector<std::string> resources;
    do {
      const auto page = Ask(&AuditHandlers::ListEntries, request);
      EXPECT_TRUE(page.ok()) << page.status();
      EXPECT_EQ(world_.left().count, page->entries_size());
      for (const v1::Entry& entry : page->entries()) {
        v1::Record record;
        EXPECT_TRUE(record.ParseFromString(entry.record()));
        resources.push_back(record.resource());
        indexes_.push_back(entry.index());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return resources;
  }

  HandlerWorld world_{{}};
  const std::string guard_path_ =
      absl::StrCat(::testing::TempDir(), "audit_",
                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::unique_ptr<journal::AuditLog> log_ =
      Must(journal::AuditLog::Open(world_.database(), world_.Parties()));
  const std::unique_ptr<journal::Guard> guard_ =
      Must(journal::OpenGuard(guard_path_, world_.database()));
  const std::unique_ptr<journal::Integrator> integrator_ = Must(journal::Integrator::Create(
      {.origin = "hub.example/audit", .key = Ed25519PrivateKey::Generate(world_.random())}, *log_,
      world_.database(), *guard_, world_.clock()));
  AuditHandlers handlers_{*log_, world_.pager()};
  std::vector<int64_t> indexes_;
};

TEST_F(AuditHandlersTest, TheCheckpointIsOfTheCallersPartyAndSigned) {
  EXPECT_EQ(ReasonOf(Ask(&AuditHandlers::GetCheckpoint, v1::GetCheckpointRequest()).status()),
            errors::v1::ERROR_REASON_NOT_READY);
  for (int i = 0; i < 3; ++i) Append(kDistrict, "own");
  Append(kPolice, "another's");
  Integrate();
  const auto checkpoint = Ask(&AuditHandlers::GetCheckpoint, v1::GetCheckpointRequest());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->size(), 3);
  const auto note = journal::ParseNote(checkpoint->note());
  ASSERT_TRUE(note.ok()) << note.status();
  const auto verifier = journal::NoteVerifier::Parse(integrator_->VerifierKey(kDistrict));
  EXPECT_TRUE(journal::VerifyNote(*note, *verifier).ok());
}

TEST_F(AuditHandlersTest, EntriesAreTheStoredBytesInOrder) {
  for (int i = 0; i < 5; ++i) {
    Append(kDistrict, absl::StrCat("own ", i));
    Append(kPolice, "another's");
  }
  Integrate();
  v1::ListEntriesRequest request;
  request.set_page_size(2);
  EXPECT_THAT(Listed(request), ElementsAre("own 0", "own 1", "own 2", "own 3", "own 4"));
  EXPECT_THAT(indexes_, ElementsAre(0, 1, 2, 3, 4));
  request.set_start_index(3);
  EXPECT_THAT(Listed(request), ElementsAre("own 3", "own 4"));
  for (const int64_t beyond : {int64_t{5}, kHuge}) {
    request.set_start_index(beyond);
    EXPECT_THAT(Listed(request), IsEmpty()) << beyond;
  }
  request.set_start_index(-1);
  EXPECT_EQ(ReasonOf(Ask(&AuditHandlers::ListEntries, request).status()),
            errors::v1::ERROR_REASON_FIELD_INVALID);
}

TEST_F(AuditHandlersTest, EntriesAboutOneResourceAreFoundAmongOthers) {
  const std::string item = "parties/sthlm-sdn-hal/incidents/6f1c0f0e-3f0b-4d0e-9d5a-0a4b5c6d7e8f";
  for (int i = 0; i < 3; ++i) {
    Append(kDistrict, "other");
    Append(kDistrict, item);
    Append(kPolice, item);
  }
  Integrate();
  v1::ListEntriesRequest request;
  request.set_resource(item);
  request.set_page_size(2);
  EXPECT_THAT(Listed(request), ElementsAre(item, item, item));
  EXPECT_THAT(indexes_, ElementsAre(1, 3, 5)) << "in the caller's own tree";
  request.set_resource("parties/sthlm-sdn-hal/incidents/none");
  EXPECT_THAT(Listed(request), IsEmpty());
}

TEST_F(AuditHandlersTest, AnEntryIsProvedOnceACheckpointCoversIt) {
  Append(kDistrict, "a");
  Append(kDistrict, "b");
  EXPECT_EQ(ProofRefused(0), errors::v1::ERROR_REASON_NOT_READY);
  Integrate();
  v1::GetInclusionProofRequest request;
  request.set_index(1);
  const auto proof = Ask(&AuditHandlers::GetInclusionProof, request);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_THAT(proof->proof(), ::testing::HasSubstr("index 1\n"));
  Append(kDistrict, "c");
  for (const int64_t younger : {int64_t{2}, kHuge}) {
    EXPECT_EQ(ProofRefused(younger), errors::v1::ERROR_REASON_NOT_READY) << younger;
  }
  EXPECT_EQ(ProofRefused(-1), errors::v1::ERROR_REASON_FIELD_INVALID);
}

TEST_F(AuditHandlersTest, ACheckpointContinuesAnOlderOne) {
  Append(kDistrict, "a");
  Integrate();
  const auto old = Ask(&AuditHandlers::GetCheckpoint, v1::GetCheckpointRequest());
  for (int i = 0; i < 4; ++i) Append(kDistrict, "b");
  Integrate();
  v1::GetConsistencyProofRequest request;
  request.set_old_size(old->size());
  const auto proof = Ask(&AuditHandlers::GetConsistencyProof, request);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->checkpoint().size(), 5);
  EXPECT_THAT(proof->hashes(), SizeIs(3)) << "RFC 6962, 2.1.2";
  request.set_old_size(5);
  EXPECT_THAT(Ask(&AuditHandlers::GetConsistencyProof, request)->hashes(), IsEmpty());
  for (const int64_t none : {int64_t{0}, int64_t{-1}, -kHuge - 1})
    EXPECT_EQ(ContinuationRefused(none), errors::v1::ERROR_REASON_FIELD_INVALID) << none;
  for (const int64_t future : {int64_t{6}, kHuge})
    EXPECT_EQ(ContinuationRefused(future), errors::v1::ERROR_REASON_NOT_READY) << future;
}

}  // namespace
}  // namespace samverkan::audit
