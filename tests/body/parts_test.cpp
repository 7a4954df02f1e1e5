#include "pantomime/body/parts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pantomime/base/error.h"
#include "pantomime/body/plain_body.h"
#include "tests/support/support.h"

namespace pantomime::body {
namespace {

/// The plain character in the canonical T-pose.
motion::WorldPose t_pose(const Character& c) {
  motion::Clip clip;
  clip.skeleton = c.skeleton;
  clip.root_positions = {{0, 1, 0}};
  clip.rotations.assign(motion::kJointCount, motion::Quat{});
  return motion::forward_kinematics(clip);
}

size_t coco(std::string_view name) {
  return static_cast<size_t>(std::find(kCocoNames.begin(), kCocoNames.end(), name) -
                             kCocoNames.begin());
}

TEST(Parts, CocoPointsLieWhereTheirNamesSay) {
  const Character c = plain_character(motion::default_geometry());
  const std::vector<Vec3> p = coco_keypoints(c, t_pose(c), 0);
  ASSERT_EQ(p.size(), 17u);
  for (const std::string_view part :
       {"eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"}) {
    const Vec3 left = p[coco("left_" + std::string(part))],
               right = p[coco("right_" + std::string(part))];
    EXPECT_GT(left.x, 0.01f) << part;
    EXPECT_NEAR(left.x, -right.x, 1e-5f) << part;
    EXPECT_NEAR(left.y, right.y, 1e-5f) << part;
    EXPECT_NEAR(left.z, right.z, 1e-5f) << part;
  }
  const Vec3 nose = p[coco("nose")], eye = p[coco("left_eye")], ear = p[coco("left_ear")];
  EXPECT_GT(nose.z, eye.z);
  EXPECT_GT(eye.z, ear.z);
  EXPECT_GT(eye.y, nose.y);
  EXPECT_GT(p[coco("left_wrist")].x, p[coco("left_elbow")].x);
  EXPECT_LT(p[coco("left_ankle")].y, p[coco("left_knee")].y);
}

TEST(Parts, NtuJointsLieWhereTheirNamesSay) {
  const Character c = plain_character(motion::default_geometry());
  const motion::WorldPose pose = t_pose(c);
  const std::vector<Vec3> p = ntu_joints(c, pose, 0);
  ASSERT_EQ(p.size(), 25u);
  // From the middle outwards, as Kinect's tree goes.
  EXPECT_LT(p[0].y, p[1].y);
  EXPECT_LT(p[1].y, p[20].y);
  EXPECT_LT(p[20].y, p[2].y);
  EXPECT_LT(p[2].y, p[3].y);
  for (const auto& [wrist, hand, tip, thumb] :
       {std::array<size_t, 4>{6, 7, 21, 22}, {10, 11, 23, 24}}) {
    EXPECT_LT(std::abs(p[wrist].x), std::abs(p[hand].x));
    EXPECT_LT(std::abs(p[hand].x), std::abs(p[tip].x));
    EXPECT_GT(p[thumb].z, p[hand].z);  // palms down, thumbs forward
  }
  EXPECT_EQ(p[5], pose.positions[motion::kLeftElbow]);
  EXPECT_EQ(p[18], pose.positions[motion::kRightAnkle]);
}

TEST(Parts, PointsTurnWithTheBody) {
  const Character c = plain_character(motion::default_geometry());
  const motion::Clip clip = test::random_clip(11, 2);
  const motion::Quat turn = motion::from_axis_angle({0, 1, 0}, 1.1f);
  const Vec3 shift{0.3f, 0.1f, -2};
  const motion::WorldPose a = motion::forward_kinematics(clip);
  const motion::WorldPose b = motion::forward_kinematics(motion::transformed(clip, turn, shift));
  for (const auto& set : {coco_keypoints, ntu_joints}) {
    const std::vector<Vec3> pa = set(c, a, 1), pb = set(c, b, 1);
    for (size_t i = 0; i < pa.size(); ++i)
      EXPECT_LT(length(turn * pa[i] + shift - pb[i]), 2e-5f) << i;
  }
}

TEST(Parts, LabelsFollowDensePose) {
  EXPECT_EQ(part_of(motion::kSpine2, {}, {0, 0, 1}), Part::TorsoFront);
  EXPECT_EQ(part_of(motion::kPelvis, {}, {0, 0, -1}), Part::TorsoBack);
  EXPECT_EQ(part_of(motion::kHead, {0.1f, 0, 0}, {}), Part::HeadLeft);
  EXPECT_EQ(part_of(motion::kLeftShoulder, {}, {0, 1, 0}), Part::LeftUpperArmOutside);
  EXPECT_EQ(part_of(motion::kRightElbow, {}, {0, -1, 0}), Part::RightLowerArmInside);
  EXPECT_EQ(part_of(motion::kRightFoot, {}, {0, -1, 0}), Part::RightFoot);
  EXPECT_EQ(static_cast<int>(Part::RightHand), 3);
  EXPECT_EQ(static_cast<int>(Part::LeftUpperLegFront), 10);
  EXPECT_EQ(static_cast<int>(Part::HeadLeft), 24);
  EXPECT_EQ(kPartNames[static_cast<size_t>(Part::LeftLowerArmOutside)], "left_lower_arm_outside");
}

TEST(Parts, SaysWhichLandmarkIsMissing) {
  Character c = plain_character(motion::default_geometry());
  std::erase_if(c.landmarks, [](const Landmark& l) { return l.name == "left_ear"; });
  try {
    coco_keypoints(c, t_pose(c), 0);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("no landmark \"left_ear\""), std::string::npos);
  }
}

}  // namespace
}  // namespace pantomime::body
