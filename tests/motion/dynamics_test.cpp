#include "pantomime/motion/dynamics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support.h"

namespace pantomime::motion {
namespace {

/// Somebody who stands on both feet, the whole body turned about the ankles by an angle.
Clip leaning(float angle) {
  Clip clip;
  clip.skeleton = canonical_skeleton(default_geometry());
  const Vec3 ankles = [&] {
    Clip still = clip;
    still.root_positions = {{0, 0, 0}};
    still.rotations.assign(kJointCount, {});
    const WorldPose pose = forward_kinematics(still);
    return 0.5f * (pose.positions[kLeftAnkle] + pose.positions[kRightAnkle]);
  }();
  const Quat turn = from_axis_angle({1, 0, 0}, angle);
  clip.root_positions = {Vec3{0, 0.07f, 0} - turn * ankles};
  clip.rotations.assign(kJointCount, {});
  clip.rotations[0] = turn;
  // The feet stay flat.
  clip.rotations[kLeftAnkle] = clip.rotations[kRightAnkle] = conjugate(turn);
  return clip;
}

float overhang_of(const Clip& clip) {
  return overhang(clip, forward_kinematics(clip))[0];
}

TEST(Overhang, WhoStandsUprightHangsOverNothing) {
  EXPECT_EQ(overhang_of(leaning(0)), 0);
}

TEST(Overhang, GrowsAsTheSineOfTheAngle) {
  // Far beyond the toes the nearest point of the feet stays the same, and the middle of the body
  // goes on along its circle about the ankles.
  const Clip a = leaning(0.5f), b = leaning(0.7f);
  const Vec3 one = body_centres(forward_kinematics(a))[0],
             two = body_centres(forward_kinematics(b))[0];
  ASSERT_GT(overhang_of(a), 0.1f);
  EXPECT_NEAR(overhang_of(b) - overhang_of(a), two.z - one.z, 1e-3);
}

TEST(Overhang, IsNotAskedOfWhoLiesOrFlies) {
  Clip clip = leaning(0.7f);
  clip.root_positions[0].y += 0.5f;
  EXPECT_EQ(overhang_of(clip), 0);
  clip = leaning(1.5f);
  EXPECT_EQ(overhang_of(clip), 0);
}

}  // namespace
}  // namespace pantomime::motion
