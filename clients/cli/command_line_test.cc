#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <sstream>

#include "clients/cli/command.h"
#include "clients/cli/failure.h"
#include "clients/cli/rows.h"

namespace samverkan::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Result {
  int code;
  std::string out;
  std::string err;
};

Result Type(const std::vector<std::string>& words, const std::string& lang = "C") {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Console console{
      .in = in, .out = out, .err = err, .terminal = false, .environment = [&](const char* name) {
        return std::string(name) == "LANG" ? lang : std::string();
      }};
  const int code = RunCommandLine(words, console);
  return {code, out.str(), err.str()};
}

std::vector<std::string> Words(const Command& command) {
  std::istringstream path(command.path);
  return {std::istream_iterator<std::string>(path), {}};
}

TEST(CommandLine, EveryCommandHelpsInBothLanguages) {
  for (const Command& command : AllCommands()) {
    std::vector<std::string> words = Words(command);
    words.push_back("--help");
    const Result english = Type(words);
    EXPECT_EQ(english.code, kDone) << command.path;
    EXPECT_THAT(english.out, HasSubstr(command.summary.en));
    EXPECT_THAT(english.out, HasSubstr("Examples:\n  samverkan "));
    EXPECT_THAT(Type(words, "sv_SE.UTF-8").out, HasSubstr(command.summary.sv));
    words.insert(words.end(), {"--lang", "sv"});
    EXPECT_THAT(Type(words).out, HasSubstr("Exempel:"));
  }
}

TEST(CommandLine, HelpFitsATerminal) {
  constexpr size_t kColumns = 120;
  std::vector<std::vector<std::string>> commands = {{}};
  for (const Command& command : AllCommands()) commands.push_back(Words(command));
  for (std::vector<std::string>& words : commands) {
    words.insert(words.end(), {"--help", "--lang", "sv"});
    std::istringstream help(Type(words).out);
    for (std::string line; std::getline(help, line);) EXPECT_LE(ColumnsOf(line), kColumns) << line;
  }
}

TEST(CommandLine, TheOverviewIsOneColumnBelowTheOther) {
  const std::string overview = Type({"--help"}).out;
  size_t column = 0;
  for (const Command& command : AllCommands()) {
    const size_t summary = overview.find(std::string(" ") + command.summary.en + "\n") + 1;
    const size_t line = overview.rfind('\n', summary) + 1;
    const size_t here = ColumnsOf(overview.substr(line, summary - line));
    EXPECT_TRUE(column == 0 || column == here) << command.path;
    column = here;
  }
}

TEST(CommandLine, PathsAndFlagsAreUnique) {
  std::set<std::string> paths;
  for (const Command& command : AllCommands()) {
    EXPECT_TRUE(paths.insert(command.path).second) << command.path;
    std::set<std::string> flags;
    for (const auto* list : {&command.flags, &CommonFlags()}) {
      for (const Flag& flag : *list)
        EXPECT_TRUE(flags.insert(flag.name).second) << command.path << " --" << flag.name;
    }
  }
}

TEST(CommandLine, OverviewNamesEveryCommand) {
  const Result result = Type({"--help"});
  for (const Command& command : AllCommands()) EXPECT_THAT(result.out, HasSubstr(command.path));
}

TEST(CommandLine, TypedWrongIsTwo) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"incident"},
                                                {"incident", "frobnicate"},
                                                {"incident", "get"},
                                                {"party", "list", "surplus"},
                                                {"party", "list", "--bogus"},
                                                {"party", "list"},
                                                {"watch", "--as", "x"},
                                                {"incident", "retract", "x"}}) {
    const Result result = Type(words);
    EXPECT_EQ(result.code, kTypedWrong) << ::testing::PrintToString(words) << result.err;
    EXPECT_THAT(result.err, Not(IsEmpty()));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST(CommandLine, AnUnreachableHubIsThree) {
  // Nothing listens on port 1, and the certificates are never looked at.
  const Result result = Type({"party", "list", "--target", "127.0.0.1:1", "--ca", "/dev/null",
                              "--cert", "/dev/null", "--cert-key", "/dev/null"});
  EXPECT_NE(result.code, kDone);
}

}  // namespace
}  // namespace samverkan::cli
