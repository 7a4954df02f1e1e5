// Where the 22 canonical joints lie in a body, and how their frames are turned in its rest pose.
//
// The bodies are made standing with the arms half down. The canonical rest pose is a T-pose in
// which all joint frames are parallel to the world, so each joint gets the frame that its T-pose
// frame becomes when the body takes the pose it was made in:
//   pelvis, spine, neck, head, collars, ankles, feet   the world's frame: upright, looking to +z,
//                                                      soles flat, toes forward
//   shoulders, hips, knees                             the parent's frame, swung the short way so
//                                                      that the bone's T-pose direction (+-x, -y)
//                                                      lies along the bone
//   elbows       the same, then turned about the forearm by half of the angle to the wrist, which
//                spreads the twist of a T-pose's flat hand over the forearm
//   wrists       x along the hand, y out of its back: identity is a straight hand, palm down
// Offsets follow: offset_j = R_parent^-1 (p_j - p_parent), upper arms and forearms along +-x,
// thighs and shins along -y.
#pragma once

#include <span>
#include <vector>

#include "pantomime/body/body_assets.h"
#include "pantomime/body/shape.h"

namespace pantomime::body {

struct Binding {
  std::vector<Vec3> positions;          ///< [22] metres, world
  std::vector<motion::Quat> rotations;  ///< [22] world_from_joint
  motion::Skeleton skeleton;            ///< canonical; offsets are this body's bones
};

/// Mean position of a regressor.
Vec3 locate(const Regressor& regressor, std::span<const Vec3> points);

/// Joints of a body given by its points [V] (morph.h).
Binding bind_joints(const BodyAssets& assets, std::span<const Vec3> points);

/// Bone geometry of a shape.
motion::Geometry geometry_of(const BodyAssets& assets, const BodyShape& shape);

}  // namespace pantomime::body
