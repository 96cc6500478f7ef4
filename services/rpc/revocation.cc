#include "services/rpc/revocation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "services/rpc/spiffe.h"

namespace samverkan::rpc {
namespace {

constexpr size_t kFingerprintDigits = 64;

// The line in its one form; empty when it is malformed.
std::string EntryOf(std::vector<std::string> words) {
  if (words.size() == 2 && words[0] == "certificate") {
    words[1] = absl::AsciiStrToLower(absl::StrReplaceAll(words[1], {{":", ""}}));
    const bool hexadecimal = std::all_of(words[1].begin(), words[1].end(), absl::ascii_isxdigit);
    if (words[1].size() != kFingerprintDigits || !hexadecimal) return "";
    return absl::StrJoin(words, " ");
  }
  if (words.size() == 2 && words[0] == "spiffe") {
    return SpiffeId::Parse(words[1]) ? absl::StrJoin(words, " ") : "";
  }
  if (words.size() == 3 && (words[0] == "token" || words[0] == "person")) {
    return absl::StrJoin(words, " ");
  }
  return "";
}

}  // namespace

absl::StatusOr<RevocationList> RevocationList::Parse(absl::string_view text) {
  RevocationList list;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty() || words[0][0] == '#') continue;
    std::string entry = EntryOf(words);
    if (entry.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number,
                       ": expected 'certificate SHA256', 'spiffe ID', 'token ISSUER JTI' or "
                       "'person ISSUER SUBJECT'"));
    }
    list.entries_.insert(std::move(entry));
  }
  return list;
}

bool RevocationList::HasCertificate(const Hash& fingerprint) const {
  return entries_.contains(
      absl::StrCat("certificate ", absl::BytesToHexString(AsBytes(fingerprint))));
}

bool RevocationList::HasSpiffeId(absl::string_view id) const {
  return entries_.contains(absl::StrCat("spiffe ", id));
}

bool RevocationList::HasToken(absl::string_view issuer, absl::string_view token_id) const {
  return entries_.contains(absl::StrCat("token ", issuer, " ", token_id));
}

bool RevocationList::HasPerson(absl::string_view issuer, absl::string_view subject) const {
  return entries_.contains(absl::StrCat("person ", issuer, " ", subject));
}

}  // namespace samverkan::rpc
