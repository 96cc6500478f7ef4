#pragma once

#include <compare>
#include <cstdint>
#include <utility>

#include "services/storage/database.h"

namespace samverkan::storage {

struct KeyName {
  KeySpace space = KeySpace::kName;
  Key key = {};

  friend bool operator==(const KeyName&, const KeyName&) = default;
  friend auto operator<=>(const KeyName&, const KeyName&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const KeyName& name) {
    return H::combine(std::move(h), name.space, name.key);
  }
};

// What a key names from a certain moment on.
struct KeyState {
  int64_t value = 0;
  bool removed = false;
};

struct KeyChange {
  KeyName name;
  KeyState state;
};

}  // namespace samverkan::storage
