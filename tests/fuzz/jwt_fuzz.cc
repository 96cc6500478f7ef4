#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/base/base64.h"
#include "services/base/status.h"
#include "services/rpc/jwks.h"
#include "services/rpc/jwt.h"

namespace samverkan::rpc {
namespace {

void CheckToken(absl::string_view text) {
  const absl::StatusOr<ParsedJwt> token = ParseJwt(text);
  if (!token.ok()) return;
  SV_CHECK(text.size() <= kJwtBytesMax, "a token is of bounded size");
  SV_CHECK(!token->claims.issuer.empty() && !token->claims.subject.empty() && !token->kid.empty(),
           "a token names issuer, subject and key");
  SV_CHECK(token->claims.expires_at - token->claims.valid_from <= kJwtLifetimeMax,
           "a token lives for a bounded time");
  const JwtPolicy policy = {token->claims.issuer, "https://hub.example", {token->algorithm}};
  SV_CHECK(!VerifyJwtSignature(*token, policy, nullptr).ok(), "without a key nothing is verified");
  CheckJwtAudience(token->claims, policy.audience).IgnoreError();
  CheckJwtTimes(token->claims, token->claims.valid_from).IgnoreError();
}

// The first byte chooses: a token as it came, a payload or a header within a token that is right
// otherwise (so that the fuzzer need not learn base64), or a set of keys.
void Check(absl::string_view bytes) {
  if (bytes.empty()) return;
  const absl::string_view text = bytes.substr(1);
  switch (bytes[0] % 4) {
    case 0:
      CheckToken(text);
      break;
    case 1:
      CheckToken(absl::StrCat(Base64UrlEncode(R"({"alg":"ES256","typ":"JWT","kid":"k"})"), ".",
                              Base64UrlEncode(text), ".", Base64UrlEncode(std::string(64, 's'))));
      break;
    case 2:
      CheckToken(absl::StrCat(
          Base64UrlEncode(text), ".",
          Base64UrlEncode(R"({"iss":"https://i.example","sub":"s","aud":"a","iat":1,"exp":2})"),
          ".c2ln"));
      break;
    default:
      const auto keys = ParseJwks(text);
      SV_CHECK(!keys.ok() || (!keys->empty() && keys->size() <= kJwksKeysMax),
               "a set has a bounded number of keys");
      if (!keys.ok()) return;
      for (const NamedKey& key : *keys) {
        SV_CHECK(!key.key.Verify(JwtAlgorithm::kEs256, "message", std::string(64, 's')),
                 "a made-up signature is wrong");
      }
  }
}

}  // namespace
}  // namespace samverkan::rpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  samverkan::rpc::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
