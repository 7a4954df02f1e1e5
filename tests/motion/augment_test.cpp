#include "pantomime/motion/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pantomime/base/error.h"
#include "pantomime/motion/fit_to_body.h"
#include "support.h"
#include "synthetic_walk.h"

namespace pantomime::motion {
namespace {

/// Mean speed of foot points while `contacts` says that they stand, m/s.
double slide(const Clip& clip, const Contacts& contacts) {
  const WorldPose pose = forward_kinematics(clip);
  double sum = 0;
  int count = 0;
  for (size_t f = 0; f + 1 < clip.frame_count(); ++f)
    for (size_t p = 0; p < kFootPointCount; ++p) {
      if (!contacts[f][p] || !contacts[f + 1][p]) continue;
      const auto j = static_cast<size_t>(kFootPointJoints[p]);
      const Vec3 d =
          pose.positions[(f + 1) * kJointCount + j] - pose.positions[f * kJointCount + j];
      sum += std::hypot(d.x, d.z) * kFps;
      ++count;
    }
  return count > 0 ? sum / count : 0;
}

Skeleton body(float legs, float rest) {
  Geometry g = default_geometry();
  for (size_t i = 0; i < g.size(); ++i) g[i] *= i >= 18 ? legs : rest;
  return canonical_skeleton(g);
}

TEST(Augment, PutsMotionOnOtherBodiesWithFeetThatStand) {
  const Clip walk = test::synthetic_walk({.seconds = 4, .step = 0.55});
  const Contacts contacts = find_contacts(walk, FootLockOptions{}.contact);
  const double before = slide(walk, contacts);
  for (const auto& [legs, rest] :
       {std::pair{0.6f, 0.65f}, {0.8f, 1.0f}, {1.0f, 1.0f}, {1.15f, 1.1f}, {1.2f, 0.95f}}) {
    const Skeleton other = body(legs, rest);
    FootLockReport report;
    const Clip moved = on_body(walk, other, &report);
    EXPECT_EQ(moved.skeleton.offsets, other.offsets);
    EXPECT_GT(report.contact_frames, 100u);
    EXPECT_LT(slide(moved, contacts), before + 0.01) << legs << " " << rest;
    const WorldPose pose = forward_kinematics(moved);
    const auto heights = rest_heights(other);
    for (size_t f = 4; f + 4 < moved.frame_count(); ++f)
      for (size_t p = 0; p < kFootPointCount; ++p)
        if (contacts[f][p]) {
          const float y =
              pose.positions[f * kJointCount + static_cast<size_t>(kFootPointJoints[p])].y;
          EXPECT_NEAR(y, heights[p], 0.03f) << legs << " frame " << f << " point " << p;
        }
    // As far as the legs are long, and everything but the legs turns as it did.
    const float ratio = leg_length(other) / leg_length(walk.skeleton);
    EXPECT_NEAR(moved.root_positions.back().z, ratio * walk.root_positions.back().z, 0.02f);
    EXPECT_EQ(moved.rotation(50, kLeftShoulder), walk.rotation(50, kLeftShoulder));
  }
}

TEST(Augment, LocksBetterThanScalingAlone) {
  // A foot longer than the legs would have it: scaled heels lie too low or too high.
  const Clip walk = test::synthetic_walk({.seconds = 4, .step = 0.55});
  const Contacts contacts = find_contacts(walk, FootLockOptions{}.contact);
  Geometry g = default_geometry();
  g[21] *= 1.12f;  // thighs
  g[22] *= 0.85f;  // shins
  const Skeleton other = canonical_skeleton(g);
  const double scaled = slide(fit_to_body(walk, other), contacts);
  const double locked = slide(on_body(walk, other), contacts);
  EXPECT_GT(scaled, 0.04);
  EXPECT_LT(locked, 0.25 * scaled);
}

TEST(Augment, ChangesSpeedByTimeAlone) {
  for (int i = 0; i < test::random_cases() / 10; ++i) {
    Random random(test::random_seed() + static_cast<uint64_t>(i));
    const Clip clip = test::random_clip(random.bits(), 60);
    const double speed = random.uniform(0.5, 2);
    const Clip played = at_speed(clip, speed);
    EXPECT_EQ(played.fps, clip.fps);
    EXPECT_EQ(played.frame_count(), static_cast<size_t>(std::floor(59 / speed + 1e-6)) + 1);
    for (size_t f = 0; f < played.frame_count(); ++f) {
      const double at = static_cast<double>(f) * speed;
      const auto a = std::min<size_t>(static_cast<size_t>(at), 58);
      const auto u = static_cast<float>(at - static_cast<double>(a));
      EXPECT_LT(length(played.root_positions[f] -
                       lerp(clip.root_positions[a], clip.root_positions[a + 1], u)),
                1e-5f);
      EXPECT_LT(angle_between(played.rotation(f, 5),
                              slerp(clip.rotation(a, 5), clip.rotation(a + 1, 5), u)),
                2e-3f);
    }
  }
  EXPECT_EQ(at_speed(test::random_clip(1, 40), 1).rotations, test::random_clip(1, 40).rotations);
  EXPECT_THROW(at_speed(test::random_clip(1, 40), 0), Error);
  EXPECT_THROW(at_speed(test::random_clip(1, 40), std::nan("")), Error);
}

TEST(Augment, ReversesTime) {
  const Clip clip = test::random_clip(3, 50);
  const Clip back = reversed(clip);
  for (size_t f = 0; f < 50; ++f) {
    EXPECT_EQ(back.root_positions[f], clip.root_positions[49 - f]);
    for (size_t j = 0; j < kJointCount; ++j)
      EXPECT_EQ(back.rotation(f, j), clip.rotation(49 - f, j));
  }
  EXPECT_EQ(reversed(back).rotations, clip.rotations);
  Clip rig = clip;
  rig.moving_joints.assign(1, 3);
  for (size_t f = 0; f < 50; ++f) rig.translations.push_back({static_cast<float>(f), 0, 0});
  EXPECT_EQ(reversed(rig).translations[0].x, 49);
}

TEST(Augment, KnowsWhatCanBePlayedBackwards) {
  const auto backwards = [](const Clip& clip) {
    return plausible_backwards(dynamics_of(clip), 0, clip.frame_count());
  };
  EXPECT_TRUE(backwards(test::crouching(0.4, 1.2)));
  EXPECT_TRUE(backwards(reversed(test::crouching(0.4, 1.2))));
  // Dropping onto the floor: quicker than falling.
  EXPECT_FALSE(backwards(test::crouching(0.4, 0.3)));
  EXPECT_FALSE(backwards(test::synthetic_jump(0.4)));
  EXPECT_FALSE(backwards(test::synthetic_walk({.step = 0.6})));
  EXPECT_TRUE(backwards(test::synthetic_walk({.step = 0, .rate = 1})));
  // Only the flight is in the way: standing before it is fine.
  const Clip jump = test::synthetic_jump(0.5);
  const Dynamics d = dynamics_of(jump);
  EXPECT_TRUE(plausible_backwards(d, 0, 10));
  EXPECT_FALSE(plausible_backwards(d, 5, 20));
  EXPECT_THROW(plausible_backwards(d, 0, jump.frame_count() + 1), Error);
  EXPECT_THROW(plausible_speeds(d, 3, 0), Error);
}

TEST(Augment, KnowsThatGravityCannotBeHurried) {
  const auto speeds = [](const Clip& clip) {
    return plausible_speeds(dynamics_of(clip), 0, clip.frame_count());
  };
  EXPECT_EQ(speeds(test::synthetic_jump(0.4)).fastest, 1.05);
  EXPECT_EQ(speeds(test::synthetic_jump(0.4)).slowest, 0.95);
  EXPECT_EQ(speeds(test::crouching(0.4, 1.2)).fastest, 1.33);
  const SpeedRange quick = speeds(test::crouching(0.4, 0.4));
  EXPECT_EQ(quick.slowest, 0.75);
  EXPECT_LT(quick.fastest, 1.33);
  EXPECT_GE(quick.fastest, 1.0);
}

TEST(Dynamics, SeesFreeFallAndWhatStands) {
  const Clip jump = test::synthetic_jump(0.5);
  const Dynamics d = dynamics_of(jump);
  // In the air from 0.5 s to 1 s.
  for (size_t f = 18; f < 27; ++f) {
    EXPECT_TRUE(d.flies[f]) << f;
    EXPECT_NEAR(d.acceleration[f], 9.81, 1.0) << f;
  }
  for (size_t f = 0; f < 12; ++f) EXPECT_FALSE(d.flies[f]) << f;
  const Clip walk = test::synthetic_walk({.seconds = 4, .step = 0.6, .rate = 2});
  // Swinging legs are a third of the body: its middle is now quicker, now slower than the pelvis.
  const std::vector<float> speed = dynamics_of(walk).speed;
  for (const float v : speed) EXPECT_NEAR(v, 1.2, 0.45);
  EXPECT_NEAR(std::accumulate(speed.begin(), speed.begin() + 90, 0.0) / 90, 1.2, 0.03);
  // A seat that nobody sees is no flight.
  const Dynamics high = dynamics_of(transformed(walk, {}, {0, 0.5f, 0}));
  EXPECT_EQ(std::count(high.flies.begin(), high.flies.end(), 1), 0);
  EXPECT_TRUE(dynamics_of(cut(walk, 0, 3)).flies.size() == 3);
}

}  // namespace
}  // namespace pantomime::motion
