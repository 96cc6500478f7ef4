#include "services/base/record_cipher.h"

#include <utility>

#include "services/base/crypto.h"
#include "services/base/status.h"

namespace samverkan {
namespace {

Aead CipherOf(const Secret& key) {
  absl::StatusOr<Aead> aead = Aead::Create(key.Clone());
  SV_CHECK(aead.ok(), "keys are of the right length: the key ring and Seal make no others");
  return *std::move(aead);
}

std::string WrapContext(absl::string_view party, absl::string_view context) {
  return JoinUnambiguously({"wrap", party, context});
}

}  // namespace

RecordCipher::Sealed RecordCipher::Seal(absl::string_view plaintext,
                                        absl::string_view context) const {
  std::string key = random_.Bytes(Aead::kKeySize);
  Sealed sealed{.record_key = Secret::Take(key)};
  sealed.ciphertext = CipherOf(sealed.record_key).Seal(random_, plaintext, context);
  return sealed;
}

std::string RecordCipher::Wrap(const Secret& record_key, absl::string_view party,
                               absl::string_view context) const {
  return CipherOf(keys_.ContentKey(party))
      .Seal(random_, record_key.Reveal(), WrapContext(party, context));
}

std::optional<Secret> RecordCipher::Unwrap(absl::string_view wrapped, absl::string_view party,
                                           absl::string_view context) const {
  std::optional<std::string> key =
      CipherOf(keys_.ContentKey(party)).Open(wrapped, WrapContext(party, context));
  if (!key || key->size() != Aead::kKeySize) return std::nullopt;
  return Secret::Take(*key);
}

std::optional<std::string> RecordCipher::Open(const Secret& record_key,
                                              absl::string_view ciphertext,
                                              absl::string_view context) const {
  return CipherOf(record_key).Open(ciphertext, context);
}

std::optional<std::string> RecordCipher::Open(absl::string_view wrapped, absl::string_view party,
                                              absl::string_view ciphertext,
                                              absl::string_view context) const {
  const std::optional<Secret> key = Unwrap(wrapped, party, context);
  if (!key) return std::nullopt;
  return Open(*key, ciphertext, context);
}

}  // namespace samverkan
