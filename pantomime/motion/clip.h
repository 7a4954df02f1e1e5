// A motion clip: a skeleton and its pose in F frames.
#pragma once

#include <string>
#include <vector>

#include "pantomime/motion/skeleton.h"

namespace pantomime::motion {

/// Frame rate of everything inside Pantomime, frames per second.
inline constexpr double kFps = 30.0;

/// F frames of a J-joint skeleton. In memory frame by frame: rotations[f * J + j].
struct Clip {
  Skeleton skeleton;
  double fps = kFps;
  std::vector<Vec3> root_positions;  ///< [F] metres, of joint 0 in the world
  std::vector<Quat> rotations;       ///< [F * J] unit, joint in its parent's frame (root: world)
  /// Foreign rigs may move joints within their parents. translations[f * M + m] then replaces the
  /// offset of joint moving_joints[m] (never the root) in frame f. Empty for canonical clips.
  std::vector<int> moving_joints;  ///< [M]
  std::vector<Vec3> translations;  ///< [F * M] metres

  size_t frame_count() const { return root_positions.size(); }
  size_t joint_count() const { return skeleton.joint_count(); }
  double seconds() const { return static_cast<double>(frame_count()) / fps; }
  Quat& rotation(size_t f, size_t j) { return rotations[f * joint_count() + j]; }
  const Quat& rotation(size_t f, size_t j) const { return rotations[f * joint_count() + j]; }
  /// Throws Error when array sizes disagree, fps is not in [1, 1000], or a number is not finite.
  void validate() const;
};

/// Joint frames of a clip in the world.
struct WorldPose {
  std::vector<Vec3> positions;  ///< [F * J] metres
  std::vector<Quat> rotations;  ///< [F * J] world_from_joint
};

/// Forward kinematics: p_child = p_parent + R_parent offset, R_child = R_parent r_child.
WorldPose forward_kinematics(const Clip& clip);

/// Local rotations from world rotations [F * J] (inverse of the rotation part of FK).
std::vector<Quat> local_rotations(const Skeleton& skeleton, const std::vector<Quat>& world);

/// The same motion at another rate, by time: slerp for rotations, linear for positions. The result
/// has floor((F-1) * fps / clip.fps + 1e-6) + 1 frames, so it never reaches past the last frame.
Clip resample(const Clip& clip, double fps);

/// Frames [first, first + count). Throws Error when they are not all there.
Clip cut(const Clip& clip, size_t first, size_t count);

/// Left and right exchanged: the reflection in the plane x = 0. Only for canonical clips.
Clip mirror(const Clip& clip);

/// Turned about +Y and moved, so that `frame` stands over the origin facing +Z. Heights stay.
Clip face_forward(const Clip& clip, size_t frame = 0);

/// Whole clip rotated by `turn` about the origin, then moved by `shift`.
Clip transformed(const Clip& clip, Quat turn, Vec3 shift);

}  // namespace pantomime::motion
