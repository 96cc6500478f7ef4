#include "services/journal/note.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/base/base64.h"
#include "services/base/crypto.h"
#include "services/base/status.h"
#include "services/base/utf8.h"

namespace samverkan::journal {
namespace {

constexpr absl::string_view kSignaturePrefix = "\xe2\x80\x94 ";  // An em dash and a space.
constexpr size_t kTimeSize = 8;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not a signed note: ", what));
}

// Valid UTF-8 without a character below U+0020 but the newline.
bool IsNoteText(absl::string_view text) {
  while (!text.empty()) {
    const std::optional<char32_t> c = TakeCodePoint(text);
    if (!c || (*c < 0x20 && *c != '\n')) return false;
  }
  return true;
}

// Unicode's White_Space above the control characters.
bool IsSpace(char32_t c) {
  return c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool IsKeyName(absl::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const std::optional<char32_t> c = TakeCodePoint(name);
    if (!c || *c < 0x20 || *c == '+' || IsSpace(*c)) return false;
  }
  return true;
}

absl::StatusOr<NoteSignature> ParseSignature(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, kSignaturePrefix)) return Malformed("signature line");
  const size_t space = line.find(' ');
  if (space == absl::string_view::npos) return Malformed("signature line");
  NoteSignature parsed;
  parsed.name = std::string(line.substr(0, space));
  const std::optional<std::string> bytes = Base64Decode(line.substr(space + 1));
  if (!IsKeyName(parsed.name) || !bytes || bytes->size() <= parsed.key_id.size()) {
    return Malformed("signature line");
  }
  std::copy_n(bytes->begin(), parsed.key_id.size(), parsed.key_id.begin());
  parsed.signature = bytes->substr(parsed.key_id.size());
  return parsed;
}

std::string BigEndian(uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

std::string CosignedMessage(int64_t seconds, absl::string_view text) {
  return absl::StrCat("cosignature/v1\ntime ", seconds, "\n", text);
}

std::string SignatureLine(const NoteVerifier& key, absl::string_view signature) {
  return absl::StrCat(kSignaturePrefix, key.name(), " ",
                      Base64Encode(absl::StrCat(AsBytes(key.key_id()), signature)), "\n");
}

}  // namespace

absl::StatusOr<Note> ParseNote(absl::string_view bytes) {
  if (bytes.size() > kNoteSizeMax) return Malformed("too large");
  if (!IsNoteText(bytes)) return Malformed("control character or no UTF-8");
  const size_t blank = bytes.rfind("\n\n");
  if (blank == absl::string_view::npos) return Malformed("no blank line");
  Note note;
  note.text = std::string(bytes.substr(0, blank + 1));
  absl::string_view lines = bytes.substr(blank + 2);
  if (!absl::ConsumeSuffix(&lines, "\n")) return Malformed("no final newline");
  for (absl::string_view line : absl::StrSplit(lines, '\n')) {
    if (note.signatures.size() == kNoteSignaturesMax) return Malformed("too many signatures");
    SV_ASSIGN_OR_RETURN(NoteSignature signature, ParseSignature(line));
    note.signatures.push_back(std::move(signature));
  }
  return note;
}

NoteVerifier::NoteVerifier(absl::string_view name, NoteKeyType type, Ed25519PublicKey key)
    : name_(name), type_(type), key_(std::move(key)) {
  const char type_byte = static_cast<char>(type);
  const Hash hash =
      Sha256Parts({name_, "\n", absl::string_view(&type_byte, 1), AsBytes(key_.raw())});
  std::copy_n(hash.begin(), key_id_.size(), key_id_.begin());
}

absl::StatusOr<NoteVerifier> NoteVerifier::Create(absl::string_view name, NoteKeyType type,
                                                  Ed25519PublicKey key) {
  if (!IsKeyName(name)) return absl::InvalidArgumentError("a key name has no space and no plus");
  return NoteVerifier(name, type, std::move(key));
}

absl::StatusOr<NoteVerifier> NoteVerifier::Parse(absl::string_view verifier_key) {
  const absl::Status malformed =
      absl::InvalidArgumentError("a verifier key reads name+id+base64 key");
  // The key itself may hold a plus, the name may not.
  const std::vector<absl::string_view> parts =
      absl::StrSplit(verifier_key, absl::MaxSplits('+', 2));
  if (parts.size() != 3) return malformed;
  const std::optional<std::string> bytes = Base64Decode(parts[2]);
  if (!bytes || bytes->size() != 1 + kEd25519KeySize) return malformed;
  const auto type = static_cast<NoteKeyType>((*bytes)[0]);
  if (type != NoteKeyType::kEd25519 && type != NoteKeyType::kCosignatureV1) return malformed;
  SV_ASSIGN_OR_RETURN(Ed25519PublicKey key,
                      Ed25519PublicKey::FromRaw(absl::string_view(*bytes).substr(1)));
  SV_ASSIGN_OR_RETURN(NoteVerifier verifier, Create(parts[0], type, std::move(key)));
  if (absl::BytesToHexString(AsBytes(verifier.key_id())) != parts[1]) return malformed;
  return verifier;
}

std::string NoteVerifier::ToString() const {
  const char type_byte = static_cast<char>(type_);
  return absl::StrCat(
      name_, "+", absl::BytesToHexString(AsBytes(key_id_)), "+",
      Base64Encode(absl::StrCat(absl::string_view(&type_byte, 1), AsBytes(key_.raw()))));
}

bool NoteVerifier::Matches(const NoteSignature& signature) const {
  return signature.name == name_ && signature.key_id == key_id_;
}

bool NoteVerifier::Verify(absl::string_view text, const NoteSignature& signature) const {
  if (type_ == NoteKeyType::kEd25519) return key_.Verify(text, signature.signature);
  const std::optional<absl::Time> time = CosignatureTime(signature);
  return time && key_.Verify(CosignedMessage(absl::ToUnixSeconds(*time), text),
                             absl::string_view(signature.signature).substr(kTimeSize));
}

std::optional<absl::Time> CosignatureTime(const NoteSignature& signature) {
  if (signature.signature.size() != kTimeSize + kEd25519SignatureSize) return std::nullopt;
  uint64_t seconds = 0;
  for (size_t i = 0; i < kTimeSize; ++i) {
    seconds = seconds << 8 | static_cast<uint8_t>(signature.signature[i]);
  }
  // absl::Time holds what the specification allows, but not all of it converts back; a date after
  // the year 9999 is none.
  constexpr uint64_t kSecondsMax = 253402300799;
  if (seconds > kSecondsMax) return std::nullopt;
  return absl::FromUnixSeconds(static_cast<int64_t>(seconds));
}

absl::Status VerifyNote(const Note& note, const NoteVerifier& log,
                        absl::Span<const NoteVerifier> witnesses, size_t quorum) {
  bool log_signed = false;
  std::vector<bool> witnessed(witnesses.size());
  for (const NoteSignature& signature : note.signatures) {
    if (log.Matches(signature)) {
      if (!log.Verify(note.text, signature)) {
        return absl::FailedPreconditionError("the log's signature is wrong");
      }
      log_signed = true;
    }
    for (size_t i = 0; i < witnesses.size(); ++i) {
      if (!witnesses[i].Matches(signature)) continue;
      if (!witnesses[i].Verify(note.text, signature)) {
        return absl::FailedPreconditionError(
            absl::StrCat("the signature of witness ", witnesses[i].name(), " is wrong"));
      }
      witnessed[i] = true;
    }
  }
  if (!log_signed) return absl::FailedPreconditionError("the log has not signed");
  if (static_cast<size_t>(std::count(witnessed.begin(), witnessed.end(), true)) < quorum) {
    return absl::FailedPreconditionError("too few witnesses have signed");
  }
  return absl::OkStatus();
}

absl::StatusOr<NoteSigner> NoteSigner::Create(absl::string_view name, Ed25519PrivateKey key) {
  SV_ASSIGN_OR_RETURN(NoteVerifier verifier,
                      NoteVerifier::Create(name, NoteKeyType::kEd25519, key.public_key()));
  return NoteSigner(std::move(verifier), std::move(key));
}

std::string NoteSigner::Sign(absl::string_view text) const {
  return absl::StrCat(text, "\n", SignatureLine(verifier_, key_.Sign(text)));
}

absl::StatusOr<std::string> Cosign(absl::string_view name, const Ed25519PrivateKey& key,
                                   absl::string_view text, absl::Time time) {
  SV_ASSIGN_OR_RETURN(NoteVerifier verifier,
                      NoteVerifier::Create(name, NoteKeyType::kCosignatureV1, key.public_key()));
  const int64_t seconds = absl::ToUnixSeconds(time);
  return SignatureLine(verifier, absl::StrCat(BigEndian(static_cast<uint64_t>(seconds)),
                                              key.Sign(CosignedMessage(seconds, text))));
}

}  // namespace samverkan::journal
