// A person made of formulas who walks, stands, jumps: what the ground truth of every check is known
// for.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/motion/clip.h"
#include "pantomime/motion/contacts.h"
#include "pantomime/motion/fit_to_body.h"
#include "pantomime/motion/two_bone_ik.h"

namespace pantomime::test {

struct WalkOptions {
  double seconds = 4;
  double step = 0.6;   ///< metres from footprint to footprint; 0: walks on the spot
  double rate = 1.8;   ///< steps a second
  double swing = 0.4;  ///< radians of the arms
};

/// Puts both feet flat at the given places (of the ankles), with the pelvis where it is.
inline void place_feet(motion::Clip& clip, size_t f, const std::array<motion::Vec3, 2>& ankles) {
  using namespace motion;
  constexpr std::array<std::array<Joint, 3>, 2> kLegs = {
      {{kLeftHip, kLeftKnee, kLeftAnkle}, {kRightHip, kRightKnee, kRightAnkle}}};
  const auto& o = clip.skeleton.offsets;
  for (size_t l = 0; l < 2; ++l) {
    const auto [hip, knee, ankle] = kLegs[l];
    const TwoBones limb{.root = clip.root_positions[f] + o[hip],
                        .upper = o[knee],
                        .lower = o[ankle],
                        .hinge = {1, 0, 0}};
    const TwoBoneSolution s = solve_two_bones(limb, ankles[l], 0.999f);
    clip.rotation(f, hip) = s.upper_turn;
    clip.rotation(f, knee) = normalized(conjugate(s.upper_turn) * s.lower_turn);
    clip.rotation(f, ankle) = conjugate(s.lower_turn);
  }
}

/// Walks along +Z on footprints that don't move; arms swing, the trunk sways, nothing is still.
inline motion::Clip synthetic_walk(const WalkOptions& options = {}) {
  using namespace motion;
  Clip clip;
  clip.skeleton = canonical_skeleton(default_geometry());
  const auto& o = clip.skeleton.offsets;
  const float leg = leg_length(clip.skeleton);
  const float heel = rest_heights(clip.skeleton)[kLeftHeel];
  constexpr double kTurn = 2 * std::numbers::pi;
  // Where a foot is at phase p (a whole number at each of its footprints' middles): stands for 0.6
  // of its cycle of two steps, then swings.
  const auto foot = [&](double p, float x) {
    const double print = std::floor(p + 0.3), u = (p + 0.3 - print - 0.6) / 0.4;
    const double s = u <= 0 ? 0 : u - std::sin(kTurn * u) / kTurn;
    const double lift = u <= 0 ? 0 : 0.5 - 0.5 * std::cos(kTurn * u);
    return Vec3{x, heel + static_cast<float>(0.07 * lift),
                static_cast<float>(2 * options.step * (print + s))};
  };
  const auto frames = static_cast<size_t>(options.seconds * clip.fps);
  clip.rotations.resize(frames * kJointCount);
  for (size_t f = 0; f < frames; ++f) {
    const double t = static_cast<double>(f) / clip.fps, p = t * options.rate / 2;
    clip.root_positions.push_back(
        {static_cast<float>(0.015 * std::sin(kTurn * p)),
         0.90f * leg + static_cast<float>(0.012 * std::cos(2 * kTurn * p)),
         static_cast<float>(2 * options.step * p)});
    // The right foot is half a cycle behind in phase, so a step behind in space.
    Vec3 right = foot(p + 0.5, o[kRightHip].x);
    right.z -= static_cast<float>(options.step);
    place_feet(clip, f, {foot(p, o[kLeftHip].x), right});
    const auto arm = static_cast<float>(options.swing * std::sin(kTurn * p));
    const auto hang = [](float side) { return from_axis_angle({0, 0, 1}, side); };
    clip.rotation(f, kLeftShoulder) = from_axis_angle({1, 0, 0}, arm) * hang(-1.3f);
    clip.rotation(f, kRightShoulder) = from_axis_angle({1, 0, 0}, -arm) * hang(1.3f);
    clip.rotation(f, kLeftElbow) = from_axis_angle({0, 1, 0}, -0.3f - 0.3f * arm);
    clip.rotation(f, kRightElbow) = from_axis_angle({0, 1, 0}, 0.3f - 0.3f * arm);
    clip.rotation(f, kSpine2) = from_axis_angle({0, 1, 0}, 0.2f * arm);
    clip.rotation(f, kNeck) = from_axis_angle({1, 0, 0}, 0.1f * arm);
  }
  return clip;
}

/// A jump up of some seconds in the air, in free fall under `gravity`, after and before half a
/// second of standing.
inline motion::Clip synthetic_jump(double air, double gravity = 9.81) {
  using namespace motion;
  Clip clip = synthetic_walk({.seconds = 1 + air, .step = 0, .rate = 1});
  const auto& o = clip.skeleton.offsets;
  const float heel = rest_heights(clip.skeleton)[kLeftHeel];
  const float height = 0.97f * leg_length(clip.skeleton);
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    const double t = static_cast<double>(f) / clip.fps - 0.5;
    const auto up = static_cast<float>(t > 0 && t < air ? gravity / 2 * t * (air - t) : 0.0);
    // Legs bend a little and never rest; the body's middle falls freely.
    const auto bend = static_cast<float>(0.012 * std::sin(4 * t));
    clip.root_positions[f] = {0, height + up + bend, 0};
    place_feet(clip, f, {Vec3{o[kLeftHip].x, heel + up, 0}, Vec3{o[kRightHip].x, heel + up, 0}});
  }
  return clip;
}

/// A body that crouches by `depth` within `seconds` and stays there.
inline motion::Clip crouching(double depth, double seconds) {
  using namespace motion;
  Clip clip = synthetic_walk({.seconds = seconds + 1, .step = 0, .rate = 1e-3});
  const auto& o = clip.skeleton.offsets;
  const float heel = rest_heights(clip.skeleton)[kLeftHeel];
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    const double u = std::clamp(static_cast<double>(f) / clip.fps / seconds, 0.0, 1.0);
    const double s = u - std::sin(2 * std::numbers::pi * u) / (2 * std::numbers::pi);
    clip.root_positions[f] = {0, 0.97f * leg_length(clip.skeleton) - static_cast<float>(depth * s),
                              0};
    place_feet(clip, f, {Vec3{o[kLeftHip].x, heel, 0}, Vec3{o[kRightHip].x, heel, 0}});
  }
  return clip;
}

}  // namespace pantomime::test
