#include "services/base/status.h"

#include <cstdio>
#include <cstdlib>

namespace samverkan {

void CheckFailed(const char* file, int line, const char* sentence) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, sentence);
  std::abort();
}

}  // namespace samverkan
