#include "clients/cpp/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

namespace samverkan::client {
namespace {

// A page of 200 items with 4,000 code points of source text each stays below it.
constexpr int kMessageBytesMax = 8 << 20;
// A dead connection under an open stream is noticed after time and timeout together. No pings
// without a call, and none more often than hubs allow.
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// The first delay; gRPC's own minimum, which is not set, is how long one attempt may take.
constexpr int kFirstReconnectMs = 200;
constexpr int kReconnectMsMax = 5'000;

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const Profile& profile) {
  if (profile.target.empty()) return absl::InvalidArgumentError("no hub address");
  if (profile.ca.empty()) return absl::InvalidArgumentError("no certificate authority");
  if (profile.certificate.empty() || profile.key.empty()) {
    return absl::InvalidArgumentError("no client certificate and key");
  }
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = profile.ca;
  tls.pem_cert_chain = profile.certificate;
  tls.pem_private_key = profile.key;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMsMax);
  // Retries are the client's, with its request_id; gRPC's own would be a second layer.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Another hub in the same process must not get this profile's connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!profile.server_name.empty()) arguments.SetSslTargetNameOverride(profile.server_name);
  return grpc::CreateCustomChannel(profile.target, grpc::SslCredentials(tls), arguments);
}

}  // namespace samverkan::client
