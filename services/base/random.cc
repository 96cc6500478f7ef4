#include "services/base/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>

#include "absl/strings/str_cat.h"
#include "services/base/crypto.h"
#include "services/base/status.h"

namespace samverkan {
namespace {

void Draw(absl::Span<uint8_t> out) {
  SV_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1,
           "the system's random generator must work");
}

// Grows in a child of fork(), which must not hand out what its parent hands out too.
std::atomic<int> forks = 0;

// One thread's bytes, drawn ahead: OpenSSL takes as long for 16 of them as for a kilobyte. What is
// handed out is wiped here at once.
class DrawnAhead {
 public:
  DrawnAhead() {
    static const int registered = pthread_atfork(nullptr, nullptr, [] { ++forks; });
    SV_CHECK(registered == 0, "a fork must be noticed");
  }
  ~DrawnAhead() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  DrawnAhead(const DrawnAhead&) = delete;
  DrawnAhead& operator=(const DrawnAhead&) = delete;

  // At most kSize bytes.
  void Fill(absl::Span<uint8_t> out) {
    if (unused_ < out.size() || forks_ != forks) {
      Draw(absl::MakeSpan(bytes_));
      unused_ = bytes_.size();
      forks_ = forks;
    }
    uint8_t* const next = bytes_.data() + (bytes_.size() - unused_);
    std::copy_n(next, out.size(), out.begin());
    OPENSSL_cleanse(next, out.size());
    unused_ -= out.size();
  }

  static constexpr size_t kSize = 1024;

 private:
  std::array<uint8_t, kSize> bytes_ = {};
  size_t unused_ = 0;
  int forks_ = 0;
};

}  // namespace

std::string RandomSource::Bytes(size_t count) {
  std::string bytes(count, '\0');
  Fill(absl::MakeSpan(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()));
  return bytes;
}

void SystemRandom::Fill(absl::Span<uint8_t> out) {
  if (out.size() > DrawnAhead::kSize) return Draw(out);
  thread_local DrawnAhead ahead;
  ahead.Fill(out);
}

void SeededRandom::Fill(absl::Span<uint8_t> out) {
  absl::MutexLock lock(&mutex_);
  for (size_t done = 0; done < out.size();) {
    if (unused_ == 0) {
      block_ = Sha256(absl::StrCat(seed_, "/", counter_++));
      unused_ = block_.size();
    }
    const size_t count = std::min(unused_, out.size() - done);
    std::copy_n(block_.end() - static_cast<ptrdiff_t>(unused_), count, out.begin() + done);
    unused_ -= count;
    done += count;
  }
}

}  // namespace samverkan
