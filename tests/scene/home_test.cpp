#include "pantomime/scene/home.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::scene {
namespace {

const Furnishings& plain() {
  static const Furnishings furnishings = Furnishings::plain();
  return furnishings;
}

class EveryRoom : public testing::TestWithParam<int> {};

TEST_P(EveryRoom, HasThingsThatStandApartInsideItAndFreeFloor) {
  const auto kind = static_cast<RoomKind>(GetParam());
  size_t things = 0;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const Home home = make_home(plain(), {.kind = kind}, seed);
    things += home.things.size();
    const auto boxes = home.footprints();
    float most = 0;
    for (float x = -home.width / 2; x < home.width / 2; x += 0.1f)
      for (float z = -home.depth / 2; z < home.depth / 2; z += 0.1f)
        most = std::max(most, home.clearance(x, z));
    EXPECT_GE(most, 0.47f) << seed;
    for (size_t i = 0; i < boxes.size(); ++i) {
      EXPECT_GE(boxes[i].low_x, -home.width / 2 - 0.01f);
      EXPECT_LE(boxes[i].high_z, home.depth / 2 + 0.01f);
      for (size_t j = 0; j < i; ++j) {
        const bool stacked = home.things[i].position.y >= boxes[j].height - 0.02f ||
                             home.things[j].position.y >= boxes[i].height - 0.02f;
        EXPECT_TRUE(stacked || !boxes[i].overlaps(boxes[j]))
            << home.things[i].model->id << " in " << home.things[j].model->id << ", seed " << seed;
      }
    }
  }
  EXPECT_GT(things, 60u);
}
INSTANTIATE_TEST_SUITE_P(Kinds, EveryRoom, testing::Range(0, 5));

TEST(Home, TheSameSeedGivesTheSameRoomAndAnotherAnother) {
  const Home a = make_home(plain(), {}, 3), b = make_home(plain(), {}, 3);
  const Home c = make_home(plain(), {}, 4);
  ASSERT_EQ(a.things.size(), b.things.size());
  for (size_t i = 0; i < a.things.size(); ++i) {
    EXPECT_EQ(a.things[i].position.x, b.things[i].position.x);
    EXPECT_EQ(a.things[i].model, b.things[i].model);
  }
  EXPECT_NE(a.width, c.width);
}

TEST(Home, SeatsAndBedsAreAsHighAsTheirSurfaces) {
  size_t beds = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Home living = make_home(plain(), {.kind = RoomKind::LivingRoom}, seed);
    ASSERT_FALSE(living.seats.empty());
    for (const Rest& seat : living.seats)
      EXPECT_NEAR(seat.position.y, living.things[seat.thing].model->size.y, 0.03f);
    const Home bedroom = make_home(plain(), {.kind = RoomKind::Bedroom}, seed);
    for (const Rest& bed : bedroom.beds) EXPECT_NEAR(bed.position.y, 0.5f, 0.03f);
    beds += bedroom.beds.size();
  }
  EXPECT_GE(beds, 9u);
}

TEST(Home, ASeatKnowsItsFrontEdge) {
  // A sofa: a seat to z = 0.3 with a foot rest that goes further below it, arms that go further
  // above.
  Model sofa;
  sofa.size = {1.6f, 0.7f, 1.0f};
  add_box(sofa, 0, {-0.6f, 0.1f, -0.5f}, {0.6f, 0.42f, 0.3f});
  add_box(sofa, 0, {-0.6f, 0, -0.5f}, {0.6f, 0.1f, 0.45f});
  add_box(sofa, 0, {0.6f, 0, -0.5f}, {0.8f, 0.44f, 0.5f});
  const float height = surface_height(sofa, 0.3f, 0.6f);
  EXPECT_NEAR(height, 0.42f, 0.031f);
  EXPECT_FLOAT_EQ(surface_front(sofa, height, 0), 0.3f);
  EXPECT_FLOAT_EQ(surface_front(sofa, height, 0.6f), 0.5f);
  EXPECT_FLOAT_EQ(surface_front(sofa, 0.6f, 0), 0.5f) << "nothing there: half the depth";
  const Home living = make_home(plain(), {.kind = RoomKind::LivingRoom}, 1);
  for (const Rest& seat : living.seats) {
    const Placed& thing = living.things[seat.thing];
    const float out = seat.front + 0.05f;  // metres: one step past the edge of a box is outside it
    EXPECT_NEAR(thing.footprint().distance(seat.position.x + out * std::sin(seat.facing),
                                           seat.position.z + out * std::cos(seat.facing)),
                0.05f, 0.01f);
  }
}

TEST(Home, ClearanceIsTheDistanceToTheNearestThing) {
  Home home;
  home.width = 4, home.depth = 6;
  EXPECT_FLOAT_EQ(home.clearance(0, 0), 2);
  Placed box;
  box.model = plain().role("box")[0];  // 0.6 m wide
  box.position = {1, 0, 0};
  home.things.push_back(box);
  EXPECT_NEAR(home.clearance(0, 0), 0.7f, 1e-5f);
  EXPECT_EQ(home.clearance(1, 0), 0);
  EXPECT_LT(home.clearance(3, 0), 0);
}

TEST(Home, TellsWhichRoomsThereAre) {
  EXPECT_EQ(parse_room_kind("kitchen"), RoomKind::Kitchen);
  EXPECT_THROW(parse_room_kind("garage"), Error);
}

TEST(Placed, TurnsItsFront) {
  Placed chair;
  chair.model = plain().role("sofa")[0];
  chair.turn = 1.5707963f;  // the front to +X
  const Vec3 front = chair.to_world({0, 0, 1});
  EXPECT_NEAR(front.x, 1, 1e-5f);
  EXPECT_NEAR(chair.footprint().high_z - chair.footprint().low_z, 2.0f, 1e-4f);
}

}  // namespace
}  // namespace pantomime::scene
