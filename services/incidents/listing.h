#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/access/store/object_store.h"
#include "services/base/error.h"
#include "services/base/status.h"
#include "services/storage/database.h"

namespace samverkan::incidents {

// Where a listing, newest first, goes on, and the resume token of its first page, which every page
// carries: so that whoever lists and then watches misses nothing.
struct ListingCursor {
  int64_t before_id = std::numeric_limits<int64_t>::max();
  std::string resume_token;

  static absl::StatusOr<ListingCursor> Open(
      absl::string_view cursor, absl::FunctionRef<absl::StatusOr<std::string>()> first_token) {
    ListingCursor result;
    if (cursor.empty()) {
      SV_ASSIGN_OR_RETURN(result.resume_token, first_token());
      return result;
    }
    const size_t space = cursor.find(' ');
    if (space == absl::string_view::npos ||
        !absl::SimpleAtoi(cursor.substr(0, space), &result.before_id)) {
      return FieldInvalid("page_token", "is not a token of this listing");
    }
    result.resume_token = std::string(cursor.substr(space + 1));
    return result;
  }

  std::string Next() const { return absl::StrCat(before_id, " ", resume_token); }
};

// Gives a unit's objects of one kind to `add`, newest first and from the cursor on, until `size` of
// them were added, which `add` tells. Whether there are more.
inline absl::StatusOr<bool> FillPage(
    const access::ObjectStore& objects, storage::ReadTx& tx, access::ObjectKind kind,
    absl::string_view unit, int64_t size, ListingCursor& cursor,
    absl::FunctionRef<absl::StatusOr<bool>(const access::Object&)> add) {
  constexpr size_t kBatch = 200;
  int64_t added = 0;
  while (true) {
    SV_ASSIGN_OR_RETURN(const std::vector<access::Object> batch,
                        objects.ListByOwner(tx, kind, unit, cursor.before_id, kBatch));
    for (const access::Object& object : batch) {
      if (added == size) return true;
      SV_ASSIGN_OR_RETURN(const bool taken, add(object));
      if (taken) ++added;
      cursor.before_id = object.id;
    }
    if (batch.size() < kBatch) return false;
  }
}

}  // namespace samverkan::incidents
