#pragma once

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"

namespace samverkan {

// Bytes that must not be seen: a key, a password. Prints as ***, is moved but never copied, and
// wipes its memory at its end. The bytes lie on the heap from the first, so that a move leaves
// nothing behind.
class Secret {
 public:
  Secret() = default;
  explicit Secret(absl::string_view bytes);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // Takes the bytes out of `bytes` and wipes it.
  static Secret Take(std::string& bytes);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The bytes themselves, valid as long as the secret. Named so that every use is seen in review.
  absl::string_view Reveal() const { return {bytes_.get(), size_}; }
  // A second one with the same bytes.
  Secret Clone() const { return Secret(Reveal()); }

 private:
  void Wipe();

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) {
  return out << "***";
}

}  // namespace samverkan
