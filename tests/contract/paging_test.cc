// Every list: its pages hold everything once, in one order, while the list grows; a token is good
// for one listing of one caller; sizes are bounded.
#include <gmock/gmock.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "samverkan/directory/v1/directory.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/limits.h"
#include "tests/contract/callers.h"
#include "tests/contract/calls.h"
#include "tests/contract/casework.h"
#include "tests/contract/names.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::IsSubsetOf;
using ::testing::Le;

constexpr char kReleases[] = "incidents.ListReleases";
// Enough for three pages of the smallest list.
constexpr int kItemsMin = 3;

// Every method that answers in pages.
std::vector<std::string> Lists() {
  std::vector<std::string> names;
  for (const auto& [name, method] : Methods()) {
    if (method->input_type()->FindFieldByName("page_token") != nullptr) names.push_back(name);
  }
  return names;
}

void SetSize(Message& request, int32_t size) {
  request.GetReflection()->SetInt32(&request, request.GetDescriptor()->FindFieldByName("page_size"),
                                    size);
}

// What tells the entries of a list apart: a name or code, or else all they say.
std::string KeyOf(const Message& entry) {
  for (const char* field : {"name", "code"}) {
    if (entry.GetDescriptor()->FindFieldByName(field) != nullptr) return TextOf(entry, field);
  }
  return entry.SerializeAsString();
}

std::vector<std::string> EntriesOf(const Message& response) {
  const FieldDescriptor* const field = response.GetDescriptor()->field(0);
  std::vector<std::string> keys;
  for (int i = 0; i < response.GetReflection()->FieldSize(response, field); ++i)
    keys.push_back(KeyOf(response.GetReflection()->GetRepeatedMessage(response, field, i)));
  return keys;
}

// A correction makes a release more.
void CorrectShared() {
  Attempt get = Allowed("incidents.GetIncident");
  SetText(*get.request, "name", Casework::Get().Object("shared").name);
  Try(get);
  ASSERT_EQ(get.outcome.reason(), "OK");
  Attempt correct = Allowed("incidents.CorrectIncident");
  SetText(*correct.request, "etag", TextOf(*get.response, "etag"));
  Try(correct);
  ASSERT_EQ(correct.outcome.reason(), "OK");
}

// Makes a list longer that can be.
void Add(const std::string& list) {
  Casework& work = Casework::Get();
  if (list == "incidents.ListIncidents") {
    work.Forget("incidents.GetIncident");
    work.Object("received");
  } else if (list == "incidents.ListDeliveries") {
    work.Forget("incidents.GetDelivery");
    work.Object("delivery");
  } else if (list == "agreements.ListAgreements") {
    work.Forget("agreements.FinaliseAgreement");
    work.Object("draft");
  } else if (list == kReleases) {
    CorrectShared();
  }
}

class PagingTest : public ::testing::TestWithParam<std::string> {
 protected:
  PagingTest() : attempt_(Allowed(GetParam())) {
    Size(0);
    for (int i = 0; i < kItemsMin && Page().size() < kItemsMin; ++i) Add(GetParam());
  }

  // Its etag is another now.
  ~PagingTest() override { Casework::Get().Forget(kReleases); }

  void Size(int32_t size) { SetSize(*attempt_.request, size); }
  void Token(const std::string& token) { SetText(*attempt_.request, "page_token", token); }
  std::string Next() const { return TextOf(*attempt_.response, "next_page_token"); }

  // One page as the request now stands.
  std::vector<std::string> Page() {
    Try(attempt_);
    EXPECT_EQ(attempt_.outcome.reason(), "OK") << attempt_.outcome.status.error_message();
    return EntriesOf(*attempt_.response);
  }

  // The rest of the listing, from the request as it now stands.
  std::vector<std::string> Rest() {
    std::vector<std::string> all;
    do {
      const std::vector<std::string> page = Page();
      all.insert(all.end(), page.begin(), page.end());
      Token(Next());
    } while (!Next().empty() && attempt_.outcome.status.ok());
    return all;
  }

  // Reading the log adds to it, and it may be long: its beginning is enough.
  bool GrowsByReading() const { return GetParam() == "audit.ListEntries"; }
  int32_t SizeDefault() const {
    return GrowsByReading() ? kAuditPageSizeDefault : kPageSizeDefault;
  }
  int32_t SizeMax() const { return GrowsByReading() ? kAuditPageSizeMax : kPageSizeMax; }

  Attempt attempt_;
};

TEST_P(PagingTest, SizesAreBounded) {
  Size(SizeMax());
  const size_t largest = Page().size();
  const auto is_bounded = [&](size_t bound) {
    return AllOf(Ge(std::min(largest, bound)),
                 Le(GrowsByReading() ? bound : std::min(largest, bound)));
  };
  Size(SizeMax() + 1);
  EXPECT_THAT(Page().size(), is_bounded(SizeMax()));
  Size(0);
  EXPECT_THAT(Page().size(), is_bounded(SizeDefault()));
  Size(1);
  EXPECT_EQ(Page().size(), 1);
  for (const int32_t size : {-1, std::numeric_limits<int32_t>::min()}) {
    Size(size);
    Try(attempt_);
    EXPECT_EQ(attempt_.outcome.reason(), "FIELD_INVALID");
    EXPECT_EQ(attempt_.outcome.field(), "page_size");
  }
}

TEST_P(PagingTest, PagesHoldEverythingOnceInOrder) {
  Size(SizeMax());
  std::vector<std::string> whole = GrowsByReading() ? Page() : Rest();
  ASSERT_GE(whole.size(), kItemsMin);
  Token("");
  Size(std::max<int32_t>(1, static_cast<int32_t>(whole.size()) / 4));
  std::vector<std::string> paged = Rest();
  if (GrowsByReading()) paged.resize(whole.size());
  EXPECT_EQ(paged, whole);
  EXPECT_EQ(std::set<std::string>(whole.begin(), whole.end()).size(), whole.size());
}

TEST_P(PagingTest, AListThatGrowsIsReadWithoutGapsOrRepeats) {
  Size(SizeMax());
  const std::vector<std::string> before = GrowsByReading() ? Page() : Rest();
  Token("");
  Size(std::max<int32_t>(1, static_cast<int32_t>(before.size()) / 3));
  std::vector<std::string> seen = Page();
  ASSERT_FALSE(Next().empty());
  Token(Next());
  Add(GetParam());
  const std::vector<std::string> rest = Rest();
  seen.insert(seen.end(), rest.begin(), rest.end());
  const std::set<std::string> once(seen.begin(), seen.end());
  EXPECT_EQ(once.size(), seen.size()) << "something came twice";
  EXPECT_THAT(before, IsSubsetOf(seen));
}

TEST_P(PagingTest, AWrongTokenIsRefused) {
  Size(1);
  Page();
  const std::string token = Next();
  ASSERT_FALSE(token.empty());
  std::string changed = token;
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  const bool party = GetParam() == "directory.ListParties";
  Attempt other = Allowed(party ? "directory.ListAreas" : "directory.ListParties");
  Try(other);
  std::vector<Attempt> attempts;
  for (const std::string& wrong : {std::string("token"), std::string(1000, 'A'), std::string("åäö"),
                                   changed, token.substr(0, token.size() - 1), token + "A",
                                   TextOf(*other.response, "next_page_token")}) {
    attempts.push_back({.caller = attempt_.caller, .request = CopyOf(*attempt_.request)});
    SetText(*attempts.back().request, "page_token", wrong);
  }
  TryAtOnce(attempts);
  for (const Attempt& attempt : attempts) {
    EXPECT_EQ(attempt.outcome.reason(), "FIELD_INVALID");
    EXPECT_EQ(attempt.outcome.field(), "page_token");
  }
  // The page's size may change along the way.
  Token(token);
  Size(2);
  EXPECT_LE(Page().size(), 2);
}

// Whoever else may read the list as well as whoever reads the same list of its own.
TEST_P(PagingTest, ATokenIsItsCallersOwn) {
  Size(1);
  Page();
  Token(Next());
  Page();
  const std::string token = TextOf(*attempt_.request, "page_token");
  int others = 0;
  for (const std::string handle : {"hal-tryggsam-2", "hal-sddir", "skn-dso", "skn-tenadm"}) {
    attempt_.caller = RunningHub::Get().As(handle);
    const bool has_parent = attempt_.request->GetDescriptor()->FindFieldByName("parent") != nullptr;
    if (handle.starts_with("skn") && has_parent)
      SetText(*attempt_.request, "parent", "parties/sthlm-sdn-skn");
    Token("");
    Try(attempt_);
    if (!attempt_.outcome.status.ok()) continue;
    ++others;
    Token(token);
    Try(attempt_);
    EXPECT_EQ(attempt_.outcome.reason(), "FIELD_INVALID") << handle;
    EXPECT_EQ(attempt_.outcome.field(), "page_token") << handle;
  }
  EXPECT_GT(others, 0) << "nobody else can list this";
}

std::string TestName(const ::testing::TestParamInfo<std::string>& info) {
  return info.param.substr(info.param.find('.') + 1);
}

INSTANTIATE_TEST_SUITE_P(Lists, PagingTest, ::testing::ValuesIn(Lists()), TestName);

// A token goes with the listing's arguments and with the mandate it was made under.
TEST(PageTokenTest, AnotherArgumentNeedsAnotherToken) {
  Attempt attempt = Allowed("directory.ListAreas");
  Try(attempt);
  auto& request = static_cast<directory::v1::ListAreasRequest&>(*attempt.request);
  request.set_page_token(TextOf(*attempt.response, "next_page_token"));
  request.set_kind(directory::v1::Area::KIND_LOCAL_POLICE_AREA);
  Try(attempt);
  EXPECT_EQ(attempt.outcome.reason(), "FIELD_INVALID");
  EXPECT_EQ(attempt.outcome.field(), "page_token");
}

TEST(PageTokenTest, AnotherUnitsMandateNeedsAnotherToken) {
  RunningHub& hub = RunningHub::Get();
  Attempt attempt = Allowed("directory.ListParties");
  attempt.caller = hub.As("far-tryggsam");
  Try(attempt);
  ASSERT_EQ(attempt.outcome.reason(), "OK");
  SetText(*attempt.request, "page_token", TextOf(*attempt.response, "next_page_token"));
  Caller other = hub.As("far-tryggsam-t1");
  attempt.caller.mandate = other.mandate;
  Try(attempt);
  EXPECT_EQ(attempt.outcome.reason(), "FIELD_INVALID");
  EXPECT_EQ(attempt.outcome.field(), "page_token");
}

// Where a watch begins without a gap is the same on every page.
TEST(PageTokenTest, TheResumeTokenIsTheListings) {
  for (const char* list : {"incidents.ListIncidents", "incidents.ListDeliveries"}) {
    for (int i = 0; i < kItemsMin; ++i) Add(list);
    Attempt attempt = Allowed(list);
    SetSize(*attempt.request, 1);
    Try(attempt);
    const std::string first = TextOf(*attempt.response, "resume_token");
    SetText(*attempt.request, "page_token", TextOf(*attempt.response, "next_page_token"));
    Add(list);
    Try(attempt);
    EXPECT_FALSE(first.empty());
    EXPECT_EQ(TextOf(*attempt.response, "resume_token"), first) << list;
  }
}

// A list that is longer than any page.
TEST(PageSizeTest, ALongListIsCut) {
  std::vector<Attempt> creates;
  for (int i = 0; i <= kPageSizeMax; ++i) creates.push_back(Allowed("incidents.CreateIncident"));
  TryAtOnce(creates);
  for (const Attempt& create : creates) ASSERT_EQ(create.outcome.reason(), "OK");
  Attempt list = Allowed("incidents.ListIncidents");
  for (const auto& [asked, given] :
       {std::pair(0, kPageSizeDefault), std::pair(kPageSizeMax, kPageSizeMax),
        std::pair(std::numeric_limits<int32_t>::max(), kPageSizeMax)}) {
    SetSize(*list.request, asked);
    Try(list);
    EXPECT_EQ(EntriesOf(*list.response).size(), given) << asked;
    EXPECT_NE(TextOf(*list.response, "next_page_token"), "");
  }
}

}  // namespace
}  // namespace samverkan::testing
