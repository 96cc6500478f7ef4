#include "services/rpc/jwt.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "services/base/base64.h"
#include "services/base/screening.h"
#include "services/base/status.h"
#include "services/rpc/strict_json.h"

namespace samverkan::rpc {
namespace {

using Json = nlohmann::json;

constexpr size_t kTextBytesMax = 255;
constexpr size_t kKidBytesMax = 128;
constexpr size_t kAudiencesMax = 8;
// The end of the year 9999: far above any time, far below any overflow.
constexpr int64_t kUnixSecondsMax = 253402300799;
constexpr absl::string_view kOrgUnitClaim = "https://id.oidc.se/claim/orgUnit";

absl::Status Refused(absl::string_view word) {
  return absl::UnauthenticatedError(word);
}
absl::Status OutsideItsTime(absl::string_view word) {
  return absl::OutOfRangeError(word);
}

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// One of the parts, decoded: `part` names it in the word for the log.
absl::StatusOr<Json> ReadPart(absl::string_view part, absl::string_view text) {
  const std::optional<std::string> decoded = Base64UrlDecode(text);
  if (!decoded) return Refused(absl::StrCat(part, "-base64url"));
  absl::StatusOr<Json> json = ParseStrictJson(*decoded, kJwtDepthMax);
  if (!json.ok()) return Refused(absl::StrCat(part, "-", json.status().message()));
  return json;
}

// A member that must be text of printable ASCII, 1 to `bytes_max` bytes, where it stands.
absl::StatusOr<std::string> OptionalText(const Json& object, absl::string_view member,
                                         absl::string_view word, size_t bytes_max) {
  const auto found = object.find(member);
  if (found == object.end()) return std::string();
  if (!found->is_string()) return Refused(absl::StrCat(word, "-not-text"));
  std::string text = found->get<std::string>();
  if (text.empty() || text.size() > bytes_max || !IsPrintable(text)) {
    return Refused(absl::StrCat(word, "-malformed"));
  }
  return text;
}

absl::StatusOr<std::string> RequiredText(const Json& object, absl::string_view member,
                                         absl::string_view word, size_t bytes_max) {
  if (!object.contains(member)) return Refused(absl::StrCat(word, "-missing"));
  return OptionalText(object, member, word, bytes_max);
}

// Seconds since 1970 as a whole number: RFC 7519 allows fractions, no issuer needs them, and none
// of what 64 bits cannot hold is a time.
absl::StatusOr<std::optional<absl::Time>> OptionalTime(const Json& object,
                                                       absl::string_view member) {
  const auto found = object.find(member);
  if (found == object.end()) return std::nullopt;
  if (!found->is_number_integer()) return Refused(absl::StrCat(member, "-not-an-integer"));
  const bool too_large = found->is_number_unsigned()
                             ? found->get<uint64_t>() > static_cast<uint64_t>(kUnixSecondsMax)
                             : found->get<int64_t>() < 0;
  if (too_large) return Refused(absl::StrCat(member, "-out-of-range"));
  return absl::FromUnixSeconds(found->get<int64_t>());
}

absl::Status CheckType(const Json& header) {
  SV_ASSIGN_OR_RETURN(const std::string type, RequiredText(header, "typ", "typ", kTextBytesMax));
  const std::string lower = absl::AsciiStrToLower(type);
  const absl::string_view short_form = absl::StripPrefix(lower, "application/");
  // Other kinds of JWT, a security event or a logout token, must not pass for a sign-in (RFC 8725,
  // 3.11 and 3.12).
  if (short_form != "jwt" && short_form != "at+jwt") return Refused("typ-of-another-kind");
  return absl::OkStatus();
}

absl::Status ReadHeader(const Json& header, ParsedJwt& token) {
  // Keys, or where to fetch them, come from configuration and never from a token.
  for (const absl::string_view member : {"jku", "jwk", "x5u", "x5c"}) {
    if (header.contains(member)) return Refused(absl::StrCat(member, "-brings-its-own-key"));
  }
  // No extension is understood, so none can be critical; nor is a token nested or compressed.
  for (const absl::string_view member : {"crit", "cty", "zip", "enc", "b64"}) {
    if (header.contains(member)) return Refused(absl::StrCat(member, "-not-supported"));
  }
  SV_ASSIGN_OR_RETURN(const std::string algorithm,
                      RequiredText(header, "alg", "alg", kTextBytesMax));
  const std::optional<JwtAlgorithm> known = JwtAlgorithmByName(algorithm);
  if (algorithm == "none" || absl::AsciiStrToLower(algorithm) == "none") return Refused("alg-none");
  if (absl::StartsWith(algorithm, "HS")) return Refused("alg-symmetric");
  if (!known) return Refused("alg-unknown");
  token.algorithm = *known;
  SV_ASSIGN_OR_RETURN(token.kid, RequiredText(header, "kid", "kid", kKidBytesMax));
  return CheckType(header);
}

absl::Status ReadAudiences(const Json& payload, JwtClaims& claims) {
  const auto found = payload.find("aud");
  if (found == payload.end()) return Refused("aud-missing");
  const Json list = found->is_array() ? *found : Json::array({*found});
  if (list.empty() || list.size() > kAudiencesMax) return Refused("aud-number");
  for (const Json& audience : list) {
    if (!audience.is_string()) return Refused("aud-not-text");
    claims.audiences.push_back(audience.get<std::string>());
  }
  return absl::OkStatus();
}

absl::Status ReadTimes(const Json& payload, JwtClaims& claims) {
  SV_ASSIGN_OR_RETURN(const std::optional<absl::Time> expires, OptionalTime(payload, "exp"));
  SV_ASSIGN_OR_RETURN(const std::optional<absl::Time> issued, OptionalTime(payload, "iat"));
  SV_ASSIGN_OR_RETURN(const std::optional<absl::Time> not_before, OptionalTime(payload, "nbf"));
  SV_ASSIGN_OR_RETURN(const std::optional<absl::Time> signed_in,
                      OptionalTime(payload, "auth_time"));
  if (!expires) return Refused("exp-missing");
  if (!issued && !not_before) return Refused("iat-and-nbf-missing");
  claims.expires_at = *expires;
  claims.valid_from =
      std::max(issued.value_or(absl::InfinitePast()), not_before.value_or(absl::InfinitePast()));
  if (claims.expires_at <= claims.valid_from) return Refused("exp-before-it-begins");
  if (claims.expires_at - claims.valid_from > kJwtLifetimeMax) return Refused("lifetime-too-long");
  // Without iat or nbf a refreshed token would make an old sign-in recent: only auth_time counts.
  if (signed_in) claims.authenticated_at = *signed_in;
  return absl::OkStatus();
}

absl::Status ReadConfirmation(const Json& payload, JwtClaims& claims) {
  const auto found = payload.find("cnf");
  if (found == payload.end()) return absl::OkStatus();
  // A binding that is not understood must not be passed over.
  if (!found->is_object() || found->size() != 1 || !found->contains("x5t#S256")) {
    return Refused("cnf-not-supported");
  }
  const Json& thumbprint = found->at("x5t#S256");
  const std::optional<std::string> bytes =
      thumbprint.is_string() ? Base64UrlDecode(thumbprint.get<std::string>()) : std::nullopt;
  if (bytes) claims.certificate_hash = ArrayFrom<32>(*bytes);
  if (!claims.certificate_hash) return Refused("cnf-malformed");
  return absl::OkStatus();
}

// A name of an organisation's unit, with spaces and letters of any script.
absl::Status ReadOrgUnit(const Json& payload, JwtClaims& claims) {
  const auto found = payload.find(kOrgUnitClaim);
  if (found == payload.end()) return absl::OkStatus();
  if (!found->is_string()) return Refused("orgunit-not-text");
  claims.org_unit = found->get<std::string>();
  if (claims.org_unit.empty() || !CheckText("", claims.org_unit, kTextBytesMax).ok()) {
    return Refused("orgunit-malformed");
  }
  return absl::OkStatus();
}

absl::Status ReadPayload(const Json& payload, JwtClaims& claims) {
  SV_ASSIGN_OR_RETURN(claims.issuer, RequiredText(payload, "iss", "iss", kTextBytesMax));
  SV_ASSIGN_OR_RETURN(claims.subject, RequiredText(payload, "sub", "sub", kTextBytesMax));
  if (IsIdentityNumber(claims.subject)) return Refused("sub-is-an-identity-number");
  SV_RETURN_IF_ERROR(ReadAudiences(payload, claims));
  SV_RETURN_IF_ERROR(ReadTimes(payload, claims));
  SV_ASSIGN_OR_RETURN(claims.token_id, OptionalText(payload, "jti", "jti", kTextBytesMax));
  SV_RETURN_IF_ERROR(ReadOrgUnit(payload, claims));
  SV_ASSIGN_OR_RETURN(const std::string acr, OptionalText(payload, "acr", "acr", kTextBytesMax));
  claims.assurance = AssuranceOf(acr);
  return ReadConfirmation(payload, claims);
}

}  // namespace

absl::StatusOr<ParsedJwt> ParseJwt(absl::string_view token) {
  if (token.size() > kJwtBytesMax) return Refused("too-long");
  const size_t first = token.find('.');
  const size_t second = first == absl::string_view::npos ? first : token.find('.', first + 1);
  if (second == absl::string_view::npos || token.find('.', second + 1) != absl::string_view::npos) {
    return Refused("not-three-parts");
  }
  ParsedJwt parsed;
  SV_ASSIGN_OR_RETURN(const Json header, ReadPart("header", token.substr(0, first)));
  SV_RETURN_IF_ERROR(ReadHeader(header, parsed));
  SV_ASSIGN_OR_RETURN(const Json payload,
                      ReadPart("payload", token.substr(first + 1, second - first - 1)));
  SV_RETURN_IF_ERROR(ReadPayload(payload, parsed.claims));
  const std::optional<std::string> signature = Base64UrlDecode(token.substr(second + 1));
  if (!signature) return Refused("signature-base64url");
  if (signature->empty()) return Refused("signature-missing");
  parsed.signature = *signature;
  parsed.signing_input = token.substr(0, second);
  return parsed;
}

absl::Status VerifyJwtSignature(const ParsedJwt& token, const JwtPolicy& policy,
                                const NamedKey* key) {
  if (token.claims.issuer != policy.issuer) return Refused("iss-unknown");
  if (std::find(policy.algorithms.begin(), policy.algorithms.end(), token.algorithm) ==
      policy.algorithms.end()) {
    return Refused("alg-not-the-issuers");
  }
  if (key == nullptr) return Refused("kid-unknown");
  if (!key->key.Fits(token.algorithm)) return Refused("alg-does-not-fit-key");
  if (key->algorithm && *key->algorithm != token.algorithm) return Refused("alg-not-the-keys");
  if (token.signature.size() != key->key.SignatureSize()) return Refused("signature-size");
  if (!key->key.Verify(token.algorithm, token.signing_input, token.signature)) {
    return Refused("signature-wrong");
  }
  return absl::OkStatus();
}

absl::Status CheckJwtAudience(const JwtClaims& claims, absl::string_view audience) {
  if (std::find(claims.audiences.begin(), claims.audiences.end(), audience) ==
      claims.audiences.end()) {
    return Refused("aud-of-another");
  }
  // Whoever else it is for could bring it here in its holder's place.
  if (claims.audiences.size() > 1) return Refused("aud-not-alone");
  return absl::OkStatus();
}

absl::Status CheckJwtTimes(const JwtClaims& claims, absl::Time now) {
  if (now >= claims.expires_at + kJwtLeeway) return OutsideItsTime("expired");
  if (now < claims.valid_from - kJwtLeeway) return OutsideItsTime("not-yet-valid");
  if (now < claims.authenticated_at - kJwtLeeway) return Refused("auth_time-in-the-future");
  return absl::OkStatus();
}

int AssuranceOf(absl::string_view acr) {
  // Sweden Connect's levels, and those of the health sector's federation.
  if (!absl::ConsumePrefix(&acr, "http://id.elegnamnden.se/loa/1.0/loa") &&
      !absl::ConsumePrefix(&acr, "http://id.sambi.se/loa/loa")) {
    return 0;
  }
  return acr.size() == 1 && acr[0] >= '1' && acr[0] <= '4' ? acr[0] - '0' : 0;
}

}  // namespace samverkan::rpc
