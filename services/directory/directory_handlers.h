#pragma once

#include "absl/status/statusor.h"
#include "samverkan/directory/v1/directory.pb.h"
#include "services/base/calendar.h"
#include "services/rpc/call.h"
#include "services/rpc/page.h"
#include "services/storage/database.h"

namespace samverkan::directory {

// Reference data, read from the directory of the policy that judges the call: what is shown is what
// decides.
class DirectoryHandlers {
 public:
  DirectoryHandlers(const rpc::Pager& pager, const Calendar& calendar)
      : pager_(pager), calendar_(calendar) {}

  absl::StatusOr<v1::Party> GetParty(rpc::Call& call, storage::ReadTx& tx,
                                     const v1::GetPartyRequest& request);
  absl::StatusOr<v1::ListPartiesResponse> ListParties(rpc::Call& call, storage::ReadTx& tx,
                                                      const v1::ListPartiesRequest& request);
  absl::StatusOr<v1::ListUnitsResponse> ListUnits(rpc::Call& call, storage::ReadTx& tx,
                                                  const v1::ListUnitsRequest& request);
  absl::StatusOr<v1::Area> GetArea(rpc::Call& call, storage::ReadTx& tx,
                                   const v1::GetAreaRequest& request);
  absl::StatusOr<v1::ListAreasResponse> ListAreas(rpc::Call& call, storage::ReadTx& tx,
                                                  const v1::ListAreasRequest& request);
  absl::StatusOr<v1::LocatePlaceResponse> LocatePlace(rpc::Call& call, storage::ReadTx& tx,
                                                      const v1::LocatePlaceRequest& request);
  absl::StatusOr<v1::ListCodesResponse> ListCodes(rpc::Call& call, storage::ReadTx& tx,
                                                  const v1::ListCodesRequest& request);
  absl::StatusOr<v1::ListMandatesResponse> ListMandates(rpc::Call& call, storage::ReadTx& tx,
                                                        const v1::ListMandatesRequest& request);

 private:
  bool ValidAt(const v1::AreaVersion& version, absl::Time at) const;

  const rpc::Pager& pager_;
  const Calendar& calendar_;
};

}  // namespace samverkan::directory
