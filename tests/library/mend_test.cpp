#include "pantomime/library/mend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/support.h"

namespace pantomime::library {
namespace {

using motion::Clip;

/// The same rotations in both clips, frames [0, count).
void expect_same(const Clip& a, const Clip& b, float tolerance = 0) {
  ASSERT_EQ(a.frame_count(), b.frame_count());
  for (size_t f = 0; f < a.frame_count(); ++f) {
    EXPECT_LE(length(a.root_positions[f] - b.root_positions[f]), tolerance) << f;
    for (size_t j = 0; j < a.joint_count(); ++j)
      EXPECT_LE(motion::angle_between(a.rotation(f, j), b.rotation(f, j)), tolerance + 1e-3f)
          << f << " " << j;
  }
}

/// Turns the hips so that some joint flies over a metre.
void flip(Clip& clip, size_t frame) {
  clip.rotation(frame, motion::kSpine1) =
      motion::from_axis_angle({1, 0, 0}, 2.5f) * clip.rotation(frame, motion::kSpine1);
}

TEST(Mend, LeavesGoodClipsAsTheyAre) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Clip clip = test::random_clip(seed, 90);
    const Mended mended = mend(clip);
    EXPECT_EQ(mended.clip.rotations, clip.rotations);
    EXPECT_EQ(mended.clip.root_positions, clip.root_positions);
    EXPECT_EQ(mended.redrawn + mended.left_out + mended.first, 0u);
  }
}

TEST(Mend, DropsTPosesAtTheBegin) {
  const Clip clip = test::random_clip(1, 60);
  Clip broken = clip;
  flip(broken, 0);
  const Mended mended = mend(broken);
  EXPECT_EQ(mended.first, 1u);
  EXPECT_EQ(mended.left_out, 1u);
  EXPECT_EQ(mended.redrawn, 0u);
  expect_same(mended.clip, motion::cut(clip, 1, 59));
}

TEST(Mend, DropsAFirstPoseThatMovesNoJointFar) {
  const Clip clip = test::random_clip(1, 60);
  Clip broken = clip;
  for (size_t j = 0; j < clip.joint_count(); ++j)
    if (j % 2 == 0)
      broken.rotation(0, j) = motion::from_axis_angle({0, 1, 0}, 0.35f) * clip.rotation(0, j);
  const Mended mended = mend(broken);
  EXPECT_EQ(mended.first, 1u);
  expect_same(mended.clip, motion::cut(clip, 1, 59));
}

TEST(Mend, DrawsFlippedFramesAnew) {
  const Clip clip = test::random_clip(2, 60);
  for (const size_t length : {1, 2, 3}) {
    Clip broken = clip;
    for (size_t f = 30; f < 30 + length; ++f) flip(broken, f);
    const Mended mended = mend(broken);
    EXPECT_EQ(mended.redrawn, length);
    EXPECT_EQ(mended.left_out, 0u);
    expect_same(mended.clip, clip, 0.1f);
  }
}

TEST(Mend, KeepsTheLongerSideOfAJump) {
  const Clip clip = test::random_clip(3, 60);
  Clip broken = clip;
  for (size_t f = 40; f < 60; ++f) broken.root_positions[f].x += 3;
  Mended mended = mend(broken);
  EXPECT_EQ(mended.first, 0u);
  expect_same(mended.clip, motion::cut(clip, 0, 40));
  broken = clip;
  for (size_t f = 0; f < 15; ++f) broken.root_positions[f].z -= 2;
  mended = mend(broken);
  EXPECT_EQ(mended.first, 15u);
  expect_same(mended.clip, motion::cut(clip, 15, 45));
}

TEST(Mend, DropsFrozenStretchesButKeepsShortStillness) {
  const Clip clip = test::random_clip(4, 90);
  const auto freeze = [&](size_t first, size_t last) {
    Clip frozen = clip;
    for (size_t f = first + 1; f <= last; ++f) {
      frozen.root_positions[f] = frozen.root_positions[first];
      for (size_t j = 0; j < clip.joint_count(); ++j)
        frozen.rotation(f, j) = frozen.rotation(first, j);
    }
    return frozen;
  };
  EXPECT_EQ(mend(freeze(70, 89)).clip.frame_count(), 71u);
  EXPECT_EQ(mend(freeze(82, 89)).clip.frame_count(), 90u);
}

TEST(Mend, AllowsFastKicksThatSpeedUpOverSeveralFrames) {
  // A foot that reaches 14 m/s in the middle of 0.4 s.
  Clip clip = test::random_clip(5, 60);
  for (size_t f = 0; f < 60; ++f) {
    clip.root_positions[f] = {0, 1, 0};
    for (size_t j = 0; j < clip.joint_count(); ++j) clip.rotation(f, j) = {};
    const double u = std::clamp((static_cast<double>(f) - 20) / 12, 0.0, 1.0);
    const auto angle = static_cast<float>(3.0 * (u - std::sin(2 * 3.14159265 * u) / 6.2831853));
    clip.rotation(f, motion::kLeftHip) = motion::from_axis_angle({-1, 0, 0}, angle);
    clip.root_positions[f].x = 0.001f * static_cast<float>(f);
  }
  EXPECT_EQ(mend(clip).left_out + mend(clip).redrawn, 0u);
}

TEST(Mend, TakesClipsOfAnyLength) {
  for (const size_t frames : {1, 2, 3})
    EXPECT_EQ(mend(test::random_clip(6, frames)).clip.frame_count(), frames);
}

}  // namespace
}  // namespace pantomime::library
