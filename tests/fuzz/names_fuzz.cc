#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/match.h"
#include "services/base/names.h"
#include "services/base/status.h"

namespace samverkan {
namespace {

template <typename Name>
bool IsWrittenAsRead(absl::string_view text) {
  const std::optional<Name> name = Name::Parse(text);
  return !name || name->ToString() == text;
}

void Check(absl::string_view text) {
  SV_CHECK(IsWrittenAsRead<PartyName>(text) && IsWrittenAsRead<UnitName>(text) &&
               IsWrittenAsRead<MandateName>(text) && IsWrittenAsRead<IncidentName>(text) &&
               IsWrittenAsRead<ReleaseName>(text) && IsWrittenAsRead<DeliveryName>(text) &&
               IsWrittenAsRead<AgreementName>(text) && IsWrittenAsRead<ClauseName>(text) &&
               IsWrittenAsRead<AreaName>(text) && IsWrittenAsRead<AreaVersionName>(text),
           "a name is written as it was read");
  SV_CHECK(absl::StartsWith(text, PartyOfName(text)), "a party is a part of the name");
  SV_CHECK(absl::StartsWith(UnitOfName(text), PartyOfName(text)) || UnitOfName(text).empty(),
           "a unit lies under its party");
  const size_t half = text.size() / 2;
  MatchesPattern(text.substr(0, half), text.substr(half));
}

}  // namespace
}  // namespace samverkan

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  samverkan::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
