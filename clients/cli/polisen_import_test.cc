#include "clients/cli/polisen_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "clients/cpp/fake_hub.h"

namespace samverkan::cli {
namespace {

using ::samverkan::incidents::v1::PublishIncidentsRequest;
using ::samverkan::incidents::v1::PublishIncidentsResponse;
using ::samverkan::incidents::v1::PublishResult;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// A hub that keeps items by foreign id, as far as an importer can tell: what may not be an item is
// refused, what it knows is unchanged, and a source change older than what it was told is ignored.
class FakeIncidents final : public client::IncidentService::Service {
 public:
  grpc::Status PublishIncidents(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<PublishIncidentsResponse, PublishIncidentsRequest>* stream)
      override {
    PublishIncidentsRequest request;
    while (stream->Read(&request)) {
      requests.push_back(request);
      PublishIncidentsResponse response;
      PublishResult& result = *response.add_results();
      request.has_create() ? Create(request, result) : Change(request, result);
      result.set_sequence(request.sequence());
      response.set_sequence(request.sequence());
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  std::vector<PublishIncidentsRequest> requests;
  std::map<std::string, std::pair<std::string, int64_t>>
      items;  // By foreign id: first text, last seen.

 private:
  void Create(const PublishIncidentsRequest& request, PublishResult& result) {
    const auto& incident = request.create().incident();
    if (incident.content().category() == "INC_BED_ALDRE" ||
        incident.content().category() == "EXT_NOTE") {
      result.set_reason("CATEGORY_NOT_COVERED");
      return;
    }
    const std::string name = "item " + incident.foreign_id();
    const auto [it, created] = items.try_emplace(incident.foreign_id(), incident.source().text(),
                                                 incident.source().observe_time().seconds());
    if (!created && it->second.first != incident.source().text()) {
      result.set_reason("FOREIGN_ID_REUSED");
      result.set_existing_name(name);
      return;
    }
    result.set_name(name);
    result.set_outcome(created ? PublishResult::OUTCOME_CREATED : PublishResult::OUTCOME_UNCHANGED);
  }
  void Change(const PublishIncidentsRequest& request, PublishResult& result) {
    const auto& change = request.source_change();
    result.set_name(change.name());
    int64_t& seen = items.at(change.name().substr(5)).second;
    const bool newer = change.source().observe_time().seconds() > seen;
    if (newer) seen = change.source().observe_time().seconds();
    const bool item = change.content().category() != "INC_BED_ALDRE";
    result.set_outcome(
        !newer ? PublishResult::OUTCOME_UNCHANGED
               : (item ? PublishResult::OUTCOME_UPDATED : PublishResult::OUTCOME_REJECTED));
  }
};

class PolisenImportTest : public ::testing::Test {
 protected:
  PolisenImportTest() : hub_(service_), publisher_(hub_.client(), {.window = 4}) {}

  static std::string Line(int id, int minute, const std::string& type, const std::string& summary,
                          const std::string& place = "Stockholm") {
    return absl::StrCat(R"({"seen":"2024-05-01T10:)", minute, R"(:00Z","event":{"id":)", id,
                        R"(,"datetime":"2024-05-01 11:00:00 +02:00","name":"1 maj 09:30, )", type,
                        ", ", place, R"(","summary":")", summary, R"(","url":"/x/)", minute,
                        R"(/","type":")", type, R"(","location":{"name":")", place,
                        R"(","gps":"0,0"}}})");
  }

  ImportCounts Import(const std::vector<std::string>& lines, PolisenOptions options = {}) {
    options.unit_by_police_area = {{"Farsta", "units/farst"}};
    PolisenImport import(types_, stadsdelar_, options, publisher_);
    for (const std::string& line : lines) EXPECT_TRUE(import.AddLine(line).ok());
    EXPECT_TRUE(import.Finish().ok());
    return import.counts();
  }

  const PolisenTypes types_ = *PolisenTypes::FromCsv(
      "type,code,form\nRån,INC_RAN_PERS,I\nBedrägeri,INC_BED_ALDRE,A\nAnträffad "
      "död,INC_OVR,X\nSammanfattning natt,EXT_NOTE,-\n");
  const Stadsdelar stadsdelar_ = *Stadsdelar::FromCsv(
      "stadsdel,lokalpolisomrade_fran_2025_01_01,lokalpolisomrade_till_2024_12_31\nFarsta,Farsta,"
      "Farsta\nÖrby,Farsta,Farsta\n");
  FakeIncidents service_;
  client::FakeHub hub_;
  client::Publisher publisher_;
};

TEST_F(PolisenImportTest, HandsInWithoutMakingTheProposalAPlace) {
  const ImportCounts counts = Import({Line(7, 10, "Rån", "Ett rån i Farsta.")});
  EXPECT_EQ(counts.created, 1);
  ASSERT_THAT(service_.requests, SizeIs(1));
  const auto& create = service_.requests[0].create();
  EXPECT_EQ(create.parent(), "units/farst");
  const auto& incident = create.incident();
  EXPECT_EQ(incident.foreign_id(), "polisen:7");
  EXPECT_EQ(incident.content().category(), "INC_RAN_PERS");
  EXPECT_THAT(incident.content().place().areas(), ElementsAre("areas/city"));
  EXPECT_EQ(incident.content().description(), "");
  EXPECT_EQ(incident.content().occur_span().start_time().seconds(), 1714548600);
  EXPECT_EQ(incident.source().uri(), "https://polisen.se/x/10/");
  EXPECT_THAT(incident.source().text(), ::testing::HasSubstr("Ett rån i Farsta."));
  ASSERT_THAT(incident.source().place_proposals(), SizeIs(1));
  EXPECT_EQ(incident.source().place_proposals(0).area(), "areas/stadsdel-farsta");
  EXPECT_EQ(incident.source().place_proposals(0).provenance(),
            "stadsdel named in the summary: Farsta");
}

TEST_F(PolisenImportTest, TwoStadsdelarDecideNoDesk) {
  Import({Line(7, 10, "Rån", "Mellan Farsta och Örby."), Line(8, 11, "Rån", "Vid en butik.")});
  EXPECT_EQ(service_.requests[0].create().parent(), "parties/pol/units/pol-sth");
  EXPECT_THAT(service_.requests[0].create().incident().source().place_proposals(), SizeIs(2));
  EXPECT_EQ(service_.requests[1].create().parent(), "parties/pol/units/pol-sth");
}

TEST_F(PolisenImportTest, OnlyChangedContentIsARevision) {
  const ImportCounts counts = Import({Line(7, 10, "Rån", "A."), Line(7, 11, "Rån", "A."),
                                      Line(7, 12, "Rån", "B."), Line(7, 13, "Rån", "A.")});
  EXPECT_EQ(counts.created, 1);
  EXPECT_EQ(counts.same, 1);
  EXPECT_EQ(counts.updated, 2);
  EXPECT_EQ(service_.requests[1].source_change().name(), "item polisen:7");
}

// The hub runs what is under way in any order: an older state must not meet a newer one there.
TEST_F(PolisenImportTest, AStateIsAnsweredBeforeTheNextOfItsEventIsSent) {
  PolisenImport import(types_, stadsdelar_, {}, publisher_);
  ASSERT_TRUE(import.AddLine(Line(7, 10, "Rån", "A.")).ok());
  ASSERT_TRUE(import.AddLine(Line(7, 11, "Rån", "B.")).ok());
  EXPECT_EQ(import.counts().created, 1);
  ASSERT_TRUE(import.AddLine(Line(7, 12, "Rån", "C.")).ok());
  EXPECT_GE(import.counts().updated, 1);
  ASSERT_TRUE(import.Finish().ok());
  EXPECT_EQ(import.counts().updated, 2);
}

TEST_F(PolisenImportTest, RefusalsAreCountedByReasonAndTheirTextStaysHome) {
  const ImportCounts counts =
      Import({Line(1, 10, "Bedrägeri", "Text."), Line(2, 11, "Anträffad död", "Text."),
              Line(3, 12, "Sammanfattning natt", "Text.")});
  EXPECT_THAT(counts.refused, ElementsAre(Pair("CATEGORY_NOT_COVERED", 2)));
  EXPECT_EQ(counts.notices, 1);
  EXPECT_THAT(counts.broken, IsEmpty());
  ASSERT_THAT(service_.requests, SizeIs(2));
  for (const auto& request : service_.requests)
    EXPECT_EQ(request.create().incident().source().text(), "");
}

TEST_F(PolisenImportTest, ARefusedStateMayBecomeAnItemAndAnItemMayCeaseToBeOne) {
  const ImportCounts counts = Import(
      {Line(1, 10, "Bedrägeri", "A."), Line(1, 11, "Rån", "A."), Line(1, 12, "Bedrägeri", "A.")});
  EXPECT_THAT(counts.refused, ElementsAre(Pair("CATEGORY_NOT_COVERED", 1)));
  EXPECT_EQ(counts.created, 1);
  EXPECT_EQ(counts.rejected, 1);
}

TEST_F(PolisenImportTest, AgainChangesNothing) {
  const std::vector<std::string> lines = {Line(1, 10, "Bedrägeri", "A."), Line(1, 11, "Rån", "A."),
                                          Line(2, 12, "Rån", "B."), Line(2, 13, "Rån", "C."),
                                          Line(3, 14, "Rån", "D.")};
  Import(lines);
  const auto items = service_.items;
  const ImportCounts again = Import(lines);
  EXPECT_EQ(again.created, 0);
  EXPECT_EQ(again.updated, 0);
  EXPECT_EQ(again.unchanged, 4);
  EXPECT_EQ(service_.items, items);
}

TEST_F(PolisenImportTest, AnItemKnownWithAnotherFirstStateIsToldAsAChange) {
  Import({Line(1, 10, "Rån", "A.")});
  const ImportCounts counts = Import({Line(1, 20, "Rån", "B.")});
  EXPECT_EQ(counts.updated, 1);
  EXPECT_THAT(counts.refused, IsEmpty());
}

TEST_F(PolisenImportTest, HoldsBackLaterStatesAndOtherPlacesUnlessAskedFor) {
  const std::vector<std::string> lines = {Line(1, 10, "Rån", "A."), Line(1, 11, "Rån", "B."),
                                          Line(2, 12, "Rån", "C.", "Solna")};
  PolisenOptions first;
  first.states_max = 1;
  const ImportCounts counts = Import(lines, first);
  EXPECT_EQ(counts.created, 1);
  EXPECT_EQ(counts.held_back, 1);
  EXPECT_EQ(counts.outside, 1);
  PolisenOptions all;
  all.all_municipalities = true;
  EXPECT_EQ(Import(lines, all).created, 1);
  EXPECT_THAT(service_.requests.back().create().incident().content().place().areas(), IsEmpty());
}

TEST_F(PolisenImportTest, ABrokenLineIsToldAndTheRestGoesOn) {
  const ImportCounts counts =
      Import({"{", Line(1, 10, "Okänd typ", "A."), Line(2, 11, "Rån", "B.")});
  EXPECT_THAT(counts.broken, UnorderedElementsAre(Pair(1, "no JSON object"),
                                                  Pair(2, "type 'Okänd typ' is not in the table")));
  EXPECT_EQ(counts.created, 1);
  EXPECT_EQ(counts.lines, 3);
}

}  // namespace
}  // namespace samverkan::cli
