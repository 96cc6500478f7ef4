#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/arguments.h"
#include "clients/cli/home.h"
#include "clients/cli/text.h"
#include "clients/cpp/client.h"

namespace samverkan::cli {

// Where a command reads and writes.
struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // A person sits there, so questions may be asked.
  bool terminal = false;
  std::function<std::string(const char*)> environment;
};

// What one command line says about who calls what hub and how the answer is shown.
class Session {
 public:
  Session(const Arguments& arguments, Console& console);

  Language language() const { return language_; }
  bool json() const { return json_; }
  std::ostream& out() { return console_.out; }
  std::ostream& err() { return console_.err; }
  const char* Say(const Text& text) const { return text.In(language_); }

  // Connects at first use.
  absl::StatusOr<client::Client*> Hub();
  // Another identity of the same home, for what is handed in on behalf of several.
  absl::StatusOr<std::unique_ptr<client::Client>> HubAs(const std::string& handle);
  // The demo's or a test's folder; a usage error where none is named.
  absl::StatusOr<const Home*> home();
  // The handle of --as, SAMVERKAN_AS; empty without.
  std::string handle() const;
  // The unit that the handle's mandate is on, for commands that need one; a usage error where it
  // cannot be known.
  absl::StatusOr<std::string> OwnUnit(const Arguments& arguments);
  // A unit's full name for its last part, e.g. sthlm-sdn-hal; what has a slash is one already.
  absl::StatusOr<std::string> UnitNamed(const std::string& name);

  // One JSON object a line with --json, else the text.
  void Show(const google::protobuf::Message& message, const std::string& text);
  // "INC_RAN_PERS Personrån" where the label is known.
  std::string Label(const std::string& code);

  // Asks before an act that cannot be undone: yes on a terminal, or --yes. Refused without both.
  absl::Status Confirm(const Text& question);

 private:
  absl::StatusOr<client::Profile> MakeProfile(const std::string& handle);
  absl::Status ApplyFlags(client::Profile& profile) const;

  const Arguments& arguments_;
  Console& console_;
  const Language language_;
  const bool json_;
  std::optional<Home> home_;
  std::unique_ptr<client::Client> client_;
};

// Converts a message to one line of JSON with the names of the contract.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace samverkan::cli
