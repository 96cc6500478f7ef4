#include <cstddef>
#include <cstdint>

#include "services/base/screening.h"
#include "services/base/status.h"
#include "services/base/utf8.h"

namespace samverkan {
namespace {

void Check(absl::string_view text) {
  int64_t end = 0;
  for (const PersonalData& data : FindPersonalData(text)) {
    SV_CHECK(end <= data.start && data.start < data.end, "findings are in order and apart");
    end = data.end;
  }
  SV_CHECK(end <= static_cast<int64_t>(text.size()), "findings lie in the text");
  SV_CHECK(ScreenText("text", text).ok() == (end == 0), "what is found is refused");
  SV_CHECK(!IsIdentityNumber(text) || end > 0, "an identity number is found");
  const auto count = CountCodePoints(text);
  const absl::Status plain = CheckText("text", text, count.value_or(0));
  SV_CHECK(count || !plain.ok(), "what is not UTF-8 is refused");
}

}  // namespace
}  // namespace samverkan

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  samverkan::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
