#include "services/journal/note.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/base/base64.h"
#include "services/journal/checkpoint.h"
#include "services/journal/memory_nodes.h"

namespace samverkan::journal {
namespace {

constexpr char kLogKey[] =
    "hub.example/audit/test+68e77e52+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
constexpr char kWitnessKey[] =
    "witness.example/police+0a6227f1+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";
constexpr char kText[] =
    "hub.example/audit/test\n3\nNmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=\n";
constexpr char kLogLine[] =
    "— hub.example/audit/test "
    "aOd+UsVN4Vp+fpl3CFCqrXp2qus/HdH0ace69npFx+BJ7Dgs04TyyaIZhXkZix0OBh/GfaAcXKf201Iz9EHGdlUWeA0="
    "\n";
constexpr char kWitnessLine[] =
    "— witness.example/police "
    "CmIn8QAAAABlU/EAP/"
    "BwgqUElytzMRWZoNLyJyuW4ovq4NzWrHeqD8fc48CrUkdK4o1KuEu0n59G2GXfOOF8ARz3p0J743Kr"
    "1m6zCg==\n";
// From the specification of signed notes.
constexpr char kPoem[] =
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n";

Ed25519PrivateKey KeyFromSeed(uint8_t first) {
  std::string seed;
  for (int i = 0; i < 32; ++i) seed.push_back(static_cast<char>(first + i));
  return *Ed25519PrivateKey::FromSeed(Secret(seed));
}

class NoteTest : public testing::Test {
 protected:
  NoteSigner signer_ = *NoteSigner::Create("hub.example/audit/test", KeyFromSeed(0));
  NoteVerifier log_ = *NoteVerifier::Parse(kLogKey);
  NoteVerifier witness_ = *NoteVerifier::Parse(kWitnessKey);
  std::string signed_ = absl::StrCat(kText, "\n", kLogLine, kWitnessLine);

  bool Accepts(absl::string_view note) { return OpenCheckpoint(note, log_, {witness_}, 1).ok(); }
};

TEST_F(NoteTest, MatchesTheKnownValues) {
  EXPECT_EQ(signer_.verifier().ToString(), kLogKey);
  EXPECT_EQ(signer_.Sign(kText), absl::StrCat(kText, "\n", kLogLine));
  const Ed25519PrivateKey key = KeyFromSeed(32);
  EXPECT_EQ(
      NoteVerifier::Create("witness.example/police", NoteKeyType::kCosignatureV1, key.public_key())
          ->ToString(),
      kWitnessKey);
  EXPECT_EQ(*Cosign("witness.example/police", key, kText, absl::FromUnixSeconds(1700000000)),
            kWitnessLine);
  EXPECT_TRUE(Accepts(signed_));
  EXPECT_EQ(CosignatureTime(ParseNote(signed_)->signatures[1]), absl::FromUnixSeconds(1700000000));
}

TEST_F(NoteTest, OpensTheSignedCheckpointOfThreeLeaves) {
  MemoryNodes nodes;
  for (const char* record : {"a", "b", "c"}) nodes.Append(LeafHash(record));
  const Checkpoint checkpoint{"hub.example/audit/test", {3, nodes.tree().Root()}};
  EXPECT_EQ(checkpoint.ToText(), kText);
  EXPECT_EQ(*OpenCheckpoint(signed_, log_), checkpoint);
}

// Whatever single bit changes, the note is refused: in the text, or in a signature that is
// required.
TEST_F(NoteTest, RefusesEveryOneBitChange) {
  for (size_t bit = 0; bit < signed_.size() * 8; ++bit) {
    std::string changed = signed_;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(Accepts(changed)) << "byte " << bit / 8 << " bit " << bit % 8;
  }
}

TEST_F(NoteTest, RefusesEveryTruncationAndEveryDoubledByte) {
  for (size_t i = 0; i < signed_.size(); ++i) {
    EXPECT_FALSE(Accepts(signed_.substr(0, i)));
    EXPECT_FALSE(
        Accepts(absl::StrCat(signed_.substr(0, i), signed_.substr(i, 1), signed_.substr(i))))
        << "byte " << i;
  }
  EXPECT_FALSE(Accepts(signed_ + "\n"));
}

TEST_F(NoteTest, IgnoresUnknownSignatures) {
  const NoteSigner stranger = *NoteSigner::Create("stranger.example", KeyFromSeed(64));
  const std::string line = stranger.Sign(kText).substr(sizeof(kText));
  EXPECT_TRUE(Accepts(absl::StrCat(kText, "\n", line, kLogLine, line, kWitnessLine)));
  // The log's name with another key, and the log's id with another name.
  const NoteSigner namesake = *NoteSigner::Create("hub.example/audit/test", KeyFromSeed(64));
  EXPECT_TRUE(Accepts(absl::StrCat(signed_, namesake.Sign(kText).substr(sizeof(kText)))));
  EXPECT_TRUE(Accepts(absl::StrCat(signed_, "— other.example aOd+UsVN\n")));
}

TEST_F(NoteTest, RefusesAWrongSignatureOfAKnownKeyBesideAGoodOne) {
  const std::string other = signer_.Sign("another text\n");
  const std::string line = other.substr(other.find("—"));
  EXPECT_FALSE(Accepts(absl::StrCat(signed_, line)));
}

TEST_F(NoteTest, DemandsTheLogAndTheQuorum) {
  const NoteVerifier second = *NoteVerifier::Create("second.example", NoteKeyType::kCosignatureV1,
                                                    KeyFromSeed(96).public_key());
  const Note note = *ParseNote(signed_);
  EXPECT_TRUE(VerifyNote(note, log_, {witness_, second}, 1).ok());
  EXPECT_FALSE(VerifyNote(note, log_, {witness_, second}, 2).ok());
  EXPECT_FALSE(VerifyNote(note, second, {witness_}, 0).ok());
  // One witness twice is one witness.
  const Note twice = *ParseNote(absl::StrCat(signed_, kWitnessLine));
  EXPECT_FALSE(VerifyNote(twice, log_, {witness_, second}, 2).ok());
}

TEST_F(NoteTest, AcceptsSixteenSignaturesAndNoMore) {
  std::string note = signed_;
  for (int i = 2; i < 16; ++i) absl::StrAppend(&note, "— other", i, ".example aOd+UsVN\n");
  EXPECT_TRUE(Accepts(note));
  EXPECT_FALSE(Accepts(note + "— other.example aOd+UsVN\n"));
}

TEST_F(NoteTest, RefusesWhatIsNoNote) {
  const std::string log_line = kLogLine;
  for (const std::string& note :
       {std::string(), std::string("\n"), std::string("\n\n"), std::string(kText),
        absl::StrCat(kText, "\n"), absl::StrCat(kText, log_line),
        absl::StrReplaceAll(signed_, {{"\n", "\r\n"}}),
        absl::StrReplaceAll(signed_, {{"3\n", "3\t\n"}}),
        absl::StrReplaceAll(signed_, {{"— ", "-- "}}),
        absl::StrReplaceAll(signed_, {{"— ", "—  "}}),
        absl::StrReplaceAll(signed_, {{"— ", "—\u00a0"}}), absl::StrCat(signed_, "\xff"),
        absl::StrCat(signed_, "— name+plus aOd+UsVN\n"),
        absl::StrCat(signed_, "— a\u2003b aOd+UsVN\n"), absl::StrCat(signed_, "— name aOd+Ug==\n"),
        absl::StrCat(signed_, "— name aOd+UsVO=\n"), absl::StrCat(signed_, "— name\n"),
        absl::StrCat(std::string(kNoteSizeMax, 'x'), signed_)}) {
    EXPECT_FALSE(ParseNote(note).ok() && Accepts(note)) << note.substr(0, 300);
  }
}

TEST_F(NoteTest, SeparatesAtTheLastBlankLine) {
  const NoteSigner poet = *NoteSigner::Create("quasimodo.example", KeyFromSeed(7));
  const Note note = *ParseNote(poet.Sign(kPoem));
  EXPECT_EQ(note.text, kPoem);
  EXPECT_TRUE(VerifyNote(note, poet.verifier()).ok());
}

TEST_F(NoteTest, RefusesVerifierKeysThatAreNotTheirOwn) {
  for (absl::string_view key :
       {"", "hub.example/audit/test", "hub.example/audit/test+68e77e52",
        "hub.example/audit/test+68e77e53+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "hub.example/audit/test+68E77E52+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "hub.example/audit/tesT+68e77e52+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "hub.example/audit/test+68e77e52+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "hub.example/audit/test+68e77e52+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG"}) {
    EXPECT_FALSE(NoteVerifier::Parse(key).ok()) << key;
  }
  EXPECT_FALSE(NoteSigner::Create("", KeyFromSeed(0)).ok());
  EXPECT_FALSE(NoteSigner::Create("a b", KeyFromSeed(0)).ok());
  EXPECT_FALSE(NoteSigner::Create("a+b", KeyFromSeed(0)).ok());
}

TEST(CheckpointTest, ReadsOnlyTheSpecifiedText) {
  const std::string root = "NmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=";
  EXPECT_TRUE(Checkpoint::Parse(absl::StrCat("origin\n0\n", root, "\n")).ok());
  EXPECT_TRUE(Checkpoint::Parse(absl::StrCat("origin\n9223372036854775807\n", root, "\n")).ok());
  EXPECT_TRUE(Checkpoint::Parse(absl::StrCat("origin\n3\n", root, "\nextension\n")).ok());
  for (const std::string& text :
       {std::string(), absl::StrCat("origin\n3\n", root), absl::StrCat("\n3\n", root, "\n"),
        absl::StrCat("origin\n03\n", root, "\n"), absl::StrCat("origin\n00\n", root, "\n"),
        absl::StrCat("origin\n+3\n", root, "\n"), absl::StrCat("origin\n-3\n", root, "\n"),
        absl::StrCat("origin\n 3\n", root, "\n"), absl::StrCat("origin\n3 \n", root, "\n"),
        absl::StrCat("origin\n0x3\n", root, "\n"),
        absl::StrCat("origin\n9223372036854775808\n", root, "\n"),
        absl::StrCat("origin\n\n", root, "\n"), absl::StrCat("origin\n3\n", root, " \n"),
        absl::StrCat("origin\n3\n", root, "\n\n"), std::string("origin\n3\n"),
        std::string("origin\n3\nNmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsF=\n"),
        std::string("origin\n3\nNmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHg==\n")}) {
    EXPECT_FALSE(Checkpoint::Parse(text).ok()) << text;
  }
}

TEST_F(NoteTest, RefusesTheCheckpointOfAnotherOrigin) {
  const std::string text = absl::StrReplaceAll(kText, {{"test", "other"}});
  EXPECT_FALSE(OpenCheckpoint(signer_.Sign(text), log_).ok());
}

class ReceiptTest : public NoteTest {
 protected:
  ReceiptTest() {
    for (int i = 0; i < 21; ++i) nodes_.Append(LeafHash(absl::StrCat("record ", i)));
    const Checkpoint checkpoint{"hub.example/audit/test", {21, nodes_.tree().Root()}};
    receipt_ = {13, *InclusionProof(13, 21, nodes_), signer_.Sign(checkpoint.ToText())};
  }

  bool Accepts(absl::string_view text) {
    const auto receipt = InclusionReceipt::Parse(text);
    return receipt.ok() && receipt->Verify("record 13", log_).ok();
  }

  MemoryNodes nodes_;
  InclusionReceipt receipt_;
};

TEST_F(ReceiptTest, ProvesTheRecordAndNoOther) {
  const std::string text = receipt_.ToText();
  EXPECT_TRUE(absl::StartsWith(text, "c2sp.org/tlog-proof@v1\nindex 13\n"));
  EXPECT_TRUE(Accepts(text));
  EXPECT_FALSE(InclusionReceipt::Parse(text)->Verify("record 14", log_).ok());
  EXPECT_TRUE(Accepts(absl::StrReplaceAll(text, {{"index", "extra Zm9v\nindex"}})));
}

TEST_F(ReceiptTest, RefusesEveryOneBitChange) {
  const std::string text = receipt_.ToText();
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string changed = text;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(Accepts(changed)) << "byte " << bit / 8 << " bit " << bit % 8;
  }
}

TEST_F(ReceiptTest, RefusesWhatIsNoProof) {
  const std::string text = receipt_.ToText();
  EXPECT_FALSE(Accepts(absl::StrReplaceAll(text, {{"index 13", "index 013"}})));
  EXPECT_FALSE(Accepts(absl::StrReplaceAll(text, {{"index 13", "index 21"}})));
  EXPECT_FALSE(Accepts(absl::StrReplaceAll(text, {{"index 13", "extra Zm9\nindex 13"}})));
  EXPECT_FALSE(Accepts(absl::StrReplaceAll(text, {{"index 13\n", "index 13\n\n"}})));
  for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(Accepts(text.substr(0, size)));
  std::string long_proof = "c2sp.org/tlog-proof@v1\nindex 13\n";
  for (int i = 0; i < 64; ++i) {
    absl::StrAppend(&long_proof, "NmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=\n");
  }
  EXPECT_FALSE(InclusionReceipt::Parse(absl::StrCat(long_proof, "\n", signed_)).ok());
}

}  // namespace
}  // namespace samverkan::journal
