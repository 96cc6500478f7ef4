#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "services/base/base64.h"
#include "services/base/status.h"
#include "services/rpc/revocation.h"
#include "services/rpc/spiffe.h"

namespace samverkan::rpc {
namespace {

void Check(absl::string_view bytes) {
  if (const auto id = SpiffeId::Parse(bytes)) {
    SV_CHECK(id->ToString() == bytes, "an id is written as it was read");
  }
  RevocationList::Parse(bytes).status().IgnoreError();
  // As it came, and as DER, so that the fuzzer need not learn PEM.
  for (const std::string& pem :
       {std::string(bytes), absl::StrCat("-----BEGIN CERTIFICATE-----\n", Base64Encode(bytes),
                                         "\n-----END CERTIFICATE-----\n")}) {
    const absl::StatusOr<PeerCertificate> peer = ParsePeerCertificate(pem);
    if (peer.ok()) {
      SV_CHECK(SpiffeId::Parse(peer->id.ToString()).has_value(), "a certificate names one id");
    }
  }
}

}  // namespace
}  // namespace samverkan::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  samverkan::rpc::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
