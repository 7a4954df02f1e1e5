#include "pantomime/metrics/physics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "golden.h"
#include "pantomime/base/error.h"

namespace pantomime::metrics {
namespace {

using motion::Vec3;

/// A body whose joints are where `place` says; `f` in frames.
std::vector<Vec3> path_of(size_t frames, const std::function<Vec3(double f, size_t j)>& place) {
  std::vector<Vec3> positions;
  for (size_t f = 0; f < frames; ++f)
    for (size_t j = 0; j < motion::kJointCount; ++j)
      positions.push_back(place(static_cast<double>(f), j));
  return positions;
}

bool is_toe(size_t j) {
  return j == motion::kLeftFoot || j == motion::kRightFoot;
}

/// Standing still: toes 2 cm above the floor, the rest at 1 m; `slide` moves the left toe, m/s.
std::vector<Vec3> standing(size_t frames, double slide, double lift = 0) {
  return path_of(frames, [=](double f, size_t j) {
    const double x = j == motion::kLeftFoot ? slide * f / motion::kFps : 0;
    return Vec3{static_cast<float>(x), static_cast<float>((is_toe(j) ? 0.02 : 1.0) + lift), 0};
  });
}

TEST(Physics, AgreesWithNumpy) {
  const auto expected = golden().at("walk");
  const auto positions = golden_walk();
  const JointPath path{positions};
  const Physics p = measure_physics(path);
  EXPECT_NEAR(p.skating, expected.at("skating"), 1e-9);
  auto near = [](double value, double truth, const char* name) {
    EXPECT_NEAR(value, truth, 1e-3 * std::abs(truth)) << name;  // inputs are floats here
  };
  near(p.slide_mm, expected.at("slide_mm"), "slide");
  near(p.penetration_mm, expected.at("penetration_mm"), "penetration");
  near(p.floating_mm, expected.at("floating_mm"), "floating");
  near(p.bone_mm, expected.at("bone_mm"), "bone");
  near(p.jerk.mean, expected.at("jerk"), "jerk");
  near(p.jerk.root, expected.at("jerk_root"), "root jerk");
  for (size_t k = 0; k < 4; ++k)
    near(p.jerk.by_phase[k], expected.at("jerk_by_phase")[k], "jerk by phase");
  const std::vector<float> frames = frame_jerks(path);
  ASSERT_EQ(frames.size(), 87u);
  double sum = 0;
  for (const float jerk : frames) sum += jerk;
  near(sum / 87, expected.at("jerk"), "jerk of frames");
  const TransitionJerk t = transition_jerk(std::vector<JointPath>{path, path}, 0.01);
  near(t.peak, expected.at("peak_jerk"), "PJ");
  near(t.area, expected.at("area_jerk"), "AUJ");
}

TEST(Skating, SeesAFootThatSlidesFasterThanHalfAMetreASecond) {
  // Both ends of the moving average fall outside: 0.6 m/s over 3 of 5 frames is 0.36, so the first
  // two and the last two steps don't count, at 2 m/s all do.
  EXPECT_NEAR(skating_ratio({standing(31, 0.6)}), 26.0 / 30, 1e-9);
  EXPECT_NEAR(skating_ratio({standing(31, 2.0)}), 1, 1e-9);
  EXPECT_EQ(skating_ratio({standing(31, 0.49)}), 0);
  EXPECT_EQ(skating_ratio({standing(31, 0)}), 0);
  EXPECT_EQ(skating_ratio({standing(31, 2.0, 0.04)}), 0) << "6 cm above the floor it may move";
  EXPECT_THROW(skating_ratio({standing(1, 0)}), Error);
}

TEST(Slide, IsTheMeanMovementOfStandingToes) {
  // The left toe moves 0.3 m/s = 10 mm a frame, the right one stands.
  EXPECT_NEAR(slide_mm({standing(31, 0.3)}), 5, 1e-3);
  EXPECT_NEAR(slide_mm({standing(31, 0.3, 2)}), 5, 1e-3) << "measured from the clip's own floor";
  // A foot in the air that moves fast is no slide.
  const auto swing = path_of(31, [](double f, size_t j) {
    const bool left = j == motion::kLeftFoot;
    return Vec3{static_cast<float>(left ? 0.05 * f : 0), left ? 0.3f : 0.02f, 0};
  });
  EXPECT_NEAR(slide_mm({swing}), 0, 1e-6);
}

TEST(Floor, IsAtZero) {
  EXPECT_EQ(penetration_mm({standing(10, 0)}), 0);
  EXPECT_EQ(floating_mm({standing(10, 0)}), 0);
  EXPECT_NEAR(penetration_mm({standing(10, 0, -0.05)}), 30, 1e-3);
  EXPECT_NEAR(floating_mm({standing(10, 0, 0.105)}), 100, 1e-3);
}

TEST(Jerk, OfACubicPathIsItsThirdDerivative) {
  // x = 2 t^3 m: 12 m/s^3 in every joint; the root goes on a parabola, without jerk.
  const auto positions = path_of(43, [](double f, size_t j) {
    const double t = f / motion::kFps;
    return Vec3{static_cast<float>(j == 0 ? t * t : 2 * t * t * t), 1, 0};
  });
  const Jerk jerk = jerk_of({positions});
  // Floats at 6 m are good to 2.4e-7 m, times 27,000.
  EXPECT_NEAR(jerk.root, 0, 0.05);
  EXPECT_NEAR(jerk.mean, 12.0 * 21 / 22, 0.05);
  EXPECT_EQ(jerk.frames_in_phase, (std::array<size_t, 4>{10, 10, 10, 10}));
  EXPECT_LT(phase_imbalance(jerk.by_phase), 1.02);
  EXPECT_EQ(jerk_of({standing(3, 1)}).mean, 0);
}

TEST(Jerk, ByPhaseShowsJumpsBetweenTokens) {
  // A step of 1 cm every four frames, otherwise still.
  const auto positions = path_of(83, [](double f, size_t) {
    return Vec3{static_cast<float>(0.01 * std::floor(f / 4)), 1, 0};
  });
  const Jerk jerk = jerk_of({positions});
  EXPECT_NEAR(jerk.by_phase[0], 0, 1e-2) << "inside a token nothing moves";
  EXPECT_NEAR(jerk.by_phase[1], 270, 1);
  EXPECT_NEAR(jerk.by_phase[2], 540, 1);
  EXPECT_NEAR(jerk.by_phase[3], 270, 1);
  EXPECT_NEAR(phase_imbalance(jerk.by_phase), 2, 0.01);
}

TEST(Bones, KeepTheirLengthInAnyCanonicalClip) {
  for (uint64_t seed = 0; seed < 10; ++seed)
    EXPECT_LT(measure_physics(test::random_clip(seed, 60)).bone_mm, 1e-3);
  // One of 21 bones changes between 0.1 and 0.12 m: deviation 10 mm.
  auto positions = path_of(20, [](double f, size_t j) {
    const bool stretched = j == motion::kHead && static_cast<int>(f) % 2 == 1;
    return Vec3{static_cast<float>(0.1 * static_cast<double>(j) + (stretched ? 0.02 : 0)), 1, 0};
  });
  EXPECT_NEAR(bone_deviation_mm({positions}), 10.0 / 21, 1e-3);
}

TEST(Physics, DoesNotDependOnWhereAndWhichWay) {
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases() / 10; ++i) {
    const motion::Clip clip = test::random_clip(random.bits(), 50);
    const motion::Quat turn =
        motion::from_axis_angle({0, 1, 0}, static_cast<float>(random.uniform(-3, 3)));
    const auto shift = Vec3{static_cast<float>(random.uniform(-2, 2)), 0,
                            static_cast<float>(random.uniform(-2, 2))};
    const Physics a = measure_physics(clip);
    const Physics b = measure_physics(motion::transformed(clip, turn, shift));
    EXPECT_NEAR(a.skating, b.skating, 0.05);
    EXPECT_NEAR(a.slide_mm, b.slide_mm, 0.05);
    EXPECT_NEAR(a.penetration_mm, b.penetration_mm, 0.01);
    EXPECT_NEAR(a.jerk.mean, b.jerk.mean, 0.01 * a.jerk.mean + 0.1);
  }
}

TEST(TransitionJerk, WantsWindowsOfOneLength) {
  const auto a = standing(20, 0), b = standing(21, 0);
  EXPECT_THROW(transition_jerk(std::vector<JointPath>{{a}, {b}}, 0), Error);
  EXPECT_THROW(transition_jerk(std::vector<JointPath>{}, 0), Error);
  const auto moving = golden_walk();
  const std::vector<JointPath> windows = {{moving}};
  const double reference = mean_jerk_profile(windows);
  EXPECT_GT(reference, 0);
  EXPECT_LT(transition_jerk(windows, reference).area, transition_jerk(windows, 0).area);
}

}  // namespace
}  // namespace pantomime::metrics
