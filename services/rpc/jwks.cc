#include "services/rpc/jwks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/base/base64.h"
#include "services/base/status.h"
#include "services/rpc/small_file.h"
#include "services/rpc/strict_json.h"

namespace samverkan::rpc {
namespace {

using Json = nlohmann::json;

constexpr int kJwksDepthMax = 8;
constexpr size_t kKidBytesMax = 128;

absl::Status Malformed(size_t index, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("keys[", index, "]: ", what));
}

// A member that is text; empty where there is none or it is something else.
std::string Text(const Json& key, const char* name) {
  const auto found = key.find(name);
  return found != key.end() && found->is_string() ? found->get<std::string>() : "";
}

// A member that is base64url; empty where it is not.
std::string Bytes(const Json& key, const char* name) {
  return Base64UrlDecode(Text(key, name)).value_or("");
}

absl::StatusOr<VerificationKey> PublicKey(const Json& key, const std::string& type) {
  if (type == "RSA") return VerificationKey::Rsa(Bytes(key, "n"), Bytes(key, "e"));
  if (type == "EC") return VerificationKey::P256(Bytes(key, "x"), Bytes(key, "y"));
  return VerificationKey::Ed25519(Bytes(key, "x"));
}

bool IsOfUse(const Json& key) {
  const std::string type = Text(key, "kty");
  const std::string curve = Text(key, "crv");
  const bool known =
      type == "RSA" || (type == "EC" && curve == "P-256") || (type == "OKP" && curve == "Ed25519");
  if (!known || (key.contains("use") && Text(key, "use") != "sig")) return false;
  if (key.contains("alg") && !JwtAlgorithmByName(Text(key, "alg"))) return false;
  const auto operations = key.find("key_ops");
  return operations == key.end() ||
         (operations->is_array() &&
          std::find(operations->begin(), operations->end(), "verify") != operations->end());
}

absl::StatusOr<NamedKey> ReadKey(const Json& key, size_t index) {
  std::string kid = Text(key, "kid");
  if (kid.empty() || kid.size() > kKidBytesMax) {
    return Malformed(index, "a key needs a kid of at most 128 bytes");
  }
  absl::StatusOr<VerificationKey> read = PublicKey(key, Text(key, "kty"));
  if (!read.ok()) return Malformed(index, read.status().message());
  const std::optional<JwtAlgorithm> algorithm = JwtAlgorithmByName(Text(key, "alg"));
  if (algorithm && !read->Fits(*algorithm)) return Malformed(index, "alg does not fit kty");
  return NamedKey{std::move(kid), algorithm, *std::move(read)};
}

bool HoldsSecret(const Json& key) {
  return Text(key, "kty") == "oct" || key.contains("d") || key.contains("k") || key.contains("p") ||
         key.contains("q");
}

}  // namespace

absl::StatusOr<std::vector<NamedKey>> ParseJwks(absl::string_view json) {
  if (json.size() > kJwksBytesMax) return absl::InvalidArgumentError("larger than 64 KiB");
  SV_ASSIGN_OR_RETURN(const Json set, ParseStrictJson(json, kJwksDepthMax));
  const auto list = set.find("keys");
  if (list == set.end() || !list->is_array()) {
    return absl::InvalidArgumentError("no member keys with a list");
  }
  if (list->size() > kJwksKeysMax) return absl::InvalidArgumentError("more than 32 keys");
  std::vector<NamedKey> keys;
  for (size_t i = 0; i < list->size(); ++i) {
    const Json& entry = (*list)[i];
    if (!entry.is_object()) return Malformed(i, "not an object");
    if (HoldsSecret(entry)) return Malformed(i, "holds a secret; replace the key, it is known now");
    if (!IsOfUse(entry)) continue;
    SV_ASSIGN_OR_RETURN(NamedKey key, ReadKey(entry, i));
    for (const NamedKey& other : keys) {
      if (other.kid == key.kid) return Malformed(i, "its kid stands twice");
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return absl::InvalidArgumentError("no key that verifies signatures");
  return keys;
}

absl::StatusOr<std::unique_ptr<KeySource>> KeySource::Open(std::string file, Clock& clock) {
  std::unique_ptr<KeySource> source(new KeySource(std::move(file), clock));
  SV_RETURN_IF_ERROR(source->Reload());
  return source;
}

absl::Status KeySource::Reload() {
  absl::MutexLock reload_lock(&reload_mutex_);
  // The file is read without the lock: callers whose key is known do not wait for the disk.
  const absl::Time now = clock_.Now();
  absl::StatusOr<std::string> content = ReadSmallFile(file_, kJwksBytesMax);
  absl::StatusOr<std::vector<NamedKey>> parsed =
      content.ok() ? ParseJwks(*content) : absl::StatusOr<std::vector<NamedKey>>(content.status());
  absl::MutexLock lock(&mutex_);
  ++reads_;
  last_read_ = std::max(last_read_, now);
  if (!content.ok()) return content.status();
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file_, ": ", parsed.status().message()));
  }
  if (*content == content_) return absl::OkStatus();
  keys_.clear();
  for (NamedKey& key : *parsed) keys_.push_back(std::make_shared<NamedKey>(std::move(key)));
  content_ = *std::move(content);
  ++generation_;
  return absl::OkStatus();
}

std::shared_ptr<const NamedKey> KeySource::Find(absl::string_view kid) {
  if (std::shared_ptr<const NamedKey> key = FindLoaded(kid)) return key;
  if (!ClaimReread()) return nullptr;
  // A file that cannot be read now leaves the former keys, which did not have this one.
  if (!Reload().ok()) return nullptr;
  return FindLoaded(kid);
}

std::shared_ptr<const NamedKey> KeySource::FindLoaded(absl::string_view kid) const {
  absl::MutexLock lock(&mutex_);
  for (const std::shared_ptr<const NamedKey>& key : keys_) {
    if (key->kid == kid) return key;
  }
  return nullptr;
}

bool KeySource::ClaimReread() {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  if (now - last_read_ < kRereadInterval) return false;
  last_read_ = now;
  return true;
}

int64_t KeySource::reads() const {
  absl::MutexLock lock(&mutex_);
  return reads_;
}

}  // namespace samverkan::rpc
