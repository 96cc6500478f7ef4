#include "services/rpc/unary.h"

#include <chrono>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace samverkan::rpc {
namespace {

constexpr absl::string_view kBearer = "Bearer ";

std::string Metadata(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return "";
  return std::string(found->second.data(), found->second.size());
}

}  // namespace

Inbound InboundOf(const grpc::CallbackServerContext& context) {
  Inbound inbound;
  const auto auth = context.auth_context();
  if (auth != nullptr && auth->IsPeerAuthenticated()) {
    for (const grpc::string_ref& id : auth->FindPropertyValues("peer_spiffe_id"))
      inbound.spiffe_ids.emplace_back(id.data(), id.size());
    for (const grpc::string_ref& pem : auth->FindPropertyValues("x509_pem_cert"))
      inbound.certificate_pem.assign(pem.data(), pem.size());
  }
  const std::string authorization = Metadata(context, "authorization");
  // What is no bearer token is passed on as it is, to be refused: never is a caller taken for less
  // than it claims.
  const bool bearer = absl::StartsWith(authorization, kBearer);
  inbound.bearer_token = bearer ? authorization.substr(kBearer.size()) : authorization;
  inbound.mandate = Metadata(context, "samverkan-mandate");
  inbound.purpose = Metadata(context, "samverkan-purpose");
  if (context.deadline() != std::chrono::system_clock::time_point::max())
    inbound.deadline = absl::FromChrono(context.deadline());
  return inbound;
}

}  // namespace samverkan::rpc
