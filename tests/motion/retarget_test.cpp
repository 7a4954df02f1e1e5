#include "pantomime/motion/retarget.h"

#include <gtest/gtest.h>

#include <numbers>

#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::motion {
namespace {

void expect_near(Vec3 got, Vec3 want, float tolerance = 1e-4f) {
  test::expect_near(got, want, tolerance);
}

Mapping by_own_names() {
  Mapping mapping;
  mapping.name = "test";
  for (size_t j = 0; j < kJointCount; ++j) mapping.rotation_from[j] = std::string(kJointNames[j]);
  return mapping;
}

/// The same motion on a rig whose joint frames lie differently in the bones: joint j's frame is
/// turned by frames[j], and the rest pose (rotations zero) is the one in which these are parallel.
Clip with_frames(const Clip& clip, const std::vector<Quat>& frames) {
  const WorldPose pose = forward_kinematics(clip);
  Clip out = clip;
  std::vector<Quat> world(pose.rotations.size());
  for (size_t i = 0; i < world.size(); ++i)
    world[i] = normalized(pose.rotations[i] * conjugate(frames[i % kJointCount]));
  out.rotations = local_rotations(clip.skeleton, world);
  for (size_t j = 1; j < kJointCount; ++j)
    out.skeleton.offsets[j] =
        frames[static_cast<size_t>(kJointParents[j])] * clip.skeleton.offsets[j];
  return out;
}

void expect_same(const Clip& a, const Clip& b) {
  ASSERT_EQ(a.frame_count(), b.frame_count());
  for (size_t i = 0; i < a.rotations.size(); ++i)
    EXPECT_LT(angle_between(a.rotations[i], b.rotations[i]), 3e-3f)
        << kJointNames[i % kJointCount] << " frame " << i / kJointCount;
  for (size_t f = 0; f < a.frame_count(); ++f)
    expect_near(a.root_positions[f], b.root_positions[f]);
  for (size_t j = 0; j < kJointCount; ++j)
    expect_near(a.skeleton.offsets[j], b.skeleton.offsets[j]);
}

TEST(Retarget, CanonicalMotionMapsToItself) {
  const Clip clip = test::random_clip(test::random_seed(), 12);
  expect_same(to_canonical(clip, by_own_names()), clip);
}

TEST(Retarget, FindsTheFramesOfSplayedLegsAndHangingArms) {
  const Clip clip = test::random_clip(test::random_seed(), 12);
  const float right = std::numbers::pi_v<float> / 2;
  std::vector<Quat> frames(kJointCount);
  const auto turn = [&](std::initializer_list<Joint> joints, float angle) {
    for (const Joint j : joints) frames[j] = from_axis_angle({0, 0, 1}, angle);
  };
  turn({kLeftHip, kLeftKnee, kLeftAnkle, kLeftFoot}, 0.35f);
  turn({kRightHip, kRightKnee, kRightAnkle, kRightFoot}, -0.35f);
  turn({kLeftShoulder, kLeftElbow, kLeftWrist}, -right);
  turn({kRightShoulder, kRightElbow, kRightWrist}, right);
  const Clip source = with_frames(clip, frames);
  expect_near(normalized(source.skeleton.offsets[kLeftElbow]), {0, -1, 0});  // it does hang
  expect_same(to_canonical(source, by_own_names()), clip);
}

TEST(Retarget, UsesGivenFramesOfAnyRestPose) {
  const Clip clip = test::random_clip(test::random_seed(), 12);
  Random random(test::random_seed());
  std::vector<Quat> frames(kJointCount);
  for (Quat& frame : frames) frame = test::random_rotation(random);
  const Clip source = with_frames(clip, frames);
  Mapping mapping = by_own_names();
  // G_canonical = G_source R, and with_frames() made G_source = G_canonical frame^-1.
  for (size_t j = 0; j < kJointCount; ++j) mapping.frames[j] = frames[j];
  expect_same(to_canonical(source, mapping), clip);
}

TEST(Retarget, ConvertsAxesAndUnits) {
  const Clip clip = test::random_clip(test::random_seed(), 12);
  Mapping mapping = by_own_names();
  mapping.axes = {.up = Axis::PlusZ, .forward = Axis::MinusY, .metres_per_unit = 0.01};
  // A Z-up rig in centimetres: its rest pose is our T-pose turned.
  const Quat out_of_ours = conjugate(canonical_from(mapping.axes));
  Clip source = with_frames(clip, std::vector<Quat>(kJointCount, out_of_ours));
  source = transformed(source, out_of_ours, {});
  for (Vec3& offset : source.skeleton.offsets) offset = 100.0f * offset;
  for (Vec3& position : source.root_positions) position = 100.0f * position;
  expect_same(to_canonical(source, mapping), clip);
}

TEST(Retarget, JointsWithoutSourceStandOnTheirParent) {
  const Clip clip = test::random_clip(test::random_seed(), 5);
  Mapping mapping = by_own_names();
  mapping.rotation_from[kSpine1] = "";
  mapping.rotation_from[kLeftWrist] = "";
  mapping.position_from[kLeftWrist] = "left_wrist";
  const Clip out = to_canonical(clip, mapping);
  expect_near(out.skeleton.offsets[kSpine1], {0, 0, 0});
  expect_near(out.skeleton.offsets[kLeftWrist], clip.skeleton.offsets[kLeftWrist]);
  EXPECT_LT(angle_between(out.rotation(3, kSpine1), {}), 2e-3f);
  EXPECT_LT(angle_between(out.rotation(3, kLeftWrist), {}), 2e-3f);
}

TEST(Retarget, FindsEndSitesAndPointsOnTheWay) {
  Clip clip = test::random_clip(test::random_seed(), 5);
  clip.skeleton.end_sites.push_back({kHead, {0, 0.2f, 0}});
  Mapping mapping = by_own_names();
  mapping.position_from[kHead] = "head/end@0.5";
  mapping.rotation_from[kNeck] = "head";
  mapping.position_from[kNeck] = "head";
  const Clip out = to_canonical(clip, mapping);
  expect_near(out.skeleton.offsets[kHead], {0, 0.1f, 0});
  mapping.position_from[kHead] = "head/end@2";
  EXPECT_THROW(to_canonical(clip, mapping), Error);
  mapping.position_from[kHead] = "neck/end";
  EXPECT_THROW(to_canonical(clip, mapping), Error);
}

TEST(Retarget, PutsLostBonesAndGivenLengthsBack) {
  Clip clip = test::random_clip(test::random_seed(), 5);
  const Vec3 neck = clip.skeleton.offsets[kNeck];
  clip.skeleton.offsets[kNeck] = {};
  Mapping mapping = by_own_names();
  mapping.lost_bones = {{"neck", "spine3", 2}};
  mapping.lengths[kLeftFoot] = 0.5f;
  const Clip out = to_canonical(clip, mapping);
  expect_near(out.skeleton.offsets[kNeck], 2.0f * clip.skeleton.offsets[kSpine3]);
  EXPECT_GT(length(neck - out.skeleton.offsets[kNeck]), 0.01f);
  EXPECT_NEAR(length(out.skeleton.offsets[kLeftFoot]), 0.5f, 1e-5f);
  expect_near(normalized(out.skeleton.offsets[kLeftFoot]),
              normalized(clip.skeleton.offsets[kLeftFoot]));
}

TEST(Retarget, PutsToyFiguresOnAnAverageBody) {
  Clip clip = test::random_clip(test::random_seed(), 5);
  Mapping mapping = by_own_names();
  mapping.average_body = true;
  for (Vec3& offset : clip.skeleton.offsets) offset = 0.5f * offset;
  for (Vec3& position : clip.root_positions) position = 0.5f * position;
  const Clip out = to_canonical(clip, mapping);
  EXPECT_EQ(out.skeleton.offsets, canonical_skeleton(default_geometry()).offsets);
  EXPECT_LT(angle_between(out.rotations[30], clip.rotations[30]), 3e-3f);
}

TEST(Retarget, NamesMappingAndMissingJoint) {
  const Clip clip = test::random_clip(1, 1);
  Mapping mapping = by_own_names();
  mapping.rotation_from[kHead] = "skull";
  try {
    to_canonical(clip, mapping);
    ADD_FAILURE() << "mapped";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "mapping \"test\": no joint \"skull\" (for head)");
  }
}

TEST(Retarget, MeanBonesWhereTheSourceStretches) {
  Clip clip = test::random_clip(test::random_seed(), 2);
  clip.moving_joints = {kHead};
  clip.translations = {{0, 0.1f, 0}, {0, 0.3f, 0}};
  expect_near(to_canonical(clip, by_own_names()).skeleton.offsets[kHead], {0, 0.2f, 0});
}

TEST(Retarget, TurnsBackKneesForwardWithoutMovingAnything) {
  Clip clip = test::random_clip(test::random_seed(), 3);
  const Quat half = from_axis_angle({0, 1, 0}, std::numbers::pi_v<float>);
  for (size_t f = 0; f < 3; ++f) clip.rotation(f, kLeftKnee) = from_axis_angle({1, 0, 0}, 2.0f);
  const Clip good = clip;
  clip.rotation(1, kLeftHip) = clip.rotation(1, kLeftHip) * half;  // frame 1: the other solution
  clip.rotation(1, kLeftKnee) = from_axis_angle({1, 0, 0}, -2.0f);
  clip.rotation(1, kLeftAnkle) = conjugate(half) * clip.rotation(1, kLeftAnkle);
  const WorldPose a = forward_kinematics(good), b = forward_kinematics(clip);
  expect_near(a.positions[kJointCount + kLeftFoot], b.positions[kJointCount + kLeftFoot]);
  expect_same(to_canonical(clip, by_own_names()), good);
}

TEST(Retarget, TurnsSolesDownWithoutMovingAnything) {
  Clip clip = test::random_clip(test::random_seed(), 3);
  for (size_t f = 0; f < 3; ++f) clip.rotation(f, kRightAnkle) = from_axis_angle({1, 0, 0}, 0.3f);
  const Clip good = clip;
  const Vec3 axis = normalized(clip.skeleton.offsets[kRightFoot]);
  const Quat half = from_axis_angle(axis, std::numbers::pi_v<float>);
  clip.rotation(1, kRightAnkle) = clip.rotation(1, kRightAnkle) * half;
  expect_same(to_canonical(clip, by_own_names()), good);
}

TEST(Retarget, FloorIsWhereFeetRest) {
  Clip clip;
  clip.skeleton = canonical_skeleton(default_geometry());
  for (int f = 0; f < 100; ++f) {
    // Two noisy frames dip by half a metre; they are not the floor.
    clip.root_positions.push_back({0, f < 2 ? 2.5f : 3.0f, 0});
    clip.rotations.insert(clip.rotations.end(), kJointCount, Quat{});
  }
  const float toe = forward_kinematics(clip).positions[50 * kJointCount + kLeftFoot].y;
  EXPECT_NEAR(floor_height(clip), toe - 0.02f, 1e-4f);
  const Clip down = on_floor(clip, 0.1);
  EXPECT_NEAR(forward_kinematics(down).positions[50 * kJointCount + kLeftFoot].y, 0.12f, 1e-4f);
}

}  // namespace
}  // namespace pantomime::motion
