// A tree of joints with fixed bone offsets, and the canonical body skeleton.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/rotation.h"

namespace pantomime::motion {

/// J joints. Joint 0 is the root; parents come before children. In the rest pose all joint frames
/// are parallel to the world's.
struct Skeleton {
  /// A leaf point that moves with a joint but has no rotation (BVH "End Site").
  struct EndSite {
    int parent;   ///< joint index
    Vec3 offset;  ///< metres, in the parent's frame
  };

  std::vector<std::string> names;  ///< [J]
  std::vector<int> parents;        ///< [J], -1 for the root
  std::vector<Vec3> offsets;       ///< [J] metres, from the parent, in the parent's frame
  std::vector<EndSite> end_sites;

  size_t joint_count() const { return names.size(); }
  std::optional<int> find(std::string_view name) const;  ///< exact name
  /// Throws Error when arrays differ in length, a parent does not precede its child, a name is
  /// empty or used twice, or an offset is not finite.
  void validate() const;
};

/// The 22 body joints of SMPL in SMPL's order, so that AMASS, HumanML3D, BABEL and NTU data meet
/// ours. Names as in smplx (Vchoutas et al.), `joint_names.py`.
enum Joint : int {
  kPelvis,
  kLeftHip,
  kRightHip,
  kSpine1,
  kLeftKnee,
  kRightKnee,
  kSpine2,
  kLeftAnkle,
  kRightAnkle,
  kSpine3,
  kLeftFoot,
  kRightFoot,
  kNeck,
  kLeftCollar,
  kRightCollar,
  kHead,
  kLeftShoulder,
  kRightShoulder,
  kLeftElbow,
  kRightElbow,
  kLeftWrist,
  kRightWrist,
};
inline constexpr int kJointCount = 22;

extern const std::array<std::string_view, kJointCount> kJointNames;
extern const std::array<int, kJointCount> kJointParents;
/// Joint on the other side of the body; itself for the spine.
extern const std::array<int, kJointCount> kMirrorJoint;

/// The canonical joint called `name`, or nothing.
std::optional<int> find_joint(std::string_view name);

/// Geometry of a body: the numbers that fix its bone offsets in the canonical rest pose, a T-pose
/// in which upper arms and forearms lie along +-X and thighs and shins along -Y. Left and right are
/// mirror images. Metres.
///   0..9    spine1 spine2 spine3 neck head: y, z each (x is 0)
///   10..12  left collar x y z        13..15  left shoulder x y z
///   16      upper arm length         17      forearm length
///   18..20  left hip x y z           21      thigh length      22  shin length
///   23..25  left foot (toe base, from the ankle) x y z
inline constexpr int kGeometrySize = 26;
using Geometry = std::array<float, kGeometrySize>;

/// Bone offsets [22] (pelvis: zero) of a geometry.
std::array<Vec3, kJointCount> offsets_of(const Geometry& geometry);
/// Nearest geometry of any bone offsets [22]: the mean of left and mirrored right; limb bones keep
/// their length. geometry_of(offsets_of(g)) == g.
Geometry geometry_of(std::span<const Vec3> offsets);
/// Canonical skeleton with these bones.
Skeleton canonical_skeleton(const Geometry& geometry);
/// Canonical skeleton with any 22 offsets (a recorded person's own, left and right may differ).
Skeleton canonical_skeleton(std::span<const Vec3> offsets);
/// Mean adult of the motion capture sets (about 1.70 m tall): a default for tests and fallbacks.
const Geometry& default_geometry();
/// Height of the head joint above the ankles' level plus 0.17 m of skull and 0.07 m of foot: a
/// rough stature in metres, for reports.
float approximate_stature(const Geometry& geometry);

}  // namespace pantomime::motion
