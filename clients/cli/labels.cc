#include "clients/cli/labels.h"

#include <cstddef>
#include <iterator>

#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace samverkan::cli {
namespace {

// Indexed by the enum's number; what the contract adds later is shown as unknown.
template <size_t kSize>
const char* Pick(const Text (&labels)[kSize], int number, Language language) {
  constexpr Text kUnknown = {"okänt", "unknown"};
  return (number > 0 && number < static_cast<int>(kSize) ? labels[number] : kUnknown).In(language);
}

}  // namespace

const char* Label(incidents::v1::Incident::State state, Language language) {
  constexpr Text kLabels[] = {{"", ""},
                              {"inkommen", "received"},
                              {"granskad", "assessed"},
                              {"delad", "shared"},
                              {"avvisad", "rejected"},
                              {"återkallad", "retracted"}};
  return Pick(kLabels, state, language);
}

const char* Label(incidents::v1::Delivery::State state, Language language) {
  constexpr Text kLabels[] = {
      {"", ""}, {"levererad", "delivered"}, {"ersatt", "superseded"}, {"återkallad", "sealed"}};
  return Pick(kLabels, state, language);
}

const char* Label(incidents::v1::RevisionNote::Kind kind, Language language) {
  constexpr Text kLabels[] = {{"", ""},
                              {"rättelse", "correction"},
                              {"komplettering", "enrichment"},
                              {"omklassning", "reclassification"}};
  return Pick(kLabels, kind, language);
}

const char* Label(incidents::v1::Task::Kind kind, Language language) {
  constexpr Text kLabels[] = {
      {"", ""},
      {"källan har ändrats: rätta eller låt stå", "the source changed: correct or leave"},
      {"källans kategori får inte vara en händelse: överväg återkallelse",
       "the source's category may not be an item: consider retraction"}};
  return Pick(kLabels, kind, language);
}

const char* Label(agreements::v1::Agreement::State state, Language language) {
  constexpr Text kLabels[] = {{"", ""},
                              {"utkast", "draft"},
                              {"för signering", "for signature"},
                              {"signerad", "signed"},
                              {"gällande", "in force"},
                              {"suspenderad", "suspended"},
                              {"uppsagd", "notice given"},
                              {"utlöpt", "expired"}};
  return Pick(kLabels, state, language);
}

const char* Label(types::v1::GeoPrecision precision, Language language) {
  constexpr Text kLabels[] = {{"", ""},
                              {"position", "position"},
                              {"plats", "place"},
                              {"stadsdel", "neighbourhood (stadsdel)"},
                              {"stadsdelsområde", "district (stadsdelsområde)"},
                              {"staden", "the city"}};
  return Pick(kLabels, precision, language);
}

const char* Label(types::v1::TimePrecision precision, Language language) {
  constexpr Text kLabels[] = {
      {"", ""},          {"minut", "minute"}, {"timme", "hour"},  {"del av dygn", "part of day"},
      {"datum", "date"}, {"vecka", "week"},   {"månad", "month"}, {"kvartal", "quarter"},
      {"år", "year"}};
  return Pick(kLabels, precision, language);
}

const char* Label(types::v1::Onward onward, Language language) {
  constexpr Text kLabels[] = {{"", ""},
                              {"får inte lämnas vidare", "no further"},
                              {"inom enheten", "within the unit"},
                              {"till avtalets parter", "to the agreement's parties"},
                              {"till vem som helst", "to anyone"}};
  return Pick(kLabels, onward, language);
}

std::string TlpName(types::v1::Tlp tlp) {
  // As the Traffic Light Protocol writes it.
  return absl::StrReplaceAll(absl::StripPrefix(types::v1::Tlp_Name(tlp), "TLP_"), {{"_", "+"}});
}

}  // namespace samverkan::cli
