#include "clients/cpp/log_verifier.h"

#include <openssl/evp.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cpp/log_export.h"
#include "clients/cpp/merkle_tree.h"
#include "clients/cpp/status.h"

namespace samverkan::client {
namespace {

constexpr size_t kNoteSizeMax = 128 * 1024;
constexpr int kSignaturesMax = 16;
constexpr size_t kHashesMax = 63;
constexpr size_t kLineSizeMax = 256 * 1024;
constexpr size_t kKeyIdSize = 4;
constexpr char kEd25519 = 0x01;
constexpr absl::string_view kDash = "\xe2\x80\x94 ";

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not ", what));
}

absl::Status Broken(absl::string_view what) {
  return absl::DataLossError(what);
}

// Abseil is lenient about padding, white space and spare bits; one text per byte string is not.
std::optional<std::string> DecodeBase64(absl::string_view text) {
  std::string bytes;
  if (!absl::Base64Unescape(text, &bytes) || absl::Base64Escape(bytes) != text) return std::nullopt;
  return bytes;
}

std::optional<LogHash> DecodeHash(absl::string_view text) {
  const std::optional<std::string> bytes = DecodeBase64(text);
  return bytes ? HashFrom(*bytes) : std::nullopt;
}

std::optional<int64_t> DecodeDecimal(absl::string_view text) {
  if (text.empty() || text.size() > 19 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  if (value > std::numeric_limits<int64_t>::max()) return std::nullopt;
  return static_cast<int64_t>(value);
}

bool HasControls(absl::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') return true;
  }
  return false;
}

absl::StatusOr<LogHead> ParseHead(absl::string_view text, absl::string_view origin) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  // The last piece is what follows the final newline: nothing.
  if (lines.size() < 4) return Malformed("a checkpoint");
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    if (lines[i].empty()) return Malformed("a checkpoint");
  }
  const std::optional<int64_t> size = DecodeDecimal(lines[1]);
  const std::optional<LogHash> root = DecodeHash(lines[2]);
  if (!lines.back().empty() || !size || !root) return Malformed("a checkpoint");
  if (lines[0] != origin) return Broken("the checkpoint is another log's");
  return LogHead{*size, *root};
}

struct KeySignature {
  absl::string_view name;
  std::string key_id;
  std::string bytes;
};

absl::StatusOr<KeySignature> ParseSignature(absl::string_view line) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(' ', 2));
  if (!absl::StartsWith(line, kDash) || parts.size() != 3 || parts[1].empty() ||
      absl::StrContains(parts[1], '+')) {
    return Malformed("a signature line");
  }
  const std::optional<std::string> bytes = DecodeBase64(parts[2]);
  if (!bytes || bytes->size() <= kKeyIdSize) return Malformed("a signature line");
  return KeySignature{parts[1], bytes->substr(0, kKeyIdSize), bytes->substr(kKeyIdSize)};
}

using Json = nlohmann::json;

// One line of an export with exactly the keys it should have.
absl::StatusOr<Json> ParseLine(const std::string& line, std::initializer_list<const char*> keys) {
  if (line.size() > kLineSizeMax) return Malformed("an export: a line is too long");
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.size() != keys.size()) return Malformed("a line of an export");
  for (const char* key : keys) {
    if (!json.contains(key)) return Malformed("a line of an export");
    if (!json[key].is_string() && !json[key].is_number_integer()) {
      return Malformed("a line of an export");
    }
  }
  return json;
}

std::string TextOf(const Json& json, const char* key) {
  return json[key].is_string() ? json[key].get<std::string>() : std::string();
}

}  // namespace

absl::StatusOr<LogVerifier> LogVerifier::Create(absl::string_view verifier_key) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(verifier_key, absl::MaxSplits('+', 2));
  if (parts.size() != 3 || parts[0].empty() || absl::StrContains(parts[0], ' ')) {
    return Malformed("a verifier key");
  }
  const std::optional<std::string> key = DecodeBase64(parts[2]);
  if (!key || key->size() != 33 || (*key)[0] != kEd25519) return Malformed("an Ed25519 key");
  LogVerifier verifier;
  verifier.origin_ = std::string(parts[0]);
  const LogHash hash = Digest(absl::StrCat(parts[0], "\n", *key));
  verifier.key_id_ = std::string(hash.begin(), hash.begin() + kKeyIdSize);
  if (absl::BytesToHexString(verifier.key_id_) != parts[1]) {
    return Malformed("a verifier key: its id is another key's");
  }
  verifier.key_.reset(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                  reinterpret_cast<const unsigned char*>(key->data()) + 1, 32),
      EVP_PKEY_free);
  if (verifier.key_ == nullptr) return Malformed("an Ed25519 key");
  return verifier;
}

bool LogVerifier::SignedByUs(absl::string_view text, absl::string_view signature) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

absl::StatusOr<LogHead> LogVerifier::VerifyCheckpoint(absl::string_view note) const {
  if (note.size() > kNoteSizeMax || HasControls(note)) return Malformed("a signed note");
  const size_t blank = note.rfind("\n\n");
  if (blank == absl::string_view::npos) return Malformed("a signed note");
  const absl::string_view text = note.substr(0, blank + 1);
  absl::string_view lines = note.substr(blank + 2);
  if (!absl::ConsumeSuffix(&lines, "\n")) return Malformed("a signed note");
  bool ours = false;
  int count = 0;
  for (absl::string_view line : absl::StrSplit(lines, '\n')) {
    if (++count > kSignaturesMax) return Malformed("a note with at most 16 signatures");
    SC_ASSIGN_OR_RETURN(const KeySignature signature, ParseSignature(line));
    if (signature.name != origin_ || signature.key_id != key_id_) continue;
    if (!SignedByUs(text, signature.bytes)) return Broken("the log's signature does not hold");
    ours = true;
  }
  if (!ours) return Broken("the log has not signed this note with the trusted key");
  return ParseHead(text, origin_);
}

absl::StatusOr<int64_t> LogVerifier::VerifyInclusion(absl::string_view proof,
                                                     absl::string_view record) const {
  if (proof.size() > 2 * kNoteSizeMax || !absl::ConsumePrefix(&proof, "c2sp.org/tlog-proof@v1\n")) {
    return Malformed("a tlog-proof");
  }
  const size_t blank = proof.find("\n\n");
  if (blank == absl::string_view::npos) return Malformed("a tlog-proof");
  std::vector<absl::string_view> lines = absl::StrSplit(proof.substr(0, blank), '\n');
  absl::string_view extra = lines[0];
  if (absl::ConsumePrefix(&extra, "extra ")) {
    if (!DecodeBase64(extra)) return Malformed("a tlog-proof");
    lines.erase(lines.begin());
  }
  if (lines.empty() || !absl::ConsumePrefix(&lines[0], "index ")) return Malformed("a tlog-proof");
  const std::optional<int64_t> index = DecodeDecimal(lines[0]);
  if (!index || lines.size() > 1 + kHashesMax) return Malformed("a tlog-proof");
  std::vector<LogHash> path;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::optional<LogHash> hash = DecodeHash(lines[i]);
    if (!hash) return Malformed("a tlog-proof");
    path.push_back(*hash);
  }
  SC_ASSIGN_OR_RETURN(const LogHead head, VerifyCheckpoint(proof.substr(blank + 2)));
  const std::optional<LogHash> root =
      RootFromInclusion(LeafDigest(record), *index, head.size, path);
  if (!root || *root != head.root) return Broken("the record does not stand there in the log");
  return *index;
}

absl::Status LogVerifier::VerifyConsistency(absl::string_view older_note,
                                            absl::string_view newer_note,
                                            absl::Span<const std::string> hashes) const {
  SC_ASSIGN_OR_RETURN(const LogHead older, VerifyCheckpoint(older_note));
  SC_ASSIGN_OR_RETURN(const LogHead newer, VerifyCheckpoint(newer_note));
  if (hashes.size() > kHashesMax) return Malformed("a consistency proof");
  std::vector<LogHash> path;
  for (const std::string& bytes : hashes) {
    const std::optional<LogHash> hash = HashFrom(bytes);
    if (!hash) return Malformed("a consistency proof");
    path.push_back(*hash);
  }
  if (older.size > newer.size) return Broken("the newer checkpoint is the smaller one");
  if (!IsConsistent(older, newer, path)) return Broken("the log does not continue the older one");
  return absl::OkStatus();
}

absl::StatusOr<LogHead> LogVerifier::VerifyExport(std::istream& input,
                                                  const std::optional<std::string>& older_note,
                                                  RecordVisitor visit) const {
  std::string line;
  if (!std::getline(input, line)) return Malformed("an export: it is empty");
  SC_ASSIGN_OR_RETURN(Json json, ParseLine(line, {"format", "origin"}));
  if (TextOf(json, "format") != kExportFormat) return Malformed("an export of this format");
  if (TextOf(json, "origin") != origin_) return Broken("the export is another log's");
  std::vector<LogHash> leaves;
  std::string note;
  while (std::getline(input, line)) {
    if (!note.empty()) return Malformed("an export: something follows its checkpoint");
    if (absl::StartsWith(line, "{\"checkpoint\"")) {
      SC_ASSIGN_OR_RETURN(json, ParseLine(line, {"checkpoint"}));
      note = TextOf(json, "checkpoint");
      continue;
    }
    SC_ASSIGN_OR_RETURN(json, ParseLine(line, {"index", "record"}));
    const std::optional<std::string> record = DecodeBase64(TextOf(json, "record"));
    const auto next = static_cast<int64_t>(leaves.size());
    if (!record) return Malformed(absl::StrCat("base64 at index ", next));
    if (!json["index"].is_number_unsigned() || json["index"].get<uint64_t>() != leaves.size()) {
      return Broken(absl::StrCat("index ", next, " is missing or out of order"));
    }
    visit(next, *record);
    leaves.push_back(LeafDigest(*record));
  }
  if (note.empty()) return Broken("the export has no checkpoint: it was cut off");
  SC_ASSIGN_OR_RETURN(const LogHead head, VerifyCheckpoint(note));
  if (head.size != static_cast<int64_t>(leaves.size())) {
    return Broken(absl::StrCat("the log has ", head.size, " records, the export ", leaves.size()));
  }
  if (TreeRoot(leaves) != head.root) return Broken("the records are not the ones that were signed");
  if (older_note) {
    SC_ASSIGN_OR_RETURN(const LogHead older, VerifyCheckpoint(*older_note));
    if (older.size > head.size) return Broken("the log is shorter than it was: it was rolled back");
    const auto prefix = absl::MakeConstSpan(leaves).subspan(0, static_cast<size_t>(older.size));
    if (TreeRoot(prefix) != older.root) return Broken("the log forked from the older checkpoint");
  }
  return head;
}

}  // namespace samverkan::client
