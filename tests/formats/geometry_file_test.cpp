#include "pantomime/formats/geometry_file.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "pantomime/motion/clip.h"

namespace pantomime::formats {
namespace {

using motion::length;

motion::Skeleton bones(const char* text) {
  return motion::canonical_skeleton(parse_geometry(text, "m.toml"));
}

TEST(GeometryFile, BonesAreAsLongAsMeasured) {
  const motion::Skeleton s = bones(
      "upper_arm = 0.31\nforearm = 0.22\nthigh = 0.5\nshin = 0.3\nfoot = 0.2\n"
      "shoulder_width = 0.4\nhip_width = 0.24\ntrunk = 0.6\nneck = 0.08\n");
  for (const bool left : {true, false}) {
    const auto bone = [&](int l, int r) {
      return length(s.offsets[static_cast<size_t>(left ? l : r)]);
    };
    EXPECT_NEAR(bone(motion::kLeftElbow, motion::kRightElbow), 0.31, 1e-6);
    EXPECT_NEAR(bone(motion::kLeftWrist, motion::kRightWrist), 0.22, 1e-6);
    EXPECT_NEAR(bone(motion::kLeftKnee, motion::kRightKnee), 0.5, 1e-6);
    EXPECT_NEAR(bone(motion::kLeftAnkle, motion::kRightAnkle), 0.3, 1e-6);
    EXPECT_NEAR(bone(motion::kLeftFoot, motion::kRightFoot), 0.2, 1e-6);
  }
  motion::Clip clip;
  clip.skeleton = s;
  clip.root_positions.resize(1);
  clip.rotations.resize(motion::kJointCount);
  const auto pose = motion::forward_kinematics(clip);
  const auto at = [&](int j) { return pose.positions[static_cast<size_t>(j)]; };
  EXPECT_NEAR(at(motion::kLeftShoulder).x - at(motion::kRightShoulder).x, 0.4, 1e-6);
  EXPECT_NEAR(at(motion::kLeftHip).x - at(motion::kRightHip).x, 0.24, 1e-6);
  EXPECT_NEAR(length(s.offsets[motion::kHead]), 0.08, 1e-6);
  EXPECT_NEAR(length(s.offsets[motion::kSpine1]) + length(s.offsets[motion::kSpine2]) +
                  length(s.offsets[motion::kSpine3]) + length(s.offsets[motion::kNeck]),
              0.6, 1e-6);
}

TEST(GeometryFile, StatureScalesWhatIsNotGiven) {
  for (const float stature : {1.1f, 1.52f, 2.0f}) {
    const auto g = parse_geometry(fmt::format("stature = {}", stature), "m.toml");
    EXPECT_NEAR(motion::approximate_stature(g), stature, 1e-5);
    const auto arm = parse_geometry(fmt::format("stature = {}\nforearm = 0.2", stature), "m.toml");
    EXPECT_EQ(arm[17], 0.2f);
    EXPECT_EQ(arm[21], g[21]);
  }
  EXPECT_EQ(parse_geometry("", "m.toml"), motion::default_geometry());
}

TEST(GeometryFile, SaysWhatIsWrongAndWhere) {
  const auto error = [](const char* text) -> std::string {
    try {
      parse_geometry(text, "m.toml");
    } catch (const ParseError& e) {
      return e.what();
    }
    return "nothing";
  };
  EXPECT_NE(error("stature = 1.5\nleg = 0.9").find("m.toml:2: leg: no such measure"),
            std::string::npos)
      << error("stature = 1.5\nleg = 0.9");
  EXPECT_NE(error("thigh = 38").find("thigh: expected 0.1 to 0.9 metres"), std::string::npos);
  EXPECT_NE(error("stature = nan"), "nothing");
  EXPECT_NE(error("thigh = \"long\""), "nothing");
  EXPECT_NE(error("= ["), "nothing");
}

}  // namespace
}  // namespace pantomime::formats
