#include <gtest/gtest.h>

#include "pantomime/commands/scene_options.h"

namespace pantomime::commands {
namespace {

/// Told to be `metres` farther along +X after two of four seconds, and at rest from then on.
conditions::Constraints way_of(double metres) {
  conditions::Constraints constraints(120);
  constraints.places = {{.frame = 60, .x = metres, .z = 0}};
  return constraints;
}

TEST(Gait, FollowsThePace) {
  EXPECT_EQ(gait_of(conditions::Constraints(120)), "");
  EXPECT_EQ(gait_of(way_of(0.8)), "");
  EXPECT_EQ(gait_of(way_of(2.4)), "walk");
  EXPECT_EQ(gait_of(way_of(6)), "run");
  EXPECT_NEAR(way_of(2.4).pace(), 1.2, 1e-6);
}

TEST(Gait, FollowsAHead) {
  conditions::Constraints constraints(120);
  conditions::ReachOptions head{.joint = motion::kHead, .first = 0, .last = 120};
  for (int f = 0; f < 120; ++f) head.points.push_back({5, 1.6f, 1 + 0.04f * static_cast<float>(f)});
  constraints.goals.push_back(conditions::reach(head));
  EXPECT_EQ(gait_of(constraints), "");  // somebody who reaches out with the head
  head.leads = true;
  constraints.goals = {conditions::reach(head)};
  EXPECT_NEAR(constraints.pace(), 1.2, 1e-4);
  head.joint = motion::kLeftWrist, head.leads = false;
  constraints.goals.push_back(conditions::reach(head));
  EXPECT_EQ(gait_of(constraints), "walk");
}

TEST(Gait, IsLeftOpenWhereMoreIsAsked) {
  conditions::Constraints sits = way_of(2.4);
  conditions::sit(sits, {.x = 2.4}, 90, 120);
  EXPECT_EQ(gait_of(sits), "");
  conditions::Constraints turns = way_of(2.4);
  turns.goals.push_back(conditions::face(60, 61, {0.5}));
  EXPECT_EQ(gait_of(turns), "walk");
  conditions::Constraints kept = way_of(2.4);
  kept.known[0][3] = true;
  EXPECT_EQ(gait_of(kept), "");
}

}  // namespace
}  // namespace pantomime::commands
