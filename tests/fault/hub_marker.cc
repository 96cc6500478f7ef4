// What the tests of erasure do with a hub and with what it left.
//
//   hub_marker plant HOME MARKER COUNT   hands in, assesses, releases, reads and corrects COUNT
//                                        items that hold the marker wherever they hold text; their
//                                        names, one a line
//   hub_marker retract HOME NAME...      retracts them, one after the other; a line "gone NAME"
//   each hub_marker open KEYFILE              reads lines "TABLE ID HEX", every blob of a database,
//   from
//                                        standard input and tries each with every key there is: the
//                                        hub's for every party, and every key that opened from
//                                        another blob. Writes all that opens, a line of hex each
#include <iostream>
#include <set>

#include "clients/cli/home.h"
#include "services/base/crypto.h"
#include "services/base/key_ring.h"
#include "services/base/random.h"
#include "services/base/record_cipher.h"
#include "tests/fault/hub_client.h"

namespace samverkan::fault {
namespace {

using Stub = IncidentService::Stub;

// Marks texts of different length: rows that share a page, and rows that fill several.
std::string Marked(const std::string& marker, int number, size_t length) {
  std::string text = absl::StrCat(marker, " ");
  while (text.size() < length) absl::StrAppend(&text, "text ", number % 10, " ", marker, " ");
  return text.substr(0, length);
}

template <typename T>
T Must(absl::StatusOr<T> result) {
  if (!result.ok()) Fail(result.status().ToString(), 2);
  return *std::move(result);
}

std::string Plant(client::Client& officer, client::Client& district, const std::string& marker,
                  int number) {
  const absl::Time now = client::SystemClock().Now();
  CreateIncidentRequest create;
  create.set_parent(kPolice);
  Incident& handed_in = *create.mutable_incident();
  *handed_in.mutable_content() = ContentOf(Marked(marker, number, 40 + 120 * (number % 8)), now);
  handed_in.mutable_content()->mutable_place()->set_display_name(absl::StrCat("Vid ", marker));
  handed_in.mutable_source()->set_kind("SRC_POLIS");
  handed_in.mutable_source()->set_text(Marked(marker, number, 100 + 1300 * (number % 3)));
  auto& proposal = *handed_in.mutable_source()->add_place_proposals();
  proposal.set_area("areas/stadsdel-vastertorp");
  proposal.set_provenance(absl::StrCat("named: ", marker));
  Incident incident = Must(officer.Call(&Stub::CreateIncident, create));
  auto assess = On<AssessIncidentRequest>(incident.name(), incident.etag());
  *assess.mutable_content() = handed_in.content();
  incident = Must(officer.Call(&Stub::AssessIncident, assess));
  auto release = ReleaseOf(incident.name(), incident.etag());
  release.mutable_legal_position()->set_motivation(
      absl::StrCat("Prövad, ", marker, ": ingen kan pekas ut."));
  Must(officer.Call(&Stub::ReleaseIncident, release, {.purpose = kPurpose}));
  GetIncidentRequest get;
  get.set_name(incident.name());
  incident = Must(officer.Call(&Stub::GetIncident, get));
  auto correct = CorrectionOf(incident.name(), incident.etag(), assess.content());
  correct.mutable_content()->set_description(Marked(marker, number, 700));
  correct.mutable_note()->set_reason(absl::StrCat("Fel om ", marker));
  Must(officer.Call(&Stub::CorrectIncident, correct));
  ListDeliveriesRequest list;
  list.set_parent(kDistrict);
  list.set_page_size(2);
  const ListDeliveriesResponse copies = Must(district.Call(&Stub::ListDeliveries, list));
  for (const Delivery& delivery : copies.deliveries()) {
    GetDeliveryRequest open;
    open.set_name(delivery.name());
    Must(district.Call(&Stub::GetDelivery, open));
  }
  return incident.name();
}

int PlantAll(const cli::Home& home, const std::string& marker, int count) {
  const auto officer = Must(Connect(home, "skarh-kompol"));
  const auto district = Must(Connect(home, "hal-tryggsam"));
  for (int i = 0; i < count; ++i) Say(Plant(*officer, *district, marker, i));
  return 0;
}

int RetractAll(const cli::Home& home, const std::vector<std::string>& names) {
  const auto officer = Must(Connect(home, "skarh-kompol"));
  for (const std::string& name : names) {
    GetIncidentRequest get;
    get.set_name(name);
    const auto incident = officer->Call(&Stub::GetIncident, get);
    if (!incident.ok()) return 0;
    if (incident->state() == Incident::STATE_RETRACTED) continue;
    auto retract = On<RetractIncidentRequest>(name, incident->etag());
    retract.set_reason("RTR_PERSONUPPGIFT");
    if (!officer->Call(&Stub::RetractIncident, retract).ok()) return 0;
    Say(absl::StrCat("gone ", name));
  }
  return 0;
}

struct Blobs {
  std::set<std::string> contexts;
  std::set<std::string> bytes;
};

Blobs ReadBlobs() {
  Blobs blobs;
  for (std::string table, id, hex; std::cin >> table >> id >> hex;) {
    blobs.contexts.insert(absl::StrCat(table, "/", id));
    blobs.bytes.insert(absl::HexStringToBytes(hex));
  }
  return blobs;
}

// Whoever has a party's key: "" for the hub's own.
std::vector<std::string> PartiesOf(const std::string& key_file) {
  std::vector<std::string> parties;
  std::ifstream file(key_file);
  for (std::string line; std::getline(file, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (name.rfind("content/", 0) != 0) continue;
    parties.push_back(name == "content/hub" ? "" : absl::StrCat("parties/", name.substr(8)));
  }
  return parties;
}

int OpenAll(const std::string& key_file) {
  const KeyRing keys = Must(KeyRing::Load(key_file));
  SystemRandom random;
  const RecordCipher cipher(keys, random);
  const Blobs blobs = ReadBlobs();
  const std::vector<std::string> parties = PartiesOf(key_file);
  std::vector<std::pair<Secret, std::string>> opened;
  for (const std::string& wrapped : blobs.bytes) {
    // All that a wrapped key can be: the key, and what its encryption adds.
    if (wrapped.size() != Aead::kKeySize + Aead::kOverhead) continue;
    for (const std::string& party : parties) {
      for (const std::string& context : blobs.contexts) {
        std::optional<Secret> key = cipher.Unwrap(wrapped, party, context);
        if (key) opened.emplace_back(*std::move(key), context);
      }
    }
  }
  for (const auto& [key, context] : opened) {
    for (const std::string& bytes : blobs.bytes) {
      const std::optional<std::string> plaintext = cipher.Open(key, bytes, context);
      if (plaintext) Say(absl::BytesToHexString(*plaintext));
    }
  }
  std::fprintf(stderr, "%zu blobs, %zu keys\n", blobs.bytes.size(), opened.size());
  return 0;
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "open") return OpenAll(words[1]);
  if (words.size() < 3) Fail("usage: hub_marker plant|retract HOME … | open KEYFILE", 2);
  const auto home = Must(cli::Home::Open(words[1]));
  if (words[0] == "plant") return PlantAll(home, words[2], std::stoi(words[3]));
  return RetractAll(home, {words.begin() + 2, words.end()});
}

}  // namespace
}  // namespace samverkan::fault

int main(int argc, char** argv) {
  return samverkan::fault::Main(argc, argv);
}
