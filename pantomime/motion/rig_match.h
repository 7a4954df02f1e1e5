// Finds the joints of a stranger's rig: hips, spine, limbs, by their names and by where they are.
#pragma once

#include <array>
#include <string>

#include "pantomime/motion/retarget.h"

namespace pantomime::motion {

/// How a joint was found.
enum class FoundBy { Nothing, Name, Place };

struct RigMatch {
  Mapping mapping;
  std::array<FoundBy, kJointCount> by{};  ///< of the joint that drives each canonical one
};

/// A mapping for a rig of which only the rest pose is known: `rest`, a clip of one frame, y up
/// (glTF), standing on y = 0. Hands, feet, head and hips are taken by their names where names tell
/// (Mixamo's, Blender's, Unreal's, 3ds Max's, VRM's and the like), else by their places: feet are
/// the ends of the two lowest limbs, hands those that reach out furthest. What lies between is told
/// by the tree: knees and elbows halve their limbs, collars come before shoulders, the chest is
/// where the arms meet. Which side is left: by names, else by where the toes point, else x. Throws
/// Error naming `what` for a rig without two legs, without two arms, without a spine between, or
/// without a head.
RigMatch match_rig(const Clip& rest, const std::string& what);

}  // namespace pantomime::motion
