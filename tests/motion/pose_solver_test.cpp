#include "pantomime/motion/pose_solver.h"

#include <gtest/gtest.h>

#include <limits>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/motion/pose_start.h"
#include "support.h"
#include "synthetic_points.h"

namespace pantomime::motion {
namespace {

/// Every joint seen as it is.
PointSet all_joints() {
  PointSet set;
  set.name = "all";
  for (int j = 0; j < kJointCount; ++j)
    set.points.push_back({.name = std::string(kJointNames[static_cast<size_t>(j)]), .joint = j});
  return set;
}

/// Limbs as they are, a few points on the trunk that must be found: like a depth sensor's.
PointSet sensor() {
  PointSet set;
  set.name = "sensor";
  set.axes = {.up = Axis::PlusZ, .forward = Axis::PlusX};
  for (const Joint j :
       {kLeftShoulder, kRightShoulder, kLeftElbow, kRightElbow, kLeftWrist, kRightWrist, kLeftHip,
        kRightHip, kLeftKnee, kRightKnee, kLeftAnkle, kRightAnkle, kLeftFoot, kRightFoot})
    set.points.push_back({.name = std::string(kJointNames[j]), .joint = j});
  set.points.push_back(
      {.name = "waist", .joint = kPelvis, .offset = {0, -0.04f, 0}, .spread = 0.03f});
  set.points.push_back(
      {.name = "chest", .joint = kSpine3, .offset = {0, 0.16f, 0}, .spread = 0.03f});
  set.points.push_back(
      {.name = "head", .joint = kHead, .offset = {0, 0.1f, 0.02f}, .spread = 0.03f});
  return set;
}

float error_at(const WorldPose& a, const WorldPose& b, size_t f, size_t j) {
  return length(a.positions[f * kJointCount + j] - b.positions[f * kJointCount + j]);
}

/// Mean distance over the frames of the joints that have points, metres.
double mean_error(const PoseSolution& solution, const Clip& truth) {
  const WorldPose a = forward_kinematics(solution.clip), b = forward_kinematics(truth);
  double sum = 0, count = 0;
  for (size_t f = 0; f < truth.frame_count(); ++f)
    for (size_t j = 0; j < kJointCount; ++j)
      if (solution.report.measured[j]) sum += error_at(a, b, f, j), count += 1;
  return sum / count;
}

double largest_error(const PoseSolution& solution, const Clip& truth) {
  const WorldPose a = forward_kinematics(solution.clip), b = forward_kinematics(truth);
  double most = 0;
  for (size_t f = 0; f < truth.frame_count(); ++f)
    for (size_t j = 0; j < kJointCount; ++j)
      if (solution.report.measured[j])
        most = std::max(most, static_cast<double>(error_at(a, b, f, j)));
  return most;
}

template <typename Run>
std::string message_of(Run&& call) {
  return test::error_of<Error>(call);
}

TEST(PoseSolver, FindsAKnownSkeletonAgainWithinAMillimetre) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const float size = 0.7f + 0.1f * static_cast<float>(seed);
    const Clip clip = test::human_clip(seed, 120, size);
    const PoseSolution solution =
        solve_pose(test::points_of(clip, all_joints()).recording, all_joints());
    solution.clip.validate();
    EXPECT_EQ(solution.clip.frame_count(), clip.frame_count());
    EXPECT_LT(mean_error(solution, clip), 0.001) << seed;
    EXPECT_LT(largest_error(solution, clip), 0.004) << seed;
    EXPECT_TRUE(solution.report.bridged.empty());
    for (const Joint j : {kLeftKnee, kLeftAnkle, kRightElbow, kRightWrist})
      EXPECT_NEAR(length(solution.body.offsets[j]), length(clip.skeleton.offsets[j]), 0.001f)
          << kJointNames[j];
  }
}

TEST(PoseSolver, KeepsLeftAndRightBonesOfTheirOwnLength) {
  const Clip clip = test::human_clip(4, 120, 1, 0.02f);
  const PoseSolution solution =
      solve_pose(test::points_of(clip, all_joints()).recording, all_joints());
  EXPECT_NEAR(length(solution.body.offsets[kLeftKnee]) - length(solution.body.offsets[kRightKnee]),
              0.02f, 0.001f);
  EXPECT_LT(mean_error(solution, clip), 0.001);
}

TEST(PoseSolver, TurnsForeignAxes) {
  const Clip clip = test::human_clip(8, 60);
  const PoseSolution solution = solve_pose(test::points_of(clip, sensor()).recording, sensor());
  EXPECT_LT(mean_error(solution, clip), 0.01);
  PointSet turned = sensor();
  turned.axes = kCanonicalAxes;
  PoseOptions options;
  options.axes = kCanonicalAxes;
  const auto ours = test::points_of(clip, turned).recording;
  EXPECT_LT(mean_error(solve_pose(ours, sensor(), options), clip), 0.01);
  EXPECT_GT(mean_error(solve_pose(ours, sensor()), clip), 0.5);  // lies on the floor
}

TEST(PoseSolver, MirroredPointsGiveTheMirroredMotion) {
  const Clip clip = test::human_clip(5, 90);
  const PointSet set = all_joints();
  const PoseSolution plain = solve_pose(test::points_of(clip, set).recording, set);
  const PoseSolution other = solve_pose(test::points_of(mirror(clip), set).recording, set);
  EXPECT_LT(mean_error(other, mirror(clip)), 0.001);
  const WorldPose a = forward_kinematics(mirror(plain.clip)), b = forward_kinematics(other.clip);
  for (size_t i = 0; i < a.positions.size(); ++i)
    EXPECT_LT(length(a.positions[i] - b.positions[i]), 0.003f);
}

TEST(PoseSolver, NeverSwapsSidesWhicheverWayThePersonFaces) {
  const PointSet set = sensor();
  const Clip clip = test::human_clip(9, 40);
  for (const float turn : {0.0f, 1.5f, 3.1f, -2.0f}) {
    const Clip turned = transformed(clip, from_axis_angle({0, 1, 0}, turn), {1, 0, -2});
    const PoseSolution solution =
        solve_pose(test::points_of(turned, set, {.jitter = 0.01f}).recording, set);
    EXPECT_LT(mean_error(solution, turned), 0.02) << turn;
    const WorldPose truth = forward_kinematics(turned), solved = forward_kinematics(solution.clip);
    for (size_t f = 0; f < clip.frame_count(); ++f)
      for (const Joint left : {kLeftHip, kLeftKnee, kLeftElbow, kLeftWrist}) {
        const auto right = static_cast<size_t>(kMirrorJoint[left]);
        const Vec3 at = solved.positions[f * kJointCount + left];
        EXPECT_LT(length(at - truth.positions[f * kJointCount + left]),
                  length(at - truth.positions[f * kJointCount + right]));
      }
    // Feet and face point forward.
    for (size_t f = 0; f < clip.frame_count(); ++f)
      for (const Joint j : {kPelvis, kLeftAnkle, kHead})
        EXPECT_GT(dot(solved.rotations[f * kJointCount + j] * Vec3{0, 0, 1},
                      truth.rotations[f * kJointCount + j] * Vec3{0, 0, 1}),
                  0.5f)
            << kJointNames[j];
  }
}

TEST(PoseSolver, TakesNoiseOut) {
  const PointSet set = sensor();
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const Clip clip = test::human_clip(seed, 150);
    const test::SensorFaults faults = {.seed = seed, .jitter = 0.015f, .person = 0.5f};
    const PoseSolution solution = solve_pose(test::points_of(clip, set, faults).recording, set);
    EXPECT_LT(mean_error(solution, clip), 0.016);  // raw: 1.6 sigma = 2.4 cm
    for (const PoseReport::Point& point : solution.report.points)
      EXPECT_NEAR(point.jitter, 0.015f, 0.004f) << point.name;
    for (const Vec3 bone : {solution.body.offsets[kLeftKnee], solution.body.offsets[kLeftAnkle]})
      EXPECT_NEAR(length(bone), length(clip.skeleton.offsets[kLeftKnee]), 0.08f);
    EXPECT_NEAR(length(solution.body.offsets[kLeftAnkle]),
                length(clip.skeleton.offsets[kLeftAnkle]), 0.01f);
  }
}

TEST(PoseSolver, BridgesAndReportsExactlyWhatWasLost) {
  const PointSet set = all_joints();
  const Clip clip = test::human_clip(3, 90);
  test::SyntheticPoints points = test::points_of(clip, set);
  const auto lose = [&](size_t joint, size_t first, size_t count, float confidence) {
    for (size_t f = first; f < first + count; ++f) {
      points.recording.confidence[f * kJointCount + joint] = confidence;
      if (confidence > 0) continue;
      for (size_t k = 0; k < 3; ++k)
        points.recording.positions[3 * (f * kJointCount + joint) + k] = 99;  // must not be read
    }
  };
  lose(kLeftWrist, 30, 15, 0);
  lose(kRightKnee, 0, 10, 0);
  lose(kRightKnee, 80, 10, 0);
  lose(kHead, 50, 5, 0.2f);
  const PoseSolution solution = solve_pose(points.recording, set);
  ASSERT_EQ(solution.report.bridged.size(), 4u);
  const auto expect = [&](size_t at, int joint, size_t first, size_t count) {
    EXPECT_EQ(solution.report.bridged[at].joint, joint);
    EXPECT_EQ(solution.report.bridged[at].first, first);
    EXPECT_EQ(solution.report.bridged[at].count, count);
  };
  expect(0, kRightKnee, 0, 10);
  expect(1, kRightKnee, 80, 10);
  expect(2, kHead, 50, 5);
  expect(3, kLeftWrist, 30, 15);
  const WorldPose truth = forward_kinematics(clip), solved = forward_kinematics(solution.clip);
  double sum = 0;
  for (size_t f = 30; f < 45; ++f) sum += error_at(truth, solved, f, kLeftWrist);
  EXPECT_LT(sum / 15, 0.05);
  for (size_t f = 0; f < 90; ++f) EXPECT_LT(error_at(truth, solved, f, kLeftKnee), 0.004f);
}

TEST(PoseSolver, BridgesFramesWithoutAnybody) {
  const PointSet set = sensor();
  const Clip clip = test::human_clip(6, 80);
  test::SyntheticPoints points = test::points_of(clip, set);
  const size_t count = set.points.size();
  for (size_t f = 40; f < 50; ++f)
    for (size_t p = 0; p < count; ++p) points.recording.confidence[f * count + p] = 0;
  const PoseSolution solution = solve_pose(points.recording, set);
  ASSERT_EQ(solution.report.trunk_lost.size(), 1u);
  EXPECT_EQ(solution.report.trunk_lost[0].first, 40u);
  EXPECT_EQ(solution.report.trunk_lost[0].count, 10u);
  EXPECT_LT(largest_error(solution, clip), 0.15);
}

TEST(PoseSolver, DoesNotBelieveImpossiblePoints) {
  const PointSet set = all_joints();
  const Clip clip = test::human_clip(2, 90);
  test::SyntheticPoints points = test::points_of(clip, set, {.jitter = 0.003f});
  for (size_t f = 20; f < 24; ++f)
    points.recording.positions[3 * (f * kJointCount + kLeftAnkle)] += 0.8f;
  const PoseSolution solution = solve_pose(points.recording, set);
  const WorldPose truth = forward_kinematics(clip), solved = forward_kinematics(solution.clip);
  for (size_t f = 0; f < 90; ++f) EXPECT_LT(error_at(truth, solved, f, kLeftAnkle), 0.05f) << f;
  ASSERT_EQ(solution.report.bridged.size(), 1u);
  EXPECT_EQ(solution.report.bridged[0].joint, kLeftAnkle);
  EXPECT_EQ(solution.report.bridged[0].first, 20u);
  EXPECT_EQ(solution.report.bridged[0].count, 4u);
}

TEST(PoseSolver, KneesAndElbowsNeverBendBackwards) {
  const PointSet set = sensor();
  Clip clip = test::human_clip(7, 120);
  for (size_t f = 0; f < 120; ++f) {
    clip.rotation(f, kLeftKnee) = {};  // straight: noise bends it either way
    clip.rotation(f, kRightElbow) = {};
  }
  const PoseSolution solution =
      solve_pose(test::points_of(clip, set, {.jitter = 0.02f}).recording, set);
  for (size_t f = 0; f < 120; ++f) {
    const auto bend = [&](Joint joint, Vec3 axis) {
      const Quat q = solution.clip.rotation(f, joint);
      const Vec3 turn = to_rotation_vector(q);
      EXPECT_LT(length(turn - dot(turn, axis) * axis), 1e-3f);  // a hinge
      return dot(turn, axis) * 180 / std::numbers::pi_v<float>;
    };
    for (const Joint knee : {kLeftKnee, kRightKnee}) EXPECT_GT(bend(knee, {1, 0, 0}), -8);
    EXPECT_GT(bend(kLeftElbow, {0, -1, 0}), -8);
    EXPECT_GT(bend(kRightElbow, {0, 1, 0}), -8);
  }
}

TEST(PoseSolver, WindowsJoinWithoutASeam) {
  const PointSet set = sensor();
  const Clip clip = test::human_clip(10, 560);
  const auto points = test::points_of(clip, set, {.jitter = 0.005f});
  const PoseSolution solution = solve_pose(points.recording, set);
  EXPECT_LT(mean_error(solution, clip), 0.015);
  const WorldPose solved = forward_kinematics(solution.clip), truth = forward_kinematics(clip);
  // No step where one window ends and the next begins is larger than elsewhere.
  for (size_t f = 1; f < 560; ++f)
    for (const Joint j : {kLeftWrist, kRightAnkle, kHead}) {
      const size_t at = f * kJointCount + j, before = at - kJointCount;
      const Vec3 extra = (solved.positions[at] - solved.positions[before]) -
                         (truth.positions[at] - truth.positions[before]);
      EXPECT_LT(length(extra), 0.02f) << f << " " << kJointNames[j];
    }
}

TEST(PoseSolver, ABodyFittedBeforeCanBeUsedAgain) {
  const PointSet set = sensor();
  const Clip clip = test::human_clip(11, 90);
  const auto recording = test::points_of(clip, set).recording;
  const Clip short_clip = cut(clip, 10, 2);
  PoseOptions options;
  options.body = fit_body({&recording}, set);
  const PoseSolution solution =
      solve_pose(test::points_of(short_clip, set).recording, set, options);
  EXPECT_EQ(solution.body.offsets, options.body->offsets);
  EXPECT_LT(mean_error(solution, short_clip), 0.01);
  options.body->misfit.pop_back();
  EXPECT_THROW(solve_pose(recording, set, options), Error);
}

TEST(PoseSolver, SameInputSameResult) {
  const PointSet set = sensor();
  const auto recording =
      test::points_of(test::human_clip(12, 60), set, {.jitter = 0.01f}).recording;
  const PoseSolution a = solve_pose(recording, set), b = solve_pose(recording, set);
  EXPECT_EQ(a.clip.rotations, b.clip.rotations);
  EXPECT_EQ(a.clip.root_positions, b.clip.root_positions);
}

TEST(PoseSolver, OneFrameIsEnough) {
  const Clip clip = test::human_clip(13, 1);
  const PoseSolution solution =
      solve_pose(test::points_of(clip, all_joints()).recording, all_joints());
  EXPECT_EQ(solution.clip.frame_count(), 1u);
  EXPECT_LT(mean_error(solution, clip), 0.005);
}

TEST(PoseSolver, SaysWhatIsWrong) {
  const PointSet set = sensor();
  const auto good = test::points_of(test::human_clip(14, 20), set).recording;
  PointRecording bad = good;
  for (float& value : bad.positions) value *= 1000;
  EXPECT_NE(message_of([&] { solve_pose(bad, set); }).find("metres"), std::string::npos);
  bad = good;
  for (std::string& name : bad.names) name += "?";
  EXPECT_EQ(message_of([&] { solve_pose(bad, set); }),
            "points: none of 17 is in set \"sensor\" (\"left_shoulder?\" for example)");
  bad = good;
  bad.names[1] = bad.names[0];
  EXPECT_NE(message_of([&] { solve_pose(bad, set); }).find("same point"), std::string::npos);
  bad = good;
  bad.positions.clear();
  bad.confidence.clear();
  EXPECT_EQ(message_of([&] { solve_pose(bad, set); }), "pose: the recording has no frames");
  bad = good;
  std::fill(bad.confidence.begin(), bad.confidence.end(), 0.0f);
  EXPECT_EQ(message_of([&] { solve_pose(bad, set); }), "pose: no point is seen in any frame");
  bad = good;
  for (size_t f = 0; f < 20; ++f)  // arms and legs alone are no trunk
    for (size_t p = 0; p < set.points.size(); ++p) {
      const int j = set.points[p].joint;
      const bool end = j == kLeftWrist || j == kRightWrist || j == kLeftFoot || j == kRightKnee;
      if (!end) bad.confidence[f * set.points.size() + p] = 0;
    }
  EXPECT_NE(message_of([&] { solve_pose(bad, set); }).find("trunk"), std::string::npos);
  bad = good;
  bad.positions[5] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(solve_pose(bad, set), Error);
  bad = good;
  bad.positions[5] = 3e4f;
  EXPECT_NE(message_of([&] { solve_pose(bad, set); }).find("expected at most"), std::string::npos);
  EXPECT_THROW(solve_pose(good, set, {.smoothness = 0}), Error);
  EXPECT_THROW(solve_pose(good, set, {.iterations = 0}), Error);
}

TEST(PoseSolver, NamesWhatItDoesNotKnow) {
  const PointSet set = sensor();
  auto recording = test::points_of(test::human_clip(15, 20), set).recording;
  recording.names[0] = "tail";  // was left_shoulder
  const PoseSolution solution = solve_pose(recording, set);
  EXPECT_EQ(solution.report.unknown, std::vector<std::string>{"tail"});
  EXPECT_EQ(solution.report.absent, std::vector<std::string>{"left_shoulder"});
  EXPECT_FALSE(solution.report.measured[kLeftShoulder]);
}

}  // namespace
}  // namespace pantomime::motion
