#include "pantomime/formats/humanml3d.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::PointRecording;
using motion::Quat;
using motion::Vec3;

Vec3 point(const PointRecording& joints, size_t f, size_t j) {
  const float* p = &joints.positions[3 * (f * 22 + j)];
  return {p[0], p[1], p[2]};
}

void expect_near(Vec3 got, Vec3 want, float tolerance = 1e-4f) {
  test::expect_near(got, want, tolerance);
}

/// motion() of tools/golden/humanml3d.py.
PointRecording made_up_motion() {
  PointRecording out;
  out.fps = 20;
  out.names.assign(motion::kJointNames.begin(), motion::kJointNames.end());
  for (int f = 0; f < 50; ++f) {
    const Quat heading = motion::from_axis_angle({0, 1, 0}, 0.7f + 0.05f * static_cast<float>(f));
    std::array<Vec3, 22> at;
    at[0] = {static_cast<float>(0.3 + 0.04 * f), static_cast<float>(1.2 + 0.02 * std::sin(0.5 * f)),
             static_cast<float>(-0.2 + 0.03 * f)};
    for (size_t j = 1; j < 22; ++j) {
      const auto k = static_cast<double>(j);
      // scipy's "xyz" turns about x first: Rz Ry Rx.
      const Quat swing = motion::from_euler(
          {2, 1, 0}, {0.2 * std::sin(0.17 * f + 3 * k), 0.3 * std::cos(0.13 * f + 2 * k),
                      0.4 * std::sin(0.2 * f + k)});
      at[j] = at[static_cast<size_t>(motion::kJointParents[j])] +
              heading * (swing * (static_cast<float>(0.12 + 0.01 * k) * kHumanMl3dRest[j]));
    }
    for (const Vec3 p : at) out.positions.insert(out.positions.end(), {p.x, p.y, p.z});
  }
  out.confidence.assign(50 * 22, 1);
  return out;
}

void expect_rows(const NpyArray& features, const nlohmann::json& rows,
                 const nlohmann::json& values) {
  const std::vector<double> got = doubles_of(features, "features");
  for (size_t r = 0; r < rows.size(); ++r)
    for (size_t i = 0; i < 263; ++i)
      EXPECT_NEAR(got[rows.at(r).get<size_t>() * 263 + i], values.at(r).at(i).get<double>(), 2e-5)
          << "row " << rows.at(r) << ", number " << i;
}

TEST(HumanMl3d, WritesWhatTheRecipeGivesWithScipy) {
  const auto golden = nlohmann::json::parse(read_file(test::test_data("../golden/humanml3d.json")));
  const PointRecording joints = made_up_motion();
  const NpyArray own = humanml3d_features(joints);
  EXPECT_EQ(own.shape, (std::vector<int64_t>{49, 263}));
  expect_rows(own, golden.at("rows"), golden.at("own"));
  HumanMl3dOptions options;
  options.bone_lengths.emplace();
  for (size_t j = 0; j < 22; ++j) (*options.bone_lengths)[j] = 0.1f + 0.02f * static_cast<float>(j);
  expect_rows(humanml3d_features(joints, options), golden.at("rows"), golden.at("other"));
}

TEST(HumanMl3d, GivesBackTheJointsOfAClip) {
  for (int i = 0; i < 5; ++i) {
    Clip clip = test::random_clip(test::random_seed() + static_cast<uint64_t>(i), 90);
    const HumanMl3d read = parse_humanml3d(to_humanml3d(clip), "x.npy");
    read.joints.validate();
    const PointRecording wanted = joints_of(motion::resample(clip, 20));
    ASSERT_EQ(read.joints.frame_count() + 1, wanted.frame_count());
    // The same motion on the floor, over the origin, looking along +z: one turn and shift for all.
    const Vec3 from = point(wanted, 0, motion::kPelvis),
               to = point(read.joints, 0, motion::kPelvis);
    const auto across = [](const PointRecording& p) {
      Vec3 v = point(p, 0, motion::kLeftHip) - point(p, 0, motion::kRightHip) +
               point(p, 0, motion::kLeftShoulder) - point(p, 0, motion::kRightShoulder);
      v.y = 0;
      return v;
    };
    const Quat turn = motion::rotation_between(across(wanted), {1, 0, 0});
    expect_near(motion::normalized(across(read.joints)), {1, 0, 0}, 1e-3f);
    float worst = 0, lowest = 1e9f;
    for (size_t f = 0; f < read.joints.frame_count(); ++f)
      for (size_t j = 0; j < 22; ++j) {
        const Vec3 expected = turn * (point(wanted, f, j) - from) + to;
        worst = std::max(worst, motion::length(point(read.joints, f, j) - expected));
        lowest = std::min(lowest, point(wanted, f, j).y);
      }
    EXPECT_LT(worst, 1e-3f);
    EXPECT_NEAR(to.x, 0, 1e-5);
    EXPECT_NEAR(to.z, 0, 1e-5);
    EXPECT_NEAR(to.y, from.y - lowest, 0.02);  // the floor may lie in the frame that is left out
  }
}

TEST(HumanMl3d, TurnsOfBonesAgreeWithTheJoints) {
  const PointRecording joints = made_up_motion();
  const HumanMl3d read = from_humanml3d(humanml3d_features(joints), "x.npy");
  for (size_t f = 0; f < read.joints.frame_count(); ++f)
    for (size_t j = 1; j < 22; ++j) {
      const auto parent = static_cast<size_t>(motion::kJointParents[j]);
      const Vec3 bone = point(read.joints, f, j) - point(read.joints, f, parent);
      expect_near(read.bones[f * 22 + j] * kHumanMl3dRest[j], motion::normalized(bone), 1e-3f);
    }
}

TEST(HumanMl3d, LeftStaysLeftAndFeetThatStandAreInContact) {
  Clip clip = test::random_clip(4, 60);
  for (Quat& q : clip.rotations) q = {};
  for (Vec3& p : clip.root_positions) p = {1, 1, 2};
  const HumanMl3d read = parse_humanml3d(to_humanml3d(clip), "x.npy");
  EXPECT_GT(point(read.joints, 3, motion::kLeftWrist).x, 0.4f);
  EXPECT_LT(point(read.joints, 3, motion::kRightWrist).x, -0.4f);
  EXPECT_GT(point(read.joints, 3, motion::kLeftFoot).z, 0.05f);
  for (const auto& contacts : read.contacts)
    for (const bool contact : contacts) EXPECT_TRUE(contact);
  for (size_t f = 0; f < 60; ++f) clip.root_positions[f].z = 0.1f * static_cast<float>(f);
  for (const auto& contacts : parse_humanml3d(to_humanml3d(clip), "x.npy").contacts)
    for (const bool contact : contacts) EXPECT_FALSE(contact);  // 15 cm a frame
}

TEST(HumanMl3d, UndoesANormalisation) {
  const NpyArray features = humanml3d_features(made_up_motion());
  const std::vector<double> plain = doubles_of(features, "features");
  std::vector<double> mean(263), deviation(263), normal(plain.size());
  for (size_t i = 0; i < 263; ++i) {
    mean[i] = 0.1 * static_cast<double>(i % 7);
    deviation[i] = 0.5 + static_cast<double>(i % 5);
  }
  for (size_t i = 0; i < plain.size(); ++i)
    normal[i] = (plain[i] - mean[i % 263]) / deviation[i % 263];
  const NpyArray m = npy_of({263}, std::span<const double>(mean)),
                 d = npy_of({263}, std::span<const double>(deviation));
  const HumanMl3d a = from_humanml3d(features, "a"),
                  b = from_humanml3d(npy_of({49, 263}, std::span<const double>(normal)), "b", &m,
                                     &d);
  for (size_t i = 0; i < a.joints.positions.size(); ++i)
    EXPECT_NEAR(a.joints.positions[i], b.joints.positions[i], 1e-5);
}

TEST(HumanMl3d, RefusesOtherArrays) {
  const auto message_of = [](const NpyArray& array) -> std::string {
    return test::error_of<ParseError>([&] { from_humanml3d(array, "x.npy"); });
  };
  const std::vector<float> zeros(526), one(263);
  std::vector<float> bad(263);
  bad[5] = std::nanf("");
  EXPECT_EQ(message_of(npy_of({2, 263}, std::span<const float>(zeros))), "no error");
  EXPECT_EQ(message_of(npy_of({526}, std::span<const float>(zeros))),
            "x.npy: expected numbers of shape (frames, 263)");
  EXPECT_NE(message_of(npy_of({263, 2}, std::span<const float>(zeros))), "no error");
  EXPECT_NE(message_of(npy_of({0, 263}, std::span<const float>())), "no error");
  EXPECT_NE(message_of(npy_of(std::string("text"))), "no error");
  EXPECT_EQ(message_of(npy_of({1, 263}, std::span<const float>(bad))),
            "x.npy: nan at position 5, expected a size of at most 10000");
  bad[5] = 1e20f;
  EXPECT_NE(message_of(npy_of({1, 263}, std::span<const float>(bad))), "no error");
  EXPECT_THROW(parse_humanml3d_joints(to_npy(npy_of({526}, std::span<const float>(zeros))), "x"),
               ParseError);
  EXPECT_THROW(to_humanml3d(test::random_clip(1, 1)), Error);
  PointRecording joints = made_up_motion();
  joints.fps = 30;
  EXPECT_THROW(humanml3d_features(joints), Error);
}

TEST(HumanMl3d, ReadsJointsAsTheyLie) {
  const PointRecording joints = made_up_motion();
  const std::string bytes = to_npy(npy_of({50, 22, 3}, std::span<const float>(joints.positions)));
  const PointRecording read = parse_humanml3d_joints(bytes, "j.npy");
  EXPECT_EQ(read.positions, joints.positions);
  EXPECT_EQ(read.fps, 20);
  EXPECT_EQ(read.names[motion::kLeftAnkle], "left_ankle");
}

}  // namespace
}  // namespace pantomime::formats
