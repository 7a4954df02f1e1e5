#include "pantomime/formats/bvh.h"

#include <gtest/gtest.h>

#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::Quat;
using motion::Vec3;

constexpr const char* kSmall = R"(HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Left Arm
  {
    OFFSET 0 10 0
    CHANNELS 3 Yrotation Xrotation Zrotation
    End Site
    {
      OFFSET 0 0 5
    }
  }
  JOINT Slider
  {
    OFFSET 7 8 9
    CHANNELS 4 Zposition Yrotation Xposition Xrotation
    End Site
    {
      OFFSET 1 0 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0333333
10 20 30 90 0 0  0 90 0  -4 0 -5 0
11 21 31 0 0 90  0 0 90  -4 90 -5 90
)";

using test::with;

std::string message_of(const std::string& text) {
  return test::error_of<ParseError>([&] { parse_bvh(text, "x.bvh"); });
}

using test::expect_near;

TEST(Bvh, ReadsNamesOffsetsChannelsAndEndSites) {
  const Clip clip = parse_bvh(kSmall, "x.bvh");
  clip.validate();
  EXPECT_EQ(clip.skeleton.names, (std::vector<std::string>{"Hips", "Left Arm", "Slider"}));
  EXPECT_EQ(clip.skeleton.parents, (std::vector<int>{-1, 0, 0}));
  EXPECT_EQ(clip.fps, 30.0);
  ASSERT_EQ(clip.frame_count(), 2u);
  EXPECT_EQ(clip.root_positions[1], (Vec3{11, 21, 31}));
  ASSERT_EQ(clip.skeleton.end_sites.size(), 2u);
  EXPECT_EQ(clip.skeleton.end_sites[0].parent, 1);
  EXPECT_EQ(clip.skeleton.end_sites[0].offset, (Vec3{0, 0, 5}));
}

TEST(Bvh, MultipliesRotationsInTheOrderOfTheChannels) {
  const Clip clip = parse_bvh(kSmall, "x.bvh");
  expect_near(clip.rotation(0, 0) * Vec3{1, 0, 0}, {0, 1, 0});  // 90 degrees about Z
  expect_near(clip.rotation(0, 1) * Vec3{0, 1, 0}, {0, 0, 1});  // 90 degrees about X
  // Ry Rx: X first.
  expect_near(clip.rotation(1, 2) * Vec3{0, 1, 0}, {1, 0, 0});
}

TEST(Bvh, PositionChannelsReplaceTheOffset) {
  const Clip clip = parse_bvh(kSmall, "x.bvh", 0.01);
  EXPECT_EQ(clip.moving_joints, (std::vector<int>{2}));
  expect_near(clip.translations[0], {-0.05f, 0.08f, -0.04f});  // Y has no channel: its OFFSET
  expect_near(clip.skeleton.offsets[1], {0, 0.1f, 0});
  expect_near(motion::forward_kinematics(clip).positions[1], {0, 0.2f, 0.3f});
}

TEST(Bvh, TakesOddSpacingAndLineEnds) {
  std::string text = kSmall;
  text = with(text, "Frames: 2", "Frames :2");
  text = with(text, "Frame Time: 0.0333333", "Frame Time:\t+0.0333333");
  text = with(text, "JOINT Slider\n  {", "JOINT   Slider  {");
  std::string odd = "\xEF\xBB\xBF";  // byte order mark
  for (const char c : text)
    odd += c == '\n'  ? std::string(" \t\r\n\r\n")
           : c == ' ' ? std::string("\t ")
                      : std::string(1, c);
  odd = with(odd, "Left\t Arm", "Left Arm");
  const Clip a = parse_bvh(kSmall, "a"), b = parse_bvh(odd, "b");
  EXPECT_EQ(a.skeleton.names, b.skeleton.names);
  EXPECT_EQ(a.rotations, b.rotations);
  EXPECT_EQ(a.translations, b.translations);
}

TEST(Bvh, SnapsFrameTimesToWholeRates) {
  const auto fps = [](const char* time) {
    return parse_bvh(with(kSmall, "0.0333333", time), "x").fps;
  };
  EXPECT_EQ(fps("0.041667"), 24.0);
  EXPECT_EQ(fps("0.00833333"), 120.0);
  EXPECT_NEAR(fps("0.03336667"), 29.97, 1e-4);
}

TEST(Bvh, NamesLineFoundAndExpected) {
  EXPECT_EQ(message_of(with(kSmall, "-4 0 -5 0\n", "-4 0 -5\n")),
            "x.bvh:28: row of frame 0 has 12 numbers, expected 13");
  EXPECT_EQ(message_of(with(kSmall, "-4 0 -5 0\n", "-4 0 -5 0 1\n")),
            "x.bvh:28: row of frame 0 has more than 13 numbers");
  EXPECT_EQ(message_of(with(kSmall, "CHANNELS 4", "CHANNELS 3")),
            "x.bvh:18: CHANNELS announces 3, names 4");
  EXPECT_EQ(message_of(with(kSmall, "Frames: 2", "Frames: 1")),
            "x.bvh:29: more rows than the 1 frames announced");
  EXPECT_EQ(message_of(with(kSmall, "Frames: 2", "Frames: 3")),
            "x.bvh:30: 2 rows, the file announces 3 frames");
  EXPECT_EQ(message_of(with(kSmall, "10 20 30", "10 nan 30")),
            "x.bvh:28: value is \"nan\", expected a number of at most 1e+09");
  EXPECT_EQ(message_of(with(kSmall, "JOINT Slider", "JOINT Hips")),
            "x.bvh:15: a second joint is called \"Hips\"");
}

TEST(Bvh, RefusesBrokenFiles) {
  const std::vector<std::pair<std::string, std::string>> breaks = {
      {"HIERARCHY", ""},
      {"ROOT", "JOINT"},
      {"OFFSET 1 2 3", "OFFSET 1 2"},
      {"OFFSET 1 2 3", "OFFSET 1 2 3e99"},
      {"OFFSET 1 2 3", "OFFSET 1,0 2 3"},
      {"Yrotation Xrotation Zrotation", "Yrotation Xrotation Yrotation"},
      {"Yrotation Xrotation Zrotation", "Yrotation Xrotation Wrotation"},
      {"CHANNELS 6", "CHANNELS -6"},
      {"CHANNELS 6", "CHANNELS 99999999999999999999"},
      {"JOINT Slider", "ROOT Slider"},
      {"JOINT Slider", "JOINT"},
      {"  }\n}\nMOTION", "  }\nMOTION"},
      {"MOTION", "MOTIONS"},
      {"Frames: 2", "Frames: 0"},
      {"Frames: 2", "Frames: 999999999"},
      {"Frames: 2", "Frames: two"},
      {"0.0333333", "0"},
      {"0.0333333", "-0.0333333"},
      {"0.0333333", "1e-9"},
      {"0.0333333", "inf"},
      {"10 20 30", "10 20 1e10"},
  };
  for (const auto& [from, to] : breaks) {
    const std::string message = message_of(with(kSmall, from, to));
    EXPECT_TRUE(message.starts_with("x.bvh:")) << from << " -> " << to << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_NE(message_of(""), "no error");
}

TEST(Bvh, EveryPrefixOfAFileIsRefused) {
  const std::string text = kSmall;
  // Without the last digits of the last number a file still makes sense.
  for (size_t size = 0; size + 3 < text.size(); ++size)
    EXPECT_NE(message_of(text.substr(0, size)), "no error") << size;
}

TEST(Bvh, DeepAndWideFilesStaySmall) {
  std::string deep = "HIERARCHY\nROOT r\n{\nOFFSET 0 0 0\nCHANNELS 1 Xrotation\n";
  const std::string head = deep;
  std::string close = "}\n";
  for (int i = 0; i < 4000; ++i) {
    deep += "JOINT j" + std::to_string(i) + "\n{\nOFFSET 0 0 0\n";
    close += "}\n";
  }
  const std::string motion = "MOTION\nFrames: 1\nFrame Time: 0.1\n5\n";
  EXPECT_EQ(parse_bvh(deep + close + motion, "deep").joint_count(), 4001u);
  // Joints without channels must not cost memory that the file's size doesn't justify.
  const std::string wide = with(deep + close + motion, "Frames: 1", "Frames: 100000");
  EXPECT_NE(message_of(wide).find("too many for a file of"), std::string::npos);
  for (int i = 0; i < 500; ++i) deep += "JOINT k" + std::to_string(i) + "\n{\nOFFSET 0 0 0\n";
  EXPECT_NE(message_of(deep).find("more than 4096 joints"), std::string::npos);
}

/// Rotations and positions by joint name: writing sorts joints depth first.
void expect_same_motion(const Clip& a, const Clip& b, float tolerance) {
  ASSERT_EQ(a.frame_count(), b.frame_count());
  ASSERT_EQ(a.joint_count(), b.joint_count());
  const motion::WorldPose pa = motion::forward_kinematics(a), pb = motion::forward_kinematics(b);
  for (size_t j = 0; j < a.joint_count(); ++j) {
    const auto k = b.skeleton.find(a.skeleton.names[j]);
    ASSERT_TRUE(k);
    for (size_t f = 0; f < a.frame_count(); ++f) {
      expect_near(pa.positions[f * a.joint_count() + j],
                  pb.positions[f * a.joint_count() + static_cast<size_t>(*k)], tolerance);
      const auto ma = motion::to_matrix(a.rotation(f, j));
      const auto mb = motion::to_matrix(b.rotation(f, static_cast<size_t>(*k)));
      for (size_t r = 0; r < 3; ++r)
        for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(ma.m[r][c], mb.m[r][c], tolerance);
    }
  }
}

TEST(Bvh, ReadsWhatItWritesInEveryOrderAndUnit) {
  for (const char* order : {"XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"}) {
    for (const double unit : {1.0, 0.01, 0.056444}) {
      Clip clip = test::random_clip(test::random_seed(), 20);
      Random random(7);
      for (Quat& q : clip.rotations) q = test::random_rotation(random);
      const BvhOptions options{.euler_order = order, .metres_per_unit = unit};
      const Clip back = parse_bvh(to_bvh(clip, options), "written", unit);
      EXPECT_EQ(back.fps, clip.fps);
      expect_same_motion(clip, back, 1e-4f);
    }
  }
}

TEST(Bvh, KeepsMovingJointsAndEndSites) {
  const Clip clip = parse_bvh(kSmall, "x", 0.01);
  const Clip back = parse_bvh(to_bvh(clip), "written", 0.01);
  ASSERT_EQ(back.skeleton.end_sites.size(), 2u);
  expect_near(back.skeleton.end_sites[0].offset, {0, 0, 0.05f});
  EXPECT_EQ(back.skeleton.names[1], "Left_Arm");
  expect_near(back.translations[1], clip.translations[1]);
}

TEST(Bvh, WritesAnglesWithoutJumps) {
  // Two turns about Y: as Euler angles from -180 to 180 this would jump twice.
  Clip clip;
  clip.skeleton = {{"root"}, {-1}, {{}}, {}};
  for (int f = 0; f <= 72; ++f) {
    clip.root_positions.push_back({});
    clip.rotations.push_back(
        motion::from_axis_angle({0, 1, 0}, static_cast<float>(f * std::numbers::pi / 18)));
  }
  const std::string text = to_bvh(clip);
  const size_t last = text.rfind(' ');
  EXPECT_NEAR(std::stod(text.substr(last)), 720, 1e-3);
}

TEST(Bvh, GivesHeadHandsAndToesAnEnd) {
  Clip clip = test::random_clip(1, 1);
  const Clip back = parse_bvh(to_bvh(clip), "written", 0.01);
  EXPECT_EQ(back.skeleton.end_sites.size(), 5u);
  for (const auto& site : back.skeleton.end_sites) EXPECT_GT(motion::length(site.offset), 0.05f);
}

TEST(Bvh, RefusesOptionsOutOfRange) {
  const Clip clip = test::random_clip(1, 1);
  EXPECT_THROW(to_bvh(clip, {.euler_order = "XYX"}), Error);
  EXPECT_THROW(to_bvh(clip, {.metres_per_unit = 0}), Error);
  EXPECT_THROW(to_bvh(clip, {.decimals = 10}), Error);
}

TEST(Bvh, ReadsFilesByPath) {
  const test::TemporaryFolder folder;
  const Clip clip = test::random_clip(3, 5);
  write_bvh(folder / "a.bvh", clip);
  expect_same_motion(clip, read_bvh(folder / "a.bvh", 0.01), 1e-4f);
  EXPECT_THROW(read_bvh(folder / "missing.bvh"), Error);
}

}  // namespace
}  // namespace pantomime::formats
