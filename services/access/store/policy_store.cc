#include "services/access/store/policy_store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/status.h"

namespace samverkan::access {
namespace {

using storage::Blob;
using storage::Row;
using storage::Rows;
using storage::Value;

constexpr absl::string_view kSelect =
    "SELECT policy FROM agreement_policies ORDER BY agreement, version";
constexpr absl::string_view kUpsert =
    "INSERT INTO agreement_policies (agreement, version, policy) VALUES ($1, $2, $3) "
    "ON CONFLICT (agreement, version) DO UPDATE SET policy = excluded.policy";

// Name and version of the agreement a policy belongs to.
std::pair<std::string, int32_t> IdentityOf(const v1::AgreementPolicy& policy) {
  agreements::v1::AgreementContent content;
  content.ParseFromString(policy.content());
  return {content.name(), content.version()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<PolicyStore>> PolicyStore::Create(
    storage::Database& database, std::shared_ptr<const directory::v1::DirectoryBundle> directory,
    std::shared_ptr<const AreaMap> areas) {
  Snapshot::Input input{
      .directory = std::move(directory), .areas = std::move(areas), .agreements = {}};
  SV_RETURN_IF_ERROR(
      database.Read(absl::InfiniteFuture(), [&input](storage::ReadTx& tx) -> absl::Status {
        SV_ASSIGN_OR_RETURN(const Rows rows, tx.Run(kSelect));
        for (const Row& row : rows) {
          auto policy = std::make_shared<v1::AgreementPolicy>();
          const absl::string_view bytes = row.Bytes(0);
          if (!policy->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
            return absl::DataLossError("a stored agreement policy does not parse");
          }
          input.agreements.push_back(std::move(policy));
        }
        return absl::OkStatus();
      }));
  std::unique_ptr<PolicyStore> store(new PolicyStore);
  SV_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot,
                      Snapshot::Compile(std::move(input)));
  absl::MutexLock lock(&store->mutex_);
  store->current_ = std::move(snapshot);
  return store;
}

std::shared_ptr<const Snapshot> PolicyStore::Current() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

uint64_t PolicyStore::Epoch() const {
  absl::MutexLock lock(&mutex_);
  return epoch_;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> PolicyStore::Save(
    storage::WriteTx& tx, const v1::AgreementPolicy& policy) {
  const auto identity = IdentityOf(policy);
  const std::shared_ptr<const Snapshot> current = Current();
  Snapshot::Input input = current->input();
  auto saved = std::make_shared<const v1::AgreementPolicy>(policy);
  const auto known =
      std::find_if(input.agreements.begin(), input.agreements.end(),
                   [&identity](const auto& other) { return IdentityOf(*other) == identity; });
  if (known == input.agreements.end()) {
    input.agreements.push_back(std::move(saved));
  } else {
    *known = std::move(saved);
  }
  SV_ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> next, Snapshot::Compile(std::move(input)));
  // What was inactive before stays so; what is saved now must not be.
  if (next->problems().size() > current->problems().size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the policy of ", identity.first, " does not resolve"));
  }
  SV_RETURN_IF_ERROR(tx.Run(kUpsert, {Value(identity.first), Value(int64_t{identity.second}),
                                      Value(Blob{policy.SerializeAsString()})})
                         .status());
  tx.EndGroup();
  tx.OnCommit([this, next] {
    absl::MutexLock lock(&mutex_);
    current_ = next;
    ++epoch_;
  });
  return next;
}

}  // namespace samverkan::access
