#include "clients/cli/casework.h"
#include "clients/cli/command.h"
#include "clients/cli/demo_issuer.h"
#include "clients/cli/rows.h"
#include "clients/cpp/clock.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

absl::Status Token(Session& session, const Arguments&) {
  if (session.handle().empty()) return MissingFlag("as");
  SC_ASSIGN_OR_RETURN(const Home* home, session.home());
  SC_ASSIGN_OR_RETURN(const Identity identity, home->Find(session.handle()));
  SC_ASSIGN_OR_RETURN(const std::string token,
                      DemoToken(*home, identity, client::SystemClock().Now()));
  session.err() << session.Say(
      {"DEMO: utfärdad av demons egen utfärdare; inget verkligt nav godtar den.\n",
       "DEMO: made by the demo's own issuer; no real hub accepts it.\n"});
  session.out() << token << '\n';
  return absl::OkStatus();
}

absl::Status Handles(Session& session, const Arguments&) {
  SC_ASSIGN_OR_RETURN(const Home* home, session.home());
  for (const auto& mandate : home->directory().mandates()) {
    session.Show(mandate,
                 absl::StrCat(Pad(mandate.name().substr(mandate.name().rfind('/') + 1), 24), " ",
                              Pad(mandate.function(), 14), " ", mandate.unit()));
  }
  return absl::OkStatus();
}

absl::Status PlayCasework(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string file, arguments.Require("file"));
  SC_ASSIGN_OR_RETURN(const int64_t state, arguments.Number("state", 1));
  SC_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  SC_ASSIGN_OR_RETURN(const std::vector<CaseAct> acts, ParseCasework(text));
  return Casework(session).Play(acts, state);
}

}  // namespace

std::vector<Command> DemoCommands() {
  return {
      {"demo token",
       "",
       {"Utfärda en inloggning som demons utfärdare", "Make a sign-in token as the demo's issuer"},
       {},
       {"samverkan demo token --as hal-tryggsam"},
       Token},
      {"demo handles",
       "",
       {"Lista demons användare och system", "List the demo's users and systems"},
       {},
       {"samverkan demo handles"},
       Handles},
      {"demo casework",
       "",
       {"Spela demons skriptade kommunpoliser",
        "Play the demo's scripted municipal liaison officers"},
       {{"file", "FILE", {"Vad de gör, med skäl", "What they do, with reasons"}},
        {"state",
         "N",
         {"Det som väntar på händelsens läge N (1)", "What waits for state N of its event (1)"}}},
       {"samverkan import polisen --states 1 …; samverkan demo casework --file assessments.json "
        "--state 1"},
       PlayCasework}};
}

}  // namespace samverkan::cli
