#include "services/directory/directory_handlers.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/access/areas.h"
#include "services/base/error.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"

namespace samverkan::directory {
namespace {

using rpc::Call;
using rpc::Page;
using storage::ReadTx;

constexpr char kAllParties[] = "parties/-";

const v1::DirectoryBundle& Bundle(const Call& call) {
  return *call.policy().input().directory;
}

// Codes have no name of their own.
std::string NameOf(const v1::Code& code) {
  return absl::StrCat(code.list(), "/", code.code());
}
template <typename Entry>
const std::string& NameOf(const Entry& entry) {
  return entry.name();
}

// Puts the entries that `keep` accepts on one page, by name. Answers the cursor of the next page,
// empty on the last.
template <typename Entries, typename Keep, typename Out>
std::string FillPage(const Entries& entries, const Page& page, Keep keep, Out* out) {
  using Entry = typename Entries::value_type;
  std::vector<std::pair<std::string, const Entry*>> sorted;
  for (const Entry& entry : entries) {
    if (keep(entry) && NameOf(entry) > page.cursor) sorted.emplace_back(NameOf(entry), &entry);
  }
  std::sort(sorted.begin(), sorted.end());
  const bool more = sorted.size() > static_cast<size_t>(page.size);
  if (more) sorted.resize(page.size);
  for (const auto& [name, entry] : sorted) *out->Add() = *entry;
  return more ? sorted.back().first : "";
}

template <typename Entries>
const typename Entries::value_type* FindByName(const Entries& entries, const std::string& name) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& entry) { return entry.name() == name; });
  return found == entries.end() ? nullptr : &*found;
}

std::string VersionName(const v1::Area& area, const v1::AreaVersion& version) {
  const google::type::Date& date = version.valid_from();
  return absl::StrFormat("%s@%04d-%02d-%02d", area.name(), date.year(), date.month(), date.day());
}

absl::CivilDay DayOf(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

}  // namespace

bool DirectoryHandlers::ValidAt(const v1::AreaVersion& version, absl::Time at) const {
  return calendar_.Midnight(DayOf(version.valid_from())) <= at &&
         (!version.has_valid_to() || at < calendar_.Midnight(DayOf(version.valid_to())));
}

absl::StatusOr<v1::Party> DirectoryHandlers::GetParty(Call& call, ReadTx& tx,
                                                      const v1::GetPartyRequest& request) {
  const v1::Party* party = FindByName(Bundle(call).parties(), request.name());
  if (party == nullptr) return NotFound();
  call.SetResource(party->name());
  return *party;
}

absl::StatusOr<v1::ListPartiesResponse> DirectoryHandlers::ListParties(
    Call& call, ReadTx& tx, const v1::ListPartiesRequest& request) {
  SV_ASSIGN_OR_RETURN(const Page page, pager_.Open(call, request));
  v1::ListPartiesResponse response;
  const auto all = [](const v1::Party&) { return true; };
  const std::string next = FillPage(Bundle(call).parties(), page, all, response.mutable_parties());
  if (!next.empty()) response.set_next_page_token(pager_.Seal(call, request, next));
  call.SetCount(response.parties_size());
  return response;
}

absl::StatusOr<v1::ListUnitsResponse> DirectoryHandlers::ListUnits(
    Call& call, ReadTx& tx, const v1::ListUnitsRequest& request) {
  SV_ASSIGN_OR_RETURN(const Page page, pager_.Open(call, request));
  const bool all = request.parent() == kAllParties;
  if (!all && FindByName(Bundle(call).parties(), request.parent()) == nullptr) return NotFound();
  const std::string prefix = absl::StrCat(request.parent(), "/");
  v1::ListUnitsResponse response;
  const auto keep = [&](const v1::Unit& unit) {
    return all || absl::StartsWith(unit.name(), prefix);
  };
  const std::string next = FillPage(Bundle(call).units(), page, keep, response.mutable_units());
  if (!next.empty()) response.set_next_page_token(pager_.Seal(call, request, next));
  call.SetCount(response.units_size());
  return response;
}

absl::StatusOr<v1::Area> DirectoryHandlers::GetArea(Call& call, ReadTx& tx,
                                                    const v1::GetAreaRequest& request) {
  const v1::Area* area = FindByName(Bundle(call).areas(), request.name());
  if (area == nullptr) return NotFound();
  call.SetResource(area->name());
  v1::Area response = *area;
  const std::string geometry = call.policy().areas().GeoJson(area->name());
  if (!geometry.empty()) {
    for (v1::AreaVersion& version : *response.mutable_versions()) version.set_geojson(geometry);
  }
  return response;
}

absl::StatusOr<v1::ListAreasResponse> DirectoryHandlers::ListAreas(
    Call& call, ReadTx& tx, const v1::ListAreasRequest& request) {
  SV_ASSIGN_OR_RETURN(const Page page, pager_.Open(call, request));
  v1::ListAreasResponse response;
  const auto keep = [&](const v1::Area& area) {
    return request.kind() == v1::Area::KIND_UNSPECIFIED || area.kind() == request.kind();
  };
  const std::string next = FillPage(Bundle(call).areas(), page, keep, response.mutable_areas());
  if (!next.empty()) response.set_next_page_token(pager_.Seal(call, request, next));
  call.SetCount(response.areas_size());
  return response;
}

absl::StatusOr<v1::LocatePlaceResponse> DirectoryHandlers::LocatePlace(
    Call& call, ReadTx& tx, const v1::LocatePlaceRequest& request) {
  if (!request.place().has_position() && request.place().polygon().empty()) {
    return FieldInvalid("place", "needs a position or a polygon");
  }
  const absl::Time at = request.has_at_time() ? FromProto(request.at_time()) : tx.now();
  const access::AreaMap& map = call.policy().areas();
  SV_ASSIGN_OR_RETURN(const access::CellSet cells, map.Locate(request.place(), at, "place"));
  std::vector<std::string> names;
  for (const v1::Area& area : Bundle(call).areas()) {
    for (const v1::AreaVersion& version : area.versions()) {
      const std::string name = VersionName(area, version);
      const std::optional<access::CellSet> covered = map.CellsOfVersion(name);
      if (ValidAt(version, at) && covered && (*covered & cells).any()) names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  v1::LocatePlaceResponse response;
  for (std::string& name : names) response.add_area_versions(std::move(name));
  return response;
}

absl::StatusOr<v1::ListCodesResponse> DirectoryHandlers::ListCodes(
    Call& call, ReadTx& tx, const v1::ListCodesRequest& request) {
  SV_ASSIGN_OR_RETURN(const Page page, pager_.Open(call, request));
  v1::ListCodesResponse response;
  const auto keep = [&](const v1::Code& code) {
    return request.list().empty() || code.list() == request.list();
  };
  const std::string next = FillPage(Bundle(call).codes(), page, keep, response.mutable_codes());
  if (!next.empty()) response.set_next_page_token(pager_.Seal(call, request, next));
  call.SetCount(response.codes_size());
  return response;
}

absl::StatusOr<v1::ListMandatesResponse> DirectoryHandlers::ListMandates(
    Call& call, ReadTx& tx, const v1::ListMandatesRequest& request) {
  SV_ASSIGN_OR_RETURN(const Page page, pager_.Open(call, request));
  const std::string prefix = absl::StrCat(request.parent(), "/");
  v1::ListMandatesResponse response;
  const auto keep = [&](const v1::Mandate& mandate) {
    return absl::StartsWith(mandate.name(), prefix);
  };
  const std::string next =
      FillPage(Bundle(call).mandates(), page, keep, response.mutable_mandates());
  if (!next.empty()) response.set_next_page_token(pager_.Seal(call, request, next));
  call.SetCount(response.mandates_size());
  return response;
}

}  // namespace samverkan::directory
