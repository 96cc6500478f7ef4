#include "services/hub/config.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace samverkan::hub {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kPath[] = "/etc/samverkan/hub.textproto";

// Complete and right.
constexpr char kGood[] = R"(
data_dir: "data"
listen: "127.0.0.1:0"
tls { certificate_file: "tls/hub.pem" key_file: "tls/hub.key" client_ca_file: "/srv/ca.pem" }
trust_domain: "samverkan.example"
issuers {
  issuer: "https://city.example/oidc" audience: "https://hub.example" algorithms: "RS256"
  jwks_file: "city.json" party: "parties/city"
}
directory_files: "stockholm.textproto"
directory_files: "../keys.textproto"
key_file: "keys/content"
log_key_file: "keys/log.pem"
guard_file: "guard/heads"
log_origin: "hub.example/audit"
)";

// The good one with some text replaced.
absl::StatusOr<v1::HubConfig> With(absl::string_view from, absl::string_view to) {
  const std::string text = absl::StrReplaceAll(kGood, {{from, to}});
  EXPECT_NE(text, kGood) << from;
  return ParseConfig(text, kPath);
}
std::string Refusal(const absl::StatusOr<v1::HubConfig>& config) {
  if (config.ok()) return "";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(config.status().message());
}

TEST(ConfigTest, PathsAreRelativeToTheFile) {
  const auto config = ParseConfig(kGood, kPath);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->data_dir(), "/etc/samverkan/data");
  EXPECT_EQ(config->tls().certificate_file(), "/etc/samverkan/tls/hub.pem");
  EXPECT_EQ(config->tls().client_ca_file(), "/srv/ca.pem");
  EXPECT_EQ(config->issuers(0).jwks_file(), "/etc/samverkan/city.json");
  EXPECT_THAT(config->directory_files(),
              ElementsAre("/etc/samverkan/stockholm.textproto", "/etc/keys.textproto"));
  EXPECT_EQ(config->guard_file(), "/etc/samverkan/guard/heads");
  EXPECT_EQ(config->revocation_file(), "") << "none stays none";
}

TEST(ConfigTest, LimitsHaveDefaultsAndKeepWhatIsSet) {
  const auto config = ParseConfig(absl::StrCat(kGood, "limits { in_flight_max: 7 }"), kPath);
  ASSERT_TRUE(config.ok()) << config.status();
  const v1::Limits& limits = config->limits();
  EXPECT_EQ(limits.in_flight_max(), 7);
  EXPECT_EQ(limits.handler_threads(), 4);
  EXPECT_EQ(limits.handler_queue_max(), 1024);
  EXPECT_EQ(limits.calls_per_second_per_holder(), 500);
  EXPECT_EQ(limits.calls_per_second_per_party(), 5000);
  EXPECT_EQ(limits.streams_max(), 2048);
  EXPECT_EQ(limits.streams_per_holder_max(), 16);
  EXPECT_EQ(limits.streams_per_connection_max(), 100);
  EXPECT_EQ(limits.receive_bytes_max(), 1 << 20);
  EXPECT_EQ(limits.drain_seconds(), 10);
}

TEST(ConfigTest, ALimitIsNeverNegative) {
  const auto* limits = v1::Limits::descriptor();
  for (int i = 0; i < limits->field_count(); ++i) {
    const std::string& name = limits->field(i)->name();
    EXPECT_THAT(Refusal(ParseConfig(absl::StrCat(kGood, "limits { ", name, ": -1 }"), kPath)),
                AllOf(StartsWith(kPath), HasSubstr("limits." + name), HasSubstr("0 gives")))
        << name;
    EXPECT_TRUE(ParseConfig(absl::StrCat(kGood, "limits { ", name, ": 1 }"), kPath).ok()) << name;
  }
  EXPECT_TRUE(ParseConfig(absl::StrCat(kGood, "limits { handler_threads: 64 }"), kPath).ok());
  EXPECT_THAT(Refusal(ParseConfig(absl::StrCat(kGood, "limits { handler_threads: 65 }"), kPath)),
              HasSubstr("1 to 64"));
}

TEST(ConfigTest, WhatIsRequiredIsAskedForByName) {
  const std::vector<std::pair<const char*, const char*>> required = {
      {R"(data_dir: "data")", "data_dir"},
      {R"(listen: "127.0.0.1:0")", "listen"},
      {R"(certificate_file: "tls/hub.pem")", "tls.certificate_file"},
      {R"(key_file: "tls/hub.key")", "tls.key_file"},
      {R"(client_ca_file: "/srv/ca.pem")", "tls.client_ca_file"},
      {R"(trust_domain: "samverkan.example")", "trust_domain"},
      {R"(key_file: "keys/content")", "key_file"},
      {R"(log_key_file: "keys/log.pem")", "log_key_file"},
      {R"(guard_file: "guard/heads")", "guard_file"},
      {R"(log_origin: "hub.example/audit")", "log_origin"},
  };
  for (const auto& [line, field] : required) {
    EXPECT_EQ(Refusal(With(line, "")), absl::StrCat(kPath, ": ", field, ": is required"));
  }
  EXPECT_THAT(Refusal(ParseConfig(
                  absl::StrReplaceAll(kGood, {{R"(directory_files: "stockholm.textproto")", ""},
                                              {R"(directory_files: "../keys.textproto")", ""}}),
                  kPath)),
              HasSubstr("directory_files: names at least one"));
}

TEST(ConfigTest, WhatDoesNotParseIsToldWithLineAndColumn) {
  EXPECT_THAT(Refusal(With("trust_domain", "trust_domian")),
              AllOf(StartsWith(absl::StrCat(kPath, ":5:")), HasSubstr("trust_domian")));
  EXPECT_THAT(Refusal(With(R"("127.0.0.1:0")", "127")), StartsWith(absl::StrCat(kPath, ":3:")));
}

TEST(ConfigTest, KeysAndGuardLieOutsideTheData) {
  EXPECT_THAT(Refusal(With("keys/content", "data/content")),
              AllOf(HasSubstr("key_file"), HasSubstr("outside data_dir")));
  EXPECT_THAT(Refusal(With("guard/heads", "data/heads")),
              AllOf(HasSubstr("guard_file"), HasSubstr("outside data_dir")));
  EXPECT_THAT(Refusal(With("guard/heads", "keys/../data/heads")), HasSubstr("guard_file"))
      << "however it is spelt";
  EXPECT_TRUE(With("guard/heads", "data-guard/heads").ok()) << "a folder beside it";
}

TEST(ConfigTest, ADataFolderMayEndInASlash) {
  EXPECT_EQ(With(R"(data_dir: "data")", R"(data_dir: "data/")")->data_dir(), "/etc/samverkan/data");
  const std::string text = absl::StrReplaceAll(
      kGood, {{R"(data_dir: "data")", R"(data_dir: "data/")"}, {"keys/content", "data/content"}});
  EXPECT_THAT(Refusal(ParseConfig(text, kPath)), HasSubstr("outside data_dir"));
}

TEST(ConfigTest, MetricsAreForLoopbackAlone) {
  const auto listening = [](absl::string_view address) {
    return Refusal(ParseConfig(absl::StrCat(kGood, "metrics_listen: \"", address, "\""), kPath));
  };
  for (const char* address : {"127.0.0.1:9464", "localhost:9464", "[::1]:9464", "127.1.2.3:0"})
    EXPECT_EQ(listening(address), "") << address;
  for (const char* address : {"0.0.0.0:9464", "[::]:9464", "hub.example:9464", ":9464",
                              "localhost.example:9464", "127.0.0.1.example:9464"}) {
    EXPECT_THAT(listening(address), AllOf(HasSubstr("metrics_listen"), HasSubstr("127.0.0.1:9464")))
        << address;
  }
}

TEST(ConfigTest, AnIssuerIsComplete) {
  for (const char* part :
       {R"(issuer: "https://city.example/oidc")", R"(audience: "https://hub.example")",
        R"(algorithms: "RS256")", R"(jwks_file: "city.json")"}) {
    EXPECT_THAT(Refusal(With(part, "")), HasSubstr("issuers[0]: needs issuer, audience")) << part;
  }
  constexpr char kParty[] = R"(party: "parties/city")";
  constexpr char kUnits[] = R"(by_org_unit { org_unit: "A" party: "parties/a" })";
  EXPECT_THAT(Refusal(With(kParty, "")), HasSubstr("issuers[0]: needs either party or"));
  EXPECT_THAT(Refusal(With(kParty, absl::StrCat(kParty, " ", kUnits))),
              HasSubstr("issuers[0]: needs either party or"));
  EXPECT_TRUE(With(kParty, kUnits).ok());
}

TEST(AuthenticationConfigTest, IssuersAreHandedOnAsTheyAreConfigured) {
  const auto config = With(
      R"(algorithms: "RS256")",
      R"(algorithms: "RS256" algorithms: "PS256" algorithms: "ES256" algorithms: "EdDSA" demo: true)");
  ASSERT_TRUE(config.ok()) << config.status();
  const auto options = AuthenticationOf(*config, /*demo_mode=*/true);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->demo_mode);
  EXPECT_EQ(options->trust_domain, "samverkan.example");
  ASSERT_EQ(options->issuers.size(), 1);
  const rpc::IssuerOptions& issuer = options->issuers[0];
  EXPECT_EQ(issuer.issuer, "https://city.example/oidc");
  EXPECT_EQ(issuer.audience, "https://hub.example");
  EXPECT_EQ(issuer.jwks_file, "/etc/samverkan/city.json");
  EXPECT_EQ(issuer.party, "parties/city");
  EXPECT_TRUE(issuer.demo);
  EXPECT_THAT(issuer.algorithms, ElementsAre(rpc::JwtAlgorithm::kRs256, rpc::JwtAlgorithm::kPs256,
                                             rpc::JwtAlgorithm::kEs256, rpc::JwtAlgorithm::kEdDsa));
  EXPECT_FALSE(AuthenticationOf(*config, false)->demo_mode);
}

TEST(AuthenticationConfigTest, NoOtherAlgorithmIsKnown) {
  for (const char* name : {"none", "HS256", "rs256", "RS512"}) {
    const auto config = With(R"("RS256")", absl::StrCat("\"", name, "\""));
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_THAT(std::string(AuthenticationOf(*config, false).status().message()),
                AllOf(HasSubstr("issuers.algorithms"), HasSubstr("RS256, PS256, ES256, EdDSA")));
  }
}

}  // namespace
}  // namespace samverkan::hub
