// From a foreign skeleton to the canonical one.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pantomime/motion/axes.h"
#include "pantomime/motion/clip.h"

namespace pantomime::motion {

/// How one family of foreign rigs maps to the canonical skeleton. Filled from a TOML mapping file
/// (formats/mapping_file.h); see docs/MAPPINGS.md for how to write one.
///
/// World rotations carry over as G_canonical(j) = A * G_source(s(j)) * R(j): A turns the source's
/// axes into ours, s(j) is the source joint, and the constant R(j) is how the canonical joint frame
/// lies in the source joint's frame, so that in the canonical rest pose the bones form a T-pose.
struct Mapping {
  std::string name;
  Axes axes;
  /// [22] name of the source joint whose rotation drives each canonical joint; empty: the joint does
  /// not move by itself (rotation of its parent).
  std::array<std::string, kJointCount> rotation_from;
  /// [22] name of the source joint (or "NAME/end" for an end site) whose position it takes; empty:
  /// same as rotation_from, or, when that is empty too, on its parent.
  std::array<std::string, kJointCount> position_from;
  /// Optional frame of a canonical joint in the source joint's frame (R above). Where absent: the
  /// parent's R, then the smallest swing that brings the bone to the T-pose direction (limbs only).
  std::array<std::optional<Quat>, kJointCount> frames;
  /// Joint names that must all exist for this mapping to apply (used to recognise a rig).
  std::vector<std::string> signature;
  double floor_offset = 0;  ///< metres added to heights after the floor was found
};

/// The clip on the canonical skeleton, at the clip's own frame rate, in our axes and metres. Bone
/// offsets are the recording's own (mean over frames where the source stretches bones). Throws Error
/// naming the mapping and the joint when a joint is missing.
Clip to_canonical(const Clip& source, const Mapping& mapping);

}  // namespace pantomime::motion
