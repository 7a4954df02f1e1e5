// HumanML3D's motion: 263 numbers a frame, 20 frames a second, of SMPL's 22 joints.
// Source: Guo et al., "Generating Diverse and Natural 3D Human Motions from Text", CVPR 2022, and
// what its published script computes.
//
//   0        turn of the heading to the next frame, HALF of it, radians, about +y
//   1, 2     step of the root to the next frame, x and z, metres, seen from the next frame's
//   heading 3        height of the root 4..66    joints 1 to 21: x, y, z from the point under the
//   root, seen from the heading 67..192  joints 1 to 21: turn of the bone that ENDS there, seen
//   from the bone before (from the
//            heading at the begin of each limb), as 6D: the first two COLUMNS. (MDM's copies of
//            other data sets have rows.) It is the smallest turn from a rest direction to the
//            bone's, so it knows nothing of turns about the bone.
//   193..258 joints 0 to 21: velocity, metres a frame, seen from the heading
//   259..262 left ankle, left toe, right ankle, right toe: 1 when it moves less than sqrt(0.002) m
//
// "Heading": the turn about +y that takes world to a frame in which the person looks along +z. It
// is smoothed over time. Axes are ours (y up, the person's left is +x when looking along +z). What
// HumanML3D took from HumanAct12 was mirrored on the way; its labels of sides fit all the same.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/formats/npz.h"
#include "pantomime/motion/clip.h"
#include "pantomime/motion/point_recording.h"

namespace pantomime::formats {

inline constexpr int64_t kHumanMl3dWidth = 263;
inline constexpr double kHumanMl3dFps = 20;

/// A motion as the features tell it.
struct HumanMl3d {
  motion::PointRecording joints;    ///< 22, canonical names; starts over the origin looking at +z
  std::vector<motion::Quat> bones;  ///< [F * 22] takes the rest direction of the bone that ends in
                                    ///< a joint to the world's; joint 0: world from heading
  std::vector<std::array<bool, 4>> contacts;  ///< [F] left ankle, left toe, right ankle, right toe
};

/// Rest direction of the bone that ends in each joint (joint 0: none), on which `bones` are built.
extern const std::array<motion::Vec3, motion::kJointCount> kHumanMl3dRest;

/// Reads features [F, 263] (new_joint_vecs/*.npy). `mean` and `deviation` [263] undo a model's
/// normalisation. Throws ParseError for another shape, numbers that are not finite or beyond 1e4,
/// or no frames.
HumanMl3d parse_humanml3d(std::string_view npy, const std::string& name);
HumanMl3d from_humanml3d(const NpyArray& features, const std::string& name,
                         const NpyArray* mean = nullptr, const NpyArray* deviation = nullptr);
/// Reads joints [F, 22, 3] (new_joints/*.npy).
motion::PointRecording parse_humanml3d_joints(std::string_view npy, const std::string& name);

/// How to write features.
struct HumanMl3dOptions {
  /// Length of the bone that ends in each joint, metres: HumanML3D puts everybody on the skeleton
  /// of its motion 000021 (bone_lengths() of its joints), and models trained on it expect that.
  /// Absent: the person keeps their own bones.
  std::optional<std::array<float, motion::kJointCount>> bone_lengths;
};

/// Lengths of the bones in the first frame of 22 joints.
std::array<float, motion::kJointCount> bone_lengths(const motion::PointRecording& joints);

/// The features of 22 joints at 20 frames a second: one row less than frames, as HumanML3D's script
/// computes them (put on the floor by the lowest joint, first root over the origin, first pose
/// looking along +z). Throws Error for fewer than two frames, other joints, or bones of no length.
NpyArray humanml3d_features(const motion::PointRecording& joints,
                            const HumanMl3dOptions& options = {});
/// Of a canonical clip, which is brought to 20 frames a second first.
std::string to_humanml3d(const motion::Clip& clip, const HumanMl3dOptions& options = {});
void write_humanml3d(const std::filesystem::path& path, const motion::Clip& clip,
                     const HumanMl3dOptions& options = {});
/// Joints of a canonical clip at its own frame rate.
motion::PointRecording joints_of(const motion::Clip& clip);

}  // namespace pantomime::formats
