#include "services/hub/config.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "services/base/status.h"

namespace samverkan::hub {
namespace {

constexpr int kThreadsMax = 64;

// Keeps the first parse error with its place.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(const std::string& path) : path_(path) {}
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(path_, ":", line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  const std::string& path_;
  std::string text_;
};

absl::Status Wrong(absl::string_view path, absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", field, ": ", what));
}

template <typename Number>
void Default(Number value, Number fallback, void (v1::Limits::*set)(Number), v1::Limits& limits) {
  if (value == 0) (limits.*set)(fallback);
}

void FillLimits(v1::Limits& limits) {
  Default(limits.handler_threads(), 4, &v1::Limits::set_handler_threads, limits);
  Default(limits.handler_queue_max(), 1024, &v1::Limits::set_handler_queue_max, limits);
  Default<int64_t>(limits.in_flight_max(), 8192, &v1::Limits::set_in_flight_max, limits);
  Default(limits.calls_per_second_per_holder(), 500, &v1::Limits::set_calls_per_second_per_holder,
          limits);
  Default(limits.calls_per_second_per_party(), 5000, &v1::Limits::set_calls_per_second_per_party,
          limits);
  Default<int64_t>(limits.streams_max(), 2048, &v1::Limits::set_streams_max, limits);
  Default<int64_t>(limits.streams_per_holder_max(), 16, &v1::Limits::set_streams_per_holder_max,
                   limits);
  Default(limits.streams_per_connection_max(), 100, &v1::Limits::set_streams_per_connection_max,
          limits);
  Default(limits.receive_bytes_max(), 1 << 20, &v1::Limits::set_receive_bytes_max, limits);
  Default(limits.drain_seconds(), 10, &v1::Limits::set_drain_seconds, limits);
}

absl::Status CheckLimits(const v1::Limits& limits, const std::string& path) {
  const google::protobuf::Reflection* reflection = limits.GetReflection();
  for (int i = 0; i < limits.GetDescriptor()->field_count(); ++i) {
    const auto* field = limits.GetDescriptor()->field(i);
    const int64_t value = field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT32
                              ? reflection->GetInt32(limits, field)
                              : reflection->GetInt64(limits, field);
    if (value < 0)
      return Wrong(path, absl::StrCat("limits.", field->name()),
                   "must not be negative; 0 gives the default");
  }
  if (limits.handler_threads() > kThreadsMax)
    return Wrong(path, "limits.handler_threads", "is 1 to 64");
  return absl::OkStatus();
}

std::optional<rpc::JwtAlgorithm> AlgorithmOf(absl::string_view name) {
  if (name == "RS256") return rpc::JwtAlgorithm::kRs256;
  if (name == "PS256") return rpc::JwtAlgorithm::kPs256;
  if (name == "ES256") return rpc::JwtAlgorithm::kEs256;
  if (name == "EdDSA") return rpc::JwtAlgorithm::kEdDsa;
  return std::nullopt;
}

bool IsLoopback(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) return false;
  const absl::string_view host = address.substr(0, colon);
  if (host == "localhost" || host == "[::1]") return true;
  // In numbers alone: a name may begin like one and lead anywhere.
  return absl::StartsWith(host, "127.") && std::all_of(host.begin(), host.end(), [](char c) {
           return c == '.' || absl::ascii_isdigit(c);
         });
}

absl::Status CheckRequired(const v1::HubConfig& config, const std::string& path) {
  const std::pair<const char*, const std::string*> required[] = {
      {"data_dir", &config.data_dir()},
      {"listen", &config.listen()},
      {"tls.certificate_file", &config.tls().certificate_file()},
      {"tls.key_file", &config.tls().key_file()},
      {"tls.client_ca_file", &config.tls().client_ca_file()},
      {"trust_domain", &config.trust_domain()},
      {"key_file", &config.key_file()},
      {"log_key_file", &config.log_key_file()},
      {"guard_file", &config.guard_file()},
      {"log_origin", &config.log_origin()},
  };
  for (const auto& [field, value] : required) {
    if (value->empty()) return Wrong(path, field, "is required");
  }
  if (config.directory_files().empty())
    return Wrong(path, "directory_files", "names at least one directory bundle");
  if (!config.metrics_listen().empty() && !IsLoopback(config.metrics_listen())) {
    return Wrong(path, "metrics_listen",
                 "speaks plain HTTP and must be on loopback, e.g. 127.0.0.1:9464");
  }
  for (int i = 0; i < config.issuers_size(); ++i) {
    const v1::Issuer& issuer = config.issuers(i);
    const std::string field = absl::StrCat("issuers[", i, "]");
    if (issuer.issuer().empty() || issuer.audience().empty() || issuer.jwks_file().empty() ||
        issuer.algorithms().empty()) {
      return Wrong(path, field, "needs issuer, audience, algorithms and jwks_file");
    }
    if (issuer.party().empty() == issuer.by_org_unit().empty())
      return Wrong(path, field, "needs either party or by_org_unit");
  }
  return absl::OkStatus();
}

absl::Status CheckGuardIsApart(const v1::HubConfig& config, const std::string& path) {
  const std::string inside = config.data_dir() + "/";
  if (absl::StartsWith(config.guard_file(), inside)) {
    return Wrong(path, "guard_file",
                 "must lie outside data_dir: it tells a restored backup from the present");
  }
  if (absl::StartsWith(config.key_file(), inside)) {
    return Wrong(
        path, "key_file",
        "must lie outside data_dir: a stolen or restored database must not bring its keys");
  }
  return absl::OkStatus();
}

void MakeAbsolute(v1::HubConfig& config, const std::string& path) {
  const std::filesystem::path base = std::filesystem::absolute(path).parent_path();
  const auto resolve = [&](std::string* value) {
    if (value->empty()) return;
    *value = (base / *value).lexically_normal().string();
    // One text per path, so that what lies inside a folder is seen to.
    if (value->size() > 1 && value->back() == '/') value->pop_back();
  };
  for (std::string* value :
       {config.mutable_data_dir(), config.mutable_key_file(), config.mutable_log_key_file(),
        config.mutable_guard_file(), config.mutable_revocation_file(),
        config.mutable_tls()->mutable_certificate_file(), config.mutable_tls()->mutable_key_file(),
        config.mutable_tls()->mutable_client_ca_file()}) {
    resolve(value);
  }
  for (std::string& file : *config.mutable_directory_files()) resolve(&file);
  for (v1::Issuer& issuer : *config.mutable_issuers()) resolve(issuer.mutable_jwks_file());
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::StatusOr<v1::HubConfig> LoadConfig(const std::string& path) {
  SV_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseConfig(text, path);
}

absl::StatusOr<v1::HubConfig> ParseConfig(absl::string_view text, const std::string& path) {
  v1::HubConfig config;
  FirstError error(path);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(std::string(text), &config))
    return absl::InvalidArgumentError(error.text());
  SV_RETURN_IF_ERROR(CheckRequired(config, path));
  FillLimits(*config.mutable_limits());
  SV_RETURN_IF_ERROR(CheckLimits(config.limits(), path));
  MakeAbsolute(config, path);
  SV_RETURN_IF_ERROR(CheckGuardIsApart(config, path));
  return config;
}

absl::StatusOr<rpc::Authenticator::Options> AuthenticationOf(const v1::HubConfig& config,
                                                             bool demo_mode) {
  rpc::Authenticator::Options options;
  options.trust_domain = config.trust_domain();
  options.revocation_file = config.revocation_file();
  options.demo_mode = demo_mode;
  for (const v1::Issuer& issuer : config.issuers()) {
    rpc::IssuerOptions entry;
    entry.issuer = issuer.issuer();
    entry.audience = issuer.audience();
    entry.jwks_file = issuer.jwks_file();
    entry.demo = issuer.demo();
    entry.party = issuer.party();
    for (const v1::OrgUnit& unit : issuer.by_org_unit())
      entry.parties_by_org_unit[unit.org_unit()] = unit.party();
    for (const std::string& name : issuer.algorithms()) {
      const std::optional<rpc::JwtAlgorithm> algorithm = AlgorithmOf(name);
      if (!algorithm)
        return Wrong("configuration", "issuers.algorithms",
                     absl::StrCat(name, " is none of RS256, PS256, ES256, EdDSA"));
      entry.algorithms.push_back(*algorithm);
    }
    options.issuers.push_back(std::move(entry));
  }
  return options;
}

}  // namespace samverkan::hub
