#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/base/ed25519.h"

namespace samverkan::journal {

// C2SP signed notes (c2sp.org/signed-note) and cosignatures (c2sp.org/tlog-cosignature) with
// Ed25519.

inline constexpr size_t kNoteSizeMax = 128 * 1024;
// The specification demands that 16 are accepted.
inline constexpr size_t kNoteSignaturesMax = 16;

using KeyId = std::array<uint8_t, 4>;

struct NoteSignature {
  std::string name;
  KeyId key_id = {};
  std::string signature;
};

struct Note {
  // With its final newline: what is signed.
  std::string text;
  std::vector<NoteSignature> signatures;
};

// Takes a note apart without believing any of it. INVALID_ARGUMENT for what is no note, is too
// large, or has too many signatures.
absl::StatusOr<Note> ParseNote(absl::string_view bytes);

// What a signature of a key says; the numbers are the specification's type bytes.
enum class NoteKeyType : uint8_t {
  kEd25519 = 0x01,       // Over the text.
  kCosignatureV1 = 0x04  // A witness: over the text and the time at which it saw it.
};

// A key that a reader of notes trusts, named as in "hub.example/audit/kommun+68e77e52+AQOh…".
class NoteVerifier {
 public:
  // Parses a verifier key; the id in it must be the key's own.
  static absl::StatusOr<NoteVerifier> Parse(absl::string_view verifier_key);
  // INVALID_ARGUMENT for a name that is empty or has a space or a plus.
  static absl::StatusOr<NoteVerifier> Create(absl::string_view name, NoteKeyType type,
                                             Ed25519PublicKey key);

  const std::string& name() const { return name_; }
  const KeyId& key_id() const { return key_id_; }
  NoteKeyType type() const { return type_; }
  std::string ToString() const;

  // Whether the signature claims to be this key's: name and id.
  bool Matches(const NoteSignature& signature) const;
  bool Verify(absl::string_view text, const NoteSignature& signature) const;

 private:
  NoteVerifier(absl::string_view name, NoteKeyType type, Ed25519PublicKey key);

  std::string name_;
  NoteKeyType type_;
  Ed25519PublicKey key_;
  KeyId key_id_;
};

// The time in a cosignature; nothing when it is none.
std::optional<absl::Time> CosignatureTime(const NoteSignature& signature);

// Checks every signature that a trusted key made and ignores all others. FAILED_PRECONDITION when
// one of them is wrong, or when there is none of `log`, or fewer than `quorum` different ones of
// `witnesses`.
absl::Status VerifyNote(const Note& note, const NoteVerifier& log,
                        absl::Span<const NoteVerifier> witnesses = {}, size_t quorum = 0);

class NoteSigner {
 public:
  static absl::StatusOr<NoteSigner> Create(absl::string_view name, Ed25519PrivateKey key);

  const NoteVerifier& verifier() const { return verifier_; }
  // The note: `text` (which ends in a newline) with this key's signature.
  std::string Sign(absl::string_view text) const;

 private:
  NoteSigner(NoteVerifier verifier, Ed25519PrivateKey key)
      : verifier_(std::move(verifier)), key_(std::move(key)) {}

  NoteVerifier verifier_;
  Ed25519PrivateKey key_;
};

// A witness's signature line for `text`, to be put at the end of its note. `name` is a valid key
// name.
absl::StatusOr<std::string> Cosign(absl::string_view name, const Ed25519PrivateKey& key,
                                   absl::string_view text, absl::Time time);

}  // namespace samverkan::journal
