#include "pantomime/motion/foot_lock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/motion/root_path.h"
#include "pantomime/motion/two_bone_ik.h"
#include "support.h"
#include "synthetic_walk.h"

namespace pantomime::motion {
namespace {

TEST(FootingFaults, CountFeetThatSlideOrHover) {
  const Clip walk = test::synthetic_walk({.seconds = 2});
  EXPECT_LT(footing_faults(walk), 0.1);
  Clip stands = walk;
  for (size_t f = 1; f < stands.frame_count(); ++f) {
    stands.root_positions[f] = stands.root_positions[0];
    for (size_t j = 0; j < kJointCount; ++j) stands.rotation(f, j) = stands.rotation(0, j);
  }
  EXPECT_EQ(footing_faults(stands), 0);
  Clip drawn = stands, hovers = stands;
  for (size_t f = 0; f < drawn.frame_count(); ++f) {
    drawn.root_positions[f].x += 0.4f * static_cast<float>(f) / static_cast<float>(kFps);
    hovers.root_positions[f].y += 0.08f;
  }
  EXPECT_NEAR(footing_faults(drawn), 0.4, 1e-3);
  EXPECT_NEAR(footing_faults(hovers), 0.5, 0.02);  // 10 for each metre above 3 cm
  for (Vec3& root : hovers.root_positions) root.y += 1;
  EXPECT_EQ(footing_faults(hovers), 1);
}

TEST(TwoBones, ReachEveryTargetInReachAndKeepTheirLengths) {
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases(); ++i) {
    const float a = static_cast<float>(random.uniform(0.2, 0.5));
    const float b = static_cast<float>(random.uniform(0.2, 0.5));
    const Vec3 hinge = normalized(test::random_vector(random, 1), {1, 0, 0});
    const Vec3 along = normalized(cross(hinge, test::random_vector(random, 1)), {0, 1, 0});
    const float bent = static_cast<float>(random.uniform(0, 2.5));
    const TwoBones limb{.root = test::random_vector(random, 1),
                        .upper = a * along,
                        .lower = b * (from_axis_angle(hinge, bent) * along),
                        .hinge = hinge};
    const Vec3 direction = normalized(test::random_vector(random, 1), {0, -1, 0});
    const float distance = static_cast<float>(random.uniform(std::abs(a - b) + 1e-3, a + b - 1e-3));
    const Vec3 target = limb.root + distance * direction;
    const auto solution = solve_two_bones(limb, target);
    const Vec3 upper = solution.upper_turn * limb.upper, lower = solution.lower_turn * limb.lower;
    EXPECT_LT(length(limb.root + upper + lower - target), 1e-4f);
    EXPECT_LT(solution.missed, 1e-4f);
    EXPECT_NEAR(length(upper), a, 1e-5f);
    EXPECT_NEAR(length(lower), b, 1e-5f);
    // Bent the way the hinge bends, never backwards.
    EXPECT_GE(dot(cross(upper, lower), solution.upper_turn * hinge), -1e-4f);
  }
}

TEST(TwoBones, StraightLimbBendsAboutItsHinge) {
  const TwoBones leg{
      .root = {0, 1, 0}, .upper = {0, -0.5f, 0}, .lower = {0, -0.5f, 0}, .hinge = {1, 0, 0}};
  const auto solution = solve_two_bones(leg, {0, 0.2f, 0});
  const Vec3 knee = leg.root + solution.upper_turn * leg.upper;
  EXPECT_GT(knee.z, 0.1f);  // the knee goes forward
  EXPECT_NEAR(knee.x, 0, 1e-5f);
}

TEST(TwoBones, StopsStraightWhenTheTargetIsTooFar) {
  const TwoBones leg{
      .root = {0, 1, 0}, .upper = {0, -0.4f, 0.3f}, .lower = {0, -0.4f, -0.3f}, .hinge = {1, 0, 0}};
  const auto solution = solve_two_bones(leg, {0, -1, 0}, 0.99f);
  const Vec3 end = leg.root + solution.upper_turn * leg.upper + solution.lower_turn * leg.lower;
  EXPECT_NEAR(end.y, 0.01f, 1e-4f);
  EXPECT_NEAR(solution.missed, 1.01f, 1e-4f);
}

/// A walk made of its footprints: stance feet stand, swing feet travel, legs by IK. With `skate`,
/// the whole figure drifts sideways at this speed, as bad generators do.
Clip walk(size_t frames, float skate, float sink = 0) {
  constexpr float kStep = 0.6f, kHeight = 0.86f;
  constexpr size_t kPeriod = 36;  // frames of a full cycle; a foot stands for half of it
  Clip clip;
  clip.skeleton = canonical_skeleton(default_geometry());
  const float ankle_height = rest_heights(clip.skeleton)[kLeftHeel];
  for (size_t f = 0; f < frames; ++f) {
    const float at = static_cast<float>(f) / kPeriod;
    clip.root_positions.push_back({0, kHeight, 2 * kStep * at});
    std::vector<Quat> pose(kJointCount);
    Clip still{
        .skeleton = clip.skeleton, .root_positions = {clip.root_positions[f]}, .rotations = pose};
    const WorldPose world = forward_kinematics(still);
    for (const bool left : {true, false}) {
      const float phase = at + (left ? 0 : 0.5f);
      const float cycle = std::floor(phase), u = phase - cycle;
      const float swing = u < 0.5f ? 0 : 2 * u - 1;
      const float ease = swing * swing * swing * (10 + swing * (6 * swing - 15));
      const size_t hip = left ? kLeftHip : kRightHip, knee = left ? kLeftKnee : kRightKnee,
                   ankle = left ? kLeftAnkle : kRightAnkle;
      const float lift = std::sin(std::numbers::pi_v<float> * swing);
      const float z = 2 * kStep * (cycle + ease - (left ? 0 : 0.5f)) + kStep / 2;
      const Vec3 target{world.positions[hip].x, ankle_height + 0.12f * lift * lift, z};
      const auto solution = solve_two_bones({world.positions[hip],
                                             clip.skeleton.offsets[knee],
                                             clip.skeleton.offsets[ankle],
                                             {1, 0, 0}},
                                            target);
      pose[hip] = solution.upper_turn;
      pose[knee] = conjugate(solution.upper_turn) * solution.lower_turn;
      pose[ankle] = conjugate(solution.lower_turn);
    }
    clip.rotations.insert(clip.rotations.end(), pose.begin(), pose.end());
    clip.root_positions[f] +=
        Vec3{skate * static_cast<float>(f) / static_cast<float>(kFps), -sink, 0};
  }
  return clip;
}

/// Largest speed over the floor of foot points in contact, m/s, but for the two frames at either
/// end of a contact, in which feet land and leave.
float skating(const Clip& clip, const Contacts& contacts) {
  const WorldPose pose = forward_kinematics(clip);
  float worst = 0;
  for (size_t f = 2; f + 3 < clip.frame_count(); ++f)
    for (size_t p = 0; p < kFootPointCount; ++p) {
      bool inside = true;
      for (size_t k = f - 2; k <= f + 3; ++k) inside = inside && contacts[k][p];
      if (!inside) continue;
      const auto j = static_cast<size_t>(kFootPointJoints[p]);
      const Vec3 step =
          pose.positions[(f + 1) * kJointCount + j] - pose.positions[f * kJointCount + j];
      worst = std::max(worst, std::hypot(step.x, step.z) * static_cast<float>(clip.fps));
    }
  return worst;
}

/// Largest third difference of any joint, metres per frame^3.
float jerk(const Clip& clip) {
  const WorldPose pose = forward_kinematics(clip);
  float worst = 0;
  for (size_t f = 0; f + 3 < clip.frame_count(); ++f)
    for (size_t j = 0; j < kJointCount; ++j) {
      const auto at = [&](size_t k) { return pose.positions[(f + k) * kJointCount + j]; };
      worst = std::max(worst, length(at(3) - 3.0f * at(2) + 3.0f * at(1) - at(0)));
    }
  return worst;
}

TEST(Contacts, AreWhereAWalkStands) {
  const Clip clip = walk(108, 0);
  const Contacts contacts = find_contacts(clip);
  // Left foot: stands in the first half of each cycle of 36 frames.
  for (size_t f = 2; f < 106; ++f) {
    const size_t phase = f % 36;
    const auto& at = contacts[f];
    if (phase >= 2 && phase < 17) {
      EXPECT_TRUE(at[kLeftHeel] && at[kLeftToe]) << f;
    } else if (phase >= 23 && phase < 32) {
      EXPECT_TRUE(!at[kLeftHeel] && !at[kLeftToe] && at[kRightHeel] && at[kRightToe]) << f;
    }
  }
}

TEST(Contacts, NeedLowAndSlowFeet) {
  const Clip standing = walk(1, 0);
  Clip clip = standing;
  for (int f = 1; f < 30; ++f) {
    clip.root_positions.push_back(clip.root_positions[0]);
    clip.rotations.insert(clip.rotations.end(), standing.rotations.begin(),
                          standing.rotations.end());
  }
  EXPECT_TRUE(find_contacts(clip)[15][kLeftToe]);
  EXPECT_FALSE(find_contacts(transformed(clip, {}, {0, 0.2f, 0}))[15][kLeftToe]);  // in the air
  for (size_t f = 0; f < 30; ++f) clip.root_positions[f].z += 0.05f * static_cast<float>(f);
  EXPECT_FALSE(find_contacts(clip)[15][kLeftToe]);  // sliding at 1.5 m/s
  EXPECT_TRUE(find_contacts(clip, {.speed = 2})[15][kLeftToe]);
  EXPECT_THROW(find_contacts(Clip{.skeleton = {{"a"}, {-1}, {{}}, {}}}), Error);
}

TEST(FootLock, LeavesACleanWalkAlone) {
  const Clip clip = walk(144, 0);
  for (const bool root_follows : {false, true}) {
    FootLockReport report;
    const Clip out = lock_feet(clip, FootLockOptions{.root_follows = root_follows}, &report);
    EXPECT_LT(report.largest_shift, root_follows ? 0.03f : 0.015f);
    EXPECT_LT(report.largest_miss, 1e-3f);
    EXPECT_LT(jerk(out), 1.3f * jerk(clip) + 1e-3f);
  }
}

TEST(FootLock, StopsSkatingWithoutJerks) {
  for (const float speed : {0.1f, 0.2f, 0.3f}) {
    const Clip clip = walk(144, speed);
    const Contacts contacts = find_contacts(clip, FootLockOptions{}.contact);
    EXPECT_GT(skating(clip, contacts), 0.9f * speed);
    FootLockReport report;
    const Clip out = lock_feet(clip, FootLockOptions{.root_follows = false}, &report);
    EXPECT_LT(skating(out, contacts), 0.02f) << speed;
    EXPECT_LT(jerk(out), 1.5f * jerk(clip) + 2e-3f) << speed;
    EXPECT_GT(report.contact_frames, 100u);
    EXPECT_LT(report.largest_miss, 0.01f) << speed;
    EXPECT_LE(report.largest_pelvis_drop, FootLockOptions{}.largest_pelvis_drop);
  }
}

TEST(FootLock, KeepsBonesArmsAndTheWayKneesBend) {
  const Clip clip = walk(144, 0.3f);
  const Clip out = lock_feet(clip, FootLockOptions{.root_follows = false});
  EXPECT_EQ(out.skeleton.offsets, clip.skeleton.offsets);
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    for (const Joint j : {kPelvis, kSpine2, kHead, kLeftElbow, kRightWrist})
      EXPECT_EQ(out.rotation(f, j), clip.rotation(f, j));
    for (const Joint j : {kLeftKnee, kRightKnee}) {
      const Vec3 v = to_rotation_vector(out.rotation(f, j));
      EXPECT_GE(v.x, -1e-3f) << f;  // never past straight
      EXPECT_LT(std::hypot(v.y, v.z), 0.1f) << f;
    }
  }
  // Feet keep their orientation in the world.
  const WorldPose a = forward_kinematics(clip), b = forward_kinematics(out);
  for (size_t i = kLeftAnkle; i < a.rotations.size(); i += kJointCount)
    EXPECT_LT(angle_between(a.rotations[i], b.rotations[i]), 3e-3f);
}

TEST(FootLock, LiftsFeetOutOfTheFloor) {
  const Clip clip = walk(144, 0, 0.05f);  // sunk by 5 cm
  const Clip out = lock_feet(clip);
  const WorldPose pose = forward_kinematics(out);
  float lowest = 1;
  for (size_t f = 0; f < out.frame_count(); ++f)
    for (const Joint j : {kLeftFoot, kRightFoot})
      lowest = std::min(lowest, pose.positions[f * kJointCount + static_cast<size_t>(j)].y);
  EXPECT_GT(lowest, 0.005f);
}

TEST(FootLock, LowersThePelvisRatherThanStretchKnees) {
  Clip clip = walk(144, 0);
  for (Vec3& position : clip.root_positions) position.y += 0.04f;  // floats
  FootLockReport report;
  const Clip out = lock_feet(clip, {}, &report);
  EXPECT_GT(report.largest_pelvis_drop, 0.005f);
  EXPECT_LE(report.largest_pelvis_drop, 0.06f);
  for (size_t f = 0; f < out.frame_count(); ++f)
    EXPECT_GE(to_rotation_vector(out.rotation(f, kLeftKnee)).x, -1e-3f);
}

TEST(FootLock, LetsAFootThatSlidesForeverStep) {
  // Standing, but drifting by 15 cm/s for twenty seconds: no foot can stay where it began.
  Clip clip = walk(1, 0);
  for (int f = 1; f < 600; ++f) {
    clip.root_positions.push_back(clip.root_positions[0] +
                                  Vec3{0.005f * static_cast<float>(f), 0, 0});
    for (size_t j = 0; j < kJointCount; ++j) clip.rotations.push_back(clip.rotation(0, j));
  }
  FootLockReport report;
  lock_feet(clip, FootLockOptions{.root_follows = false}, &report);
  EXPECT_LT(report.largest_shift, 0.3f);
  EXPECT_LT(report.largest_miss, 0.05f);
}

/// Largest distance over the ground between the roots of two clips, metres.
float apart(const Clip& a, const Clip& b) {
  float worst = 0;
  for (size_t f = 0; f < a.frame_count(); ++f) {
    const Vec3 d = a.root_positions[f] - b.root_positions[f];
    worst = std::max(worst, std::hypot(d.x, d.z));
  }
  return worst;
}

TEST(RootPath, LeavesACleanWalkAlone) {
  const Clip clip = walk(144, 0);
  const Clip out = root_following_feet(clip);
  EXPECT_LT(apart(clip, out), 0.12f);  // of 4.8 m: landing feet pull a little
  EXPECT_EQ(out.rotations, clip.rotations);
  for (size_t f = 0; f < clip.frame_count(); ++f)
    EXPECT_EQ(out.root_positions[f].y, clip.root_positions[f].y);
}

TEST(RootPath, TakesTheWayOfTheFeet) {
  const Clip clean = root_following_feet(walk(144, 0));
  for (const float speed : {-0.3f, 0.3f, 0.6f}) {
    const Clip skating = walk(144, speed);
    EXPECT_GT(apart(clean, skating), 1.3f);
    EXPECT_LT(apart(clean, root_following_feet(skating)), 0.2f) << speed;
  }
}

TEST(RootPath, StaysWherePlacesAreGiven) {
  const Clip skating = walk(144, 0.3f);
  std::vector<char> placed(144, 0);
  for (const size_t f : {0u, 70u, 71u, 143u}) placed[f] = 1;
  const Clip out = root_following_feet(skating, {.placed = placed});
  for (const size_t f : {0u, 70u, 71u, 143u})
    EXPECT_LT(length(out.root_positions[f] - skating.root_positions[f]), 2e-3f) << f;
  // Between them feet decide.
  EXPECT_GT(apart(out, skating), 0.02f);
  EXPECT_THROW(root_following_feet(skating, {.placed = {1, 0}}), Error);
}

TEST(RootPath, LeavesFlightAndIceAlone) {
  Clip flying = walk(90, 0.5f, -0.2f);  // 20 cm above the floor
  EXPECT_LT(apart(flying, root_following_feet(flying)), 1e-4f);
  Clip gliding = walk(1, 0);
  for (int f = 1; f < 90; ++f) {  // standing still at 4 m/s
    gliding.root_positions.push_back(gliding.root_positions[0] +
                                     Vec3{4 * static_cast<float>(f) / 30, 0, 0});
    for (size_t j = 0; j < kJointCount; ++j) gliding.rotations.push_back(gliding.rotation(0, j));
  }
  EXPECT_LT(apart(gliding, root_following_feet(gliding)), 1e-3f);
}

TEST(RootPath, IsTheSamePathAtAnotherRate) {
  const Clip clip = walk(144, 0.3f);
  const Clip slow = root_following_feet(clip);
  const Clip fast = root_following_feet(resample(clip, 60));
  for (size_t f = 0; f < slow.frame_count(); ++f)
    EXPECT_LT(length(slow.root_positions[f] - fast.root_positions[2 * f]), 0.03f) << f;
}

TEST(FootLock, TakesClipsOfAnyLength) {
  for (const size_t frames : {1u, 2u, 3u, 4u, 5u}) {
    const Clip out = lock_feet(walk(frames, 0.2f));
    out.validate();
    EXPECT_EQ(out.frame_count(), frames);
  }
  EXPECT_THROW(lock_feet(walk(4, 0), Contacts(3)), Error);
}

}  // namespace
}  // namespace pantomime::motion
