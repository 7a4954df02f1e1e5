#include "pantomime/library/motion_reader.h"

#include <gtest/gtest.h>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/bvh.h"
#include "pantomime/formats/glb.h"
#include "pantomime/formats/humanml3d.h"
#include "pantomime/formats/ntu.h"
#include "pantomime/formats/point_table.h"
#include "tests/motion/synthetic_points.h"
#include "tests/support/support.h"

namespace pantomime::library {
namespace {

using motion::Clip;
using motion::kJointCount;
using motion::Vec3;

/// Somebody who walks in place and swings the arms, as people can.
Clip exercise(size_t frames = 60) {
  Clip clip;
  clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  for (size_t f = 0; f < frames; ++f) {
    const float phase = 0.2f * static_cast<float>(f);
    std::array<motion::Quat, kJointCount> pose{};
    const auto turn = [&](size_t joint, Vec3 axis, float angle) {
      pose[joint] = motion::from_axis_angle(axis, angle);
    };
    for (const auto& [side, sign] : {std::pair(0, 1.f), {1, -1.f}}) {
      const auto s = static_cast<size_t>(side);
      const float swing = sign * std::sin(phase);
      turn(motion::kLeftHip + s, {1, 0, 0}, 0.4f * swing);
      turn(motion::kLeftKnee + s, {1, 0, 0}, 0.4f + 0.3f * swing);
      turn(motion::kLeftShoulder + s, {0, 0, 1}, sign * (-1.2f + 0.2f * swing));
      turn(motion::kLeftElbow + s, {0, 1, 0}, -sign * (0.6f + 0.3f * swing));
    }
    clip.rotations.insert(clip.rotations.end(), pose.begin(), pose.end());
    clip.root_positions.push_back({0.1f * std::sin(phase), 0.9f, 0.2f});
  }
  return clip;
}

SourceFile file_of(const std::string& name, std::string bytes) {
  return {name, "in/" + name, std::move(bytes), {}, {}, {}};
}

CanonicalMotion only(const MotionReader& reader, const SourceFile& file) {
  const auto found = reader.parse(file);
  if (found.size() != 1) throw Error("not one motion");
  return reader.canonical(found[0], file.where);
}

/// read(write(clip)): the same rotations as matrices, and the same path.
void expect_same(const Clip& got, const Clip& want, double tolerance) {
  ASSERT_EQ(got.frame_count(), want.frame_count());
  EXPECT_EQ(got.fps, want.fps);
  ASSERT_EQ(got.skeleton.names, want.skeleton.names);
  for (size_t j = 1; j < kJointCount; ++j)
    test::expect_near(got.skeleton.offsets[j], want.skeleton.offsets[j], 1e-4f);
  for (size_t f = 0; f < want.frame_count(); ++f) {
    test::expect_near(got.root_positions[f], want.root_positions[f], 1e-4f);
    for (size_t j = 0; j < kJointCount; ++j) {
      const auto a = motion::to_matrix(got.rotation(f, j)).m,
                 b = motion::to_matrix(want.rotation(f, j)).m;
      for (size_t r = 0; r < 3; ++r)
        for (size_t c = 0; c < 3; ++c)
          ASSERT_NEAR(a[r][c], b[r][c], tolerance) << motion::kJointNames[j] << " frame " << f;
    }
  }
}

void expect_round_trips(const Clip& clip) {
  const MotionReader reader({});
  const auto bvh = only(reader, file_of("a.bvh", formats::to_bvh(clip)));
  expect_same(bvh.clip, clip, 1e-4);
  EXPECT_EQ(bvh.mapping, "smpl");
  // In metres too: the legs tell.
  const formats::BvhOptions metres = {.euler_order = "XYZ", .metres_per_unit = 1};
  expect_same(only(reader, file_of("a.bvh", formats::to_bvh(clip, metres))).clip, clip, 1e-4);
  expect_same(only(reader, file_of("a.npz", formats::to_amass({.clip = clip}))).clip, clip, 1e-4);
  expect_same(only(reader, file_of("a.glb", formats::to_glb(clip))).clip, clip, 1e-4);
  // Bound in whatever pose, a character moves as the clip does.
  const body::Character person = body::plain_character(motion::geometry_of(clip.skeleton.offsets));
  Clip fitted = clip;
  fitted.skeleton = person.skeleton;
  expect_same(only(reader, file_of("a.glb", formats::to_glb(person, fitted))).clip, fitted, 1e-4);
}

TEST(MotionReader, GivesBackWhatOurWritersWriteOfRotations) {
  expect_round_trips(exercise());
  // People of other sizes, left and right not alike, who turn and bend, also at other rates.
  for (const uint64_t seed : {1, 2, 3}) {
    Clip clip = test::human_clip(seed, 45, 0.9f + 0.1f * static_cast<float>(seed), 0.01f);
    if (seed == 2) clip.fps = 120;
    expect_round_trips(clip);
  }
}

/// Mean distance of the joints that points tell, metres, after what a floor and a heading may be.
double mean_error(const Clip& got, const Clip& want) {
  const auto a = motion::forward_kinematics(got).positions,
             b = motion::forward_kinematics(want).positions;
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    sum += static_cast<double>(length(a[i] - b[i])), ++count;
  return sum / static_cast<double>(count);
}

TEST(MotionReader, SolvesWhatOurWritersWriteOfPoints) {
  const MotionReader reader({});
  const Clip clip = exercise();
  const auto csv = only(reader, file_of("a.csv", formats::to_points_csv(clip)));
  EXPECT_EQ(csv.mapping, "humanml3d");  // names of SMPL's joints
  EXPECT_LT(mean_error(csv.clip, clip), 0.005);
  ASSERT_TRUE(csv.gaps);
  EXPECT_EQ(csv.gaps->longest, 0);
  EXPECT_TRUE(csv.gaps->unknown.empty());
  EXPECT_FALSE(csv.gaps->sized);
  const auto ntu =
      only(reader, file_of("a.skeleton", formats::to_ntu_skeleton(formats::ntu_of(clip))));
  EXPECT_EQ(ntu.mapping, "kinect_v2");
  // Before a sensor 1.2 m above the floor and 3 m away: moved, nothing else.
  const Vec3 shift = ntu.clip.root_positions[0] - clip.root_positions[0];
  test::expect_near(shift, {0, -1.2f, -3}, 0.05f);
  EXPECT_LT(mean_error(ntu.clip, motion::transformed(clip, {}, shift)), 0.02);
}

TEST(MotionReader, TellsWhatWasLost) {
  const MotionReader reader({});
  const Clip clip = exercise(120);
  auto points = formats::joints_of(clip);
  for (size_t f = 30; f < 60; ++f) points.confidence[f * kJointCount + motion::kLeftWrist] = 0;
  points.names[motion::kHead] = "hat";
  const auto found = only(reader, file_of("a.csv", formats::to_points_csv(points)));
  EXPECT_EQ(found.gaps->joints, (std::vector<std::string>{"left_wrist 1.0 s"}));
  EXPECT_NEAR(found.gaps->longest, 1, 1e-9);
  EXPECT_EQ(found.gaps->unknown, (std::vector<std::string>{"hat"}));
  EXPECT_NEAR(found.gaps->share, 30.0 / (120 * 21), 1e-9);
  EXPECT_LT(mean_error(found.clip, clip), 0.02);
}

TEST(MotionReader, SaysWhatItCannotRead) {
  const MotionReader reader({});
  const auto error = [&](const std::string& name, const std::string& bytes) {
    return test::error_of([&] { only(reader, file_of(name, bytes)); });
  };
  EXPECT_EQ(error("a.json", "{}"), "in/a.json: neither motion nor points that Pantomime knows");
  EXPECT_NE(error("a.csv", "u_x,u_y,u_z,v_x,v_y,v_z\n1,2,3,4,5,6\n").find("in/a.csv"),
            std::string::npos);
  EXPECT_NE(test::error_of([] { MotionReader({.point_set = "kinect_v9"}); }).find("kinect_v9"),
            std::string::npos);
  EXPECT_NE(test::error_of([] { MotionReader({.mappings = "/no/such/folder"}); }), "no error");
}

}  // namespace
}  // namespace pantomime::library
