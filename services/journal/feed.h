#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/journal/change_log.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// What the feed engine asks of the rooms above it: nouns render, access guards, rpc sends.

// What access rules look at to decide whether one watcher of a unit may see an event. Made by a
// renderer, understood by a guard, opaque in between. Immutable.
class EventLabel {
 public:
  virtual ~EventLabel() = default;
};

struct RenderedEvent {
  // A serialised feed.v1.Event; empty when there is nothing to show.
  std::string event = {};
  // Null when everybody who watches the unit may see it.
  std::shared_ptr<const EventLabel> label = nullptr;
};

// Turns a target of a change into the event as its unit may see it *now*: of a sealed copy only the
// tombstone, whatever it was when the entry was made. Registered per kind of target by the room
// that owns the object.
//
// Runs on the engine's threads inside a read transaction of at most a second with many others, so
// it makes point reads only. Everybody who watches the unit gets the same bytes, and they are kept
// until the policy changes or the log has another entry with a target of the same kind and object:
// any other change that shows must append one. An error is one of storage; the stream then waits
// and tries again.
class EventRenderer {
 public:
  virtual ~EventRenderer() = default;
  virtual absl::StatusOr<RenderedEvent> Render(storage::ReadTx& tx, const ChangeEntry& entry,
                                               const ChangeTarget& target) = 0;
};

// What the access rules say about one open stream. Called on the engine's threads, must not block;
// the stream holds it until it ends.
class StreamGuard {
 public:
  virtual ~StreamGuard() = default;
  // Whether the stream may go on. The time until which that stands unless the rules change; or the
  // status it ends with.
  virtual absl::StatusOr<absl::Time> Check(absl::Time now) = 0;
  // Whether this watcher may see an event of this kind; only after a Check that passed.
  virtual bool MaySee(ChangeKind kind, const EventLabel& label, absl::Time now) = 0;
  // Makes the durable record of a page of past entries before it is sent, one target each; `done`
  // runs on any thread. One at a time.
  virtual void RecordPage(std::vector<ChangeTarget> shown,
                          absl::AnyInvocable<void(absl::Status)> done) = 0;
};

// Bytes that several messages share.
using SharedBytes = std::shared_ptr<const std::string>;

struct FeedMessage {
  // Events framed as field 1 of WatchResponse, so that their concatenation is the message's first
  // part.
  std::vector<SharedBytes> events = {};
  // For field 2.
  std::string resume_token = {};
};

class FeedInbox;

// How the far end of a stream tells the engine what became of it. A value; may outlive the engine.
class WatchHandle {
 public:
  WatchHandle() = default;
  WatchHandle(std::shared_ptr<FeedInbox> inbox, uint64_t id) : inbox_(std::move(inbox)), id_(id) {}

  // The message was sent, or with false: the stream is broken. Once for every Send.
  void Sent(bool ok) const;
  // The far end has gone away. At any time, any number of times.
  void Cancelled() const;

 private:
  std::shared_ptr<FeedInbox> inbox_;
  uint64_t id_ = 0;
};

// The far end of one stream. The engine calls Opened on the thread of FeedEngine::Open, the rest on
// its own thread, and nothing after Finish or Abort. None of these blocks.
class FeedSink {
 public:
  virtual ~FeedSink() = default;
  // Once, before anything else.
  virtual void Opened(WatchHandle handle) = 0;
  // Sends one message. The engine sends the next one after WatchHandle::Sent.
  virtual void Send(FeedMessage message) = 0;
  // Ends the stream; not while a message is being sent.
  virtual void Finish(absl::Status status) = 0;
  // Ends the stream at once, whatever is being sent.
  virtual void Abort(absl::Status status) = 0;
};

// The kinds of targets a stream wants of one unit.
struct FeedSubscription {
  std::string unit = {};
  // Bit 1 << kind.
  uint32_t kinds = 0;

  bool Matches(const ChangeTarget& target) const {
    return (kinds >> static_cast<int64_t>(target.kind) & 1) != 0 && unit == target.unit;
  }
};

constexpr uint32_t KindBit(ChangeKind kind) {
  return uint32_t{1} << static_cast<int64_t>(kind);
}

}  // namespace samverkan::journal
