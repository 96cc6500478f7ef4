#include "services/journal/ref.h"

#include <algorithm>
#include <optional>

#include "services/base/crypto.h"
#include "services/base/uuid.h"

namespace samverkan::journal {

Ref RefOfName(absl::string_view name) {
  // rfind gives npos for a name without a slash, and npos + 1 is 0.
  const std::optional<Uuid> uuid = Uuid::Parse(name.substr(name.rfind('/') + 1));
  if (uuid) return uuid->bytes();
  const Hash hash = Sha256(name);
  Ref ref;
  std::copy_n(hash.begin(), ref.size(), ref.begin());
  return ref;
}

}  // namespace samverkan::journal
