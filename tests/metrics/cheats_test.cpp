// Nobody gets a good table by cheating: each trick is caught by a number that is named here.
#include "pantomime/metrics/cheats.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "golden.h"
#include "pantomime/features/features.h"
#include "pantomime/metrics/nearest.h"

namespace pantomime::metrics {
namespace {

/// A person who walks, or stands and swings an arm: legs and arms in opposite phase, a pace, a
/// size and a stride of their own.
motion::Clip person(uint64_t who, bool walks, size_t frames) {
  Random random(derive_seed(who, "person", walks ? 1 : 0));
  motion::Geometry geometry = motion::default_geometry();
  const double size = random.uniform(0.9, 1.1);
  for (float& g : geometry) g = static_cast<float>(g * size);
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(geometry);
  const double pace = random.uniform(4.5, 6.5), phase = random.uniform(0, 6.28);
  const double stride = random.uniform(0.3, 0.5), lift = random.uniform(0.6, 1.0);
  const double speed = walks ? 2 * stride * pace / 6.28 : 0;
  clip.root_positions.resize(frames);
  clip.rotations.resize(frames * motion::kJointCount);
  for (size_t f = 0; f < frames; ++f) {
    const double seconds = static_cast<double>(f) / motion::kFps;
    const double s = std::sin(pace * seconds + phase);
    clip.root_positions[f] = {0, static_cast<float>(0.93 * size),
                              static_cast<float>(speed * seconds)};
    const auto turn = [&](int joint, motion::Vec3 axis, double angle) {
      clip.rotation(f, static_cast<size_t>(joint)) =
          motion::from_axis_angle(axis, static_cast<float>(angle));
    };
    for (size_t j = 0; j < motion::kJointCount; ++j) clip.rotation(f, j) = {};
    const double legs = walks ? stride * s : 0;
    turn(motion::kLeftHip, {1, 0, 0}, legs);
    turn(motion::kRightHip, {1, 0, 0}, -legs);
    // Arms hang: a T-pose is turned down, by opposite angles left and right.
    turn(motion::kLeftShoulder, {0, 0, 1}, -1.3 + (walks ? 0 : 0.4 * s + lift));
    turn(motion::kRightShoulder, {0, 0, 1}, 1.3);
    turn(motion::kLeftElbow, {0, 1, 0}, walks ? 0.3 * s - 0.3 : -0.2);
    turn(motion::kRightElbow, {0, 1, 0}, walks ? 0.3 * s + 0.3 : 0.2);
  }
  return clip;
}

MotionSet people(uint64_t first, size_t count) {
  MotionSet set;
  for (size_t i = 0; i < count; ++i) {
    const bool walks = i % 2 == 0;
    set.clips.push_back(features::encode(person(first + i, walks, 60)));
    set.labels.push_back(walks ? "walk" : "wave");
  }
  return set;
}

class Cheats : public testing::Test {
 protected:
  Cheats() {
    judge_.labels = {"walk", "wave"};
    judge_.config = {.width = 16, .blocks = 2, .features = 8};
    Random random(5);  // any features will do: no cheat is caught by a trained one only
    for (const auto& [name, shape] : judge_shapes(judge_.config, 2)) {
      at::Tensor w = at::ones(shape, at::kFloat);
      if (name.ends_with("weight"))
        for (int64_t i = 0; i < w.numel(); ++i)
          w.data_ptr<float>()[i] = static_cast<float>(0.2 * random.normal());
      judge_.weights[name] = w;
    }
    training_ = people(0, 60);
    held_out_ = people(1000, 60);
    measured_ = measured(held_out_);
  }

  MeasuredSet measured(const MotionSet& set) const {
    MeasuredSet m = measure(set, judge_);
    for (const Nearest& n : nearest_windows(set.clips, training_.clips))
      m.nearest_mm.push_back(n.distance_mm);
    return m;
  }
  SetNumbers numbers(const MotionSet& set) const {
    return compare("set", measured(set), measured_, judge_);
  }
  SetNumbers cheating(Cheat cheat) const { return numbers(cheated(cheat, training_)); }

  Judge judge_;
  MotionSet training_, held_out_;
  MeasuredSet measured_;
};

TEST_F(Cheats, RealMotionOfOthersPasses) {
  const SetNumbers real = numbers(people(2000, 60));
  EXPECT_LT(real.pose_mm.value, 40);
  EXPECT_LT(real.speed_mm.value, 60);
  EXPECT_LT(real.jerk_distance.value, 3);
  EXPECT_GT(real.coverage.value, 0.7);
  EXPECT_GT(real.nearest_smallest_mm, 2);
}

TEST_F(Cheats, FrozenPoseHasNoSpeed) {
  const SetNumbers frozen = cheating(Cheat::FrozenPose);
  EXPECT_GT(frozen.speed_mm.value, 150);
  EXPECT_NEAR(frozen.jerk.value, 0, 0.05);
  const SetNumbers real = numbers(training_);
  EXPECT_GT(frozen.jerk_distance.value, 5 * real.jerk_distance.value);
  EXPECT_GT(frozen.speed_mm.value, 5 * real.speed_mm.value);
}

TEST_F(Cheats, CopyIsNearItsTrainingClip) {
  const SetNumbers copy = cheating(Cheat::Copy);
  EXPECT_LT(copy.nearest_mm.value, 0.1);
  EXPECT_GT(numbers(held_out_).nearest_mm.value, 5) << "real people are not copies of each other";
  // And nothing else gives it away: that is why the distance has to be in the table.
  EXPECT_LT(copy.pose_mm.value, 40);
}

TEST_F(Cheats, MeanMotionHasNoVariety) {
  const SetNumbers mean = cheating(Cheat::Mean), real = numbers(training_);
  EXPECT_LT(mean.multimodality.value, 1e-3);
  EXPECT_GT(real.multimodality.value, 0.1);
  EXPECT_LT(mean.coverage.value, 0.5 * real.coverage.value);
  EXPECT_LT(mean.recall.value, 0.5 * real.recall.value);
}

TEST_F(Cheats, TeleportShowsInTheJerkOfTheRoot) {
  const SetNumbers jump = cheating(Cheat::Teleport), real = numbers(training_);
  // 1 m in one frame: third differences 1, 2, 1 m at 30 Hz in 3 of 57 frames.
  EXPECT_GT(jump.root_jerk.value, 4 * 27000 / 57.0 - 100);
  EXPECT_GT(jump.root_jerk.value, 50 * real.root_jerk.value);
  EXPECT_GT(jump.jerk_distance.value, 50 * real.jerk_distance.value);
}

TEST_F(Cheats, SwappedLimbsShowInPoses) {
  const SetNumbers swapped = cheating(Cheat::LimbSwap), real = numbers(training_);
  EXPECT_GT(swapped.pose_mm.value, 100);
  EXPECT_GT(swapped.pose_mm.value, 5 * real.pose_mm.value);
}

TEST_F(Cheats, KeepNumberAndLabels) {
  for (const Cheat cheat : kCheats) {
    const MotionSet set = cheated(cheat, training_);
    EXPECT_EQ(set.labels, training_.labels) << name_of(cheat);
    ASSERT_EQ(set.clips.size(), training_.clips.size());
    EXPECT_EQ(set.clips[0].sizes(), training_.clips[0].sizes());
  }
}

}  // namespace
}  // namespace pantomime::metrics
