#include "services/base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>

namespace samverkan {
namespace {

constexpr size_t kNonce = 12;

TEST(SystemRandomTest, NothingIsHandedOutTwice) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 2'000; ++i) seen.insert(random.Bytes(kNonce));
  std::thread other([&] {
    SystemRandom same_process;
    for (int i = 0; i < 2'000; ++i) seen.insert(same_process.Bytes(kNonce));
  });
  other.join();
  EXPECT_EQ(seen.size(), 4'000u);
}

// Sizes around what is drawn ahead: every byte is drawn. Of 32 draws each byte is zero in all of
// them by chance once in 2^256.
TEST(SystemRandomTest, AllBytesAreDrawn) {
  SystemRandom random;
  for (const size_t size : {1, 1'000, 1'023, 1'024, 1'025, 5'000}) {
    std::string any(size, '\0');
    for (int i = 0; i < 32; ++i) {
      const std::string bytes = random.Bytes(size);
      ASSERT_EQ(bytes.size(), size);
      for (size_t at = 0; at < size; ++at) any[at] = static_cast<char>(any[at] | bytes[at]);
    }
    EXPECT_EQ(any.find('\0'), std::string::npos) << size;
  }
}

TEST(SystemRandomTest, AChildProcessDrawsItsOwn) {
  SystemRandom random;
  random.Bytes(kNonce);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string bytes = random.Bytes(kNonce);
    _exit(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(kNonce) ? 0 : 1);
  }
  std::string theirs(kNonce, '\0');
  EXPECT_EQ(read(ends[0], theirs.data(), theirs.size()), static_cast<ssize_t>(kNonce));
  EXPECT_NE(theirs, random.Bytes(kNonce));
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  close(ends[0]);
  close(ends[1]);
}

TEST(SeededRandomTest, TheSameSeedGivesTheSameBytesHoweverTheyAreTaken) {
  SeededRandom whole("seed"), parts("seed"), other("another");
  const std::string bytes = whole.Bytes(100);
  std::string taken;
  for (const size_t count : {33, 1, 66}) taken += parts.Bytes(count);
  EXPECT_EQ(bytes, taken);
  EXPECT_NE(bytes, other.Bytes(100));
}

}  // namespace
}  // namespace samverkan
