// A client for the tests that kill the hub: several people and a liaison system at once, until the
// hub is gone. Everything that is sent and answered stands in a ledger (hub_ledger.h); one line
// "ack" on standard output per answer.
//
//   hub_load run HOME LEDGER RUN MAX    acts, at most MAX an actor; names items by RUN
//   hub_load check HOME LEDGER          sends again what was not answered, repeats what was, and
//                                       compares all that the hub holds with the ledger
//   hub_load watch HOME FILE [synced]   follows the district's feed from the last token in FILE;
//                                       "watching" once it stands; with `synced` to the present
//                                       only
//
// Exit 3: the hub does not hold what it acknowledged, or holds what nobody sent.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "clients/cpp/watch.h"
#include "tests/fault/hub_client.h"
#include "tests/fault/hub_holdings.h"

namespace samverkan::fault {
namespace {

constexpr int kCheckpointEvery = 10;
constexpr size_t kWindow = 32;

// One who acts. Ends when the hub is gone; another refusal is written down and the item left.
class Actor {
 public:
  Actor(const cli::Home& home, const std::string& handle, Ledger& ledger) : ledger_(ledger) {
    auto hub = Connect(home, handle);
    if (!hub.ok()) Fail(hub.status().ToString(), 2);
    hub_ = *std::move(hub);
  }

  // Nothing where it was refused or the hub is gone.
  std::optional<Answer> Do(const Act& act) {
    ledger_.Try(act);
    return Take(act, Send(*hub_, act));
  }
  std::optional<Answer> Take(const Act& act, const absl::StatusOr<Answer>& answer) {
    if (answer.ok()) {
      ledger_.Acknowledged(act.request_id, answer->name);
      Say("ack");
      return *answer;
    }
    if (IsGone(answer.status())) {
      gone_ = true;
    } else {
      const client::CallError error = client::ErrorOf(answer.status());
      ledger_.Refused(act.request_id, error.reason.empty() ? "?" : error.reason);
      Say(absl::StrCat("no ", error.reason));
    }
    return std::nullopt;
  }
  bool gone() const { return gone_; }
  client::Client& hub() { return *hub_; }
  Ledger& ledger() { return ledger_; }

 private:
  Ledger& ledger_;
  std::unique_ptr<client::Client> hub_;
  std::atomic<bool> gone_ = false;
};

std::optional<std::string> EtagOf(Actor& actor, const std::string& name) {
  GetIncidentRequest request;
  request.set_name(name);
  const auto incident = actor.hub().Call(&IncidentService::Stub::GetIncident, request);
  if (!incident.ok()) return std::nullopt;
  return incident->etag();
}

// A whole life of an item; what comes of it depends on its number.
void Work(Actor& actor, const std::string& item, int number) {
  const CreateIncidentRequest create = CreateOf(kPolice, item, client::SystemClock().Now());
  std::optional<Answer> answer = actor.Do(MakeAct("create", item, create));
  if (!answer) return;
  auto assess = On<AssessIncidentRequest>(answer->name, answer->etag);
  *assess.mutable_content() = create.incident().content();
  assess.mutable_content()->set_description(absl::StrCat("Händelse ", item, " som den prövades."));
  answer = actor.Do(MakeAct("assess", item, assess));
  if (!answer || !actor.Do(MakeAct("release", item, ReleaseOf(answer->name, answer->etag)))) return;
  const std::string name = answer->name;
  std::optional<std::string> etag = EtagOf(actor, name);
  for (int i = 0; etag && i < number % 3; ++i) {
    IncidentContent content = assess.content();
    content.set_description(absl::StrCat("Händelse ", item, ", rättelse ", i, "."));
    answer = actor.Do(MakeAct("correct", item, CorrectionOf(name, *etag, content)));
    if (!answer) return;
    etag = answer->etag;
  }
  if (!etag || number % 2 != 0) return;
  auto retract = On<RetractIncidentRequest>(name, *etag);
  retract.set_reason("RTR_FEL");
  actor.Do(MakeAct("retract", item, retract));
}

// The newest checkpoint that the hub gave away is what it must never fall behind.
void KeepCheckpoint(client::Client& hub, const std::string& path) {
  audit::v1::GetCheckpointRequest request;
  request.set_parent("parties/sthlm-sdn-hal");
  const auto checkpoint = hub.Call(&client::AuditService::Stub::GetCheckpoint, request);
  if (!checkpoint.ok()) return;
  std::ofstream(path + ".new", std::ios::trunc) << checkpoint->note();
  std::rename((path + ".new").c_str(), path.c_str());
}

void PublishAll(Actor& actor, const std::string& run, int64_t max) {
  client::Publisher publisher(actor.hub(), {.window = kWindow});
  for (int64_t i = 0; i < max; ++i) {
    const std::string item = absl::StrCat("pub-", run, "-", i);
    PublishIncidentsRequest message;
    *message.mutable_create() = CreateOf(kPolice, item, client::SystemClock().Now());
    message.mutable_create()->set_request_id(client::NewUuid());
    const Act act{.request_id = message.create().request_id(),
                  .verb = "publish",
                  .item = item,
                  .request = message.create().SerializeAsString()};
    actor.ledger().Try(act);
    const absl::Status status = publisher.Publish(message, [&actor, act](const PublishResult& to) {
      if (to.reason().empty()) {
        actor.Take(act, Answer{.name = to.name()});
      } else {
        actor.ledger().Refused(act.request_id, to.reason());
        Say(absl::StrCat("no ", to.reason()));
      }
    });
    if (!status.ok()) return;
  }
  publisher.Flush().IgnoreError();
}

int Run(const cli::Home& home, Ledger& ledger, const std::string& path, const std::string& run,
        int64_t max) {
  std::vector<std::thread> threads;
  for (const char* desk : {"a", "b"}) {
    threads.emplace_back([&, desk] {
      Actor actor(home, "skarh-kompol", ledger);
      for (int i = 0; i < max && !actor.gone(); ++i)
        Work(actor, absl::StrCat("case-", run, "-", desk, i), i);
    });
  }
  threads.emplace_back([&] {
    Actor actor(home, "hal-tryggsam", ledger);
    Actor auditor(home, "hal-dso", ledger);
    for (int i = 0; i < max && !actor.gone(); ++i) {
      const std::string item = absl::StrCat("own-", run, "-", i);
      actor.Do(MakeAct("create", item, CreateOf(kDistrict, item, client::SystemClock().Now())));
      if (i % kCheckpointEvery == 0) KeepCheckpoint(auditor.hub(), path + ".checkpoint");
    }
  });
  threads.emplace_back([&] {
    Actor actor(home, "pol-system", ledger);
    PublishAll(actor, run, max);
  });
  for (std::thread& thread : threads) thread.join();
  return 0;
}

std::string HandleOf(const Act& act) {
  if (act.verb == "publish") return "pol-system";
  return act.item.substr(0, 4) == "own-" ? "hal-tryggsam" : "skarh-kompol";
}

// Sends what was sent before: all of `acts` from the first on that has no answer or stands behind
// the mark.
class Repeat {
 public:
  Repeat(const cli::Home& home, Ledger& ledger) : home_(home), ledger_(ledger) {}

  void All(const std::vector<Act>& acts, size_t from) {
    client::Publisher publisher(Hub("pol-system"), {.window = kWindow});
    for (size_t i = from; i < acts.size(); ++i) {
      const Act& act = acts[i];
      if (act.verb != "publish") {
        const auto answer = Send(Hub(HandleOf(act)), act);
        if (!answer.ok()) Fail(absl::StrCat(act.item, " ", answer.status().ToString()), 3);
        Took(act, *answer);
        continue;
      }
      PublishIncidentsRequest message;
      message.mutable_create()->ParseFromString(act.request);
      const absl::Status sent = publisher.Publish(message, [this, act](const PublishResult& to) {
        if (!to.reason().empty()) Fail(absl::StrCat(act.item, " ", to.reason()), 3);
        Took(act, {.name = to.name(),
                   .etag = "",
                   .replayed = to.outcome() == PublishResult::OUTCOME_UNCHANGED});
      });
      if (!sent.ok()) Fail(sent.ToString(), 3);
    }
    if (const absl::Status rest = publisher.Flush(); !rest.ok()) Fail(rest.ToString(), 3);
  }
  int repeated() const { return repeated_; }
  int resolved() const { return resolved_; }

 private:
  client::Client& Hub(const std::string& handle) {
    std::unique_ptr<client::Client>& hub = hubs_[handle];
    if (hub == nullptr) hub = *Connect(home_, handle);
    return *hub;
  }

  void Took(const Act& act, const Answer& answer) {
    if (!act.acknowledged) {
      ++resolved_;
      ledger_.Acknowledged(act.request_id, answer.name);
      return;
    }
    ++repeated_;
    if (!answer.replayed) Fail(absl::StrCat(act.item, " ", act.verb, " was done a second time"), 3);
    if (answer.name != act.name) Fail(absl::StrCat(act.item, " has another name now"), 3);
  }

  const cli::Home& home_;
  Ledger& ledger_;
  std::map<std::string, std::unique_ptr<client::Client>> hubs_;
  int repeated_ = 0;
  int resolved_ = 0;
};

int Check(const cli::Home& home, Ledger& ledger) {
  Repeat repeat(home, ledger);
  {
    const auto [acts, marked] = ledger.Load();
    repeat.All(acts, marked);
  }
  const auto [acts, marked] = ledger.Load();
  std::map<std::string, Expected> expected;
  for (const Act& act : acts) Apply(act, expected[act.item]);
  CompareItems(home, "skarh-kompol", kPolice, expected);
  CompareItems(home, "hal-tryggsam", kDistrict, expected);
  CompareCopies(home, expected);
  ledger.Mark();
  Say(absl::StrCat("items ", expected.size(), " acts ", acts.size(), " repeated ",
                   repeat.repeated(), " resolved ", repeat.resolved()));
  return 0;
}

// A message at a time: its entries and its token are written in one call.
class FeedWriter final : public client::WatchHandler {
 public:
  FeedWriter(const std::string& path, bool to_present) : path_(path), to_present_(to_present) {}

  bool OnEvent(const feed::v1::Event& event) override {
    if (event.has_incident()) absl::StrAppend(&lines_, event.incident().name(), "\n");
    if (event.has_delivery()) absl::StrAppend(&lines_, event.delivery().name(), "\n");
    synced_ = synced_ || event.has_synced();
    return true;
  }
  bool OnToken(absl::string_view token) override {
    absl::StrAppend(&lines_, "token ", absl::Base64Escape(token), "\n");
    std::ofstream(path_, std::ios::app) << lines_;
    lines_.clear();
    if (!std::exchange(told_, true)) Say("watching");
    return !(synced_ && to_present_);
  }

 private:
  const std::string path_;
  const bool to_present_;
  std::string lines_;
  bool synced_ = false;
  bool told_ = false;
};

int Watch(const cli::Home& home, const std::string& path, bool to_present) {
  feed::v1::WatchRequest request;
  request.add_subscriptions()->set_unit(kDistrict);
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("token ", 0) == 0)
      absl::Base64Unescape(line.substr(6), request.mutable_resume_token());
  }
  auto hub = Connect(home, "hal-tryggsam");
  if (!hub.ok()) Fail(hub.status().ToString(), 2);
  FeedWriter writer(path, to_present);
  client::Watcher watcher(**hub, request);
  const absl::Status ended = watcher.Run(writer);
  if (!ended.ok() && (to_present || !absl::IsUnavailable(ended))) Fail(ended.ToString(), 3);
  return 0;
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::string mode = argc >= 4 ? argv[1] : "";
  if (mode.empty()) Fail("usage: hub_load run|check|watch HOME FILE …", 2);
  const auto home = cli::Home::Open(argv[2]);
  if (!home.ok()) Fail(home.status().ToString(), 2);
  if (mode == "watch") return Watch(*home, argv[3], argc > 4);
  Ledger ledger(argv[3]);
  if (!ledger.good()) Fail("the ledger cannot be written", 2);
  if (mode == "check") return Check(*home, ledger);
  int64_t max = 0;
  if (mode != "run" || argc != 6 || !absl::SimpleAtoi(argv[5], &max)) Fail("what?", 2);
  return Run(*home, ledger, argv[3], argv[4], max);
}

}  // namespace
}  // namespace samverkan::fault

int main(int argc, char** argv) {
  return samverkan::fault::Main(argc, argv);
}
