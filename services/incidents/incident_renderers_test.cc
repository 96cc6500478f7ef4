#include "services/incidents/incident_renderers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "samverkan/feed/v1/feed.pb.h"
#include "services/rpc/event_label.h"
#include "tests/support/incident_world.h"

namespace samverkan::incidents {
namespace {

using feed::v1::Event;
using journal::ChangeKind;
using journal::ChangeTarget;
using ::samverkan::testing::IncidentWorld;

class IncidentRenderersTest : public ::testing::Test {
 protected:
  IncidentRenderersTest() {
    const v1::IncidentContent content = world_.Robbery();
    item_ =
        world_.Create(officer_, IncidentWorld::Report(IncidentWorld::kPoliceUnit, content))->name();
    EXPECT_TRUE(world_.Assess(officer_, item_, content).ok());
    EXPECT_TRUE(
        world_.ReleaseItem({"skarh-kompol", "PUR_LAGESBILD"}, item_, IncidentWorld::Disclosure())
            .ok());
    copy_ = world_.left().side_records.at(0).resource;
  }
  // What a unit's feed shows of the newest change, whose entries hold no content.
  absl::StatusOr<journal::RenderedEvent> Render(journal::EventRenderer& renderer, ChangeKind kind) {
    const journal::EntryPtr entry = world_.Changes().back();
    for (const ChangeTarget& target : entry->targets) {
      if (target.kind == kind) return RenderTarget(renderer, *entry, target);
    }
    return absl::NotFoundError("the change is not about such an object");
  }
  absl::StatusOr<journal::RenderedEvent> RenderTarget(journal::EventRenderer& renderer,
                                                      const journal::ChangeEntry& entry,
                                                      const ChangeTarget& target) {
    absl::StatusOr<journal::RenderedEvent> rendered;
    const absl::Status read =
        world_.database().Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) {
          rendered = renderer.Render(tx, entry, target);
          return absl::OkStatus();
        });
    EXPECT_TRUE(read.ok()) << read;
    return rendered;
  }
  static Event EventOf(const absl::StatusOr<journal::RenderedEvent>& rendered) {
    Event event;
    EXPECT_TRUE(rendered.ok()) << rendered.status();
    if (rendered.ok()) {
      EXPECT_TRUE(event.ParseFromString(rendered->event));
    }
    return event;
  }
  static std::string LabelOf(const absl::StatusOr<journal::RenderedEvent>& rendered) {
    EXPECT_TRUE(rendered.ok() && rendered->label != nullptr) << "all of the unit would see it";
    return static_cast<const rpc::ObjectLabel&>(*rendered->label).object().name;
  }

  IncidentWorld world_;
  const IncidentWorld::Caller officer_{"skarh-kompol"};
  const IncidentStore incidents_{world_.objects(), world_.cipher()};
  const ReleaseStore releases_{world_.cipher()};
  const DeliveryView view_{world_.objects(), releases_};
  IncidentRenderer items_{world_.objects(), incidents_};
  DeliveryRenderer copies_{world_.objects(), view_, world_.policy()};
  std::string item_;
  std::string copy_;
};

TEST_F(IncidentRenderersTest, TheOwnerSeesItsItemAndTheHolderItsCopy) {
  const auto own = Render(items_, ChangeKind::kIncident);
  const Event item = EventOf(own);
  EXPECT_EQ(item.unit(), IncidentWorld::kPoliceUnit);
  EXPECT_EQ(item.incident().name(), item_);
  EXPECT_EQ(item.incident().state(), v1::Incident::STATE_SHARED);
  EXPECT_EQ(item.incident().content().description(), world_.Robbery().description());
  EXPECT_EQ(LabelOf(own), item_);

  const auto received = Render(copies_, ChangeKind::kDelivery);
  const Event copy = EventOf(received);
  EXPECT_EQ(copy.unit(), IncidentWorld::kDistrictUnit);
  EXPECT_EQ(copy.delivery().name(), copy_);
  EXPECT_EQ(copy.delivery().state(), v1::Delivery::STATE_DELIVERED);
  EXPECT_EQ(LabelOf(received), copy_);
  EXPECT_THAT(received->event, ::testing::Not(::testing::HasSubstr(item_)));
}

TEST_F(IncidentRenderersTest, AnOldEntryIsShownAsThingsStandNow) {
  const journal::EntryPtr release = world_.Changes().back();
  ASSERT_TRUE(world_.Retract(officer_, item_, "RTR_FEL").ok());
  for (const ChangeTarget& target : release->targets) {
    const bool own = target.kind == ChangeKind::kIncident;
    journal::EventRenderer& renderer = own ? static_cast<journal::EventRenderer&>(items_) : copies_;
    const Event event = EventOf(RenderTarget(renderer, *release, target));
    EXPECT_FALSE(event.incident().has_content());
    EXPECT_FALSE(event.delivery().has_content());
    EXPECT_EQ(own ? event.incident().tombstone().reason() : event.delivery().tombstone().reason(),
              "RTR_FEL");
  }
}

TEST_F(IncidentRenderersTest, ACopyTellsThatAccessEndedByThePolicyOfNow) {
  const journal::EntryPtr release = world_.Changes().back();
  EXPECT_FALSE(EventOf(Render(copies_, ChangeKind::kDelivery)).delivery().access_ended());
  world_.Suspend("agreements/lok-hal-skarh", "parties/sthlm-sdn-hal");
  for (const ChangeTarget& target : release->targets) {
    if (target.kind != ChangeKind::kDelivery) continue;
    const Event event = EventOf(RenderTarget(copies_, *release, target));
    EXPECT_TRUE(event.delivery().access_ended());
    EXPECT_TRUE(event.delivery().has_content());
  }
}

TEST_F(IncidentRenderersTest, AChangeOfWhatIsNotThereIsLossOfData) {
  const ChangeTarget absent{
      .kind = ChangeKind::kIncident, .unit = IncidentWorld::kPoliceUnit, .object_id = 1'000'000};
  EXPECT_EQ(RenderTarget(items_, {}, absent).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(RenderTarget(copies_, {}, absent).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace samverkan::incidents
