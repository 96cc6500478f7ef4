#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"

namespace samverkan {

// Where every key, nonce and identifier comes from, injected like the clock. Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // Overwrites all of `out` with unpredictable bytes.
  virtual void Fill(absl::Span<uint8_t> out) = 0;

  std::string Bytes(size_t count);
};

// OpenSSL's generator, seeded by the operating system. Ends the process when that fails: a
// predictable key is worse than none.
class SystemRandom final : public RandomSource {
 public:
  void Fill(absl::Span<uint8_t> out) override;
};

// The same bytes for the same seed, for tests and reproducible runs. Never for keys that protect
// anything.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(absl::string_view seed) : seed_(seed) {}
  void Fill(absl::Span<uint8_t> out) override;

 private:
  const std::string seed_;
  absl::Mutex mutex_;
  uint64_t counter_ ABSL_GUARDED_BY(mutex_) = 0;
  std::array<uint8_t, 32> block_ ABSL_GUARDED_BY(mutex_) = {};
  size_t unused_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace samverkan
