#include "services/journal/signing_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/base/secret.h"

namespace samverkan::journal {
namespace {

constexpr size_t kFileSizeMax = 4096;

absl::Status Unusable(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("the signing key ", path, " ", why));
}

}  // namespace

absl::StatusOr<Ed25519PrivateKey> LoadSigningKey(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Unusable(path, absl::StrCat("cannot be read: ", std::strerror(errno)));
  struct stat info = {};
  std::string bytes(kFileSizeMax, '\0');
  const bool known = fstat(descriptor, &info) == 0;
  const ssize_t size = read(descriptor, bytes.data(), bytes.size());
  close(descriptor);
  const Secret pem = Secret::Take(bytes);
  if (!known || size < 0) return Unusable(path, "cannot be read");
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Unusable(path, "can be read by others than its owner; set its mode to 0600");
  }
  absl::StatusOr<Ed25519PrivateKey> key =
      Ed25519PrivateKey::FromPem(Secret(pem.Reveal().substr(0, static_cast<size_t>(size))));
  if (!key.ok()) return Unusable(path, "is no unencrypted Ed25519 private key in PEM");
  return key;
}

}  // namespace samverkan::journal
