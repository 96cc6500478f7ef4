#include "clients/cli/polisen_import.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/stockholm_time.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

using ::samverkan::incidents::v1::CreateIncidentRequest;
using ::samverkan::incidents::v1::IncidentContent;
using ::samverkan::incidents::v1::PublishIncidentsRequest;
using ::samverkan::incidents::v1::PublishResult;
using ::samverkan::incidents::v1::ReportSourceChangeRequest;
using ::samverkan::incidents::v1::Source;

constexpr char kCity[] = "Stockholm";
constexpr char kCityArea[] = "areas/city";
constexpr char kSite[] = "https://polisen.se";
// The category of what is never an item. Types that must not travel share INC_OVR with types that
// may, so their own category would not tell the hub.
constexpr char kNoItem[] = "EXT_NOTE";

}  // namespace

PolisenImport::PolisenImport(const PolisenTypes& types, const Stadsdelar& stadsdelar,
                             PolisenOptions options, client::Publisher& publisher)
    : types_(types), stadsdelar_(stadsdelar), options_(std::move(options)), publisher_(publisher) {}

bool PolisenImport::InCity(const PolisenEvent& event) const {
  return event.place == kCity;
}

absl::Status PolisenImport::AddLine(absl::string_view line) {
  const int64_t number = ++counts_.lines;
  absl::StatusOr<PolisenEvent> event = ParsePolisenLine(line);
  if (!event.ok()) {
    counts_.broken[number] = std::string(event.status().message());
    return absl::OkStatus();
  }
  const absl::StatusOr<absl::Time> occurred = OccurTime(*event);
  const PolisenType* type = types_.Find(event->type);
  if (!occurred.ok() || type == nullptr) {
    counts_.broken[number] = type == nullptr
                                 ? absl::StrCat("type '", event->type, "' is not in the table")
                                 : std::string(occurred.status().message());
    return absl::OkStatus();
  }
  Told& told = told_[event->id];
  if (++told.states > options_.states_max) {
    ++counts_.held_back;
    return absl::OkStatus();
  }
  if (told.last.has_value() && SameContent(*told.last, *event)) {
    ++counts_.same;
    return absl::OkStatus();
  }
  told.last = *event;
  SC_RETURN_IF_ERROR(Tell({*std::move(event), *occurred, type}, told));
  return TellAgain();
}

absl::Status PolisenImport::Tell(const State& state, Told& told) {
  // Whether this is an item or a change of one is known once the state before is answered. Nor may
  // two states of an event be under way at once: the hub takes what it gets in any order, and the
  // older one would find the newer one there already.
  while (told.pending) {
    SC_RETURN_IF_ERROR(publisher_.Flush());
    SC_RETURN_IF_ERROR(TellAgain());
  }
  if (!told.item.empty()) return Change(state, told);
  if (state.type->form == PolisenForm::kNotice) {
    ++counts_.notices;
    return absl::OkStatus();
  }
  if (!InCity(state.event) && !options_.all_municipalities) {
    ++counts_.outside;
    return absl::OkStatus();
  }
  return Create(state, told);
}

IncidentContent PolisenImport::ContentOf(const State& state) const {
  const PolisenForm form = state.type->form;
  IncidentContent content;
  content.set_category(form == PolisenForm::kItem || form == PolisenForm::kAggregate
                           ? state.type->category
                           : kNoItem);
  content.mutable_place()->set_type("PLA_OKAND");
  if (InCity(state.event)) content.mutable_place()->add_areas(kCityArea);
  *content.mutable_occur_span()->mutable_start_time() = ToTimestamp(state.occurred);
  *content.mutable_occur_span()->mutable_end_time() = ToTimestamp(state.occurred);
  content.mutable_occur_span()->set_precision(types::v1::TIME_PRECISION_EXACT);
  return content;
}

Source PolisenImport::SourceOf(const State& state, std::string* unit) const {
  Source source;
  source.set_kind("SRC_POLIS");
  source.set_uri(absl::StrCat(kSite, state.event.url));
  *source.mutable_observe_time() = ToTimestamp(state.event.seen);
  // What cannot become an item is refused by the hub; its text has no reason to travel.
  if (state.type->form != PolisenForm::kItem) return source;
  source.set_text(absl::StrCat(state.event.name, "\n", state.event.summary));
  if (!InCity(state.event)) return source;
  std::set<const Stadsdel*> named;
  for (const auto& [text, where] :
       {std::pair(&state.event.summary, "summary"), std::pair(&state.event.name, "heading")}) {
    for (const Stadsdel* stadsdel : stadsdelar_.NamedIn(*text)) {
      if (!named.insert(stadsdel).second) continue;
      auto& proposal = *source.add_place_proposals();
      proposal.set_area(StadsdelArea(stadsdel->name));
      proposal.set_provenance(absl::StrCat("stadsdel named in the ", where, ": ", stadsdel->name));
    }
  }
  if (named.size() == 1 && unit != nullptr) {
    *unit = SlotUnit(**named.begin(), absl::ToCivilDay(state.occurred, Stockholm()),
                     options_.unit_by_police_area);
  }
  return source;
}

absl::Status PolisenImport::Create(const State& state, Told& told) {
  PublishIncidentsRequest act;
  CreateIncidentRequest& create = *act.mutable_create();
  std::string unit;
  create.mutable_incident()->set_foreign_id(absl::StrCat("polisen:", state.event.id));
  *create.mutable_incident()->mutable_content() = ContentOf(state);
  *create.mutable_incident()->mutable_source() = SourceOf(state, &unit);
  create.set_parent(unit.empty() ? options_.default_unit : unit);
  told.pending = true;
  return publisher_.Publish(std::move(act), [this, state, &told](const PublishResult& result) {
    told.pending = false;
    if (result.reason() == "FOREIGN_ID_REUSED" && !result.existing_name().empty()) {
      // An item whose first state was another: this one is a change of it, which the hub takes or
      // knows.
      told.item = result.existing_name();
      again_.push_back(state);
      return;
    }
    if (result.reason().empty()) told.item = result.name();
    Note(result);
  });
}

absl::Status PolisenImport::Change(const State& state, Told& told) {
  PublishIncidentsRequest act;
  ReportSourceChangeRequest& change = *act.mutable_source_change();
  change.set_name(told.item);
  *change.mutable_content() = ContentOf(state);
  *change.mutable_source() = SourceOf(state, nullptr);
  told.pending = true;
  return publisher_.Publish(std::move(act), [this, &told](const PublishResult& result) {
    told.pending = false;
    Note(result);
  });
}

absl::Status PolisenImport::TellAgain() {
  while (!again_.empty()) {
    const State state = std::move(again_.front());
    again_.pop_front();
    SC_RETURN_IF_ERROR(Change(state, told_[state.event.id]));
  }
  return absl::OkStatus();
}

void PolisenImport::Note(const PublishResult& result) {
  if (!result.reason().empty()) {
    ++counts_.refused[result.reason()];
    return;
  }
  switch (result.outcome()) {
    case PublishResult::OUTCOME_UNCHANGED:
      ++counts_.unchanged;
      break;
    case PublishResult::OUTCOME_UPDATED:
      ++counts_.updated;
      break;
    case PublishResult::OUTCOME_REJECTED:
      ++counts_.rejected;
      break;
    case PublishResult::OUTCOME_TASK:
      ++counts_.tasks;
      break;
    default:
      ++counts_.created;
  }
}

absl::Status PolisenImport::Finish() {
  SC_RETURN_IF_ERROR(publisher_.Flush());
  while (!again_.empty()) {
    SC_RETURN_IF_ERROR(TellAgain());
    SC_RETURN_IF_ERROR(publisher_.Flush());
  }
  return absl::OkStatus();
}

}  // namespace samverkan::cli
