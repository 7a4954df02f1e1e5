// Inverse kinematics of two bones and a hinge: legs and arms.
#pragma once

#include "pantomime/motion/rotation.h"

namespace pantomime::motion {

/// A limb as it stands in the world, metres: thigh and shin, or upper arm and forearm.
struct TwoBones {
  Vec3 root;   ///< hip or shoulder
  Vec3 upper;  ///< from root to middle joint
  Vec3 lower;  ///< from middle joint to end
  Vec3 hinge;  ///< unit axis; turning the lower bone about it bends the limb (knees: body's +X)
};

/// Turns in the world that bring the end to the target: new R_upper = upper_turn * R_upper, new
/// R_lower = lower_turn * R_lower.
struct TwoBoneSolution {
  Quat upper_turn;
  Quat lower_turn;
  float missed = 0;  ///< metres left between end and target; 0 when the target is in reach
};

/// Closed-form solution: the lower bone turns about `hinge`, then the whole limb swings by the
/// shortest arc. Bones keep their lengths, the limb never bends backwards (one that did is bent
/// forward by as much), and a target out of reach is approached as far as `straightest` times the
/// stretched length allows. The solution is continuous in all inputs, also where the limb is
/// straight.
TwoBoneSolution solve_two_bones(const TwoBones& limb, Vec3 target, float straightest = 1.0f);

}  // namespace pantomime::motion
