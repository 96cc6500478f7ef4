#include "services/journal/checkpoint.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/base/base64.h"
#include "services/base/status.h"

namespace samverkan::journal {
namespace {

constexpr absl::string_view kProofHeader = "c2sp.org/tlog-proof@v1\n";

absl::Status MalformedCheckpoint() {
  return absl::InvalidArgumentError("not a checkpoint");
}
absl::Status MalformedProof() {
  return absl::InvalidArgumentError("not a tlog-proof");
}

// Decimal digits alone, without leading zeros, at most 2^63 - 1.
std::optional<int64_t> ParseDecimal(absl::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

std::optional<Hash> ParseHash(absl::string_view text) {
  const std::optional<std::string> bytes = Base64Decode(text);
  return bytes ? ArrayFrom<32>(*bytes) : std::nullopt;
}

// Takes the next line off; nothing when there is no newline.
std::optional<absl::string_view> TakeLine(absl::string_view& text) {
  const size_t end = text.find('\n');
  if (end == absl::string_view::npos) return std::nullopt;
  const absl::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string Checkpoint::ToText() const {
  return absl::StrCat(origin, "\n", head.size, "\n", Base64Encode(AsBytes(head.root)), "\n");
}

absl::StatusOr<Checkpoint> Checkpoint::Parse(absl::string_view text) {
  if (!absl::ConsumeSuffix(&text, "\n")) return MalformedCheckpoint();
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 3) return MalformedCheckpoint();
  for (absl::string_view line : lines) {
    if (line.empty()) return MalformedCheckpoint();
  }
  const std::optional<int64_t> size = ParseDecimal(lines[1]);
  const std::optional<Hash> root = ParseHash(lines[2]);
  if (!size || !root) return MalformedCheckpoint();
  return Checkpoint{std::string(lines[0]), {*size, *root}};
}

absl::StatusOr<Checkpoint> OpenCheckpoint(absl::string_view note, const NoteVerifier& log,
                                          absl::Span<const NoteVerifier> witnesses, size_t quorum) {
  SV_ASSIGN_OR_RETURN(Note parsed, ParseNote(note));
  SV_RETURN_IF_ERROR(VerifyNote(parsed, log, witnesses, quorum));
  SV_ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Parse(parsed.text));
  if (checkpoint.origin != log.name()) {
    return absl::FailedPreconditionError("the checkpoint is another log's");
  }
  return checkpoint;
}

std::string InclusionReceipt::ToText() const {
  std::string text = absl::StrCat(kProofHeader, "index ", index, "\n");
  for (const Hash& hash : proof) absl::StrAppend(&text, Base64Encode(AsBytes(hash)), "\n");
  absl::StrAppend(&text, "\n", checkpoint);
  return text;
}

absl::StatusOr<InclusionReceipt> InclusionReceipt::Parse(absl::string_view text) {
  if (text.size() > 2 * kNoteSizeMax || !absl::ConsumePrefix(&text, kProofHeader)) {
    return MalformedProof();
  }
  std::optional<absl::string_view> line = TakeLine(text);
  if (line && absl::ConsumePrefix(&*line, "extra ")) {
    if (!Base64Decode(*line)) return MalformedProof();
    line = TakeLine(text);
  }
  if (!line || !absl::ConsumePrefix(&*line, "index ")) return MalformedProof();
  const std::optional<int64_t> index = ParseDecimal(*line);
  if (!index) return MalformedProof();
  InclusionReceipt receipt;
  receipt.index = *index;
  for (line = TakeLine(text); line && !line->empty(); line = TakeLine(text)) {
    const std::optional<Hash> hash = ParseHash(*line);
    if (!hash || receipt.proof.size() == kProofHashesMax) return MalformedProof();
    receipt.proof.push_back(*hash);
  }
  if (!line) return MalformedProof();
  receipt.checkpoint = std::string(text);
  return receipt;
}

absl::Status InclusionReceipt::Verify(absl::string_view record, const NoteVerifier& log) const {
  SV_ASSIGN_OR_RETURN(Checkpoint opened, OpenCheckpoint(checkpoint, log));
  if (!VerifyInclusion(LeafHash(record), index, opened.head, proof)) {
    return absl::FailedPreconditionError("the record does not stand at this index in the tree");
  }
  return absl::OkStatus();
}

}  // namespace samverkan::journal
