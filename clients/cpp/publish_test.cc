#include "clients/cpp/publish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "clients/cpp/fake_hub.h"

namespace samverkan::client {
namespace {

using ::samverkan::incidents::v1::PublishIncidentsRequest;
using ::samverkan::incidents::v1::PublishIncidentsResponse;
using ::samverkan::incidents::v1::PublishResult;
using ::testing::ElementsAre;
using ::testing::SizeIs;

using ServerStream = grpc::ServerReaderWriter<PublishIncidentsResponse, PublishIncidentsRequest>;

// Plays one script a stream.
class ScriptedPublishing final : public IncidentService::Service {
 public:
  grpc::Status PublishIncidents(grpc::ServerContext*, ServerStream* stream) override {
    const size_t index = streams++;
    return index < scripts.size() ? scripts[index](stream) : AnswerAll(stream);
  }

  grpc::Status AnswerAll(ServerStream* stream) {
    PublishIncidentsRequest request;
    while (stream->Read(&request)) {
      Note(request);
      stream->Write(Answer({request}));
    }
    return grpc::Status::OK;
  }
  void Note(const PublishIncidentsRequest& request) {
    sequences.push_back(request.sequence());
    request_ids.push_back(request.create().request_id());
  }
  // One answer to all of these.
  static PublishIncidentsResponse Answer(const std::vector<PublishIncidentsRequest>& requests) {
    PublishIncidentsResponse answer;
    for (const auto& request : requests) {
      auto& result = *answer.add_results();
      result.set_sequence(request.sequence());
      const std::string& id = request.create().incident().foreign_id();
      if (id == "bad") {
        result.set_reason("CATEGORY_NOT_COVERED");
      } else {
        result.set_name(absl::StrCat("item ", id));
      }
      answer.set_sequence(request.sequence());
    }
    return answer;
  }

  std::vector<std::function<grpc::Status(ServerStream*)>> scripts;
  size_t streams = 0;
  std::vector<int64_t> sequences;
  std::vector<std::string> request_ids;
};

PublishIncidentsRequest Create(const std::string& foreign_id) {
  PublishIncidentsRequest act;
  act.mutable_create()->mutable_incident()->set_foreign_id(foreign_id);
  return act;
}

struct Outcomes {
  Publisher::Done Note() {
    return [this](const PublishResult& result) {
      all.push_back(result.reason().empty() ? result.name() : result.reason());
    };
  }
  std::vector<std::string> all;
};

TEST(Publisher, AnswersInOrderWithNamesAndRefusals) {
  ScriptedPublishing service;
  FakeHub hub(service);
  Outcomes outcomes;
  Publisher publisher(hub.client(), {.window = 2});
  for (const char* id : {"a", "bad", "c"}) {
    ASSERT_TRUE(publisher.Publish(Create(id), outcomes.Note()).ok());
  }
  ASSERT_TRUE(publisher.Flush().ok());
  EXPECT_THAT(outcomes.all, ElementsAre("item a", "CATEGORY_NOT_COVERED", "item c"));
  EXPECT_THAT(service.sequences, ElementsAre(1, 2, 3));
}

TEST(Publisher, OneAnswerMayCoverMany) {
  ScriptedPublishing service;
  service.scripts = {[&](ServerStream* stream) {
    std::vector<PublishIncidentsRequest> requests(4);
    for (auto& request : requests) stream->Read(&request);
    stream->Write(ScriptedPublishing::Answer(requests));
    PublishIncidentsRequest more;
    while (stream->Read(&more)) {
    }
    return grpc::Status::OK;
  }};
  FakeHub hub(service);
  Outcomes outcomes;
  Publisher publisher(hub.client(), {.window = 8});
  for (const char* id : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(publisher.Publish(Create(id), outcomes.Note()).ok());
  }
  ASSERT_TRUE(publisher.Flush().ok());
  EXPECT_THAT(outcomes.all, ElementsAre("item a", "item b", "item c", "item d"));
}

TEST(Publisher, SendsTheUnansweredAgainWithTheSameRequestIds) {
  ScriptedPublishing service;
  service.scripts = {[&](ServerStream* stream) {
    std::vector<PublishIncidentsRequest> requests(3);
    for (auto& request : requests) {
      stream->Read(&request);
      service.Note(request);
    }
    stream->Write(ScriptedPublishing::Answer({requests[0]}));
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping");
  }};
  FakeHub hub(service);
  Outcomes outcomes;
  Publisher publisher(hub.client(), {.window = 8});
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(publisher.Publish(Create(id), outcomes.Note()).ok());
  }
  ASSERT_TRUE(publisher.Flush().ok());
  EXPECT_THAT(outcomes.all, ElementsAre("item a", "item b", "item c"));
  EXPECT_THAT(service.sequences, ElementsAre(1, 2, 3, 1, 2));  // Each stream counts from 1.
  EXPECT_THAT(std::set<std::string>(service.request_ids.begin(), service.request_ids.end()),
              SizeIs(3));
  EXPECT_THAT(hub.clock().waits(), SizeIs(1));
}

TEST(Publisher, ARefusedStreamIsFinal) {
  ScriptedPublishing service;
  service.scripts.assign(
      10, [](ServerStream*) { return Refusal(grpc::StatusCode::PERMISSION_DENIED, "NO_MANDATE"); });
  FakeHub hub(service);
  Outcomes outcomes;
  Publisher publisher(hub.client(), {.window = 8});
  absl::Status status = publisher.Publish(Create("a"), outcomes.Note());
  if (status.ok()) status = publisher.Flush();
  EXPECT_EQ(ErrorOf(status).reason, "NO_MANDATE");
  EXPECT_EQ(service.streams, 1u);
}

TEST(Publisher, ASilentHubIsGivenUp) {
  ScriptedPublishing service;
  service.scripts.assign(10, [](ServerStream* stream) {
    PublishIncidentsRequest request;
    while (stream->Read(&request)) {
    }
    return grpc::Status::OK;
  });
  FakeHub hub(service);
  Outcomes outcomes;
  Publisher publisher(hub.client(), {.window = 8, .answer_timeout = absl::Milliseconds(20)});
  ASSERT_TRUE(publisher.Publish(Create("a"), outcomes.Note()).ok());
  EXPECT_FALSE(publisher.Flush().ok());
  EXPECT_THAT(outcomes.all, SizeIs(0));
}

}  // namespace
}  // namespace samverkan::client
