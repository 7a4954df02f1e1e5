#include "pantomime/motion/two_bone_ik.h"

#include <algorithm>

namespace pantomime::motion {

TwoBoneSolution solve_two_bones(const TwoBones& limb, Vec3 target, float straightest) {
  const float a = length(limb.upper), b = length(limb.lower);
  TwoBoneSolution solution;
  if (a < 1e-6f || b < 1e-6f) {
    solution.missed = length(target - (limb.root + limb.upper + limb.lower));
    return solution;
  }
  const float nearest = std::max(std::abs(a - b), 1e-4f);
  const float farthest = std::max(straightest * (a + b), nearest);
  const float distance = std::clamp(length(target - limb.root), nearest, farthest);

  // Turning the lower bone about the hinge by t brings its part across the hinge to angle (now + t)
  // from the upper bone's, so upper . lower = along + across cos(now + t). It must become what the
  // law of cosines says for the wanted distance.
  const Vec3 hinge = normalized(limb.hinge, {1, 0, 0});
  const float upper_along = dot(limb.upper, hinge), lower_along = dot(limb.lower, hinge);
  const Vec3 upper = limb.upper - upper_along * hinge, lower = limb.lower - lower_along * hinge;
  const float across = std::max(length(upper) * length(lower), 1e-9f);
  const float now = std::atan2(dot(cross(upper, lower), hinge), dot(upper, lower));
  const float wanted = 0.5f * (distance * distance - a * a - b * b) - upper_along * lower_along;
  const Quat bend =
      from_axis_angle(hinge, std::acos(std::clamp(wanted / across, -1.0f, 1.0f)) - now);

  const Vec3 reach = limb.upper + bend * limb.lower;
  solution.upper_turn = rotation_between(reach, target - limb.root);
  solution.lower_turn = normalized(solution.upper_turn * bend);
  solution.missed = length(limb.root + solution.upper_turn * reach - target);
  return solution;
}

}  // namespace pantomime::motion
