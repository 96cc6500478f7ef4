#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "clients/cli/polisen_event.h"
#include "clients/cli/polisen_rules.h"
#include "clients/cpp/publish.h"
#include "samverkan/incidents/v1/incidents.pb.h"

namespace samverkan::cli {

// What came of an import.
struct ImportCounts {
  int64_t lines = 0;
  int64_t created = 0;                     // Items handed in.
  int64_t unchanged = 0;                   // Known to the hub already.
  int64_t updated = 0;                     // Unreleased items that took a new state.
  int64_t rejected = 0;                    // Unreleased items whose new type may not be an item.
  int64_t tasks = 0;                       // Released items that somebody must look at.
  int64_t same = 0;                        // Later states that say the same.
  int64_t notices = 0;                     // Never items, never counted.
  int64_t outside = 0;                     // Events outside the city.
  int64_t held_back = 0;                   // Later states that were not asked for.
  std::map<std::string, int64_t> refused;  // By reason.
  std::map<int64_t, std::string> broken;   // Line number to what is wrong.
};

struct PolisenOptions {
  // States of each event that are handed in, from the first; the rest is held back.
  int64_t states_max = INT64_MAX;
  // Events of other municipalities too, without a place area.
  bool all_municipalities = false;
  // Where what names no single stadsdel is handed in.
  std::string default_unit = "parties/pol/units/pol-sth";
  std::map<std::string, std::string> unit_by_police_area;
};

// Hands in the police's public events, state by state, as the police's liaison system: a first
// state as an item, a later one as a change of its source. A stadsdel named in the text is a
// proposal with what suggests it, and decides only whose desk the item lands on; it never becomes
// the place, nothing is released, and the published text stays source text. Importing the same file
// again changes nothing. Of one thread.
class PolisenImport {
 public:
  PolisenImport(const PolisenTypes& types, const Stadsdelar& stadsdelar, PolisenOptions options,
                client::Publisher& publisher);

  // One line of the file. A broken one is noted and passed over; an error is final and the hub's.
  absl::Status AddLine(absl::string_view line);
  // Waits for all answers.
  absl::Status Finish();
  // Complete after Finish.
  const ImportCounts& counts() const { return counts_; }

 private:
  // An event as far as it was told.
  struct Told {
    std::string item;  // The hub's name for it; empty while there is no item.
    bool pending = false;
    int64_t states = 0;
    std::optional<PolisenEvent> last;
  };
  struct State {
    PolisenEvent event;
    absl::Time occurred;
    const PolisenType* type;
  };

  absl::Status Tell(const State& state, Told& told);
  absl::Status Create(const State& state, Told& told);
  absl::Status Change(const State& state, Told& told);
  // States that turned out to be changes of an item the hub knew already.
  absl::Status TellAgain();
  void Note(const incidents::v1::PublishResult& result);
  bool InCity(const PolisenEvent& event) const;
  incidents::v1::IncidentContent ContentOf(const State& state) const;
  incidents::v1::Source SourceOf(const State& state, std::string* unit) const;

  const PolisenTypes& types_;
  const Stadsdelar& stadsdelar_;
  const PolisenOptions options_;
  client::Publisher& publisher_;
  ImportCounts counts_;
  std::unordered_map<int64_t, Told> told_;
  std::deque<State> again_;
};

}  // namespace samverkan::cli
