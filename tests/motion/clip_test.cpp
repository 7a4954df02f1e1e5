#include "pantomime/motion/clip.h"

#include <gtest/gtest.h>

#include <limits>
#include <numbers>

#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::motion {
namespace {

void expect_near(Vec3 got, Vec3 want, float tolerance = 1e-4f) {
  test::expect_near(got, want, tolerance);
}

TEST(Skeleton, GeometryAndOffsetsAreInverse) {
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases(); ++i) {
    Geometry g = default_geometry();
    for (float& value : g) value *= static_cast<float>(random.uniform(0.5, 1.5));
    const auto offsets = offsets_of(g);
    const Geometry back = geometry_of(offsets);
    for (size_t k = 0; k < g.size(); ++k) EXPECT_NEAR(back[k], g[k], 1e-6f) << k;
    for (size_t j = 0; j < kJointCount; ++j) {
      const Vec3 other = offsets[static_cast<size_t>(kMirrorJoint[j])];
      expect_near(offsets[j], {-other.x, other.y, other.z}, 1e-7f);
    }
  }
}

TEST(Skeleton, GeometryOfARecordedBodyKeepsLimbLengths) {
  auto offsets = offsets_of(default_geometry());
  offsets[kLeftKnee] = {0.1f, -0.4f, 0.05f};
  offsets[kRightKnee] = {0, -0.4f, 0};
  const Geometry g = geometry_of(offsets);
  EXPECT_NEAR(g[21], 0.5f * (length(offsets[kLeftKnee]) + 0.4f), 1e-6f);
}

TEST(Skeleton, RefusesWhatIsNoTree) {
  const Skeleton good{{"a", "b"}, {-1, 0}, {{}, {}}, {}};
  good.validate();
  const auto broken = [&](auto change) {
    Skeleton s = good;
    change(s);
    EXPECT_THROW(s.validate(), Error);
  };
  broken([](Skeleton& s) { s.names.clear(); });
  broken([](Skeleton& s) { s.names[1] = "a"; });
  broken([](Skeleton& s) { s.names[1] = ""; });
  broken([](Skeleton& s) { s.parents[1] = 1; });
  broken([](Skeleton& s) { s.parents[0] = 0; });
  broken([](Skeleton& s) { s.parents.pop_back(); });
  broken([](Skeleton& s) { s.offsets[1].x = std::numeric_limits<float>::quiet_NaN(); });
  broken([](Skeleton& s) { s.end_sites.push_back({2, {}}); });
}

TEST(Skeleton, CanonicalJointsAreATreeWithTwoSides) {
  canonical_skeleton(default_geometry()).validate();
  for (size_t j = 0; j < kJointCount; ++j) {
    const auto mirror = static_cast<size_t>(kMirrorJoint[j]);
    EXPECT_EQ(kMirrorJoint[mirror], static_cast<int>(j));
    EXPECT_EQ(find_joint(kJointNames[j]), static_cast<int>(j));
    const std::string name(kJointNames[j]);
    if (name.starts_with("left_")) {
      EXPECT_EQ(kJointNames[mirror], "right_" + name.substr(5));
    }
  }
  EXPECT_FALSE(find_joint("tail"));
  const float tall = approximate_stature(default_geometry());
  EXPECT_TRUE(tall > 1.6f && tall < 1.8f) << tall;
}

TEST(Clip, ForwardKinematicsOfAChainByHand) {
  // Two bones of 1 m along X; the first joint is turned by 90 degrees about Z, the second by -90.
  const float right = std::numbers::pi_v<float> / 2;
  Clip clip;
  clip.skeleton = {{"root", "mid", "tip"}, {-1, 0, 1}, {{}, {1, 0, 0}, {1, 0, 0}}, {}};
  clip.root_positions = {{5, 0, 0}};
  clip.rotations = {from_axis_angle({0, 0, 1}, right), from_axis_angle({0, 0, 1}, -right), {}};
  const WorldPose pose = forward_kinematics(clip);
  expect_near(pose.positions[1], {5, 1, 0});
  expect_near(pose.positions[2], {6, 1, 0});
  EXPECT_NEAR(angle_between(pose.rotations[2], {}), 0, 1e-3f);
}

TEST(Clip, LocalRotationsUndoForwardKinematics) {
  const Clip clip = test::random_clip(test::random_seed(), 10);
  const auto local = local_rotations(clip.skeleton, forward_kinematics(clip).rotations);
  for (size_t i = 0; i < local.size(); ++i)
    EXPECT_LT(angle_between(local[i], clip.rotations[i]), 2e-3f);
}

TEST(Clip, MovingJointsReplaceTheirOffset) {
  Clip clip;
  clip.skeleton = {{"root", "slider"}, {-1, 0}, {{}, {1, 0, 0}}, {}};
  clip.root_positions = {{}, {}};
  clip.rotations.resize(4);
  clip.moving_joints = {1};
  clip.translations = {{0, 2, 0}, {0, 3, 0}};
  clip.validate();
  const WorldPose pose = forward_kinematics(clip);
  expect_near(pose.positions[1], {0, 2, 0});
  expect_near(pose.positions[3], {0, 3, 0});
  expect_near(resample(clip, 60).translations[1], {0, 2.5f, 0});
  expect_near(cut(clip, 1, 1).translations[0], {0, 3, 0});
}

TEST(Clip, ResamplingKeepsTimeAndPoses) {
  Clip clip = test::random_clip(test::random_seed(), 121);
  clip.fps = 120;
  const Clip slow = resample(clip, 30);
  EXPECT_EQ(slow.frame_count(), 31u);
  EXPECT_EQ(slow.fps, 30);
  for (size_t f = 0; f < slow.frame_count(); ++f) {  // every fourth frame, exactly
    EXPECT_EQ(slow.root_positions[f], clip.root_positions[4 * f]);
    for (size_t j = 0; j < clip.joint_count(); ++j)
      EXPECT_EQ(slow.rotation(f, j), clip.rotation(4 * f, j));
  }
  // 24 to 30 does not divide: 2.5 s stay 2.5 s, and a steady turn stays steady.
  Clip turn;
  turn.skeleton = {{"root"}, {-1}, {{}}, {}};
  turn.fps = 24;
  for (int f = 0; f <= 60; ++f) {
    turn.root_positions.push_back({static_cast<float>(f), 0, 0});
    turn.rotations.push_back(from_axis_angle({0, 1, 0}, 0.04f * static_cast<float>(f)));
  }
  const Clip fast = resample(turn, 30);
  EXPECT_EQ(fast.frame_count(), 76u);
  for (size_t f = 0; f < fast.frame_count(); ++f) {
    const float at = static_cast<float>(f) * 0.8f;
    EXPECT_NEAR(fast.root_positions[f].x, at, 1e-4f);
    EXPECT_LT(angle_between(fast.rotations[f], from_axis_angle({0, 1, 0}, 0.04f * at)), 1e-3f);
  }
  EXPECT_EQ(resample(cut(turn, 0, 1), 30).frame_count(), 1u);
  EXPECT_THROW(resample(turn, 0), Error);
}

TEST(Clip, MirroringTwiceIsIdentityAndMirrorsTheFigure) {
  for (int i = 0; i < 20; ++i) {
    const Clip clip = test::random_clip(derive_seed(test::random_seed(), "mirror", 1u + i), 8);
    const Clip other = mirror(clip);
    const Clip twice = mirror(other);
    EXPECT_EQ(twice.rotations, clip.rotations);
    EXPECT_EQ(twice.root_positions, clip.root_positions);
    EXPECT_EQ(twice.skeleton.offsets, clip.skeleton.offsets);
    const WorldPose a = forward_kinematics(clip), b = forward_kinematics(other);
    for (size_t f = 0; f < clip.frame_count(); ++f)
      for (size_t j = 0; j < kJointCount; ++j) {
        const Vec3 p = a.positions[f * kJointCount + static_cast<size_t>(kMirrorJoint[j])];
        expect_near(b.positions[f * kJointCount + j], {-p.x, p.y, p.z});
      }
  }
  Clip foreign = test::random_clip(1, 1);
  foreign.skeleton.names[3] = "tail";
  EXPECT_THROW(mirror(foreign), Error);
}

TEST(Clip, FaceForwardStartsOverTheOriginFacingZ) {
  for (int i = 0; i < 20; ++i) {
    Random random(derive_seed(test::random_seed(), "face", 1u + i));
    const float angle = static_cast<float>(random.uniform(-3, 3));
    const Clip clip = transformed(test::random_clip(5, 12), from_axis_angle({0, 1, 0}, angle),
                                  test::random_vector(random, 5));
    const Clip out = face_forward(clip, 3);
    EXPECT_NEAR(out.root_positions[3].x, 0, 1e-4f);
    EXPECT_NEAR(out.root_positions[3].z, 0, 1e-4f);
    EXPECT_NEAR(out.root_positions[3].y, clip.root_positions[3].y, 1e-5f);
    EXPECT_LT(angle_between(heading(out.rotation(3, 0)), {}), 2e-3f);
    // Nothing but a turn and a shift: distances stay.
    const WorldPose a = forward_kinematics(clip), b = forward_kinematics(out);
    EXPECT_NEAR(length(a.positions[20] - a.positions[200]),
                length(b.positions[20] - b.positions[200]), 1e-4f);
  }
  EXPECT_THROW(face_forward(test::random_clip(5, 12), 12), Error);
}

TEST(Clip, ValidateRefusesBrokenClips) {
  const auto broken = [](auto change) {
    Clip clip = test::random_clip(2, 3);
    clip.validate();
    change(clip);
    EXPECT_THROW(clip.validate(), Error);
  };
  broken([](Clip& c) { c.rotations.pop_back(); });
  broken([](Clip& c) { c.fps = 0; });
  broken([](Clip& c) { c.root_positions[1].y = std::numeric_limits<float>::infinity(); });
  broken([](Clip& c) { c.rotations[5].x = std::numeric_limits<float>::quiet_NaN(); });
  broken([](Clip& c) { c.moving_joints = {0}; });
  broken([](Clip& c) { c.translations.resize(1); });
  broken([](Clip& c) { c = Clip{.skeleton = c.skeleton}; });
  EXPECT_THROW(cut(test::random_clip(2, 3), 2, 2), Error);
}

}  // namespace
}  // namespace pantomime::motion
