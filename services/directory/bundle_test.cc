#include "services/directory/bundle.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/crypto.h"
#include "services/directory/migrations.h"
#include "services/journal/migrations.h"
#include "tests/support/temporary_database.h"

namespace samverkan::directory {
namespace {

using audit::v1::Record;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<storage::Migration> Migrations() {
  std::vector<storage::Migration> all = journal::JournalMigrations();
  const std::vector<storage::Migration>& own = DirectoryMigrations();
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

class BundleTest : public ::testing::Test {
 protected:
  // The file's path.
  std::string Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = database_.directory() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static std::string Refused(const std::vector<std::string>& files) {
    const absl::Status status = LoadBundle(files).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }

  // Versions as stored, and the hub's records of them.
  std::vector<std::string> Versions() {
    std::vector<std::string> bundles;
    Read([&](storage::ReadTx& tx) -> absl::Status {
      SV_ASSIGN_OR_RETURN(
          const storage::Rows rows,
          tx.Run("SELECT version, bundle, hash FROM directory_versions ORDER BY version"));
      for (const storage::Row& row : rows) {
        EXPECT_EQ(row.Int(0), static_cast<int64_t>(bundles.size()) + 1);
        EXPECT_EQ(row.Bytes(2), AsBytes(Sha256(row.Bytes(1))));
        bundles.emplace_back(row.Bytes(1));
      }
      return absl::OkStatus();
    });
    return bundles;
  }
  std::vector<Record> Records() {
    std::vector<Record> records;
    Read([&](storage::ReadTx& tx) -> absl::Status {
      SV_ASSIGN_OR_RETURN(const storage::Rows rows,
                          tx.Run("SELECT record FROM audit_log ORDER BY seq"));
      for (const storage::Row& row : rows)
        EXPECT_TRUE(records.emplace_back().ParseFromString(std::string(row.Bytes(0))));
      return absl::OkStatus();
    });
    return records;
  }
  void Read(absl::FunctionRef<absl::Status(storage::ReadTx&)> fn) {
    const absl::Status status = database_->Read(absl::InfiniteFuture(), fn);
    EXPECT_TRUE(status.ok()) << status;
  }
  absl::Status Note(const v1::DirectoryBundle& bundle) {
    return RecordVersion(*database_, *log_, bundle);
  }

  storage::TemporaryDatabase database_{Migrations()};
  const std::unique_ptr<journal::AuditLog> log_ =
      *journal::AuditLog::Open(*database_, std::vector<std::string>{"parties/pol"});
};

v1::DirectoryBundle Named(const std::string& party) {
  v1::DirectoryBundle bundle;
  bundle.add_parties()->set_name(party);
  return bundle;
}

TEST_F(BundleTest, FilesAreMergedInTheirOrder) {
  const std::string first = Write("first.textproto", R"pb(
    parties { name: "parties/pol" }
    units { name: "parties/pol/units/a" display_name: "A" display_name_en: "A" selectors: "LPO" }
    units { name: "parties/pol/units/b" }
  )pb");
  const std::string second = Write("second.textproto", R"pb(
    parties { name: "parties/sthlm" }
    units { name: "parties/sthlm/units/c" }
    units { name: "parties/pol/units/a" display_name: "Other" selectors: "CIV" signing_keys: "k" }
  )pb");
  const auto loaded = LoadBundle({first, second});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const v1::DirectoryBundle& bundle = loaded->bundle;
  ASSERT_EQ(bundle.parties_size(), 2);
  EXPECT_EQ(bundle.parties(0).name(), "parties/pol");
  EXPECT_EQ(bundle.parties(1).name(), "parties/sthlm");
  ASSERT_EQ(bundle.units_size(), 3) << "what stands in both files is one unit";
  EXPECT_EQ(bundle.units(0).name(), "parties/pol/units/a");
  EXPECT_EQ(bundle.units(1).name(), "parties/pol/units/b");
  EXPECT_EQ(bundle.units(2).name(), "parties/sthlm/units/c");
  EXPECT_EQ(bundle.units(0).display_name(), "Other") << "the later file overrides";
  EXPECT_EQ(bundle.units(0).display_name_en(), "A") << "and leaves what it does not say";
  EXPECT_THAT(bundle.units(0).selectors(), ElementsAre("LPO", "CIV"));
  EXPECT_THAT(bundle.units(0).signing_keys(), ElementsAre("k"));

  const auto turned = LoadBundle({second, first});
  EXPECT_EQ(turned->bundle.units(1).display_name(), "A");
}

TEST_F(BundleTest, NoFilesAreAnEmptyDirectory) {
  const auto loaded = LoadBundle({});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->bundle.ByteSizeLong(), 0);
  EXPECT_THAT(loaded->geojson, IsEmpty());
}

TEST_F(BundleTest, GeometryIsReadBesideTheFileThatNamesIt) {
  Write("map/cells.geojson", "cells");
  Write("more.geojson", "more");
  const std::string map = Write("map/map.textproto", R"pb(geometry_files: "cells.geojson"
                                                          geometry_files: "../more.geojson")pb");
  const std::string town = Write("town.textproto", R"pb(geometry_files: "more.geojson")pb");
  const auto loaded = LoadBundle({map, town});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->geojson, ElementsAre("cells", "more", "more"));

  const std::string lost = Write("lost.textproto", R"pb(geometry_files: "cells.geojson")pb");
  EXPECT_THAT(Refused({map, lost}), EndsWith("/cells.geojson"));
}

TEST_F(BundleTest, WhatIsWrongIsToldWithItsPlace) {
  const std::string good = Write("good.textproto", "parties { name: \"parties/pol\" }\n");
  const std::string bad = Write("bad.textproto", "parties {\n  name: \"parties/pol\"\n  nme: 1\n}");
  EXPECT_THAT(Refused({good, bad}), StartsWith(bad + ":3:"));
  EXPECT_THAT(Refused({good, bad}), HasSubstr("nme"));
  EXPECT_THAT(Refused({Write("open.textproto", "parties {")}), HasSubstr("open.textproto:1:"));
  EXPECT_THAT(Refused({good, (database_.directory() / "missing.textproto").string()}),
              EndsWith("missing.textproto"));
}

TEST_F(BundleTest, AVersionIsKeptWhereItDiffersFromTheOneBefore) {
  const v1::DirectoryBundle one = Named("parties/pol");
  const v1::DirectoryBundle other = Named("parties/sthlm");
  ASSERT_TRUE(Note(one).ok());
  EXPECT_THAT(Versions(), ElementsAre(one.SerializeAsString()));
  ASSERT_THAT(Records(), SizeIs(1));
  EXPECT_EQ(Records()[0].kind(), Record::KIND_DIRECTORY);
  EXPECT_EQ(Records()[0].revision(), 1);
  EXPECT_EQ(Records()[0].hash(), AsBytes(Sha256(one.SerializeAsString())));

  ASSERT_TRUE(Note(one).ok());
  EXPECT_THAT(Versions(), SizeIs(1)) << "a start with the same files";
  EXPECT_THAT(Records(), SizeIs(1));

  ASSERT_TRUE(Note(other).ok());
  ASSERT_TRUE(Note(one).ok());
  EXPECT_THAT(Versions(), ElementsAre(one.SerializeAsString(), other.SerializeAsString(),
                                      one.SerializeAsString()))
      << "what came back is a version too";
  ASSERT_THAT(Records(), SizeIs(3));
  EXPECT_EQ(Records()[2].revision(), 3);
}

}  // namespace
}  // namespace samverkan::directory
