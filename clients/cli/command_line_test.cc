#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <sstream>

#include "clients/cli/command.h"
#include "clients/cli/failure.h"

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
