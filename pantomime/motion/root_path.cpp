#include "pantomime/motion/root_path.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/contacts.h"
#include "pantomime/motion/curve_fit.h"

namespace pantomime::motion {
namespace {

constexpr int kRounds = 8;
constexpr double kPlaced = 1e6;  // weight of a place that is given

/// From one frame to the next: how a foot point moves over the ground, and how much of it is on
/// the floor, 0 to 1.
struct FootStep {
  double x, z, touch;
};
using FootSteps = std::array<FootStep, kFootPointCount>;

std::vector<FootSteps> foot_steps(const Clip& clip, const RootPathOptions& options) {
  const WorldPose pose = forward_kinematics(clip);
  const auto rest = rest_heights(clip.skeleton);
  std::vector<FootSteps> steps(clip.frame_count() - 1);
  for (size_t f = 0; f < steps.size(); ++f)
    for (size_t p = 0; p < kFootPointCount; ++p) {
      const size_t at = f * kJointCount + static_cast<size_t>(kFootPointJoints[p]);
      const Vec3 a = pose.positions[at], b = pose.positions[at + kJointCount];
      const float above = std::max(a.y, b.y) - rest[p];
      const float touch = (options.high - above) / (options.high - options.low);
      steps[f][p] = {b.x - a.x, b.z - a.z, std::clamp(touch, 0.0f, 1.0f)};
    }
  return steps;
}

}  // namespace

Clip root_following_feet(const Clip& clip, const RootPathOptions& options) {
  PANTOMIME_CHECK(clip.joint_count() == kJointCount && clip.moving_joints.empty(),
                  "root path: expected a canonical clip");
  const size_t frames = clip.frame_count();
  if (frames < 2) return clip;
  PANTOMIME_CHECK(options.placed.empty() || options.placed.size() == frames,
                  "root path: {} flags of places for {} frames", options.placed.size(), frames);
  const std::vector<FootSteps> steps = foot_steps(clip, options);
  // Weights are for steps of 1/30 s; differences of order n grow with the n-th power of the rate.
  const double rate = clip.fps / kFps;
  const double smooth = options.smooth * std::pow(rate, 6);
  std::vector<double> x(frames), z(frames);
  for (int round = 0; round < kRounds; ++round) {
    const double share = std::pow(options.sharpen, round / (kRounds - 1.0));
    const double welsch = std::pow(share * options.speed / clip.fps, 2);
    CurveFit fit_x(frames), fit_z(frames);
    const auto both = [&]<size_t N>(size_t first, const std::array<double, N>& coefficients,
                                    double to_x, double to_z, double weight) {
      fit_x.add<N>(first, coefficients, to_x, weight);
      fit_z.add<N>(first, coefficients, to_z, weight);
    };
    both(0, std::array{1.0}, 0, 0, options.placed.empty() ? 1.0 : kPlaced);
    for (size_t f = 0; f < options.placed.size(); ++f)
      if (options.placed[f] != 0) both(f, std::array{1.0}, 0, 0, kPlaced);
    for (size_t f = 0; f + 1 < frames; ++f) {
      both(f, std::array{-1.0, 1.0}, 0, 0, options.small * rate * rate);
      for (const FootStep& step : steps[f]) {
        const double left_x = step.x + x[f + 1] - x[f], left_z = step.z + z[f + 1] - z[f];
        const double kept = std::exp(-(left_x * left_x + left_z * left_z) / welsch);
        both(f, std::array{-1.0, 1.0}, -step.x, -step.z, step.touch * kept * rate * rate);
      }
    }
    for (size_t f = 0; f + 3 < frames; ++f) both(f, std::array{-1.0, 3.0, -3.0, 1.0}, 0, 0, smooth);
    x = std::move(fit_x).solve();
    z = std::move(fit_z).solve();
  }
  Clip out = clip;
  for (size_t f = 0; f < frames; ++f)
    out.root_positions[f] +=
        Vec3{static_cast<float>(x[f] - x[0]), 0, static_cast<float>(z[f] - z[0])};
  return out;
}

}  // namespace pantomime::motion
