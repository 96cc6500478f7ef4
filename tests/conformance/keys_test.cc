// Keys: visible at once where they must be, never falsely missing while they are merged, exact in
// every snapshot.
#include <atomic>
#include <thread>

#include "tests/conformance/database_suite.h"

namespace samverkan::storage {
namespace {

TEST_P(DatabaseSuite, KeysAreSeenByLaterFunctionsOfTheGroup) {
  Group group(db());
  group.Add([](WriteTx& tx) -> absl::Status {
    tx.PutKey(KeySpace::kName, KeyOf(1), 11);
    SV_ASSIGN_OR_RETURN(std::optional<int64_t> key, tx.FindKey(KeySpace::kName, KeyOf(1)));
    EXPECT_EQ(key, 11);
    SV_ASSIGN_OR_RETURN(key, tx.FindKey(KeySpace::kForeignId, KeyOf(1)));
    EXPECT_EQ(key, std::nullopt) << "spaces are apart";
    return absl::OkStatus();
  });
  group.Add([](WriteTx& tx) -> absl::Status {
    SV_ASSIGN_OR_RETURN(std::optional<int64_t> key, tx.FindKey(KeySpace::kName, KeyOf(1)));
    EXPECT_EQ(key, 11);
    return absl::OkStatus();
  });
  for (const absl::Status& status : group.Run()) EXPECT_EQ(status, absl::OkStatus());
  EXPECT_EQ(ReadKey(KeySpace::kName, KeyOf(1)), 11);
  Reopen();
  EXPECT_EQ(ReadKey(KeySpace::kName, KeyOf(1)), 11);
  EXPECT_EQ(ReadKey(KeySpace::kName, KeyOf(2)), std::nullopt);
}

TEST_P(DatabaseSuite, RemovedKeysAreFreeAndUndoneRemovalsAreNot) {
  const std::vector<Key> both = {KeyOf(1), KeyOf(2)};
  ASSERT_EQ(Write([](WriteTx& tx) {
              tx.PutKey(KeySpace::kRequestId, KeyOf(1), 1);
              tx.PutKey(KeySpace::kRequestId, KeyOf(2), 2);
              return absl::OkStatus();
            }),
            absl::OkStatus());
  Group group(db());
  group.Add([&](WriteTx& tx) -> absl::Status {
    tx.RemoveKeys(KeySpace::kRequestId, both);
    SV_ASSIGN_OR_RETURN(std::optional<int64_t> key, tx.FindKey(KeySpace::kRequestId, KeyOf(1)));
    EXPECT_EQ(key, std::nullopt);
    SV_RETURN_IF_ERROR(tx.Undo());
    SV_ASSIGN_OR_RETURN(key, tx.FindKey(KeySpace::kRequestId, KeyOf(1)));
    EXPECT_EQ(key, 1);
    tx.RemoveKeys(KeySpace::kRequestId, {both[1], KeyOf(77)});
    return absl::OkStatus();
  });
  group.Add([](WriteTx& tx) -> absl::Status {
    SV_ASSIGN_OR_RETURN(std::optional<int64_t> key, tx.FindKey(KeySpace::kRequestId, KeyOf(2)));
    EXPECT_EQ(key, std::nullopt);
    tx.PutKey(KeySpace::kRequestId, KeyOf(3), 3);
    tx.RemoveKeys(KeySpace::kRequestId, {KeyOf(3)});
    tx.PutKey(KeySpace::kRequestId, KeyOf(3), 33);
    return absl::OkStatus();
  });
  for (const absl::Status& status : group.Run()) EXPECT_EQ(status, absl::OkStatus());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ReadKey(KeySpace::kRequestId, KeyOf(1)), 1);
    EXPECT_EQ(ReadKey(KeySpace::kRequestId, KeyOf(2)), std::nullopt);
    EXPECT_EQ(ReadKey(KeySpace::kRequestId, KeyOf(3)), 33);
    Reopen();
  }
}

TEST_P(DatabaseSuite, KeysOutliveMergesRemovalsAndRestarts) {
  constexpr int kKeys = 1000;
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_EQ(Write([&](WriteTx& tx) {
                tx.PutKey(KeySpace::kName, KeyOf(i), i);
                if (i % 3 == 2) tx.RemoveKeys(KeySpace::kName, {KeyOf(i - 1)});
                return absl::OkStatus();
              }),
              absl::OkStatus());
    if (i % 300 == 150) Reopen();
  }
  EXPECT_LT(db().Stats().key_tail, kKeys / 2) << "most keys have been merged";
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(Read([&](ReadTx& tx) -> absl::Status {
                for (int i = 0; i < kKeys; ++i) {
                  SV_ASSIGN_OR_RETURN(std::optional<int64_t> key,
                                      tx.FindKey(KeySpace::kName, KeyOf(i)));
                  const bool removed = i % 3 == 1 && i + 1 < kKeys;
                  EXPECT_EQ(key, removed ? std::nullopt : std::optional<int64_t>(i)) << i;
                }
                return absl::OkStatus();
              }),
              absl::OkStatus());
    Reopen();
  }
}

TEST_P(DatabaseSuite, AnOldReaderFindsKeysThatWereMergedAfterItBegan) {
  ASSERT_EQ(Write([](WriteTx& tx) {
              for (int i = 0; i < 50; ++i) tx.PutKey(KeySpace::kName, KeyOf(i), i);
              return absl::OkStatus();
            }),
            absl::OkStatus());
  ASSERT_EQ(Read([&](ReadTx& tx) -> absl::Status {
              // Fills the tail, so that several merges begin while this snapshot is open.
              for (int i = 50; i < 600; ++i) {
                SV_RETURN_IF_ERROR(Write([i](WriteTx& tx) {
                  tx.PutKey(KeySpace::kName, KeyOf(i), i);
                  if (i < 100) tx.RemoveKeys(KeySpace::kName, {KeyOf(i - 50)});
                  return absl::OkStatus();
                }));
              }
              for (int i = 0; i < 600; ++i) {
                SV_ASSIGN_OR_RETURN(std::optional<int64_t> key,
                                    tx.FindKey(KeySpace::kName, KeyOf(i)));
                EXPECT_EQ(key, i < 50 ? std::optional<int64_t>(i) : std::nullopt) << i;
              }
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ(ReadKey(KeySpace::kName, KeyOf(10)), std::nullopt);
  EXPECT_EQ(ReadKey(KeySpace::kName, KeyOf(300)), 300);
}

TEST_P(DatabaseSuite, AnAcknowledgedKeyIsNeverFalselyMissing) {
  Reopen({.readers = 3});
  constexpr int64_t kKeys = 4000;
  std::atomic<int64_t> acknowledged = 0;
  std::atomic<int64_t> missing = 0;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&, reader] {
      uint64_t random = static_cast<uint64_t>(reader) + 1;
      while (acknowledged < kKeys) {
        const int64_t known = acknowledged;
        if (known == 0) continue;
        EXPECT_EQ(Read([&](ReadTx& tx) -> absl::Status {
                    for (int i = 0; i < 20; ++i) {
                      random = random * 6364136223846793005u + 1442695040888963407u;
                      // Half of them recent, where merges happen.
                      const auto back =
                          static_cast<int64_t>((random >> 33) % static_cast<uint64_t>(known));
                      const int64_t number =
                          i % 2 == 0 ? known - back % std::min<int64_t>(known, 200) : back + 1;
                      SV_ASSIGN_OR_RETURN(
                          std::optional<int64_t> key,
                          tx.FindKey(KeySpace::kName, KeyOf(static_cast<uint64_t>(number))));
                      if (key != number) ++missing;
                    }
                    return absl::OkStatus();
                  }),
                  absl::OkStatus());
      }
    });
  }
  absl::Notification finished;
  for (int64_t i = 1; i <= kKeys; ++i) {
    db().Write(
        absl::InfiniteFuture(),
        [i](WriteTx& tx) {
          tx.PutKey(KeySpace::kName, KeyOf(static_cast<uint64_t>(i)), i);
          return absl::OkStatus();
        },
        [&, i](const absl::Status& status) {
          EXPECT_EQ(status, absl::OkStatus());
          acknowledged = i;
          if (i == kKeys) finished.Notify();
        });
  }
  finished.WaitForNotification();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(missing, 0);
}

}  // namespace
}  // namespace samverkan::storage
