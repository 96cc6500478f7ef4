#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/storage/key_change.h"
#include "services/storage/key_tail.h"
#include "services/storage/sqlite/connection.h"

namespace samverkan::storage::sqlite {

// A unique index outside the path of the acknowledgement. A group's keys are one row of a log,
// found through a tail in memory; in the background they are merged, sorted, into a B-tree, a slice
// at a time. Find may be called by every thread with its own connection, the rest only by the
// writer.
class KeyIndex {
 public:
  struct Options {
    // A merge starts at this many keys and goes on by slices.
    int64_t merge_min = 8192;
    int64_t merge_slice = 512;
  };
  KeyIndex(Connection& writer, Options options) : writer_(writer), options_(options) {}

  // Reads the log into the tail.
  absl::Status Load();

  // What the key names in the snapshot of `connection`, whose last log row is `position`.
  absl::StatusOr<std::optional<int64_t>> Find(Connection& connection, const KeyName& name,
                                              int64_t position) const;

  // Inside the group's transaction: writes the row at the next position and shows the keys to
  // coming snapshots.
  absl::Status Stage(absl::Span<const KeyChange> changes);
  // The staged group is durable, or was lost.
  void Committed();
  void Discard();
  // Of the last durable group.
  int64_t position() const { return position_; }

  // Whether MergeSlice has something to do now.
  bool MergeDue() const;
  // Merges one slice in a transaction of its own. It needs no fsync: the log rows go only in the
  // same file, in order.
  absl::Status MergeSlice();
  // How many merges have been completed, and how many of them every open reader's snapshot
  // contains.
  int64_t generation() const { return generation_; }
  // Forgets what snapshots of this generation and later find in the sorted table.
  void DropMerged(int64_t oldest_open_generation);

  int64_t tail_size() const { return tail_.size(); }

 private:
  void StartMerge();
  absl::Status WriteSlice(absl::Span<const KeyChange> slice, bool last);

  Connection& writer_;
  const Options options_;
  KeyTail tail_;
  int64_t position_ = 0;
  std::vector<KeyChange> staged_;
  // In the log and in no merge yet, in order of arrival.
  std::vector<KeyChange> unmerged_;
  // The merge under way, sorted, one change per key; then those that wait for older readers to end.
  std::vector<KeyChange> merging_;
  size_t merged_ = 0;
  int64_t merge_position_ = 0;
  int64_t generation_ = 0;
};

}  // namespace samverkan::storage::sqlite
