#include <fstream>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cli/command.h"
#include "clients/cli/paging.h"
#include "clients/cli/rows.h"
#include "clients/cli/stockholm_time.h"
#include "clients/cpp/log_export.h"
#include "clients/cpp/log_verifier.h"
#include "clients/cpp/status.h"
#include "samverkan/audit/v1/record.pb.h"

namespace samverkan::cli {
namespace {

using namespace ::samverkan::audit::v1;  // NOLINT(google-build-using-namespace): the whole noun is
                                         // commanded here.
using client::AuditService;
using client::LogVerifier;

constexpr int32_t kPageSize = 1000;

absl::StatusOr<std::string> OwnParty(Session& session, const Arguments& arguments) {
  if (arguments.Has("party")) {
    const std::string party = arguments.Get("party");
    return absl::StrContains(party, '/') ? party : absl::StrCat("parties/", party);
  }
  SC_ASSIGN_OR_RETURN(const std::string unit, session.OwnUnit(arguments));
  return unit.substr(0, unit.find("/units/"));
}

// A verifier key given itself, or a file of them, one a line, of which the one named `origin`
// counts.
absl::StatusOr<LogVerifier> VerifierOf(const Arguments& arguments, absl::string_view origin) {
  SC_ASSIGN_OR_RETURN(const std::string key, arguments.Require("key"));
  const auto file = ReadFile(key);
  if (!file.ok()) return LogVerifier::Create(key);
  for (absl::string_view line : absl::StrSplit(*file, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (absl::StartsWith(line, absl::StrCat(origin, "+"))) return LogVerifier::Create(line);
  }
  return absl::NotFoundError(absl::StrCat(key, " holds no key of ", origin));
}

std::string OriginOf(absl::string_view note) {
  return std::string(note.substr(0, note.find('\n')));
}

absl::StatusOr<Checkpoint> NewestCheckpoint(client::Client& hub, const std::string& party) {
  GetCheckpointRequest request;
  request.set_parent(party);
  return hub.Call(&AuditService::Stub::GetCheckpoint, request);
}

absl::Status ShowCheckpoint(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string party, OwnParty(session, arguments));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(const Checkpoint checkpoint, NewestCheckpoint(*hub, party));
  session.Show(checkpoint, checkpoint.note());
  return absl::OkStatus();
}

// Calls `visit` for entries in order until it returns false or the log ends.
template <typename Visit>
absl::Status EachEntry(client::Client& hub, ListEntriesRequest request, Visit visit) {
  request.set_page_size(kPageSize);
  while (true) {
    SC_ASSIGN_OR_RETURN(const ListEntriesResponse page,
                        hub.Call(&AuditService::Stub::ListEntries, request));
    for (const Entry& entry : page.entries()) {
      if (!visit(entry)) return absl::OkStatus();
    }
    if (page.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(page.next_page_token());
  }
}

std::string EntryLine(const Entry& entry) {
  Record record;
  if (!record.ParseFromString(entry.record())) return absl::StrCat(entry.index(), "  ?");
  const absl::string_view method =
      absl::string_view(record.method()).substr(record.method().rfind('.') + 1);
  const absl::string_view kind = absl::StripPrefix(Record::Kind_Name(record.kind()), "KIND_");
  const std::string object =
      record.resource().empty() && !record.typed_ref().empty()
          ? absl::StrCat("#", absl::BytesToHexString(record.typed_ref()).substr(0, 12))
          : record.resource();
  std::string text = absl::StrCat(
      Pad(absl::StrCat(entry.index()), 8),
      ShowTimeWithSeconds(ToTimestamp(absl::FromUnixMicros(record.time_micros()))), "  ",
      Pad(std::string(kind), 17),
      Pad(absl::StrCat(record.actor_function(), " ",
                       record.actor_unit().empty() ? record.actor_party() : record.actor_unit()),
          60),
      " ", method.empty() ? "–" : method, " ", object);
  if (record.count() > 0) absl::StrAppend(&text, " ×", record.count());
  if (!record.purpose().empty()) absl::StrAppend(&text, "  ", record.purpose());
  for (const auto& citation : record.citations()) absl::StrAppend(&text, "  ", citation.clause());
  if (!record.reason().empty()) absl::StrAppend(&text, "  → ", record.reason());
  return text;
}

absl::Status List(Session& session, const Arguments& arguments) {
  ListEntriesRequest request;
  SC_ASSIGN_OR_RETURN(*request.mutable_parent(), OwnParty(session, arguments));
  SC_ASSIGN_OR_RETURN(const int64_t start, arguments.Number("from", 0));
  SC_ASSIGN_OR_RETURN(int64_t left, arguments.Number("limit", INT64_MAX));
  request.set_start_index(start);
  request.set_resource(arguments.Get("resource"));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return EachEntry(*hub, request, [&](const Entry& entry) {
    if (left-- <= 0) return false;
    if (session.json()) {
      Record record;
      record.ParseFromString(entry.record());
      session.out() << "{\"index\":" << entry.index() << ",\"record\":" << ToJson(record) << "}\n";
    } else {
      session.out() << EntryLine(entry) << '\n';
    }
    return true;
  });
}

// The entries under the newest checkpoint, and that checkpoint: what comes while this reads is the
// next export's.
absl::Status Export(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string path, arguments.Require("out"));
  ListEntriesRequest request;
  SC_ASSIGN_OR_RETURN(*request.mutable_parent(), OwnParty(session, arguments));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(const Checkpoint checkpoint, NewestCheckpoint(*hub, request.parent()));
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << client::ExportHeaderLine(OriginOf(checkpoint.note()));
  int64_t count = 0;
  if (checkpoint.size() > 0) {
    SC_RETURN_IF_ERROR(EachEntry(*hub, request, [&](const Entry& entry) {
      file << client::ExportRecordLine(entry.index(), entry.record());
      return ++count < checkpoint.size();
    }));
  }
  file << client::ExportCheckpointLine(checkpoint.note());
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  if (count != checkpoint.size()) {
    return absl::DataLossError(
        absl::StrCat("the hub gave ", count, " of ", checkpoint.size(), " entries"));
  }
  session.err() << count << session.Say({" poster i ", " entries in "}) << path << '\n';
  return absl::OkStatus();
}

absl::Status VerifyExport(Session& session, const Arguments& arguments) {
  const std::string& path = arguments.positions()[0];
  std::ifstream file(path, std::ios::binary);
  std::string header;
  if (!std::getline(file, header)) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  // Only to choose among keys: the header is verified with the rest.
  const size_t begin = header.find("\"origin\":\"");
  const std::string origin =
      begin == header.npos ? ""
                           : header.substr(begin + 10, header.find('"', begin + 10) - begin - 10);
  SC_ASSIGN_OR_RETURN(const LogVerifier verifier, VerifierOf(arguments, origin));
  std::optional<std::string> older;
  if (arguments.Has("against")) {
    SC_ASSIGN_OR_RETURN(older, ReadFile(arguments.Get("against")));
  }
  file.clear();
  file.seekg(0);
  SC_ASSIGN_OR_RETURN(const client::LogHead head,
                      verifier.VerifyExport(file, older, [](int64_t, absl::string_view) {}));
  session.out() << session.Say({"Stämmer: ", "Verified: "}) << verifier.origin() << ", "
                << head.size << session.Say({" poster, rot ", " entries, root "})
                << absl::Base64Escape(absl::string_view(
                       reinterpret_cast<const char*>(head.root.data()), head.root.size()))
                << '\n';
  if (older.has_value()) {
    session.out() << session.Say({"Fortsätter den äldre kontrollpunkten utan ändring.\n",
                                  "Continues the older checkpoint without change.\n"});
  }
  return absl::OkStatus();
}

absl::Status ProveInclusion(Session& session, client::Client& hub, const std::string& party,
                            const Arguments& arguments) {
  int64_t index = 0;
  if (arguments.positions().empty() || !absl::SimpleAtoi(arguments.positions()[0], &index) ||
      index < 0) {
    return UsageError("ange ett INDEX, eller --since FILE", "give an INDEX, or --since FILE");
  }
  GetInclusionProofRequest request;
  request.set_parent(party);
  request.set_index(index);
  SC_ASSIGN_OR_RETURN(const InclusionProof proof,
                      hub.Call(&AuditService::Stub::GetInclusionProof, request));
  session.Show(proof, proof.proof());
  if (!arguments.Has("key")) return absl::OkStatus();
  ListEntriesRequest entries;
  entries.set_parent(party);
  entries.set_start_index(index);
  entries.set_page_size(1);
  SC_ASSIGN_OR_RETURN(const ListEntriesResponse page,
                      hub.Call(&AuditService::Stub::ListEntries, entries));
  if (page.entries().empty()) return absl::DataLossError("the hub has no such entry");
  SC_ASSIGN_OR_RETURN(const Checkpoint checkpoint, NewestCheckpoint(hub, party));
  SC_ASSIGN_OR_RETURN(const LogVerifier verifier,
                      VerifierOf(arguments, OriginOf(checkpoint.note())));
  SC_ASSIGN_OR_RETURN(const int64_t proven,
                      verifier.VerifyInclusion(proof.proof(), page.entries(0).record()));
  if (proven != index) return absl::DataLossError("the proof is of another entry");
  session.err() << session.Say(
      {"Stämmer: posten står i loggen.\n", "Verified: the entry stands in the log.\n"});
  return absl::OkStatus();
}

absl::Status ProveConsistency(Session& session, client::Client& hub, const std::string& party,
                              const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string older, ReadFile(arguments.Get("since")));
  SC_ASSIGN_OR_RETURN(const LogVerifier verifier, VerifierOf(arguments, OriginOf(older)));
  SC_ASSIGN_OR_RETURN(const client::LogHead head, verifier.VerifyCheckpoint(older));
  GetConsistencyProofRequest request;
  request.set_parent(party);
  request.set_old_size(head.size);
  SC_ASSIGN_OR_RETURN(const ConsistencyProof proof,
                      hub.Call(&AuditService::Stub::GetConsistencyProof, request));
  const std::vector<std::string> hashes(proof.hashes().begin(), proof.hashes().end());
  SC_RETURN_IF_ERROR(verifier.VerifyConsistency(older, proof.checkpoint().note(), hashes));
  session.Show(proof, absl::StrCat(session.Say({"Stämmer: ", "Verified: "}), head.size, " → ",
                                   proof.checkpoint().size()));
  return absl::OkStatus();
}

absl::Status Prove(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string party, OwnParty(session, arguments));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return arguments.Has("since") ? ProveConsistency(session, *hub, party, arguments)
                                : ProveInclusion(session, *hub, party, arguments);
}

}  // namespace

std::vector<Command> AuditCommands() {
  const Flag party = {
      "party", "PARTY", {"Parten, annars den egna", "The party, otherwise one's own"}};
  const Flag key = {"key",
                    "VKEY",
                    {"Loggens publika nyckel, eller en fil med sådana",
                     "The log's public key, or a file of such"}};
  return {
      {"audit checkpoint",
       "",
       {"Visa loggens senaste signerade kontrollpunkt", "Show the log's newest signed checkpoint"},
       {party},
       {"samverkan audit checkpoint --as hal-dso > kontrollpunkt"},
       ShowCheckpoint},
      {"audit list",
       "",
       {"Vem gjorde, läste och nekades vad", "Who did, read and was refused what"},
       {{"resource", "NAME", {"Bara om detta objekt", "Only about this object"}},
        {"from", "INDEX", {"Första post", "First entry"}},
        kLimitFlag,
        party},
       {"samverkan audit list --resource parties/pol/incidents/UUID --as pol-dso"},
       List},
      {"audit export",
       "",
       {"Spara hela loggen för prövning utan navet",
        "Save the whole log, to be verified without the hub"},
       {{"out", "FILE", {"Filen som skrivs", "The file that is written"}}, party},
       {"samverkan audit export --out logg.jsonl --as hal-dso"},
       Export},
      {"audit verify",
       "FILE",
       {"Pröva en sparad logg, utan navet", "Verify a saved log, without the hub"},
       {key,
        {"against",
         "FILE",
         {"Äldre kontrollpunkt som loggen ska fortsätta",
          "Older checkpoint that the log must continue"}}},
       {"samverkan audit verify logg.jsonl --key log.vkeys --against kontrollpunkt"},
       VerifyExport},
      {"audit proof",
       "…",
       {"Bevis för att en post står i loggen, eller att loggen bara vuxit",
        "Proof that an entry stands in the log, or that the log only grew"},
       {key,
        {"since",
         "FILE",
         {"Äldre kontrollpunkt: bevisa att loggen bara vuxit",
          "Older checkpoint: prove that the log only grew"}},
        party},
       {"samverkan audit proof 17 --key log.vkeys --as hal-dso",
        "samverkan audit proof --since kontrollpunkt --key log.vkeys --as hal-dso"},
       Prove},
  };
}

}  // namespace samverkan::cli
