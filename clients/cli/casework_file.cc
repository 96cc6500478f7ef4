#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/casework.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

using nlohmann::json;

std::string Text(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

int64_t Number(const json& object, const char* key, int64_t otherwise) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_integer() ? it->get<int64_t>() : otherwise;
}

absl::Status Read(const json& object, const char* key, google::protobuf::Message& message) {
  const auto it = object.find(key);
  if (it == object.end()) return absl::OkStatus();
  const auto status = google::protobuf::util::JsonStringToMessage(it->dump(), &message);
  return status.ok() ? absl::OkStatus()
                     : absl::InvalidArgumentError(absl::StrCat("'", key, "': ", status.ToString()));
}

absl::Status ReadReleases(const json& object, CaseAct& act) {
  const auto releases = object.find("releases");
  if (releases == object.end() || !releases->is_array()) return absl::OkStatus();
  for (const json& row : *releases) {
    CaseAct::Release& release = act.releases.emplace_back();
    release.purpose = Text(row, "purpose");
    release.request.set_clause(Text(row, "clause"));
    SC_RETURN_IF_ERROR(Read(row, "legalPosition", *release.request.mutable_legal_position()));
    const auto recipients = row.find("recipients");
    if (recipients == row.end() || !recipients->is_array())
      return absl::InvalidArgumentError("'recipients' is missing");
    for (const json& unit : *recipients) {
      if (unit.is_string()) release.request.add_recipients(unit.get<std::string>());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<CaseAct> ReadAct(const json& object, CaseAct act) {
  const std::string kind = Text(object, "act");
  if (kind == "assess") {
    act.kind = CaseAct::Kind::kAssess;
  } else if (kind == "reject") {
    act.kind = CaseAct::Kind::kReject;
  } else if (kind == "correct") {
    act.kind = CaseAct::Kind::kCorrect;
  } else if (kind == "retract") {
    act.kind = CaseAct::Kind::kRetract;
  } else {
    return absl::InvalidArgumentError(absl::StrCat("'act' is '", kind, "'"));
  }
  act.on_state = Number(object, "onState", 1);
  act.reason = Text(object, "reason");
  SC_RETURN_IF_ERROR(Read(object, "content", act.content));
  SC_RETURN_IF_ERROR(Read(object, "note", act.note));
  SC_RETURN_IF_ERROR(ReadReleases(object, act));
  return act;
}

absl::Status ReadEntry(const json& object, std::vector<CaseAct>& acts) {
  if (!object.is_object()) return absl::InvalidArgumentError("no JSON object");
  if (Text(object, "act") == "none") return absl::OkStatus();
  CaseAct common;
  common.event = Number(object, "event", 0);
  common.assessor = Text(object, "assessor");
  common.unit = Text(object, "unit");
  common.why = Text(object, "why");
  SC_ASSIGN_OR_RETURN(CaseAct first, ReadAct(object, common));
  acts.push_back(std::move(first));
  const auto later = object.find("later");
  if (later == object.end() || !later->is_array()) return absl::OkStatus();
  for (const json& row : *later) {
    SC_ASSIGN_OR_RETURN(CaseAct act, ReadAct(row, common));
    acts.push_back(std::move(act));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<CaseAct>> ParseCasework(absl::string_view text) {
  const json list = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return absl::InvalidArgumentError("no JSON list");
  std::vector<CaseAct> acts;
  for (size_t i = 0; i < list.size(); ++i) {
    const absl::Status status = ReadEntry(list[i], acts);
    if (!status.ok())
      return absl::InvalidArgumentError(absl::StrCat("entry ", i + 1, ": ", status.message()));
  }
  return acts;
}

}  // namespace samverkan::cli
