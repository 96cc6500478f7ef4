#include "tests/bench/foundation/world.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "clients/cpp/channel.h"
#include "clients/cpp/uuid.h"
#include "services/base/clock.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"

namespace samverkan::bench {
namespace {

client::Profile ProfileOfCaller(const testing::HubFolder& folder, int port) {
  const cli::Home home = folder.HomeAt(port);
  const auto identity = home.Find(kCaller);
  SV_CHECK(identity.ok(), identity.status().ToString().c_str());
  const auto profile = home.ProfileOf(*identity);
  SV_CHECK(profile.ok(), profile.status().ToString().c_str());
  return *profile;
}

}  // namespace

rpc::Inbound InboundOfCaller(const testing::HubFolder& folder) {
  rpc::Inbound inbound;
  inbound.certificate_pem = ProfileOfCaller(folder, 0).certificate;
  inbound.spiffe_ids = {"spiffe://samverkan.example/pol/pol-sth/system"};
  return inbound;
}

std::vector<std::shared_ptr<grpc::Channel>> Connect(const testing::HubFolder& folder, int port,
                                                    int count) {
  const client::Profile profile = ProfileOfCaller(folder, port);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < count; ++i) {
    // A client's channels never share a connection.
    channels.push_back(*client::OpenChannel(profile));
    const absl::Time deadline = SystemClock().Now() + absl::Seconds(30);
    SV_CHECK(channels.back()->WaitForConnected(absl::ToChronoTime(deadline)),
             "the hub takes a connection");
  }
  return channels;
}

std::vector<incidents::v1::CreateIncidentRequest> NewItems(int count) {
  static std::atomic<int> last = 0;
  const absl::Time now = SystemClock().Now();
  std::vector<incidents::v1::CreateIncidentRequest> items(static_cast<size_t>(count));
  for (auto& item : items) {
    item.set_parent(kUnit);
    item.set_request_id(client::NewUuid());
    incidents::v1::Incident& incident = *item.mutable_incident();
    incident.set_foreign_id(absl::StrCat("polisen:", 400'000'000 + ++last));
    incidents::v1::IncidentContent& content = *incident.mutable_content();
    content.set_category("INC_RAN_PERS");
    content.mutable_place()->set_type("PLA_OKAND");
    content.mutable_place()->add_areas("areas/city");
    *content.mutable_occur_span()->mutable_start_time() = ToProto(now - absl::Hours(2));
    *content.mutable_occur_span()->mutable_end_time() = ToProto(now - absl::Hours(2));
    content.mutable_occur_span()->set_precision(types::v1::TIME_PRECISION_EXACT);
    content.set_certainty("CER_SANNOLIK");
    content.set_harm(2);
    content.set_description("Rån mot en kiosk vid tunnelbanan; ingen kom till skada.");
    incidents::v1::Source& source = *incident.mutable_source();
    source.set_kind("SRC_POLIS");
    source.set_uri("https://polisen.se/aktuellt/handelser/2026/mars/2/02-mars-0910-ran-stockholm/");
    *source.mutable_observe_time() = ToProto(now);
    source.set_text(
        "02 mars 09:10, Rån, Stockholm\nPolisen larmas till en kiosk vid tunnelbanan där två "
        "okända har hotat till sig kontanter och cigaretter. De lämnar platsen till fots. Flera "
        "patruller söker i området, och en anmälan om rån upprättas.");
  }
  return items;
}

}  // namespace samverkan::bench
