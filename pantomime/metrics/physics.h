// Does a motion obey what bodies and floors do? Everything here is measured on joint positions in
// metres, Y up, floor at y = 0, 30 frames per second, so real, generated and foreign motion are
// measured alike.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::metrics {

/// Joint positions of one clip: positions[f * joints + j]. A view; does not own.
struct JointPath {
  std::span<const motion::Vec3> positions;
  size_t joints = motion::kJointCount;

  size_t frames() const { return positions.size() / joints; }
  const motion::Vec3& at(size_t f, size_t j) const { return positions[f * joints + j]; }
};

/// One path for each, of usual joints; views of what must stay.
std::vector<JointPath> paths_of(std::span<const std::vector<motion::Vec3>> positions);

/// Share of frames in which a foot skates: GMD's ratio (Karunratanakul et al. 2023, its code). A
/// toe (joint 10 or 11) skates from frame f to f + 1 when it is below 0.05 m in both, moves
/// horizontally faster than 0.50 m/s, and the mean over 5 frames (zero outside the clip) of that
/// speed is above 0.50 m/s too; either toe counts. GMD measures at 20 frames per second; here
/// speeds are times 30 and the window is still 5 frames, a sixth of a second instead of a quarter.
/// The ratio depends on the action (running skates by nature of its capture, waving hardly does):
/// compare only equal mixes of actions, or label by label. Needs 2 frames.
double skating_ratio(const JointPath& path);

/// Mean horizontal movement of standing toes, millimetres per frame (after Motius): a toe stands
/// from f to f + 1 when it moves less than 0.01 m or is less than 0.02 m above the lowest toe of
/// the clip in frame f. Zero when no toe ever stands.
double slide_mm(const JointPath& path);

/// How deep, on average over frames, the lowest of all joints is below the floor, millimetres.
double penetration_mm(const JointPath& path);

/// How high, on average over frames, the lowest of all joints is above where a standing toe is
/// (0.02 m, the height of the toe joint over the sole), less 5 mm of tolerance; millimetres. Jumps
/// count, so compare with real motion of the same actions.
double floating_mm(const JointPath& path);

/// Third differences times fps^3, metres per second cubed, averaged over frames. All zero when
/// there are fewer than four frames.
struct Jerk {
  double mean = 0;  ///< over all joints
  double root = 0;  ///< joint 0 alone
  /// Over all joints, by f mod 4, f the first of the four frames. A prior that writes tokens of 4
  /// frames without care jumps between tokens: phase 0 lies inside a token, 1 to 3 cross a border.
  std::array<double, 4> by_phase{};
  std::array<size_t, 4> frames_in_phase{};  ///< how many differences each phase has
};
Jerk jerk_of(const JointPath& path);

/// The same for each frame, mean over joints: [F - 3] values, of whose distribution a mean says
/// little (motion is calm for most of the time). Empty for fewer than four frames.
std::vector<float> frame_jerks(const JointPath& path);

/// Largest phase over the mean of the four phases; 1 for perfectly even motion.
double phase_imbalance(const std::array<double, 4>& by_phase);

/// Standard deviation over time of each bone's length, averaged over bones, millimetres; zero for
/// whatever comes from forward kinematics. Parents as in motion::kJointParents.
double bone_deviation_mm(const JointPath& path);

/// Smoothness of transitions (FlowMDM, Barquero et al. 2024). Each window has the same number of
/// frames, centred on a seam. J(s, f) = max over joints of the 1-norm over x, y, z of the third
/// difference (metres per frame cubed, no frame rate); m(f) is its mean over windows.
struct TransitionJerk {
  double peak = 0;  ///< PJ: largest m(f)
  double area = 0;  ///< AUJ: sum over f of |m(f) - reference|
};
/// `reference`: mean m(f) of real windows, from mean_jerk_profile() (FlowMDM's constants belong to
/// 20 and 30 frames per second data sets of its own). Throws Error for windows of different
/// lengths.
TransitionJerk transition_jerk(std::span<const JointPath> windows, double reference);
double mean_jerk_profile(std::span<const JointPath> windows);

/// All of the above for one clip.
struct Physics {
  double skating = 0, slide_mm = 0, penetration_mm = 0, floating_mm = 0, bone_mm = 0;
  Jerk jerk;
};
Physics measure_physics(const JointPath& path);
/// Of a canonical clip at 30 frames per second, by forward kinematics.
Physics measure_physics(const motion::Clip& clip);

}  // namespace pantomime::metrics
