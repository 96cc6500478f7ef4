#include "services/journal/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace samverkan::journal {
namespace {

using testing::ElementsAre;
using testing::Pair;

class GuardTest : public testing::Test {
 protected:
  GuardTest() { std::filesystem::remove_all(path_); }
  ~GuardTest() override { std::filesystem::remove_all(path_); }

  std::string Read() const {
    std::stringstream bytes;
    bytes << std::ifstream(path_, std::ios::binary).rdbuf();
    return bytes.str();
  }
  void Write(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  std::unique_ptr<Guard> Open(bool create = false) {
    auto guard = Guard::Open(path_, create);
    EXPECT_TRUE(guard.ok()) << guard.status();
    return guard.ok() ? *std::move(guard) : nullptr;
  }
  static TreeHead Head(int64_t size) { return {size, Sha256(absl::StrCat(size))}; }
  static Ref RefOf(uint8_t value) {
    Ref ref = {};
    ref[15] = value;
    return ref;
  }

  const std::string path_ =
      absl::StrCat(testing::TempDir(), "guard_test_",
                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(GuardTest, RemembersAcrossProcesses) {
  {
    auto guard = Open(true);
    EXPECT_TRUE(guard->AppendHeads({{1, Head(5)}, {0, Head(2)}}).ok());
    EXPECT_TRUE(guard->AppendHeads({{1, Head(9)}}).ok());
    EXPECT_TRUE(guard->AppendSealed({RefOf(3), RefOf(2)}).ok());
    EXPECT_TRUE(guard->AppendSealed({RefOf(1)}).ok());
  }
  auto guard = Open();
  EXPECT_THAT(guard->Heads(), ElementsAre(Pair(0, Head(2)), Pair(1, Head(9))));
  EXPECT_EQ(guard->Head(1), Head(9));
  EXPECT_EQ(guard->Head(7), std::nullopt);
  EXPECT_THAT(guard->sealed(), ElementsAre(RefOf(1), RefOf(2), RefOf(3)));
}

TEST_F(GuardTest, IsNotMadeAnewUnasked) {
  EXPECT_EQ(Guard::Open(path_, false).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_FALSE(Guard::Open(path_ + "_missing_folder/guard", true).ok());
}

TEST_F(GuardTest, RefusesAForkAndAStepBack) {
  auto guard = Open(true);
  EXPECT_TRUE(guard->AppendHeads({{1, Head(5)}}).ok());
  EXPECT_TRUE(guard->AppendHeads({{1, Head(5)}}).ok());
  EXPECT_EQ(guard->AppendHeads({{1, {5, Sha256("fork")}}}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(guard->AppendHeads({{1, Head(4)}}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(guard->Head(1), Head(5));
}

TEST_F(GuardTest, GoesBackOnlyWhereTheDatabaseWasRestored) {
  {
    auto guard = Open(true);
    ASSERT_TRUE(guard->AppendHeads({{1, Head(5)}, {2, Head(7)}}).ok());
    ASSERT_TRUE(guard->AppendRestored({{1, Head(3)}}).ok());
    EXPECT_EQ(guard->Head(1), Head(3));
    EXPECT_TRUE(guard->AppendHeads({{1, Head(4)}}).ok());
    EXPECT_FALSE(guard->AppendHeads({{1, Head(3)}}).ok());
  }
  auto guard = Open();
  EXPECT_THAT(guard->Heads(), ElementsAre(Pair(1, Head(4)), Pair(2, Head(7))));
}

TEST_F(GuardTest, SaysEverythingOnceOnly) {
  auto guard = Open(true);
  EXPECT_TRUE(guard->AppendSealed({RefOf(3)}).ok());
  EXPECT_TRUE(guard->AppendHeads({{1, Head(5)}}).ok());
  const std::string once = Read();
  EXPECT_TRUE(guard->AppendSealed({RefOf(3)}).ok());
  EXPECT_TRUE(guard->AppendHeads({{1, Head(5)}}).ok());
  EXPECT_EQ(Read(), once);
}

TEST_F(GuardTest, DropsALastLineThatACrashCutOff) {
  Open(true)->AppendHeads({{1, Head(5)}}).IgnoreError();
  const std::string whole = Read();
  Open()->AppendHeads({{1, Head(9)}}).IgnoreError();
  const std::string longer = Read();
  for (size_t size = whole.size(); size < longer.size(); ++size) {
    Write(longer.substr(0, size));
    EXPECT_EQ(Open()->Head(1), Head(5));
    EXPECT_EQ(Read(), whole);
  }
}

// A process that ended between write and sync leaves entries that only memory has: a folder that is
// read again must not count as durable what never was. Here: they are written, in the same file.
TEST_F(GuardTest, OpeningWritesAnewWhatItReadAndNothingElse) {
  Open(true)->AppendHeads({{1, Head(5)}}).IgnoreError();
  const std::string whole = Read();
  const auto early = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(path_, early);
  std::filesystem::create_hard_link(path_, path_ + ".link");
  EXPECT_EQ(Open()->Head(1), Head(5));
  EXPECT_GT(std::filesystem::last_write_time(path_), early);
  EXPECT_EQ(Read(), whole);
  EXPECT_TRUE(std::filesystem::equivalent(path_, path_ + ".link")) << "it may be mounted by itself";
  std::filesystem::remove(path_ + ".link");
}

// What a power cut leaves of one append over two sectors, when only the later one was written.
TEST_F(GuardTest, DropsAnAppendWhoseFirstSectorWasLost) {
  constexpr size_t kSector = 512;
  auto guard = Open(true);
  for (uint8_t i = 0; Read().size() < kSector - 60; ++i) {
    ASSERT_TRUE(guard->AppendSealed({RefOf(i)}).ok());
  }
  const std::vector<Ref> before = guard->sealed();
  const std::string whole = Read();
  ASSERT_TRUE(guard->AppendSealed({RefOf(100), RefOf(101), RefOf(102)}).ok());
  const std::string longer = Read();
  ASSERT_GT(longer.size(), kSector);
  std::string torn = longer;
  torn.replace(whole.size(), kSector - whole.size(), kSector - whole.size(), '\0');
  Write(torn);
  EXPECT_EQ(Open()->sealed(), before);
  EXPECT_EQ(Read(), whole);
  // Zeros that are no sector's end are no power cut's.
  torn = longer;
  torn[whole.size() + 5] = '\0';
  Write(torn);
  EXPECT_EQ(Guard::Open(path_, false).status().code(), absl::StatusCode::kDataLoss);
}

// Removing whole lines from the end leaves a valid file: that is what the comparison with the
// database's checkpoints finds.
TEST_F(GuardTest, RefusesEveryOneBitChangeAndEveryMissingLine) {
  {
    auto guard = Open(true);
    ASSERT_TRUE(guard->AppendHeads({{1, Head(5)}}).ok());
    ASSERT_TRUE(guard->AppendSealed({RefOf(1)}).ok());
    ASSERT_TRUE(guard->AppendSealed({RefOf(3)}).ok());
  }
  const std::string good = Read();
  for (size_t bit = 0; bit + 8 < good.size() * 8; ++bit) {
    std::string changed = good;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    Write(changed);
    EXPECT_EQ(Guard::Open(path_, true).status().code(), absl::StatusCode::kDataLoss)
        << "byte " << bit / 8 << " bit " << bit % 8;
  }
  for (size_t begin = 0; begin < good.size(); begin = good.find('\n', begin) + 1) {
    const size_t end = good.find('\n', begin) + 1;
    if (end == good.size()) break;
    Write(good.substr(0, begin) + good.substr(end));
    EXPECT_EQ(Guard::Open(path_, true).status().code(), absl::StatusCode::kDataLoss);
  }
  Write("");
  EXPECT_EQ(Guard::Open(path_, true).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(GuardTest, StaysSmall) {
  auto guard = Open(true);
  ASSERT_TRUE(guard->AppendSealed({RefOf(3)}).ok());
  Guard::TreeHeads heads(250);
  for (int64_t size = 1; size < 260; ++size) {
    for (int64_t tree = 0; tree < 250; ++tree) heads[tree] = {tree, Head(size)};
    ASSERT_TRUE(guard->AppendHeads(heads).ok());
  }
  EXPECT_LT(std::filesystem::file_size(path_), 5 << 20);
  guard = Open();
  EXPECT_EQ(guard->Head(249), Head(259));
  EXPECT_THAT(guard->sealed(), ElementsAre(RefOf(3)));
}

}  // namespace
}  // namespace samverkan::journal
