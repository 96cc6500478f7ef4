#include "services/base/key_ring.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/base/base64.h"
#include "services/base/crypto.h"
#include "services/base/status.h"

namespace samverkan {
namespace {

constexpr mode_t kOthersMask = S_IRWXG | S_IRWXO;

std::string NameOf(absl::string_view family, absl::string_view party) {
  return absl::StrCat(family, "/", party.empty() ? "hub" : absl::StripPrefix(party, "parties/"));
}

}  // namespace

absl::StatusOr<KeyRing> KeyRing::Load(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read the key file ", path, ": is key_file right?"));
  }
  if ((info.st_mode & kOthersMask) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key file ", path, " is open to others: chmod 600 ", path));
  }
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return Parse(text.str(), path);
}

absl::StatusOr<KeyRing> KeyRing::Parse(absl::string_view text, absl::string_view file_name) {
  KeyRing ring;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ', absl::SkipEmpty());
    auto bytes = parts.size() == 2 ? Base64Decode(parts[1]) : std::nullopt;
    if (!bytes || bytes->size() != Aead::kKeySize) {
      return absl::InvalidArgumentError(absl::StrCat(
          file_name, ":", number,
          ": expected a name and 32 bytes in base64, as \"token $(openssl rand -base64 32)\""));
    }
    if (!ring.keys_.emplace(std::string(parts[0]), Secret::Take(*bytes)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_name, ":", number, ": ", parts[0], " stands twice"));
    }
  }
  if (!ring.keys_.contains("token")) {
    return absl::InvalidArgumentError(absl::StrCat(file_name, ": the key \"token\" is missing"));
  }
  SV_RETURN_IF_ERROR(ring.RequireParty(""));
  return ring;
}

absl::Status KeyRing::RequireParty(absl::string_view party) const {
  for (const char* family : {"content", "audit-ref"}) {
    const std::string name = NameOf(family, party);
    if (!keys_.contains(name)) {
      return absl::FailedPreconditionError(absl::StrCat("the key file lacks \"", name,
                                                        "\": add the line \"", name,
                                                        " $(openssl rand -base64 32)\""));
    }
  }
  return absl::OkStatus();
}

const Secret& KeyRing::KeyOf(absl::string_view family, absl::string_view party) const {
  const auto found = keys_.find(NameOf(family, party));
  SV_CHECK(found != keys_.end(), "every party's keys are required at start");
  return found->second;
}

const Secret& KeyRing::ContentKey(absl::string_view party) const {
  return KeyOf("content", party);
}
const Secret& KeyRing::AuditRefKey(absl::string_view party) const {
  return KeyOf("audit-ref", party);
}

}  // namespace samverkan
