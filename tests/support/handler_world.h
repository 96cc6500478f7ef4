#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/access/store/migrations.h"
#include "services/access/store/object_store.h"
#include "services/access/store/policy_store.h"
#include "services/base/base64.h"
#include "services/base/calendar.h"
#include "services/base/error.h"
#include "services/base/key_ring.h"
#include "services/base/random.h"
#include "services/base/record_cipher.h"
#include "services/base/sealed_token.h"
#include "services/base/status.h"
#include "services/journal/audit_log.h"
#include "services/journal/change_log.h"
#include "services/journal/migrations.h"
#include "services/rpc/migrations.h"
#include "services/rpc/page.h"
#include "tests/support/call_maker.h"
#include "tests/support/stockholm.h"
#include "tests/support/temporary_database.h"

namespace samverkan::testing {

// What everything below the nouns gives a handler, on a temporary database and with a clock that
// stands: Stockholm's directory and map, all its agreements signed yesterday. Runs handlers as the
// gate does: in a transaction that a refusal undoes, a read's further effect in one after it.
class HandlerWorld {
 public:
  struct Options {
    // Tables of the noun.
    std::vector<storage::Migration> migrations = {};
    // Changes the directory, or the agreements, before they are compiled.
    std::function<void(World&)> change = nullptr;
  };
  // Who calls, by a mandate's last segment that is unique in the directory: "skarh-kompol".
  struct Caller {
    std::string mandate;
    std::string purpose = {};
  };

  explicit HandlerWorld(const Options& options)
      : database_(AllMigrations(options.migrations)),
        keys_(MakeKeys(random_)),
        sealer_(Must(TokenSealer::Create(keys_.TokenKey().Clone(), random_))) {
    World world = Signed();
    if (options.change) options.change(world);
    Store(world);
    static const auto& areas = *new std::shared_ptr<const access::AreaMap>(
        Must(access::AreaMap::Compile(*world.directory, world.geojson)));
    policy_ = Must(access::PolicyStore::Create(*database_, world.directory, areas));
    SV_CHECK(policy_->Current()->problems().empty(), "the world's agreements resolve");
  }

  storage::Database& database() { return *database_; }
  FakeClock& clock() { return database_.clock(); }
  access::PolicyStore& policy() { return *policy_; }
  std::shared_ptr<const access::Snapshot> snapshot() const { return policy_->Current(); }
  const access::ObjectStore& objects() const { return objects_; }
  const KeyRing& keys() const { return keys_; }
  const RecordCipher& cipher() const { return cipher_; }
  const rpc::Pager& pager() const { return pager_; }
  const Calendar& calendar() const { return calendar_; }
  journal::Ring& ring() { return ring_; }
  journal::ChangeLog& changes() { return changes_; }
  RandomSource& random() { return random_; }

  std::vector<std::string> Parties() const {
    std::vector<std::string> names;
    for (const auto& party : snapshot()->input().directory->parties())
      names.push_back(party.name());
    return names;
  }

  // The full name of a mandate.
  std::string MandateName(absl::string_view last_segment) const {
    for (const auto& mandate : snapshot()->input().directory->mandates()) {
      if (absl::EndsWith(mandate.name(), absl::StrCat("/", last_segment))) return mandate.name();
    }
    SV_CHECK(false, std::string(last_segment).c_str());
    return "";
  }

  // Runs act(call, tx) -> StatusOr<Response> on the object of this name; without one on the
  // caller's unit.
  template <typename Act>
  auto Write(const Caller& caller, absl::string_view object, Act act) {
    using Result = std::invoke_result_t<Act, rpc::Call&, storage::WriteTx&>;
    std::optional<Result> result;
    const absl::Status written =
        storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(const std::unique_ptr<rpc::Call> call, MakeCall(caller, object, tx));
          result.emplace(act(*call, tx));
          left_ = rpc::CallMaker::WhatWasLeft(*call);
          return result->ok() ? absl::OkStatus() : tx.Undo();
        });
    return written.ok() ? *std::move(result) : Result(written);
  }
  template <typename Act>
  auto Read(const Caller& caller, absl::string_view object, Act act) {
    using Result = std::invoke_result_t<Act, rpc::Call&, storage::ReadTx&>;
    std::optional<Result> result;
    absl::Status status =
        database_->Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(const std::unique_ptr<rpc::Call> call, MakeCall(caller, object, tx));
          result.emplace(act(*call, tx));
          left_ = rpc::CallMaker::WhatWasLeft(*call);
          return absl::OkStatus();
        });
    if (status.ok() && result->ok() && left_.on_record)
      status = storage::WriteAndWait(*database_, left_.on_record);
    return status.ok() ? *std::move(result) : Result(status);
  }

  // What the last handler left for its record.
  const rpc::CallMaker::Left& left() const { return left_; }

  // The object of this name as it is now.
  std::optional<access::Object> Find(absl::string_view name) {
    std::optional<access::Object> object;
    const absl::Status status =
        database_->Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(object, objects_.Find(tx, name));
          return absl::OkStatus();
        });
    SV_CHECK(status.ok(), status.ToString().c_str());
    return object;
  }
  // Every entry of the change log after a position.
  std::vector<journal::EntryPtr> Changes(int64_t after = 0) {
    std::vector<journal::EntryPtr> entries;
    const absl::Status status =
        database_->Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(entries, journal::ChangeLog::Scan(tx, after, 1'000));
          return absl::OkStatus();
        });
    SV_CHECK(status.ok(), status.ToString().c_str());
    return entries;
  }

 private:
  template <typename T>
  static T Must(absl::StatusOr<T> value) {
    SV_CHECK(value.ok(), value.status().ToString().c_str());
    return *std::move(value);
  }

  // Read once: the files are the same for every test. The directory is copied, for tests change it.
  static World Signed() {
    static const World& signed_world =
        *new World(Stockholm(storage::TemporaryDatabase::kStart - absl::Hours(24)));
    World world = signed_world;
    world.directory = std::make_shared<directory::v1::DirectoryBundle>(*signed_world.directory);
    return world;
  }

  static std::vector<storage::Migration> AllMigrations(
      const std::vector<storage::Migration>& noun) {
    std::vector<storage::Migration> all;
    for (const auto* room :
         {&journal::JournalMigrations(), &access::StoreMigrations(), &rpc::RpcMigrations(), &noun})
      all.insert(all.end(), room->begin(), room->end());
    return all;
  }

  static KeyRing MakeKeys(RandomSource& random) {
    const auto key = [&] { return Base64Encode(random.Bytes(32)); };
    std::string text = absl::StrCat("token ", key(), "\n");
    std::vector<std::string> owners = {"hub"};
    const World world = Signed();
    for (const auto& party : world.directory->parties())
      owners.push_back(party.name().substr(sizeof("parties/") - 1));
    for (const std::string& owner : owners)
      absl::StrAppend(&text, "content/", owner, " ", key(), "\naudit-ref/", owner, " ", key(),
                      "\n");
    return Must(KeyRing::Parse(text, "keys"));
  }

  // All at once: the policy store would compile the snapshot anew for each.
  void Store(const World& world) {
    const absl::Status stored =
        storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
          for (const auto& policy : world.agreements) {
            agreements::v1::AgreementContent content;
            content.ParseFromString(policy->content());
            SV_RETURN_IF_ERROR(tx.Run("INSERT INTO agreement_policies (agreement, version, policy) "
                                      "VALUES ($1, $2, $3)",
                                      {content.name(), int64_t{content.version()},
                                       storage::Blob{policy->SerializeAsString()}})
                                   .status());
          }
          return absl::OkStatus();
        });
    SV_CHECK(stored.ok(), stored.ToString().c_str());
  }

  absl::StatusOr<std::unique_ptr<rpc::Call>> MakeCall(const Caller& caller,
                                                      absl::string_view object,
                                                      storage::ReadTx& tx) {
    std::unique_ptr<rpc::Call> call = rpc::CallMaker::Make(
        snapshot(),
        {.mandate = MandateName(caller.mandate), .purpose = caller.purpose, .now = tx.now()});
    if (object.empty()) return call;
    SV_ASSIGN_OR_RETURN(std::optional<access::Object> found, objects_.Find(tx, object));
    if (!found) return absl::InternalError(absl::StrCat(object, " is no object"));
    rpc::CallMaker::SetObject(*call, *std::move(found));
    return call;
  }

  SeededRandom random_{"handler world"};
  storage::TemporaryDatabase database_;
  const KeyRing keys_;
  const TokenSealer sealer_;
  const RecordCipher cipher_{keys_, random_};
  const rpc::Pager pager_{sealer_};
  const Calendar calendar_ = Must(Calendar::Load());
  journal::Ring ring_{1024};
  journal::ChangeLog changes_{ring_};
  const access::ObjectStore objects_{};
  std::unique_ptr<access::PolicyStore> policy_;
  rpc::CallMaker::Left left_;
};

}  // namespace samverkan::testing
