#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace samverkan::cli {

enum class Language { kSwedish, kEnglish };

// One sentence in both languages of the hub.
struct Text {
  const char* sv;
  const char* en;

  const char* In(Language language) const { return language == Language::kSwedish ? sv : en; }
};

// "sv" or "en", as --lang and the beginning of LANG say it; Swedish only where asked for.
Language LanguageOf(absl::string_view name);

}  // namespace samverkan::cli
