#include "clients/cpp/log_verifier.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "clients/cpp/log_export.h"
#include "clients/cpp/merkle_tree.h"

namespace samverkan::client {
namespace {

constexpr char kVerifierKey[] =
    "hub.example/audit/test+68e77e52+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
// Over the leaves "a", "b", "c", signed by the key with seed 00 01 … 1f; a witness's signature is
// unknown here.
constexpr char kNote[] =
    "hub.example/audit/test\n3\nNmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=\n\n"
    "— hub.example/audit/test "
    "aOd+UsVN4Vp+fpl3CFCqrXp2qus/HdH0ace69npFx+BJ7Dgs04TyyaIZhXkZix0OBh/GfaAcXKf201Iz9EHGdlUWeA0="
    "\n— witness.example/police "
    "CmIn8QAAAABlU/EAP/"
    "BwgqUElytzMRWZoNLyJyuW4ovq4NzWrHeqD8fc48CrUkdK4o1KuEu0n59G2GXfOOF8ARz3p0J743Kr"
    "1m6zCg==\n";
constexpr char kProofOfB[] =
    "c2sp.org/tlog-proof@v1\nindex 1\nAippeebat6pa5MPl5F9+l3ESp+Y1k4INvsHsc4ok+Tw=\n"
    "WX/LMSgtNGVMIA00GPylcFxkjr8ybsc9jd7xGEH4dtg=\n\n";

std::string Bytes(const LogHash& hash) {
  return {hash.begin(), hash.end()};
}

// What the log with the known key signs for a root.
std::string Sign(int64_t size, const LogHash& root, unsigned char seed_begin = 0) {
  unsigned char seed[32];
  for (unsigned char i = 0; i < 32; ++i) seed[i] = static_cast<unsigned char>(seed_begin + i);
  const std::string text =
      absl::StrCat("hub.example/audit/test\n", size, "\n", absl::Base64Escape(Bytes(root)), "\n");
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, sizeof(seed));
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  unsigned char signature[64];
  size_t length = sizeof(signature);
  EXPECT_EQ(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key), 1);
  EXPECT_EQ(EVP_DigestSign(context, signature, &length,
                           reinterpret_cast<const unsigned char*>(text.data()), text.size()),
            1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return absl::StrCat(text, "\n— hub.example/audit/test ",
                      absl::Base64Escape(absl::StrCat(
                          absl::HexStringToBytes("68e77e52"),
                          absl::string_view(reinterpret_cast<char*>(signature), length))),
                      "\n");
}

class LogVerifierTest : public testing::Test {
 protected:
  static std::string CheckpointOf(const std::vector<std::string>& records, unsigned char seed = 0) {
    std::vector<LogHash> leaves;
    for (const std::string& record : records) leaves.push_back(LeafDigest(record));
    return Sign(static_cast<int64_t>(records.size()), TreeRoot(leaves), seed);
  }
  static std::string ExportOf(const std::vector<std::string>& records, const std::string& note) {
    std::string text = ExportHeaderLine("hub.example/audit/test");
    for (size_t i = 0; i < records.size(); ++i) {
      text += ExportRecordLine(static_cast<int64_t>(i), records[i]);
    }
    return text + ExportCheckpointLine(note);
  }
  static std::vector<std::string> Records(int count, absl::string_view prefix = "record ") {
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i) records.push_back(absl::StrCat(prefix, i));
    return records;
  }
  absl::StatusOr<LogHead> Verify(const std::string& text,
                                 const std::optional<std::string>& older = std::nullopt) {
    std::istringstream input(text);
    return verifier_.VerifyExport(input, older, [](int64_t, absl::string_view) {});
  }

  LogVerifier verifier_ = *LogVerifier::Create(kVerifierKey);
};

TEST_F(LogVerifierTest, AcceptsTheKnownValues) {
  const auto head = verifier_.VerifyCheckpoint(kNote);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->size, 3);
  EXPECT_EQ(*verifier_.VerifyInclusion(absl::StrCat(kProofOfB, kNote), "b"), 1);
  EXPECT_FALSE(verifier_.VerifyInclusion(absl::StrCat(kProofOfB, kNote), "a").ok());
  EXPECT_TRUE(Verify(ExportOf({"a", "b", "c"}, kNote)).ok());
  EXPECT_EQ(CheckpointOf({"a", "b", "c"}),
            std::string(kNote).substr(0, std::string(kNote).find("— witness.example")));
  std::string hash;
  ASSERT_TRUE(absl::Base64Unescape("WX/LMSgtNGVMIA00GPylcFxkjr8ybsc9jd7xGEH4dtg=", &hash));
  EXPECT_TRUE(verifier_.VerifyConsistency(CheckpointOf({"a", "b"}), kNote, {hash}).ok());
}

TEST_F(LogVerifierTest, RefusesEveryOneBitChangeOfAProof) {
  const std::string proof = absl::StrCat(kProofOfB, CheckpointOf({"a", "b", "c"}));
  ASSERT_TRUE(verifier_.VerifyInclusion(proof, "b").ok());
  for (size_t bit = 0; bit < proof.size() * 8; ++bit) {
    std::string changed = proof;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(verifier_.VerifyInclusion(changed, "b").ok())
        << "byte " << bit / 8 << " bit " << bit % 8;
  }
  for (size_t size = 0; size < proof.size(); ++size) {
    EXPECT_FALSE(verifier_.VerifyInclusion(proof.substr(0, size), "b").ok());
  }
}

TEST_F(LogVerifierTest, RefusesWhatIsOutOfForm) {
  const std::string note = kNote;
  const std::string line = note.substr(note.find("— hub"), note.find("— wit") - note.find("— hub"));
  for (const std::string& bad :
       {std::string(), note + "\n", note.substr(0, note.size() - 1),
        absl::StrReplaceAll(note, {{"\n", "\r\n"}}),
        absl::StrReplaceAll(note, {{"\n3\n", "\n03\n"}}),
        absl::StrReplaceAll(note, {{"— wit", "- wit"}}), note + std::string(200000, 'x'),
        note + "— other\n", note + "— other aOd+Ug==\n", note + "— o+ther aOd+UsVN\n",
        note + absl::StrJoin(std::vector<std::string>(15, "— other aOd+UsVN\n"), "")}) {
    EXPECT_FALSE(verifier_.VerifyCheckpoint(bad).ok()) << bad.substr(0, 200);
  }
  EXPECT_TRUE(verifier_
                  .VerifyCheckpoint(
                      note + absl::StrJoin(std::vector<std::string>(14, "— other aOd+UsVN\n"), ""))
                  .ok());
  // A wrong signature of the trusted key beside a good one.
  const std::string other = Sign(4, LeafDigest("x"));
  EXPECT_FALSE(verifier_.VerifyCheckpoint(note + other.substr(other.find("—"))).ok());
  for (const char* key :
       {"", "hub.example/audit/test", "hub.example/audit/test+68e77e52+AQ==",
        "hub.example/audit/test+68e77e53+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "hub.example/audit/Test+68e77e52+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "hub.example/audit/test+68e77e52+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"}) {
    EXPECT_FALSE(LogVerifier::Create(key).ok()) << key;
  }
}

TEST_F(LogVerifierTest, AcceptsAnExportThatContinuesAnyOlderCheckpoint) {
  const std::vector<std::string> records = Records(21);
  const std::string text = ExportOf(records, CheckpointOf(records));
  for (int size = 0; size <= 21; ++size) {
    const auto head = Verify(text, CheckpointOf(Records(size)));
    ASSERT_TRUE(head.ok()) << head.status();
    EXPECT_EQ(head->size, 21);
  }
  EXPECT_TRUE(Verify(ExportOf({}, CheckpointOf({}))).ok());
}

TEST_F(LogVerifierTest, DetectsEachKindOfTampering) {
  const std::vector<std::string> records = Records(12);
  const std::string note = CheckpointOf(records);
  const auto with = [&](auto change) {
    std::vector<std::string> changed = records;
    change(changed);
    return changed;
  };
  const auto deleted = with([](auto& r) { r.erase(r.begin() + 4); });
  const auto altered = with([](auto& r) { r[4] = "altered"; });
  const auto swapped = with([](auto& r) { std::swap(r[4], r[7]); });
  const auto inserted = with([](auto& r) { r.insert(r.begin() + 4, "inserted"); });
  const auto cut = with([](auto& r) { r.pop_back(); });
  for (const auto& changed : {deleted, altered, swapped, inserted, cut}) {
    EXPECT_EQ(Verify(ExportOf(changed, note)).status().code(), absl::StatusCode::kDataLoss);
    // Even the log's own key cannot hide it from whoever kept a checkpoint.
    EXPECT_EQ(Verify(ExportOf(changed, CheckpointOf(changed)), note).status().code(),
              absl::StatusCode::kDataLoss);
  }
  // A rollback: an older, whole log.
  EXPECT_EQ(Verify(ExportOf(Records(8), CheckpointOf(Records(8))), note).status().code(),
            absl::StatusCode::kDataLoss);
  // A fork: as many records, others.
  const auto fork = Records(12, "other ");
  EXPECT_EQ(Verify(ExportOf(fork, CheckpointOf(fork)), note).status().code(),
            absl::StatusCode::kDataLoss);
  // Another key.
  EXPECT_EQ(Verify(ExportOf(records, CheckpointOf(records, 32))).status().code(),
            absl::StatusCode::kDataLoss);
  // An old checkpoint under the whole log, and no checkpoint.
  EXPECT_FALSE(Verify(ExportOf(records, CheckpointOf(Records(8)))).ok());
  std::string unsigned_export = ExportOf(records, note);
  unsigned_export.resize(unsigned_export.find("{\"checkpoint\""));
  EXPECT_EQ(Verify(unsigned_export).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(Verify(ExportOf(records, note) + ExportRecordLine(12, "after")).ok());
}

TEST_F(LogVerifierTest, RefusesAMissingOrForeignLine) {
  const std::string good = ExportOf(Records(3), CheckpointOf(Records(3)));
  ASSERT_TRUE(Verify(good).ok());
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"\"index\":1", "\"index\":2"},
      {"\"index\":1", "\"index\":\"1\""},
      {"\"index\":1", "\"index\":1.0"},
      {"\"index\":1", "\"index\":-1"},
      {"\"index\":1,", "\"index\":1,\"note\":1,"},
      {"audit/test\"}", "audit/other\"}"},
      {"export-1", "export-2"},
      {"{\"index\":1", "[{\"index\":1"},
      {"=\"}", "\"}"},
  };
  for (const auto& [from, to] : changes) {
    const std::string bad = absl::StrReplaceAll(good, {{from, to}});
    ASSERT_TRUE(bad != good) << from;
    EXPECT_FALSE(Verify(bad).ok()) << from << " -> " << to;
  }
  EXPECT_FALSE(Verify("").ok());
  EXPECT_FALSE(Verify("\n").ok());
  EXPECT_FALSE(Verify("\xff\xfe").ok());
  EXPECT_FALSE(Verify(std::string(1 << 20, '[')).ok());
}

// Whatever a random tamperer does to a line of the file is found.
TEST_F(LogVerifierTest, DetectsTenThousandRandomTamperings) {
  const std::vector<std::string> records = Records(30);
  const std::string good = ExportOf(records, CheckpointOf(records));
  const auto expected = *Verify(good);
  std::mt19937 random(20260302);
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  int changed = 0;
  while (changed < 10000) {
    std::vector<std::string> lines = absl::StrSplit(good, '\n');
    lines.pop_back();
    const size_t line = below(lines.size());
    switch (below(5)) {
      case 0:
        lines.erase(lines.begin() + static_cast<ptrdiff_t>(line));
        break;
      case 1:
        lines.insert(lines.begin() + static_cast<ptrdiff_t>(below(lines.size())), lines[line]);
        break;
      case 2:
        std::swap(lines[line], lines[below(lines.size())]);
        break;
      case 3:
        lines.resize(line);
        break;
      default: {
        char& c = lines[line][below(lines[line].size())];
        c = static_cast<char>(c ^ (1 << below(8)));
      }
    }
    const std::string bad = absl::StrJoin(lines, "\n") + "\n";
    if (bad == good) continue;
    ++changed;
    const auto head = Verify(bad);
    EXPECT_FALSE(head.ok() && *head == expected) << bad;
  }
}

}  // namespace
}  // namespace samverkan::client
