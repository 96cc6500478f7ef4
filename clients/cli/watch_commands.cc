#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/command.h"
#include "clients/cli/home.h"
#include "clients/cli/rows.h"
#include "clients/cli/show.h"
#include "clients/cli/stockholm_time.h"
#include "clients/cpp/status.h"
#include "clients/cpp/watch.h"

namespace samverkan::cli {
namespace {

using namespace ::samverkan::feed::v1;  // NOLINT(google-build-using-namespace): the whole noun is
                                        // commanded here.

std::string AccessEndedLine(const AccessEnded& ended, Session& session) {
  constexpr Text kText = {"åtkomst slut", "access ended"};
  return absl::StrCat(ShowTime(ended.end_time()), "  ", Pad(kText.In(session.language()), 14), " ",
                      ended.clause().clause(), "  ", ended.reason());
}

std::string AccessBegunLine(const AccessBegun& begun, Session& session) {
  constexpr Text kText = {"åtkomst börjar", "access begun"};
  return absl::StrCat(ShowTime(begun.begin_time()), "  ", Pad(kText.In(session.language()), 14),
                      " ", begun.clause().clause());
}

std::string EventLine(const Event& event, Session& session) {
  switch (event.kind_case()) {
    case Event::kIncident:
      return IncidentLine(event.incident(), session);
    case Event::kDelivery:
      return DeliveryLine(event.delivery(), session);
    case Event::kAccessEnded:
      return AccessEndedLine(event.access_ended(), session);
    case Event::kAccessBegun:
      return AccessBegunLine(event.access_begun(), session);
    default:
      return session.Say({"— i fas med nuet —", "— up to the present —"});
  }
}

// Prints each entry at once; keeps the token after each message, so that a later watch goes on
// there.
class Printer final : public client::WatchHandler {
 public:
  Printer(Session& session, int64_t count, bool until_synced, std::string token_file)
      : session_(session),
        left_(count),
        until_synced_(until_synced),
        token_file_(std::move(token_file)) {}

  bool OnEvent(const Event& event) override {
    session_.Show(event, EventLine(event, session_));
    session_.out().flush();
    if (event.has_synced()) {
      synced_ = true;
    } else if (left_ > 0) {
      --left_;
    }
    return true;
  }

  // The watch ends between messages only: the token then stands for everything printed.
  bool OnToken(absl::string_view token) override {
    if (!token_file_.empty()) {
      std::ofstream(token_file_, std::ios::binary | std::ios::trunc) << token;
    }
    return left_ != 0 && !(until_synced_ && synced_);
  }

  void OnInterrupted(const client::CallError& error, absl::Duration delay) override {
    session_.err() << session_.Say({"avbrott, fortsätter om ", "interrupted, going on in "})
                   << absl::FormatDuration(absl::Trunc(delay, absl::Milliseconds(1))) << ": "
                   << error.message << '\n';
  }

 private:
  Session& session_;
  int64_t left_;  // Negative without a limit.
  const bool until_synced_;
  const std::string token_file_;
  bool synced_ = false;
};

absl::StatusOr<WatchRequest> MakeRequest(Session& session, const Arguments& arguments) {
  WatchRequest request;
  std::vector<std::string> units = arguments.All("unit");
  if (units.empty()) {
    SC_ASSIGN_OR_RETURN(const std::string own, session.OwnUnit(arguments));
    units.push_back(own);
  }
  for (const std::string& unit : units) {
    Subscription& subscription = *request.add_subscriptions();
    SC_ASSIGN_OR_RETURN(*subscription.mutable_unit(), session.UnitNamed(unit));
    for (const std::string& name : arguments.All("kinds")) {
      Subscription::Kind kind = Subscription::KIND_UNSPECIFIED;
      if (!Subscription::Kind_Parse("KIND_" + absl::AsciiStrToUpper(name), &kind)) {
        return UsageError("--kinds är INCIDENTS eller DELIVERIES",
                          "--kinds is INCIDENTS or DELIVERIES");
      }
      subscription.add_kinds(kind);
    }
  }
  if (arguments.Has("resume-token-file")) {
    // Absent at the first run.
    const auto token = ReadFile(arguments.Get("resume-token-file"));
    if (token.ok()) request.set_resume_token(*token);
  }
  return request;
}

absl::Status Watch(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(WatchRequest request, MakeRequest(session, arguments));
  SC_ASSIGN_OR_RETURN(const int64_t count, arguments.Number("count", -1));
  if (count == 0) return UsageError("--count är minst 1", "--count must be at least 1");
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  Printer printer(session, count, arguments.Has("until-synced"),
                  arguments.Get("resume-token-file"));
  return client::Watcher(*hub, std::move(request)).Run(printer);
}

}  // namespace

std::vector<Command> WatchCommands() {
  return {
      {"watch",
       "",
       {"Följ vad som händer i en enhet, medan det händer",
        "Follow what happens in a unit, as it happens"},
       {{"unit",
         "UNIT",
         {"Enheten, annars den egna; kan upprepas",
          "The unit, otherwise one's own; may be repeated"}},
        {"kinds",
         "KIND",
         {"INCIDENTS eller DELIVERIES; kan upprepas", "INCIDENTS or DELIVERIES; may be repeated"}},
        {"count", "N", {"Sluta efter minst så många poster", "End after at least so many entries"}},
        {"until-synced", "", {"Sluta när nuet är nått", "End when the present is reached"}},
        {"resume-token-file",
         "FILE",
         {"Fortsätt där filen säger, och håll den aktuell",
          "Go on where the file says, and keep it current"}}},
       {"samverkan watch --as hal-tryggsam --kinds DELIVERIES",
        "samverkan watch --as hal-tryggsam --until-synced --resume-token-file sedd"},
       Watch}};
}

}  // namespace samverkan::cli
