#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cli/session.h"
#include "clients/cpp/client.h"
#include "samverkan/incidents/v1/incidents.pb.h"

namespace samverkan::cli {

// One scripted act of an assessor on an event that was handed in.
struct CaseAct {
  enum class Kind { kReject, kAssess, kCorrect, kRetract };

  int64_t event = 0;
  // State of the event, from 1, that must have been handed in.
  int64_t on_state = 1;
  // Handle of who acts, and the unit whose items are searched.
  std::string assessor;
  std::string unit;
  std::string why;
  Kind kind = Kind::kAssess;
  incidents::v1::IncidentContent content;
  struct Release {
    incidents::v1::ReleaseIncidentRequest request;
    std::string purpose;
  };
  std::vector<Release> releases;
  incidents::v1::RevisionNote note;
  std::string reason;  // Of a rejection or retraction.
};

// The acts of a casework file (see deploy/data/README.md), in its order.
absl::StatusOr<std::vector<CaseAct>> ParseCasework(absl::string_view json);

// Plays scripted assessors, each under an own mandate, through the public interface. What was done
// before is left alone, so the same round may be played again.
class Casework {
 public:
  explicit Casework(Session& session) : session_(session) {}

  // The acts that wait for state number `on_state`. Says each; goes on after a refusal and fails at
  // the end.
  absl::Status Play(const std::vector<CaseAct>& acts, int64_t on_state);

 private:
  // What one assessor works with.
  struct Desk {
    std::unique_ptr<client::Client> hub;
    std::map<std::string, std::string> items;  // By foreign id.
  };

  absl::StatusOr<Desk*> DeskOf(const CaseAct& act);
  absl::Status Do(const CaseAct& act);
  absl::Status Assess(client::Client& hub, const CaseAct& act, incidents::v1::Incident incident);
  void Say(const CaseAct& act, const Text& verb, const std::string& more);

  Session& session_;
  std::map<std::string, Desk> desks_;
};

}  // namespace samverkan::cli
