#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "clients/cli/command.h"
#include "clients/cli/failure.h"
#include "clients/cli/rows.h"

namespace samverkan::cli {
namespace {

constexpr size_t kHelpColumn = 35;

std::string Row(const std::string& left, const char* right) {
  return absl::StrCat("  ", Pad(left, kHelpColumn - 1), " ", right, "\n");
}

std::string FlagRows(const std::vector<Flag>& flags, Language language) {
  std::string text;
  for (const Flag& flag : flags) {
    absl::StrAppend(&text, Row(absl::StrCat("--", flag.name, *flag.value ? " " : "", flag.value),
                               flag.help.In(language)));
  }
  return text;
}

std::string Overview(Language language) {
  constexpr Text kIntro = {
      "Samverkan: kommandoraden till navet.\n\n"
      "  samverkan KOMMANDO [FLAGGOR]        samverkan KOMMANDO --help\n\nKommandon:\n",
      "Samverkan: the hub's command line.\n\n"
      "  samverkan COMMAND [FLAGS]           samverkan COMMAND --help\n\nCommands:\n"};
  constexpr Text kCommon = {"\nFlaggor som alla kommandon tar:\n", "\nFlags of every command:\n"};
  constexpr Text kExit = {
      "\nSlutkod: 0 gjort, 1 nekat eller misslyckat, 2 felskrivet, 3 navet kan inte nås.\n",
      "\nExit code: 0 done, 1 refused or failed, 2 typed wrong, 3 the hub cannot be reached.\n"};
  std::string text = kIntro.In(language);
  for (const Command& command : AllCommands()) {
    absl::StrAppend(
        &text, Row(absl::StrCat(command.path, *command.positions ? " " : "", command.positions),
                   command.summary.In(language)));
  }
  return absl::StrCat(text, kCommon.In(language), FlagRows(CommonFlags(), language),
                      kExit.In(language));
}

std::string Help(const Command& command, Language language) {
  constexpr Text kFlags = {"\nFlaggor:\n", "\nFlags:\n"};
  constexpr Text kExamples = {"\nExempel:\n", "\nExamples:\n"};
  constexpr Text kMore = {"\nFlaggor som alla kommandon tar: samverkan --help\n",
                          "\nFlags of every command: samverkan --help\n"};
  std::string text = absl::StrCat("samverkan ", command.path, *command.positions ? " " : "",
                                  command.positions, "\n\n", command.summary.In(language), "\n");
  if (!command.flags.empty()) {
    absl::StrAppend(&text, kFlags.In(language), FlagRows(command.flags, language));
  }
  absl::StrAppend(&text, kExamples.In(language));
  for (const char* example : command.examples) absl::StrAppend(&text, "  ", example, "\n");
  return absl::StrCat(text, kMore.In(language));
}

// The command whose path begins the words, the longest where one begins another.
const Command* FindCommand(const std::vector<std::string>& words, size_t& length) {
  const Command* found = nullptr;
  length = 0;
  for (const Command& command : AllCommands()) {
    const std::vector<std::string> path = absl::StrSplit(command.path, ' ');
    if (path.size() <= length || path.size() > words.size()) continue;
    if (!std::equal(path.begin(), path.end(), words.begin())) continue;
    found = &command;
    length = path.size();
  }
  return found;
}

absl::Status CheckPositions(const Command& command, const Arguments& arguments) {
  std::vector<std::string> names = absl::StrSplit(command.positions, ' ', absl::SkipEmpty());
  const bool more = !names.empty() && names.back() == "…";
  if (more) names.pop_back();
  const size_t given = arguments.positions().size();
  if (given < names.size())
    return UsageError(absl::StrCat(names[given], " saknas"),
                      absl::StrCat(names[given], " is missing"));
  if (given > names.size() && !more) {
    return UsageError(absl::StrCat("för många ord: ", arguments.positions()[names.size()]),
                      absl::StrCat("too many words: ", arguments.positions()[names.size()]));
  }
  return absl::OkStatus();
}

Language EarlyLanguage(const std::vector<std::string>& words, const Console& console) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "--lang") return LanguageOf(words[i + 1]);
  }
  for (const std::string& word : words) {
    if (word.rfind("--lang=", 0) == 0) return LanguageOf(word.substr(7));
  }
  return LanguageOf(console.environment("LANG"));
}

int Fail(const absl::Status& status, Language language, bool json, Console& console) {
  if (json) {
    console.err << FailureJson(status) << '\n';
  } else {
    console.err << DescribeFailure(status, language);
  }
  return ExitCodeOf(status);
}

int Run(const Command& command, const std::vector<std::string>& words, Language language,
        Console& console) {
  std::vector<Flag> flags = command.flags;
  flags.insert(flags.end(), CommonFlags().begin(), CommonFlags().end());
  const absl::StatusOr<Arguments> arguments = Arguments::Parse(words, flags);
  if (arguments.ok() && arguments->Has("help")) {
    console.out << Help(command, language);
    return kDone;
  }
  absl::Status status = arguments.ok() ? CheckPositions(command, *arguments) : arguments.status();
  if (status.ok()) {
    Session session(*arguments, console);
    status = command.run(session, *arguments);
  }
  if (status.ok()) return kDone;
  const int code = Fail(status, language, arguments.ok() && arguments->Has("json"), console);
  if (code == kTypedWrong) console.err << "  → samverkan " << command.path << " --help\n";
  return code;
}

}  // namespace

const std::vector<Command>& AllCommands() {
  static const auto& commands = *new std::vector<Command>([] {
    std::vector<Command> all;
    for (auto make :
         {DirectoryCommands, AgreementCommands, IncidentCommands, DisclosureCommands,
          DeliveryCommands, WatchCommands, ImportCommands, AuditCommands, DemoCommands}) {
      std::vector<Command> group = make();
      std::move(group.begin(), group.end(), std::back_inserter(all));
    }
    return all;
  }());
  return commands;
}

const std::vector<Flag>& CommonFlags() {
  static const auto& flags = *new std::vector<Flag>{
      {"as",
       "HANDLE",
       {"Vem som handlar, t.ex. hal-tryggsam (eller SAMVERKAN_AS)",
        "Who acts, e.g. hal-tryggsam (or SAMVERKAN_AS)"}},
      {"home",
       "DIR",
       {"Katalog med nycklar och adress (eller SAMVERKAN_HOME)",
        "Folder with keys and address (or SAMVERKAN_HOME)"}},
      {"target", "HOST:PORT", {"Navets adress", "The hub's address"}},
      {"server-name", "NAME", {"Namnet i navets certifikat", "The name in the hub's certificate"}},
      {"ca", "FILE", {"Utfärdarens certifikat (PEM)", "The authority's certificate (PEM)"}},
      {"cert", "FILE", {"Eget certifikat (PEM)", "Own certificate (PEM)"}},
      {"cert-key", "FILE", {"Certifikatets nyckel (PEM)", "The certificate's key (PEM)"}},
      {"token-file", "FILE", {"Inloggningens token", "The sign-in token"}},
      {"mandate",
       "NAME",
       {"Mandat att handla under, om fler än ett",
        "Mandate to act under, where there are several"}},
      {"purpose", "CODE", {"Ändamål, t.ex. LAGESBILD", "Purpose, e.g. LAGESBILD"}},
      {"timeout", "SECONDS", {"Längsta tid för ett anrop (30)", "Longest time of a call (30)"}},
      {"json", "", {"Svara med JSON, ett objekt per rad", "Answer in JSON, one object a line"}},
      {"lang", "sv|en", {"Språk (annars LANG)", "Language (otherwise LANG)"}},
      {"yes",
       "",
       {"Fråga inte före handlingar som inte kan ångras",
        "Do not ask before acts that cannot be undone"}},
      {"help", "", {"Visa hjälp", "Show help"}},
  };
  return flags;
}

int RunCommandLine(const std::vector<std::string>& words, Console& console) {
  const Language language = EarlyLanguage(words, console);
  if (words.empty() || words[0] == "--help" || words[0] == "help") {
    (words.empty() ? console.err : console.out) << Overview(language);
    return words.empty() ? kTypedWrong : kDone;
  }
  size_t length = 0;
  const Command* command = FindCommand(words, length);
  if (command == nullptr) {
    constexpr Text kUnknown = {"Inget sådant kommando", "No such command"};
    console.err << kUnknown.In(language) << ": " << absl::StrJoin(words, " ")
                << "\n  → samverkan --help\n";
    return kTypedWrong;
  }
  return Run(*command, {words.begin() + length, words.end()}, language, console);
}

}  // namespace samverkan::cli
