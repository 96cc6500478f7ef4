#pragma once

// What tests of the feed put in place of the rooms above it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "services/journal/feed.h"
#include "services/journal/feed_engine.h"
#include "services/journal/migrations.h"
#include "tests/support/temporary_database.h"

namespace samverkan::journal {

// Event and label alike are what the entry says: "position.target kind object", and for a sealed
// object "position.target sealed".
class FakeRenderer final : public EventRenderer {
 public:
  absl::StatusOr<RenderedEvent> Render(storage::ReadTx& tx, const ChangeEntry& entry,
                                       const ChangeTarget& target) override {
    absl::MutexLock lock(&mutex_);
    if (failures_ > 0) {
      --failures_;
      return absl::InternalError("storage failed");
    }
    const std::string what =
        sealed_.contains(target.object_id)
            ? "sealed"
            : absl::StrCat(static_cast<int64_t>(target.kind), " ", target.object_id);
    return RenderedEvent{
        absl::StrCat(entry.position, ".", &target - entry.targets.data(), " ", what), nullptr};
  }
  void Seal(int64_t object_id) {
    absl::MutexLock lock(&mutex_);
    sealed_.insert(object_id);
  }
  void Fail(int times) {
    absl::MutexLock lock(&mutex_);
    failures_ = times;
  }

 private:
  absl::Mutex mutex_;
  absl::flat_hash_set<int64_t> sealed_ ABSL_GUARDED_BY(mutex_);
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
};

class FakeGuard final : public StreamGuard {
 public:
  absl::StatusOr<absl::Time> Check(absl::Time now) override {
    absl::MutexLock lock(&mutex_);
    ++checks_;
    if (now >= until_) return absl::UnauthenticatedError("the certificate has ended");
    if (!status_.ok()) return status_;
    return until_;
  }
  bool MaySee(ChangeKind, const EventLabel&, absl::Time) override { return true; }
  void RecordPage(std::vector<ChangeTarget> shown,
                  absl::AnyInvocable<void(absl::Status)> done) override {
    recorded_.fetch_add(static_cast<int64_t>(shown.size()));
    done(record_status_.load() ? absl::OkStatus() : absl::UnavailableError("no record"));
  }
  void End(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    status_ = std::move(status);
  }
  void EndAt(absl::Time until) {
    absl::MutexLock lock(&mutex_);
    until_ = until;
  }
  int64_t recorded() const { return recorded_.load(); }
  void SetRecording(bool works) { record_status_.store(works); }
  int checks() {
    absl::MutexLock lock(&mutex_);
    return checks_;
  }

 private:
  absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  absl::Time until_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  int checks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::atomic<int64_t> recorded_{0};
  std::atomic<bool> record_status_{true};
};

// What a client saw of one stream.
struct Received {
  std::vector<std::string> events;
  std::string token;
};

// The far end of a stream whose client reads when it is told to.
class FakeSink final : public FeedSink {
 public:
  // With `reading`, takes every message at once.
  explicit FakeSink(bool reading = true) : reading_(reading) {}

  void Opened(WatchHandle handle) override {
    absl::MutexLock lock(&mutex_);
    handle_ = std::move(handle);
  }
  void Send(FeedMessage message) override {
    absl::MutexLock lock(&mutex_);
    if (sending_ || ended_.has_value()) ++violations_;
    sending_ = true;
    under_way_ = {Unframe(message.events), std::move(message.resume_token)};
    if (reading_) TakeLocked();
  }
  void Finish(absl::Status status) override {
    absl::MutexLock lock(&mutex_);
    if (sending_ || ended_.has_value()) ++violations_;
    ended_ = std::move(status);
  }
  void Abort(absl::Status status) override {
    absl::MutexLock lock(&mutex_);
    if (ended_.has_value()) ++violations_;
    ended_ = std::move(status);
    aborted_ = true;
  }

  // From now on reads, or reads no more.
  void SetReading(bool reading) {
    absl::MutexLock lock(&mutex_);
    reading_ = reading;
    if (reading_ && sending_) TakeLocked();
  }
  void Cancel() {
    WatchHandle handle;
    {
      absl::MutexLock lock(&mutex_);
      handle = handle_;
    }
    handle.Cancelled();
  }

  void AwaitMessages(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]()
                            ABSL_NO_THREAD_SAFETY_ANALYSIS { return received_.size() >= count; };
    mutex_.Await(absl::Condition(&enough));
  }
  void AwaitEvents(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return events_ >= count; };
    mutex_.Await(absl::Condition(&enough));
  }
  // A message is under way and not taken.
  void AwaitUnderWay() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&sending_));
  }
  absl::Status AwaitEnd() {
    absl::MutexLock lock(&mutex_);
    const auto ended = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return ended_.has_value(); };
    mutex_.Await(absl::Condition(&ended));
    return *ended_;
  }

  // Every message the client has taken.
  std::vector<Received> messages() {
    absl::MutexLock lock(&mutex_);
    return received_;
  }
  std::vector<std::string> events() {
    std::vector<std::string> events;
    for (Received& message : messages()) {
      for (std::string& event : message.events) events.push_back(std::move(event));
    }
    return events;
  }
  std::string last_token() {
    absl::MutexLock lock(&mutex_);
    return received_.empty() ? "" : received_.back().token;
  }
  bool ended() {
    absl::MutexLock lock(&mutex_);
    return ended_.has_value();
  }
  bool aborted() {
    absl::MutexLock lock(&mutex_);
    return aborted_;
  }
  // Calls that the contract forbids.
  int violations() {
    absl::MutexLock lock(&mutex_);
    return violations_;
  }

 private:
  static std::vector<std::string> Unframe(const std::vector<SharedBytes>& pieces) {
    std::vector<std::string> events;
    for (const SharedBytes& piece : pieces) {
      size_t at = 1;
      size_t length = 0;
      int shift = 0;
      do {
        length |= static_cast<size_t>(static_cast<unsigned char>((*piece)[at]) & 0x7f) << shift;
        shift += 7;
      } while ((static_cast<unsigned char>((*piece)[at++]) & 0x80) != 0);
      SV_CHECK((*piece)[0] == 0x0a && piece->size() == at + length,
               "an event is framed as field 1");
      events.push_back(piece->substr(at));
    }
    return events;
  }
  void TakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    sending_ = false;
    events_ += under_way_.events.size();
    received_.push_back(std::exchange(under_way_, {}));
    handle_.Sent(true);
  }

  absl::Mutex mutex_;
  WatchHandle handle_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_);
  bool sending_ ABSL_GUARDED_BY(mutex_) = false;
  Received under_way_ ABSL_GUARDED_BY(mutex_);
  std::vector<Received> received_ ABSL_GUARDED_BY(mutex_);
  size_t events_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);
  bool aborted_ ABSL_GUARDED_BY(mutex_) = false;
  int violations_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A feed over a database of its own.
class FakeFeed {
 public:
  static constexpr uint32_t kAllKinds = ~uint32_t{0};

  explicit FakeFeed(size_t ring_capacity = Ring::kCapacity, FeedEngine::Options options = {})
      : ring_capacity_(ring_capacity), options_(std::move(options)) {
    options_.synced_event = "synced";
    options_.policy_epoch = [this] { return epoch_.load(); };
    for (const ChangeKind kind : {ChangeKind::kIncident, ChangeKind::kDelivery,
                                  ChangeKind::kAccessEnded, ChangeKind::kAccessBegun}) {
      renderers_.Register(kind, renderer_);
    }
    Start();
  }

  // Ends every stream; sinks may go only afterwards. One that does not read must have been cut.
  void Stop() { engine_.reset(); }
  // As after a restart of the hub: the ring is empty.
  void Restart() {
    Stop();
    Start();
  }

  // Appends one entry a call; returns when it is durable.
  void Change(std::vector<ChangeTarget> targets) {
    SV_CHECK(storage::WriteAndWait(*database_,
                                   [&](storage::WriteTx& tx) {
                                     return log_->Append(tx, {.targets = targets}).status();
                                   })
                 .ok(),
             "an entry can be appended");
  }
  void ChangeItem(const std::string& unit, int64_t object_id) {
    Change({{ChangeKind::kIncident, unit, object_id}});
  }

  // Objects 1 to `count`, one entry each, in as few groups as it takes.
  void ChangeItems(const std::string& unit, int64_t count) {
    for (int64_t object = 1; object < count; ++object) {
      database_->Write(
          absl::InfiniteFuture(),
          [this, unit, object](storage::WriteTx& tx) {
            return log_->Append(tx, {.targets = {{ChangeKind::kIncident, unit, object}}}).status();
          },
          [](const absl::Status& status) { SV_CHECK(status.ok(), "an entry can be appended"); });
    }
    ChangeItem(unit, count);
  }

  absl::Status Open(FakeSink& sink, const std::vector<std::string>& units,
                    const std::string& token = "",
                    std::shared_ptr<StreamGuard> guard = std::make_shared<FakeGuard>(),
                    const std::string& holder = "holder") {
    FeedWatch watch{.holder = holder, .resume_token = token, .guard = std::move(guard)};
    for (const std::string& unit : units) watch.subscriptions.push_back({unit, kAllKinds});
    return engine_->Open(std::move(watch), sink);
  }
  std::string TokenForNow(const std::vector<std::string>& units) {
    std::string token;
    SV_CHECK(database_
                 ->Read(absl::InfiniteFuture(),
                        [&](storage::ReadTx& tx) -> absl::Status {
                          SV_ASSIGN_OR_RETURN(token, engine_->TokenForNow(tx, {"holder", units}));
                          return absl::OkStatus();
                        })
                 .ok(),
             "a token can be made");
    return token;
  }
  void Advance(absl::Duration step) {
    database_.clock().Advance(step);
    engine_->Wake();
  }
  void ChangePolicy() {
    epoch_.fetch_add(1);
    engine_->Wake();
  }

  FeedEngine& engine() { return *engine_; }
  Ring& ring() { return *ring_; }
  FakeRenderer& renderer() { return renderer_; }
  storage::TemporaryDatabase& database() { return database_; }
  ChangeLog& log() { return *log_; }

 private:
  void Start() {
    ring_ = std::make_unique<Ring>(ring_capacity_);
    log_ = std::make_unique<ChangeLog>(*ring_);
    auto engine =
        FeedEngine::Create({*database_, *ring_, renderers_, sealer_, database_.clock()}, options_);
    SV_CHECK(engine.ok(), "the engine starts");
    engine_ = *std::move(engine);
  }

  const size_t ring_capacity_;
  FeedEngine::Options options_;
  std::atomic<uint64_t> epoch_{1};
  storage::TemporaryDatabase database_{JournalMigrations()};
  SystemRandom random_;
  TokenSealer sealer_ = *TokenSealer::Create(Secret(std::string(32, 'k')), random_);
  FakeRenderer renderer_;
  FeedRenderers renderers_;
  std::unique_ptr<Ring> ring_;
  std::unique_ptr<ChangeLog> log_;
  std::unique_ptr<FeedEngine> engine_;
};

}  // namespace samverkan::journal
