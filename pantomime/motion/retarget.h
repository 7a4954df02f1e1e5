// From a foreign skeleton to the canonical one.
#pragma once

#include <array>
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
///
/// R is found from the source's rest pose (all rotations zero). The pelvis starts with A^-1, every
/// other joint with its parent's R. Then a joint whose bone has a known direction t in the
/// canonical rest pose is swung by the smallest rotation that brings t to the bone's direction in
/// the source's rest pose. Known are the limbs, +-X for upper arms and forearms and -Y for thighs
/// and shins, so a rest pose with splayed legs or hanging arms comes out right, hinges too.
struct Mapping {
  std::string name;
  Axes axes;
  /// [22] name of the source joint whose rotation drives each canonical joint; empty: the joint
  /// does not move by itself (rotation of its parent).
  std::array<std::string, kJointCount> rotation_from;
  /// [22] where the joint is: name of a source joint, "NAME/end" for its first end site, or either
  /// with "@U": the point U (0 to 1) of the way there from its parent. Empty: same as
  /// rotation_from, or, when that is empty too, on its canonical parent.
  std::array<std::string, kJointCount> position_from;
  /// Frame of a canonical joint in the source joint's frame (R above), instead of finding it.
  std::array<std::optional<Quat>, kJointCount> frames;
  /// Direction, in the canonical rest pose, of the bone that ENDS in this joint (t above).
  std::array<std::optional<Vec3>, kJointCount> directions;
  /// The source's rest pose is a frame of some motion, not a pose made for it: pelvis and chest are
  /// then squared up by the lines through the hips and through the shoulders.
  bool posed_rest = false;
  /// Length in metres of the bone that ends in this joint, where the source's is arbitrary (tips of
  /// feet and the like). Only for joints without children: feet, head, wrists.
  std::array<std::optional<float>, kJointCount> lengths;
  /// The source is no human figure: take its rotations only, put default_geometry() under them, and
  /// scale the path of the pelvis by the length of the legs; feet stay as high as they were.
  bool average_body = false;
  /// Some conversions lost a bone: `joint` sits on its parent. It is moved by `times` the offset of
  /// `like`.
  struct LostBone {
    std::string joint, like;
    float times = 1;
  };
  std::vector<LostBone> lost_bones;
  /// Joint names that must all exist for this mapping to apply (used to recognise a rig).
  std::vector<std::string> signature;
  double floor_offset = 0;  ///< metres added to heights after the floor was found
};

/// The clip on the canonical skeleton, at the clip's own frame rate, in our axes and metres (source
/// lengths times axes.metres_per_unit). Bone offsets are the recording's own: FK gives the
/// positions of the source's joints exactly where these are rigid to each other, else with the mean
/// bone over the frames. Where the source's solver chose a leg's other solution (knee bent
/// backwards on a thigh turned half about itself, or foot sole up), the leg gets the human one with
/// the same positions. Throws Error naming the mapping and the joint when a joint is missing.
Clip to_canonical(const Clip& source, const Mapping& mapping);

/// The other way: a canonical clip on a foreign rig, in the rig's own axes and units, at the clip's
/// frame rate, for people who go on working with that rig. `rig` is any clip of it (its motion
/// doesn't matter, but where joints slide they stay at their mean). Every joint that the mapping
/// names turns as the canonical joint does; the others keep their zero pose. The path of the pelvis
/// is scaled by the length of the legs. to_rig(to_canonical(clip)) gives back the named joints'
/// positions where legs bent the human way. Throws Error like to_canonical().
Clip to_rig(const Clip& canonical, const Clip& rig, const Mapping& mapping);

/// Height of the floor under a canonical clip, metres: the 3rd percentile over the frames of the
/// lowest foot joint (some frames dip below through noise), minus the 2 cm by which a toe joint
/// lies above the sole.
float floor_height(const Clip& clip);

/// The clip moved up or down so that its floor is at `floor_offset`.
Clip on_floor(const Clip& clip, double floor_offset = 0);

}  // namespace pantomime::motion
