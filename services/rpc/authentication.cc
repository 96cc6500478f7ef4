#include "services/rpc/authentication.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "services/base/error.h"
#include "services/base/names.h"
#include "services/base/status.h"
#include "services/rpc/recent_cache.h"
#include "services/rpc/revocation.h"
#include "services/rpc/small_file.h"
#include "services/rpc/spiffe.h"

namespace samverkan::rpc {
namespace {

// What systems count as: their keys are kept as R2 demands of people's.
constexpr int kSystemAssurance = 3;
// The system part of certificates that a person's client uses; alone they stand for nobody.
constexpr absl::string_view kPersonsClient = "cli";

constexpr absl::string_view kCertificateMessage =
    "The client certificate is not accepted: it must be valid now, not revoked, and name exactly "
    "one SPIFFE id of this hub's trust domain.";
constexpr absl::string_view kNoCertificateMessage =
    "Connect with the client certificate of your party (mutual TLS).";
constexpr absl::string_view kTokenMessage =
    "The access token is not accepted: sign in again. If that does not help, your administrator "
    "can tell from the hub's log why.";
constexpr absl::string_view kTokenTimeMessage =
    "The access token is not valid at this time: sign in again.";
constexpr absl::string_view kSignInMessage =
    "The certificate of a command-line client identifies nobody by itself: sign in, and send the "
    "token as metadata 'authorization: Bearer TOKEN'.";
constexpr absl::string_view kPartyMessage =
    "The access token and the client certificate belong to different parties: use the certificate "
    "of the party you signed in for.";
constexpr absl::string_view kOrgUnitMessage =
    "Your sign-in names no organisation unit that belongs to a party here: your administrator can "
    "register it.";
constexpr absl::string_view kOperatorMessage =
    "The operator's certificate takes no access token: use the certificate of your own party.";

// A caller that is not let in: the word is for the log, the sentence for the caller.
struct Refusal {
  std::string reason;
  absl::string_view message;
};

struct Issuer {
  IssuerOptions options;
  JwtPolicy policy;
  std::unique_ptr<KeySource> keys;

  // The party of a token; empty where the organisation unit is not registered.
  std::string PartyOf(const JwtClaims& claims) const {
    if (!options.party.empty()) return options.party;
    const auto found = options.parties_by_org_unit.find(claims.org_unit);
    return found == options.parties_by_org_unit.end() ? "" : found->second;
  }
};

// A token whose signature and audience were right under these keys.
struct VerifiedToken {
  const Issuer* issuer;
  uint64_t key_generation;
  JwtClaims claims;
};

absl::Status Invalid(absl::string_view issuer, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("issuer ", issuer, ": ", what));
}

absl::Status CheckParties(const IssuerOptions& options) {
  if (options.party.empty() == options.parties_by_org_unit.empty()) {
    return Invalid(options.issuer, "needs either a party or parties by organisation unit.");
  }
  if (!options.party.empty() && !PartyName::Parse(options.party)) {
    return Invalid(options.issuer, "its party must be parties/{party}.");
  }
  for (const auto& [org_unit, party] : options.parties_by_org_unit) {
    if (org_unit.empty() || !PartyName::Parse(party)) {
      return Invalid(options.issuer,
                     absl::StrCat("organisation unit '", org_unit, "' needs a parties/{party}."));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Issuer>> MakeIssuer(IssuerOptions options, bool demo_mode,
                                                   Clock& clock) {
  if (!absl::StartsWith(options.issuer, "https://") || absl::StrContains(options.issuer, ' ')) {
    return Invalid(options.issuer, "must be an https URL.");
  }
  if (options.demo && !demo_mode) {
    return Invalid(options.issuer,
                   "is a demo's and signs anyone in; remove it, or start the hub in demo mode.");
  }
  if (options.audience.empty()) return Invalid(options.issuer, "needs an audience.");
  if (options.algorithms.empty()) return Invalid(options.issuer, "needs an algorithm.");
  SV_RETURN_IF_ERROR(CheckParties(options));
  absl::StatusOr<std::unique_ptr<KeySource>> keys = KeySource::Open(options.jwks_file, clock);
  if (!keys.ok()) {
    return absl::Status(keys.status().code(),
                        absl::StrCat("issuer ", options.issuer, ": ", keys.status().message()));
  }
  auto issuer = std::make_unique<Issuer>();
  issuer->policy = {options.issuer, options.audience, options.algorithms};
  issuer->options = std::move(options);
  issuer->keys = *std::move(keys);
  return issuer;
}

absl::StatusOr<RevocationList> ReadRevocations(const std::string& file) {
  if (file.empty()) return RevocationList();
  SV_ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(file, RevocationList::kBytesMax));
  absl::StatusOr<RevocationList> list = RevocationList::Parse(text);
  if (!list.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file, ", ", list.status().message(), "."));
  }
  return list;
}

}  // namespace

struct Authenticator::State {
  State(Options chosen, Clock& clock)
      : options(std::move(chosen)),
        clock(clock),
        certificates(options.certificate_cache_max),
        tokens(options.token_cache_max) {}

  const Options options;
  Clock& clock;
  absl::flat_hash_map<std::string, std::unique_ptr<Issuer>> issuers;
  RecentCache<std::string, PeerCertificate> certificates;  // by PEM
  RecentCache<Hash, VerifiedToken> tokens;                 // by hash: a token is a secret
  mutable absl::Mutex mutex;
  std::shared_ptr<const RevocationList> revocations ABSL_GUARDED_BY(mutex) =
      std::make_shared<RevocationList>();
  uint64_t revocation_epoch ABSL_GUARDED_BY(mutex) = 0;

  std::shared_ptr<const RevocationList> Revocations() const {
    absl::MutexLock lock(&mutex);
    return revocations;
  }

  absl::Status ReloadRevocations();
  // Each gives what it found, or nothing and the refusal.
  std::shared_ptr<const PeerCertificate> Identify(absl::Span<const std::string> spiffe_ids,
                                                  const std::string& pem, absl::Time now,
                                                  Refusal& refusal);
  absl::StatusOr<std::shared_ptr<const VerifiedToken>> Verify(absl::string_view token,
                                                              absl::Time now);
  absl::StatusOr<std::shared_ptr<const VerifiedToken>> VerifyAnew(absl::string_view token);
  std::optional<access::Principal> System(const PeerCertificate& peer, Refusal& refusal) const;
  std::optional<access::Principal> Person(const PeerCertificate& peer, absl::string_view token,
                                          absl::Time now, Refusal& refusal);
};

absl::Status Authenticator::State::ReloadRevocations() {
  SV_ASSIGN_OR_RETURN(RevocationList list, ReadRevocations(options.revocation_file));
  absl::MutexLock lock(&mutex);
  if (list == *revocations) return absl::OkStatus();
  revocations = std::make_shared<RevocationList>(std::move(list));
  ++revocation_epoch;
  return absl::OkStatus();
}

std::shared_ptr<const PeerCertificate> Authenticator::State::Identify(
    absl::Span<const std::string> spiffe_ids, const std::string& pem, absl::Time now,
    Refusal& refusal) {
  const auto refuse = [&](absl::string_view reason) {
    refusal = {std::string(reason), kCertificateMessage};
    return nullptr;
  };
  if (pem.empty()) {
    refusal = {"certificate-missing", kNoCertificateMessage};
    return nullptr;
  }
  std::shared_ptr<const PeerCertificate> peer = certificates.Find(pem);
  if (peer == nullptr) {
    absl::StatusOr<PeerCertificate> parsed = ParsePeerCertificate(pem);
    if (!parsed.ok()) return refuse(parsed.status().message());
    peer = std::make_shared<PeerCertificate>(*std::move(parsed));
    certificates.Put(pem, peer);
  }
  const std::string id = peer->id.ToString();
  if (spiffe_ids.size() != 1 || spiffe_ids[0] != id) return refuse("certificate-not-the-peers");
  if (peer->id.trust_domain != options.trust_domain) {
    return refuse("certificate-of-another-trust-domain");
  }
  if (now < peer->valid_from) return refuse("certificate-not-yet-valid");
  if (now >= peer->valid_to) return refuse("certificate-expired");
  const std::shared_ptr<const RevocationList> revoked = Revocations();
  if (revoked->HasCertificate(peer->fingerprint)) return refuse("certificate-revoked");
  if (revoked->HasSpiffeId(id)) return refuse("spiffe-id-revoked");
  return peer;
}

absl::StatusOr<std::shared_ptr<const VerifiedToken>> Authenticator::State::VerifyAnew(
    absl::string_view token) {
  SV_ASSIGN_OR_RETURN(ParsedJwt parsed, ParseJwt(token));
  const auto found = issuers.find(parsed.claims.issuer);
  if (found == issuers.end()) return absl::UnauthenticatedError("iss-unknown");
  const Issuer& issuer = *found->second;
  // Read before the key: a change in between makes the entry old, never the other way round.
  const uint64_t generation = issuer.keys->generation();
  const std::shared_ptr<const NamedKey> key = issuer.keys->Find(parsed.kid);
  SV_RETURN_IF_ERROR(VerifyJwtSignature(parsed, issuer.policy, key.get()));
  SV_RETURN_IF_ERROR(CheckJwtAudience(parsed.claims, issuer.policy.audience));
  return std::make_shared<const VerifiedToken>(
      VerifiedToken{&issuer, generation, std::move(parsed.claims)});
}

absl::StatusOr<std::shared_ptr<const VerifiedToken>> Authenticator::State::Verify(
    absl::string_view token, absl::Time now) {
  // Before anything is hashed: what is too long is not worth it.
  if (token.size() > kJwtBytesMax) return absl::UnauthenticatedError("too-long");
  const Hash key = Sha256(token);
  std::shared_ptr<const VerifiedToken> verified = tokens.Find(key);
  if (verified == nullptr || verified->key_generation != verified->issuer->keys->generation()) {
    SV_ASSIGN_OR_RETURN(verified, VerifyAnew(token));
    tokens.Put(key, verified);
  }
  SV_RETURN_IF_ERROR(CheckJwtTimes(verified->claims, now));
  return verified;
}

std::optional<access::Principal> Authenticator::State::System(const PeerCertificate& peer,
                                                              Refusal& refusal) const {
  access::Principal principal;
  principal.holder = peer.id.ToString();
  principal.assurance = kSystemAssurance;
  principal.expires_at = peer.valid_to;
  if (peer.id.IsOperator()) {
    principal.kind = access::PrincipalKind::kOperator;
    return principal;
  }
  if (peer.id.system == kPersonsClient) {
    refusal = {"token-missing", kSignInMessage};
    return std::nullopt;
  }
  principal.kind = access::PrincipalKind::kSystem;
  principal.party = PartyName{peer.id.party}.ToString();
  return principal;
}

std::optional<access::Principal> Authenticator::State::Person(const PeerCertificate& peer,
                                                              absl::string_view token,
                                                              absl::Time now, Refusal& refusal) {
  const auto refuse = [&](absl::string_view reason, absl::string_view message) {
    refusal = {std::string(reason), message};
    return std::nullopt;
  };
  if (peer.id.IsOperator()) return refuse("operator-with-token", kOperatorMessage);
  absl::StatusOr<std::shared_ptr<const VerifiedToken>> verified = Verify(token, now);
  if (!verified.ok()) {
    const bool time = absl::IsOutOfRange(verified.status());
    return refuse(absl::StrCat("token-", verified.status().message()),
                  time ? kTokenTimeMessage : kTokenMessage);
  }
  const Issuer& issuer = *(*verified)->issuer;
  const JwtClaims& claims = (*verified)->claims;
  if (claims.certificate_hash && *claims.certificate_hash != peer.fingerprint) {
    return refuse("token-of-another-certificate", kTokenMessage);
  }
  const std::shared_ptr<const RevocationList> revoked = Revocations();
  if (revoked->HasToken(claims.issuer, claims.token_id))
    return refuse("token-revoked", kTokenMessage);
  if (revoked->HasPerson(claims.issuer, claims.subject))
    return refuse("person-revoked", kTokenMessage);
  const std::string party = issuer.PartyOf(claims);
  if (party.empty()) return refuse("token-orgunit-unknown", kOrgUnitMessage);
  if (party != PartyName{peer.id.party}.ToString()) return refuse("party-mismatch", kPartyMessage);
  access::Principal principal;
  principal.kind = access::PrincipalKind::kPerson;
  principal.party = party;
  principal.holder = absl::StrCat(claims.issuer, " ", claims.subject);
  principal.assurance = claims.assurance;
  principal.authenticated_at = claims.authenticated_at;
  principal.expires_at = std::min(claims.expires_at, peer.valid_to);
  return principal;
}

absl::StatusOr<std::unique_ptr<Authenticator>> Authenticator::Create(Options options,
                                                                     Clock& clock) {
  const std::string probe = absl::StrCat("spiffe://", options.trust_domain, "/aa/bb/cc");
  if (!SpiffeId::Parse(probe)) {
    return absl::InvalidArgumentError("The trust domain must be a name like samverkan.example.");
  }
  auto state = std::make_unique<State>(std::move(options), clock);
  for (const IssuerOptions& issuer_options : state->options.issuers) {
    SV_ASSIGN_OR_RETURN(std::unique_ptr<Issuer> issuer,
                        MakeIssuer(issuer_options, state->options.demo_mode, clock));
    const std::string name = issuer->policy.issuer;
    if (!state->issuers.emplace(name, std::move(issuer)).second) {
      return Invalid(name, "stands twice.");
    }
  }
  SV_RETURN_IF_ERROR(state->ReloadRevocations());
  return std::unique_ptr<Authenticator>(new Authenticator(std::move(state)));
}

Authenticator::Authenticator(std::unique_ptr<State> state) : state_(std::move(state)) {}

Authenticator::~Authenticator() = default;

absl::StatusOr<access::Principal> Authenticator::Authenticate(
    absl::Span<const std::string> spiffe_ids, const std::string& certificate_pem,
    absl::string_view bearer_token, AuthFailure* failure) {
  const absl::Time now = state_->clock.Now();
  Refusal refusal;
  std::optional<access::Principal> principal;
  if (const auto peer = state_->Identify(spiffe_ids, certificate_pem, now, refusal)) {
    principal = bearer_token.empty() ? state_->System(*peer, refusal)
                                     : state_->Person(*peer, bearer_token, now, refusal);
  }
  if (principal) return *std::move(principal);
  if (failure != nullptr) failure->reason = std::move(refusal.reason);
  return Error(errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT, refusal.message);
}

absl::Status Authenticator::Reload() {
  // All of them are tried: one that fails must not keep a revocation from counting.
  absl::Status first = state_->ReloadRevocations();
  for (const auto& [name, issuer] : state_->issuers) first.Update(issuer->keys->Reload());
  return first;
}

std::vector<std::string> Authenticator::files() const {
  std::vector<std::string> files;
  if (!state_->options.revocation_file.empty()) files.push_back(state_->options.revocation_file);
  for (const IssuerOptions& issuer : state_->options.issuers) files.push_back(issuer.jwks_file);
  return files;
}

uint64_t Authenticator::epoch() const {
  uint64_t epoch = 0;
  for (const auto& [name, issuer] : state_->issuers) epoch += issuer->keys->generation();
  absl::MutexLock lock(&state_->mutex);
  return epoch + state_->revocation_epoch;
}

}  // namespace samverkan::rpc
