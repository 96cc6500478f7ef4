#include "services/base/ed25519.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "services/base/status.h"

namespace samverkan {
namespace {

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct DigestContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, BioFree>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestContextFree>;

const unsigned char* Data(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::shared_ptr<EVP_PKEY> Share(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

Bio ReadFrom(absl::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted PEM must fail rather than make OpenSSL ask on the terminal.
int NoPassphrase(char*, int, int, void*) {
  return -1;
}

bool IsEd25519(const std::shared_ptr<EVP_PKEY>& key) {
  return key != nullptr && EVP_PKEY_get_id(key.get()) == EVP_PKEY_ED25519;
}

}  // namespace

absl::StatusOr<Ed25519PublicKey> Ed25519PublicKey::FromKey(std::shared_ptr<EVP_PKEY> key) {
  if (!IsEd25519(key)) return absl::InvalidArgumentError("not an Ed25519 public key");
  Ed25519PublicKey made;
  size_t size = made.raw_.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), made.raw_.data(), &size) != 1 ||
      size != made.raw_.size()) {
    return absl::InvalidArgumentError("not an Ed25519 public key");
  }
  made.key_ = std::move(key);
  return made;
}

absl::StatusOr<Ed25519PublicKey> Ed25519PublicKey::FromPem(absl::string_view pem) {
  return FromKey(Share(PEM_read_bio_PUBKEY(ReadFrom(pem).get(), nullptr, NoPassphrase, nullptr)));
}

absl::StatusOr<Ed25519PublicKey> Ed25519PublicKey::FromRaw(absl::string_view bytes) {
  return FromKey(
      Share(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Data(bytes), bytes.size())));
}

bool Ed25519PublicKey::Verify(absl::string_view message, absl::string_view signature) const {
  if (signature.size() != kEd25519SignatureSize) return false;
  const DigestContext context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), Data(signature), signature.size(), Data(message),
                          message.size()) == 1;
}

absl::StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::FromKey(std::shared_ptr<EVP_PKEY> key) {
  if (!IsEd25519(key)) return absl::InvalidArgumentError("not an Ed25519 private key");
  SV_ASSIGN_OR_RETURN(Ed25519PublicKey public_key, Ed25519PublicKey::FromKey(key));
  // The public half gets an object of its own, so that handing it out never hands out the private
  // one.
  SV_ASSIGN_OR_RETURN(
      public_key, Ed25519PublicKey::FromRaw({reinterpret_cast<const char*>(public_key.raw().data()),
                                             public_key.raw().size()}));
  Ed25519PrivateKey made(std::move(public_key));
  made.key_ = std::move(key);
  return made;
}

absl::StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::FromPem(const Secret& pem) {
  return FromKey(
      Share(PEM_read_bio_PrivateKey(ReadFrom(pem.Reveal()).get(), nullptr, NoPassphrase, nullptr)));
}

absl::StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::FromSeed(const Secret& seed) {
  return FromKey(Share(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Data(seed.Reveal()), seed.size())));
}

Ed25519PrivateKey Ed25519PrivateKey::Generate(RandomSource& random) {
  std::string bytes = random.Bytes(kEd25519KeySize);
  absl::StatusOr<Ed25519PrivateKey> key = FromSeed(Secret::Take(bytes));
  SV_CHECK(key.ok(), "any 32 bytes are an Ed25519 key");
  return *std::move(key);
}

std::string Ed25519PrivateKey::Sign(absl::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(kEd25519SignatureSize, '\0');
  size_t size = signature.size();
  const bool good =
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Data(message), message.size()) == 1 &&
      size == signature.size();
  SV_CHECK(good, "signing memory must not fail");
  return signature;
}

Secret Ed25519PrivateKey::ToPem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  SV_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                         nullptr) == 1,
           "writing a key to memory must not fail");
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return Secret({text, static_cast<size_t>(size)});
}

}  // namespace samverkan
