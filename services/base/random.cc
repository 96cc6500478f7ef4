#include "services/base/random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/base/crypto.h"
#include "services/base/status.h"

namespace samverkan {

std::string RandomSource::Bytes(size_t count) {
  std::string bytes(count, '\0');
  Fill(absl::MakeSpan(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()));
  return bytes;
}

void SystemRandom::Fill(absl::Span<uint8_t> out) {
  SV_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1,
           "the system's random generator must work");
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
