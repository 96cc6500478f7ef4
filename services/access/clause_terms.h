#pragma once

#include <cstdint>

#include "samverkan/agreements/v1/agreements.pb.h"
#include "services/access/decide.h"
#include "services/access/ids.h"

namespace samverkan::access {

// What a clause says, interned: sets of codes are words with one bit a code.
struct ClauseTerms {
  CellSet cells;
  uint64_t categories = 0;
  uint64_t purposes = 0;
  uint64_t legal_positions = 0;
  // The first of all versions of this clause: what two of them have in common.
  uint32_t first_version = 0;
  agreements::v1::Clause::Effect effect = agreements::v1::Clause::EFFECT_UNSPECIFIED;
  // Of a LOCAL or THEMATIC agreement: acts under it are for mandates of the local level.
  bool local = false;
  types::v1::Tlp max_tlp = types::v1::TLP_UNSPECIFIED;
  uint8_t max_confidentiality = 0;
  // For FRAME: onward sharing of what is CLEAR.
  types::v1::Onward clear_onward = types::v1::ONWARD_UNSPECIFIED;
  Obligations obligations;
};

// One clause for one pair of units, while it is open for these categories. A clause that its frame
// covers differently from category to category has several rules for a pair.
struct Rule {
  uint64_t categories = 0;
  // Index into the clauses of the snapshot.
  uint32_t clause = 0;
  // Its interval set: a slice of the snapshot's intervals.
  uint32_t first_interval = 0;
  uint32_t interval_count = 0;
};

template <typename Tag>
constexpr uint64_t Bit(Id<Tag> id) {
  return id.valid() ? uint64_t{1} << id.value : 0;
}

}  // namespace samverkan::access
