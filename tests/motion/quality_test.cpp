#include "pantomime/motion/quality.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "pantomime/base/error.h"
#include "support.h"
#include "synthetic_walk.h"

namespace pantomime::motion {
namespace {

/// Everything found, in words, for messages of failed tests.
std::string words(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& f : findings)
    text += std::string(name_of(f.severity)) + ": " + describe(f) + "\n";
  return text;
}

/// The only kind of finding, and that it covers the frames [first, last) and not much more.
void expect_only(const Clip& clip, Defect defect, int64_t first, int64_t last, int joint = -1,
                 const QualityLimits& limits = {}) {
  const auto found = check_quality(clip, limits);
  ASSERT_FALSE(found.empty()) << name_of(defect);
  for (const Finding& f : found) EXPECT_EQ(f.defect, defect) << words(found);
  EXPECT_LE(found.front().first, first + 2) << words(found);
  EXPECT_GE(found.front().first, first - 4) << words(found);
  EXPECT_GE(found.back().last, last - 2) << words(found);
  EXPECT_LE(found.back().last, last + 4) << words(found);
  if (joint >= 0) {
    EXPECT_EQ(found.front().joint, joint) << words(found);
  }
}

TEST(Quality, FindsNothingInWalksStandingAndJumps) {
  for (const double rate : {1.0, 1.5, 1.9, 2.4})
    for (const double step : {0.3, 0.5, 0.65}) {
      const auto found = check_quality(test::synthetic_walk({.step = step, .rate = rate}));
      EXPECT_TRUE(found.empty()) << rate << " " << step << "\n" << words(found);
    }
  const auto standing = check_quality(test::synthetic_walk({.step = 0, .rate = 0.3}));
  EXPECT_TRUE(standing.empty()) << words(standing);
  for (const double air : {0.3, 0.45, 0.6}) {
    const auto found = check_quality(test::synthetic_jump(air));
    EXPECT_TRUE(found.empty()) << air << "\n" << words(found);
  }
  EXPECT_TRUE(check_quality(cut(test::synthetic_walk(), 0, 1)).empty());
}

TEST(Quality, FindsJumpsOfTheBody) {
  const Clip walk = test::synthetic_walk();
  for (const size_t at : {20, 61, 100}) {
    Clip jumped = walk;
    for (size_t f = at; f < walk.frame_count(); ++f) jumped.root_positions[f].x += 0.5f;
    const auto found = check_quality(jumped);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].defect, Defect::kTeleport) << words(found);
    EXPECT_EQ(found[0].severity, Severity::kSerious);
    EXPECT_LE(found[0].first, static_cast<int64_t>(at) - 1);
    EXPECT_GE(found[0].last, static_cast<int64_t>(at));
    EXPECT_LT(found[0].last - found[0].first, 5);
  }
  // One frame elsewhere and back, by no more than 7 cm.
  Clip twitch = walk;
  twitch.root_positions[50] += Vec3{0.07f, 0, 0};
  expect_only(twitch, Defect::kTeleport, 49, 52, kPelvis);
}

TEST(Quality, FindsTurnsThatNoJointCanDo) {
  const Clip walk = test::synthetic_walk();
  for (const int joint : {kLeftWrist, kHead, kLeftFoot, kRightFoot}) {
    Clip flipped = walk;
    const auto j = static_cast<size_t>(joint);
    for (size_t f = 40; f < 46; ++f)
      flipped.rotation(f, j) = walk.rotation(f, j) * from_axis_angle({0, 1, 0}, 2.5f);
    expect_only(flipped, Defect::kFlip, 39, 47, joint);
    EXPECT_NEAR(check_quality(flipped)[0].measured, 2.5 * 57.2958, 12);
  }
  // The sign of a quaternion is no turn.
  Clip same = walk;
  for (size_t f = 40; f < 46; ++f)
    for (size_t j = 0; j < kJointCount; ++j) same.rotation(f, j) = -walk.rotation(f, j);
  EXPECT_TRUE(check_quality(same).empty());
  // A turn of the same size in a third of a second is a turn.
  Clip turned = walk;
  for (size_t f = 40; f < walk.frame_count(); ++f)
    turned.rotation(f, kHead) =
        from_axis_angle({0, 1, 0}, 0.25f * static_cast<float>(std::min<size_t>(f - 40, 6)));
  EXPECT_TRUE(check_quality(turned).empty()) << words(check_quality(turned));
}

TEST(Quality, FindsShakingAndSaysHowMuch) {
  Random random(test::random_seed());
  for (const double size : {0.01, 0.02}) {
    Clip noisy = test::synthetic_walk({.seconds = 6});
    for (size_t f = 60; f < 120; ++f)
      for (float* v :
           {&noisy.root_positions[f].x, &noisy.root_positions[f].y, &noisy.root_positions[f].z})
        *v += static_cast<float>(size * random.normal());
    const auto found = check_quality(noisy);
    bool told = false;
    for (const Finding& f : found)
      if (f.defect == Defect::kJitter) {
        told = true;
        EXPECT_GE(f.first, 60 - 12) << words(found);
        EXPECT_LE(f.last, 120 + 12) << words(found);
        EXPECT_NEAR(f.measured / 1000, size, 0.6 * size) << words(found);
      }
    // Strong noise makes the body jump as well; then that is told.
    for (const Finding& f : found) told |= f.defect == Defect::kTeleport;
    EXPECT_TRUE(told) << size << "\n" << words(found);
  }
}

TEST(Quality, FindsStandstillAndDeadJointsOfRecordingsOnly) {
  Clip frozen = test::synthetic_walk();
  for (size_t f = 31; f <= 50; ++f) {
    frozen.root_positions[f] = frozen.root_positions[30];
    for (size_t j = 0; j < kJointCount; ++j) frozen.rotation(f, j) = frozen.rotation(30, j);
  }
  bool told = false;
  for (const Finding& f : check_quality(frozen)) {
    if (f.defect != Defect::kFrozen) continue;
    told = true;
    EXPECT_EQ(f.first, 30);
    EXPECT_EQ(f.last, 51);
    EXPECT_NEAR(f.measured, 20 / 30.0, 1e-9);
  }
  EXPECT_TRUE(told);
  for (const Finding& f : check_quality(frozen, {.recorded = false}))
    EXPECT_NE(f.defect, Defect::kFrozen);

  Clip dead = test::synthetic_walk();
  for (size_t f = 30; f < 75; ++f) dead.rotation(f, kLeftElbow) = dead.rotation(30, kLeftElbow);
  const auto found = check_quality(dead);
  ASSERT_EQ(found.size(), 1u) << words(found);
  EXPECT_EQ(found[0].defect, Defect::kDeadJoint);
  EXPECT_EQ(found[0].severity, Severity::kNote);
  EXPECT_EQ(found[0].joint, kLeftElbow);
  EXPECT_NEAR(static_cast<double>(found[0].first), 30, 1);
  EXPECT_NEAR(static_cast<double>(found[0].last), 75, 1);
  EXPECT_TRUE(check_quality(dead, {.recorded = false}).empty());
  for (size_t f = 0; f < dead.frame_count(); ++f) dead.rotation(f, kLeftElbow) = {};
  EXPECT_TRUE(any_serious(check_quality(dead)));
}

TEST(Quality, FindsAFloorThatIsElsewhere) {
  const Clip walk = test::synthetic_walk();
  for (const float height : {-0.1f, 0.2f, 0.5f, -1.0f}) {
    const Clip moved = transformed(walk, {}, {0, height, 0});
    const auto found = check_quality(moved);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].defect, Defect::kFloor);
    EXPECT_NEAR(found[0].measured, height, 0.01);
    EXPECT_EQ(any_serious(found), std::abs(height) > 0.3f || height < -0.15f) << words(found);
  }
  // A part of the clip only, as after a jump of the solver: smoothly up, so that only the height is
  // wrong.
  Clip up = test::synthetic_walk({.seconds = 8});
  for (size_t f = 60; f < up.frame_count(); ++f)
    up.root_positions[f].y += 0.3f * std::min(1.0f, static_cast<float>(f - 60) / 30);
  const auto found = check_quality(up);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].defect, Defect::kFloating) << words(found);
  EXPECT_NEAR(static_cast<double>(found[0].first), 72, 10);
  EXPECT_EQ(found[0].last, static_cast<int64_t>(up.frame_count()));
  Clip down = test::synthetic_walk({.seconds = 8});
  for (size_t f = 160; f < 190; ++f)
    down.root_positions[f].y -= 0.15f * std::sin(0.10472f * static_cast<float>(f - 160));
  bool sunk = false;
  for (const Finding& f : check_quality(down))
    if (f.defect == Defect::kSunk) {
      sunk = true;
      EXPECT_GE(f.first, 160);
      EXPECT_LE(f.last, 190);
      EXPECT_NEAR(f.measured, 0.15 - 0.02, 0.02);
    }
  EXPECT_TRUE(sunk);
}

TEST(Quality, FindsFeetThatSlideAndLoopsOnTheSpot) {
  // The whole walk drawn along: feet slide at 0.6 m/s while they carry.
  Clip drawn = test::synthetic_walk();
  for (size_t f = 0; f < drawn.frame_count(); ++f)
    drawn.root_positions[f].x += 0.6f * static_cast<float>(f) / 30;
  auto found = check_quality(drawn);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].defect, Defect::kFootSlide) << words(found);
  EXPECT_EQ(found[0].severity, Severity::kSerious);
  // A walk whose root was held, as in loops for games.
  Clip loop = test::synthetic_walk({.seconds = 4, .step = 0.7, .rate = 1.8});
  for (Vec3& p : loop.root_positions) p.z = 0;
  found = check_quality(loop);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].defect, Defect::kFootSlide) << words(found);
  // A second of sliding is a note, in its place.
  Clip slip = test::synthetic_walk({.seconds = 8, .step = 0, .rate = 0.3});
  float x = 0;
  for (size_t f = 0; f < slip.frame_count(); ++f) {
    if (f >= 90 && f < 120) x += 0.8f / 30;
    slip.root_positions[f].x += x;
  }
  expect_only(slip, Defect::kFootSlide, 90, 120);
  EXPECT_FALSE(any_serious(check_quality(slip)));
  EXPECT_NEAR(check_quality(slip)[0].measured, 0.8, 0.05);
}

TEST(Quality, FindsBonesThatNobodyHas) {
  const auto scaled = [](float factor) {
    Geometry g = default_geometry();
    for (float& v : g) v *= factor;
    Clip clip = test::synthetic_walk();
    clip.skeleton = canonical_skeleton(g);
    for (Vec3& p : clip.root_positions) p = factor * p;
    return clip;
  };
  for (const float factor : {0.01f, 0.3f, 2.54f, 100.0f}) {
    bool told = false;
    for (const Finding& f : check_quality(scaled(factor))) told |= f.defect == Defect::kScale;
    EXPECT_TRUE(told) << factor;
  }
  for (const float factor : {0.6f, 0.8f, 1.2f})
    for (const Finding& f : check_quality(scaled(factor)))
      EXPECT_NE(f.defect, Defect::kScale) << describe(f);
  Clip uneven = test::synthetic_walk();
  uneven.skeleton.offsets[kLeftElbow].x *= 1.4f;
  const auto found = check_quality(uneven);
  ASSERT_EQ(found.size(), 1u) << words(found);
  EXPECT_EQ(found[0].measure, "arms of different length");
}

/// Every k-th frame, or frames between, at the same frame rate: plays k times as fast.
Clip played(const Clip& clip, double k) {
  Clip out = resample(clip, kFps / k);
  out.fps = kFps;
  return out;
}

TEST(Quality, FindsTimeThatRunsAtAnotherRate) {
  const auto rate_found = [](const Clip& clip, Severity least) {
    for (const Finding& f : check_quality(clip))
      if (f.defect == Defect::kFrameRate && f.severity >= least) return true;
    return false;
  };
  const Clip walk = test::synthetic_walk({.seconds = 16, .step = 0.65, .rate = 1.9});
  EXPECT_FALSE(rate_found(walk, Severity::kNote));
  // 120 Hz taken for 30 and the other way round.
  EXPECT_TRUE(rate_found(played(walk, 4), Severity::kSerious));
  EXPECT_TRUE(rate_found(played(walk, 0.25), Severity::kNote));
  for (const double air : {0.4, 0.55}) {
    const Clip jump = test::synthetic_jump(air);
    EXPECT_FALSE(rate_found(jump, Severity::kNote));
    EXPECT_TRUE(rate_found(played(jump, 0.5), Severity::kNote)) << air;
    EXPECT_TRUE(rate_found(played(jump, 0.25), Severity::kNote)) << air;
  }
  EXPECT_TRUE(rate_found(played(test::synthetic_jump(0.6), 2), Severity::kNote));
}

TEST(Quality, FindsNumbersThatAreNone) {
  const Clip walk = test::synthetic_walk();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Clip broken = walk;
  broken.root_positions[10].y = nan;
  broken.rotation(11, kHead).w = nan;
  broken.rotation(40, kLeftKnee) = {0, 0, 0, 0};
  const auto found = check_quality(broken);
  ASSERT_EQ(found.size(), 2u) << words(found);
  EXPECT_EQ(found[0].defect, Defect::kNotANumber);
  EXPECT_EQ(found[0].first, 10);
  EXPECT_EQ(found[0].last, 12);
  EXPECT_EQ(found[1].joint, kLeftKnee);
  EXPECT_TRUE(any_serious(found));
}

TEST(Quality, TakesAnyPosesWithoutFailing) {
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases(); ++i) {
    const auto frames = static_cast<size_t>(1 + random.below(60));
    Clip clip = test::random_clip(random.bits(), frames);
    if (i % 2 == 0)
      for (Quat& q : clip.rotations) q = test::random_rotation(random);
    if (i % 3 == 0)
      for (Vec3& p : clip.root_positions) p = test::random_vector(random, 1000);
    for (const Finding& f : check_quality(clip)) {
      EXPECT_GE(f.first, 0);
      EXPECT_GT(f.last, f.first);
      EXPECT_LE(f.last, static_cast<int64_t>(frames)) << describe(f);
      EXPECT_TRUE(f.measured > f.high || f.measured < f.low) << describe(f);
    }
  }
}

TEST(Quality, NamesAreUniqueAndReadBack) {
  for (int d = 0; d < kDefectCount; ++d)
    EXPECT_EQ(find_defect(name_of(static_cast<Defect>(d))), static_cast<Defect>(d));
  EXPECT_EQ(find_defect("nothing"), std::nullopt);
  EXPECT_EQ(find_severity("serious"), Severity::kSerious);
  EXPECT_EQ(describe({.defect = Defect::kFlip,
                      .first = 36,
                      .last = 38,
                      .joint = kRightHip,
                      .measured = 171,
                      .high = 57.3,
                      .measure = "turn in a step, degrees"}),
            "flip at 1.20 s (frames 36 to 37), right_hip: turn in a step 171 degrees, expected at "
            "most 57.3");
}

TEST(Quality, RefusesOtherRatesAndSkeletons) {
  Clip clip = test::synthetic_walk();
  clip.fps = 60;
  EXPECT_THROW(check_quality(clip), Error);
  clip.fps = kFps;
  clip.skeleton.names.pop_back();
  EXPECT_THROW(check_quality(clip), Error);
}

}  // namespace
}  // namespace pantomime::motion
