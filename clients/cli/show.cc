#include "clients/cli/show.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "clients/cli/labels.h"
#include "clients/cli/rows.h"
#include "clients/cli/stockholm_time.h"

namespace samverkan::cli {
namespace {

using namespace ::samverkan::incidents::v1;  // NOLINT(google-build-using-namespace): the whole noun
                                             // is shown here.

std::string MarkingText(const types::v1::Marking& marking) {
  if (marking.tlp() == types::v1::TLP_UNSPECIFIED) return "";
  return absl::StrCat("TLP:", TlpName(marking.tlp()), " K", marking.confidentiality(), " R",
                      marking.correctness(), " T", marking.traceability(),
                      marking.secrecy().empty() ? "" : " ", absl::StrJoin(marking.secrecy(), " "));
}

std::string PositionText(const types::v1::Place& place) {
  if (place.has_position()) {
    return absl::StrFormat("%.5f, %.5f", place.position().latitude(), place.position().longitude());
  }
  return place.polygon().empty() ? "" : absl::StrCat("polygon, ", place.polygon_size(), " points");
}

void AddContent(const IncidentContent& content, Session& session, Rows& rows) {
  const Language language = session.language();
  const auto& place = content.place();
  rows.Add({"kategori", "category"}, session.Label(content.category()))
      .Add({"plats", "place"},
           absl::StrCat(session.Label(place.type()), place.display_name().empty() ? "" : ", ",
                        place.display_name()))
      .Add({"position", "position"}, PositionText(place))
      .Add({"områden", "areas"}, absl::StrJoin(place.areas(), " "))
      .Add({"platsgrad", "place told as"},
           place.precision() == 0 ? "" : Label(place.precision(), language))
      .Add({"tid", "time"}, SpanText(content.occur_span(), language))
      .Add({"säkerhet", "certainty"}, session.Label(content.certainty()))
      .Add({"skada", "harm"}, content.harm() == 0 ? "" : absl::StrCat(content.harm()))
      .Add({"märkning", "marking"}, MarkingText(content.marking()))
      .Add({"text", "text"}, content.description());
}

std::string CitationText(const types::v1::Citation& citation) {
  return citation.clause().empty()
             ? ""
             : absl::StrCat(citation.clause(), " (v", citation.version(), ")");
}

std::string NoteText(const RevisionNote& note, Language language) {
  if (note.kind() == RevisionNote::KIND_UNSPECIFIED) return "";
  return absl::StrCat(Label(note.kind(), language), ": ", note.reason());
}

std::string TombstoneText(const Tombstone& tombstone, Session& session) {
  if (!tombstone.has_retract_time()) return "";
  return absl::StrCat(ShowTime(tombstone.retract_time()), " ", session.Label(tombstone.reason()));
}

const char* YesNo(bool yes, Language language) {
  constexpr Text kYes = {"ja", "yes"};
  return yes ? kYes.In(language) : "";
}

}  // namespace

std::string PlaceText(const types::v1::Place& place) {
  if (!place.display_name().empty()) return place.display_name();
  // The smallest area comes with the most telling name.
  for (const std::string& area : place.areas()) {
    if (area.find("/stadsdel-") != area.npos) return area.substr(area.find("stadsdel-"));
  }
  return place.areas().empty() ? place.type() : place.areas(0);
}

std::string SpanText(const types::v1::TimeSpan& span, Language language) {
  if (!span.has_start_time()) return "";
  const std::string start = ShowTime(span.start_time());
  const std::string end = ShowTime(span.end_time());
  std::string text = start;
  if (!end.empty() && end != start) {
    const bool same_day = end.substr(0, 10) == start.substr(0, 10);
    absl::StrAppend(&text, "–", same_day ? end.substr(11) : end);
  }
  if (span.precision() > types::v1::TIME_PRECISION_EXACT) {
    absl::StrAppend(&text, " (", Label(span.precision(), language), ")");
  }
  return text;
}

std::string IncidentLine(const Incident& incident, Session& session) {
  const auto& content = incident.content();
  return absl::StrCat(
      ShowTime(incident.update_time()), "  ", Pad(Label(incident.state(), session.language()), 11),
      " ", Pad(content.category(), 16), " ", Pad(PlaceText(content.place()), 24), " ",
      Pad(SpanText(content.occur_span(), session.language()), 17), "  r", incident.revision(), "  ",
      incident.name(), incident.tasks().empty() ? "" : "  [!]");
}

std::string DeliveryLine(const Delivery& delivery, Session& session) {
  const Language language = session.language();
  const auto& content = delivery.content();
  std::string text = absl::StrCat(ShowTime(delivery.deliver_time()), "  ",
                                  Pad(Label(delivery.state(), language), 11), " ");
  if (delivery.has_tombstone() && delivery.state() == Delivery::STATE_SEALED) {
    absl::StrAppend(&text, Pad(session.Label(delivery.tombstone().reason()), 41), " ");
  } else {
    absl::StrAppend(&text, Pad(content.category(), 16), " ", Pad(PlaceText(content.place()), 24),
                    " ");
  }
  absl::StrAppend(&text, SpanText(content.occur_span(), language), "  r", delivery.revision(), "  ",
                  delivery.name());
  constexpr Text kEnded = {"  [klausulen gäller inte längre]", "  [clause no longer in force]"};
  constexpr Text kWithheld = {"  [rättelse finns som inte får lämnas]",
                              "  [a correction exists that may not be delivered]"};
  if (delivery.access_ended()) text += kEnded.In(language);
  if (delivery.correction_withheld()) text += kWithheld.In(language);
  return text;
}

std::string ShowIncident(const Incident& incident, Session& session) {
  const Language language = session.language();
  // Who hands in from another unit gets a receipt: name, owner and time.
  const bool receipt = incident.revision() == 0;
  constexpr Text kReceipt = {"kvitto", "receipt"};
  Rows rows(absl::StrCat(
                incident.name(), "  ", Label(incident.state(), language), ", ",
                receipt ? kReceipt.In(language) : absl::StrCat("revision ", incident.revision())),
            language);
  if (!receipt) AddContent(incident.content(), session, rows);
  const auto& source = incident.source();
  rows.Add({"ägare", "owner"}, incident.owner_unit())
      .Add({"källa", "source"}, absl::StrCat(session.Label(source.kind()),
                                             source.uri().empty() ? "" : "  ", source.uri()))
      .Add({"källtext", "source text"}, source.text())
      .Add({"lämnad av", "handed in by"}, source.reporting_unit())
      .Add({"eget id", "foreign id"}, incident.foreign_id());
  for (const auto& proposal : source.place_proposals()) {
    rows.Add({"platsförslag", "suggestion"},
             absl::StrCat(proposal.area(), " (", proposal.provenance(), ")"));
  }
  rows.Add({"revision", "revision"}, NoteText(incident.revision_note(), language));
  for (const auto& task : incident.tasks()) {
    rows.Add({"att göra", "to do"},
             absl::StrCat(ShowTime(task.create_time()), " ", Label(task.kind(), language), " ",
                          session.Label(task.category())));
  }
  rows.Add({"återkallad", "retracted"}, TombstoneText(incident.tombstone(), session))
      .Add({"inkom", "handed in"}, ShowTime(incident.create_time()))
      .Add({"ändrad", "changed"}, ShowTime(incident.update_time()))
      .Add({"etag", "etag"}, incident.etag());
  return std::move(rows).text();
}

std::string ShowDelivery(const Delivery& delivery, Session& session) {
  const Language language = session.language();
  Rows rows(absl::StrCat(delivery.name(), "  ", Label(delivery.state(), language), ", revision ",
                         delivery.revision()),
            language);
  rows.Add({"återkallad", "retracted"}, TombstoneText(delivery.tombstone(), session));
  if (delivery.has_content()) AddContent(delivery.content(), session, rows);
  rows.Add({"från", "from"}, delivery.originator_unit())
      .Add({"revision", "revision"}, NoteText(delivery.revision_note(), language))
      .Add({"klausul", "clause"}, CitationText(delivery.clause()))
      .Add({"ändamål", "purpose"}, session.Label(delivery.purpose()))
      .Add({"vidare", "onward"}, delivery.onward() == 0 ? "" : Label(delivery.onward(), language))
      .Add({"klausul slut", "clause ended"}, YesNo(delivery.access_ended(), language))
      .Add({"undanhållen", "withheld"}, YesNo(delivery.correction_withheld(), language))
      .Add({"ersätter", "supersedes"}, delivery.supersedes())
      .Add({"ersatt av", "superseded by"}, delivery.superseded_by())
      .Add({"levererad", "delivered"}, ShowTime(delivery.deliver_time()))
      .Add({"öppnad", "opened"}, ShowTime(delivery.first_open_time()))
      .Add({"kvitterad", "acknowledged"}, ShowTime(delivery.acknowledge_time()));
  return std::move(rows).text();
}

std::string ShowRelease(const Release& release, Session& session) {
  const Language language = session.language();
  constexpr Text kPreview = {"förhandsvisning: inget lämnat", "preview: nothing left"};
  Rows rows(release.name().empty() ? kPreview.In(language) : release.name(), language);
  rows.Add({"lämnad", "released"}, ShowTime(release.release_time()))
      .Add({"revision", "revision"}, absl::StrCat(release.revision()))
      .Add({"klausul", "clause"}, CitationText(release.clause()))
      .Add({"ändamål", "purpose"}, session.Label(release.purpose()))
      .Add({"rättsligt stöd", "legal ground"}, session.Label(release.legal_position().code()))
      .Add({"motivering", "motivation"}, release.legal_position().motivation())
      .Add({"beslut av", "decided by"}, release.decided_by());
  AddContent(release.content(), session, rows);
  rows.Add({"hash", "hash"}, absl::BytesToHexString(release.content_hash()));
  for (const auto& receipt : release.receipts()) {
    std::string taken = receipt.has_acknowledge_time() ? ShowTime(receipt.acknowledge_time()) : "";
    constexpr Text kAck = {"kvitterad ", "acknowledged "};
    constexpr Text kOpen = {"öppnad ", "opened "};
    if (!taken.empty()) {
      taken = absl::StrCat("  ", kAck.In(language), taken);
    } else if (receipt.has_first_open_time()) {
      taken = absl::StrCat("  ", kOpen.In(language), ShowTime(receipt.first_open_time()));
    }
    rows.Add({"mottagare", "recipient"},
             absl::StrCat(receipt.unit(), "  ",
                          receipt.state() == 0 ? "" : Label(receipt.state(), language), taken));
  }
  return std::move(rows).text();
}

std::string ShowAgreement(const agreements::v1::Agreement& agreement, Session& session) {
  const Language language = session.language();
  const auto& content = agreement.content();
  Rows rows(absl::StrCat(agreement.name(), "  ", Label(agreement.state(), language), ", v",
                         content.version()),
            language);
  rows.Add({"titel", "title"}, language == Language::kSwedish || content.title_en().empty()
                                   ? content.title()
                                   : content.title_en())
      .Add({"ram", "frame"}, content.frame())
      .Add({"gäller", "valid"}, absl::StrCat(ShowTime(content.valid_from_time()), " – ",
                                             ShowTime(content.valid_to_time())))
      .Add({"uppsagd till", "notice ends"}, ShowTime(agreement.notice_end_time()));
  for (const auto& [label, parties] :
       {std::pair(Text{"grundande", "founding"}, &content.founding()),
        std::pair(Text{"anslutande", "acceding"}, &content.acceding())}) {
    for (const auto& signatory : *parties) {
      const auto signature =
          std::find_if(agreement.signatures().begin(), agreement.signatures().end(),
                       [&](const auto& s) { return s.unit() == signatory.unit(); });
      const std::string signed_at =
          signature == agreement.signatures().end()
              ? "–"
              : absl::StrCat(ShowTime(signature->sign_time()), " ", signature->function());
      rows.Add(label, absl::StrCat(Pad(signatory.unit(), 48), " ", signed_at));
    }
  }
  for (const auto& clause : content.clauses()) {
    rows.Add({"klausul", "clause"},
             absl::StrCat(Pad(clause.id(), 6), absl::StrJoin(clause.categories(), " "), "  ",
                          absl::StrJoin(clause.areas(), " ∩ ")));
  }
  for (const auto& suspension : agreement.suspensions()) {
    rows.Add({"suspension", "suspension"},
             absl::StrCat(suspension.party(), "  ", ShowTime(suspension.from_time()), " – ",
                          ShowTime(suspension.to_time()), "  ",
                          absl::StrJoin(suspension.clauses(), " "), "  ", suspension.reason()));
  }
  rows.Add({"hash", "hash"}, absl::BytesToHexString(agreement.content_hash()))
      .Add({"etag", "etag"}, agreement.etag());
  return std::move(rows).text();
}

}  // namespace samverkan::cli
