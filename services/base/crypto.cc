#include "services/base/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "services/base/status.h"

namespace samverkan {
namespace {

const unsigned char* Data(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* Data(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

struct DigestContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct CipherContextFree {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherContextFree>;
struct MacContextFree {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, MacContextFree>;

// Fetched once: OpenSSL 3 looks an algorithm up by name at every implicit fetch, which costs more
// than hashing a leaf.
const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  SV_CHECK(kAlgorithm != nullptr, "OpenSSL must provide SHA-256");
  return kAlgorithm;
}

const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const kAlgorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  SV_CHECK(kAlgorithm != nullptr, "OpenSSL must provide AES-256-GCM");
  return kAlgorithm;
}

// HMAC with SHA-256, still without a key.
MacContext MakeHmac() {
  EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  SV_CHECK(algorithm != nullptr, "OpenSSL must provide HMAC");
  MacContext context(EVP_MAC_CTX_new(algorithm));
  EVP_MAC_free(algorithm);  // The context holds on to it.
  std::string digest = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  SV_CHECK(EVP_MAC_CTX_set_params(context.get(), parameters) == 1,
           "OpenSSL must provide HMAC with SHA-256");
  return context;
}

}  // namespace

Hash Sha256(absl::string_view bytes) {
  return Sha256Parts({bytes});
}

Hash Sha256Parts(absl::Span<const absl::string_view> parts) {
  thread_local const std::unique_ptr<EVP_MD_CTX, DigestContextFree> context(EVP_MD_CTX_new());
  bool good = EVP_DigestInit_ex2(context.get(), Sha256Algorithm(), nullptr) == 1;
  for (absl::string_view part : parts) {
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  Hash hash;
  good = good && EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1;
  SV_CHECK(good, "hashing memory must not fail");
  return hash;
}

Hash HmacSha256(const Secret& key, absl::string_view bytes) {
  // Kept, as looking up the algorithms costs more than the MAC. It forgets no key before the next
  // one: keys of MACs live as long as the process.
  thread_local const MacContext context = MakeHmac();
  Hash hash;
  size_t length = 0;
  // A null pointer would mean "the key before" to OpenSSL; an empty key is a valid one.
  const absl::string_view revealed = key.empty() ? absl::string_view("") : key.Reveal();
  const bool good = EVP_MAC_init(context.get(), Data(revealed), revealed.size(), nullptr) == 1 &&
                    EVP_MAC_update(context.get(), Data(bytes), bytes.size()) == 1 &&
                    EVP_MAC_final(context.get(), hash.data(), &length, hash.size()) == 1;
  SV_CHECK(good && length == hash.size(), "a MAC over memory must not fail");
  return hash;
}

bool ConstantTimeEqual(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string JoinUnambiguously(absl::Span<const absl::string_view> parts) {
  std::string joined;
  for (absl::string_view part : parts) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      joined.push_back(static_cast<char>(static_cast<uint64_t>(part.size()) >> shift));
    }
    joined.append(part.data(), part.size());
  }
  return joined;
}

absl::StatusOr<Aead> Aead::Create(Secret key) {
  if (key.size() != kKeySize) return absl::InvalidArgumentError("an AES-256 key has 32 bytes");
  return Aead(std::move(key));
}

std::string Aead::Seal(RandomSource& random, absl::string_view plaintext,
                       absl::string_view associated_data) const {
  std::string sealed(kNonceSize + plaintext.size() + kTagSize, '\0');
  unsigned char* const nonce = Data(sealed);
  unsigned char* const text = nonce + kNonceSize;
  unsigned char* const tag = text + plaintext.size();
  random.Fill(absl::MakeSpan(nonce, kNonceSize));
  const CipherContext context(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool good =
      EVP_EncryptInit_ex2(context.get(), Aes256Gcm(), Data(key_.Reveal()), nonce, nullptr) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, Data(associated_data),
                        static_cast<int>(associated_data.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), text, &length, Data(plaintext),
                        static_cast<int>(plaintext.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), tag, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) == 1;
  SV_CHECK(good, "encrypting memory must not fail");
  return sealed;
}

std::optional<std::string> Aead::Open(absl::string_view sealed,
                                      absl::string_view associated_data) const {
  if (sealed.size() < kOverhead) return std::nullopt;
  const absl::string_view nonce = sealed.substr(0, kNonceSize);
  const absl::string_view ciphertext = sealed.substr(kNonceSize, sealed.size() - kOverhead);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  std::string plaintext(ciphertext.size(), '\0');
  const CipherContext context(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool good =
      EVP_DecryptInit_ex2(context.get(), Aes256Gcm(), Data(key_.Reveal()), Data(nonce), nullptr) ==
          1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, Data(associated_data),
                        static_cast<int>(associated_data.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), Data(plaintext), &length, Data(ciphertext),
                        static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), Data(plaintext) + plaintext.size(), &length) == 1;
  if (!good) {
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace samverkan
