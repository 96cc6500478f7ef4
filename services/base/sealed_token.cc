#include "services/base/sealed_token.h"

#include "absl/strings/str_cat.h"
#include "services/base/base64.h"
#include "services/base/crypto.h"
#include "services/base/status.h"

namespace samverkan {
namespace {

constexpr size_t kSaltSize = 16;
// Changed together with the layout, so that old tokens fail closed.
constexpr absl::string_view kDerivation = "samverkan sealed token v1";

Aead TokenKey(const Secret& key, absl::string_view purpose, absl::string_view salt) {
  const Hash derived = HmacSha256(key, JoinUnambiguously({kDerivation, purpose, salt}));
  absl::StatusOr<Aead> aead = Aead::Create(Secret(AsBytes(derived)));
  SV_CHECK(aead.ok(), "a SHA-256 value is a key");
  return *std::move(aead);
}

}  // namespace

absl::StatusOr<TokenSealer> TokenSealer::Create(Secret key, RandomSource& random) {
  if (key.size() < Aead::kKeySize) {
    return absl::InvalidArgumentError("a key for tokens has at least 32 bytes");
  }
  return TokenSealer(std::move(key), random);
}

std::string TokenSealer::Seal(absl::string_view purpose,
                              absl::Span<const absl::string_view> bound_to,
                              absl::string_view payload) const {
  const std::string salt = random_->Bytes(kSaltSize);
  const Aead aead = TokenKey(key_, purpose, salt);
  return Base64UrlEncode(
      absl::StrCat(salt, aead.Seal(*random_, payload, JoinUnambiguously(bound_to))));
}

std::optional<std::string> TokenSealer::Open(absl::string_view purpose,
                                             absl::Span<const absl::string_view> bound_to,
                                             absl::string_view token) const {
  if (token.size() > kTextSizeMax) return std::nullopt;
  const std::optional<std::string> bytes = Base64UrlDecode(token);
  if (!bytes || bytes->size() < kSaltSize + Aead::kOverhead) return std::nullopt;
  const absl::string_view view = *bytes;
  return TokenKey(key_, purpose, view.substr(0, kSaltSize))
      .Open(view.substr(kSaltSize), JoinUnambiguously(bound_to));
}

}  // namespace samverkan
