// Body parts of vertices, and the joint sets of common data sets as points of a posed character.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pantomime/body/character.h"

namespace pantomime::body {

/// Labels of SkinnedMesh::parts: DensePose's 24 surfaces with DensePose's numbers (Güler et al.,
/// CVPR 2018), 0 for anything else. Left and right are the person's own. Inside and outside of
/// arms: the palm's side and the side of the back of the hand.
enum class Part : uint8_t {
  None,
  TorsoBack,
  TorsoFront,
  RightHand,
  LeftHand,
  LeftFoot,
  RightFoot,
  RightUpperLegBack,
  LeftUpperLegBack,
  RightUpperLegFront,
  LeftUpperLegFront,
  RightLowerLegBack,
  LeftLowerLegBack,
  RightLowerLegFront,
  LeftLowerLegFront,
  LeftUpperArmInside,
  RightUpperArmInside,
  LeftUpperArmOutside,
  RightUpperArmOutside,
  LeftLowerArmInside,
  RightLowerArmInside,
  LeftLowerArmOutside,
  RightLowerArmOutside,
  HeadRight,
  HeadLeft,
};
inline constexpr int kPartCount = 25;  ///< with 0
extern const std::array<std::string_view, kPartCount> kPartNames;

/// Part of a vertex that moves mostly with `joint`, from its position and normal in that joint's
/// canonical frame.
Part part_of(int joint, Vec3 position, Vec3 normal);

/// Labels of all vertices of a mesh in the bind pose of a character (fills mesh.parts).
void label_parts(const Character& character, SkinnedMesh& mesh);

/// COCO's 17 keypoints (Lin et al., ECCV 2014), in its order.
inline constexpr int kCocoCount = 17;
extern const std::array<std::string_view, kCocoCount> kCocoNames;
/// NTU RGB+D's 25 joints (Kinect 2; Shahroudy et al., CVPR 2016), in its order.
inline constexpr int kNtuCount = 25;
extern const std::array<std::string_view, kNtuCount> kNtuNames;

/// World positions [17] of COCO's keypoints in one frame. Eyes, ears and nose are points of the
/// face.
std::vector<Vec3> coco_keypoints(const Character& character, const motion::WorldPose& pose,
                                 size_t frame);
/// World positions [25] of NTU's joints in one frame.
std::vector<Vec3> ntu_joints(const Character& character, const motion::WorldPose& pose,
                             size_t frame);

/// The same from any body: `joint` gives the place of a motion::Joint, `landmark` that of a name
/// in kLandmarkNames. Kinect's spine base is between the hips, its spine shoulder at the base of
/// the neck, its neck half way up the neck, its mid spine half way between base and shoulders.
template <class Joint, class Landmark>
std::array<Vec3, kNtuCount> ntu_joints(const Joint& joint, const Landmark& landmark) {
  using namespace motion;  // NOLINT: names of joints
  const Vec3 base = lerp(joint(kPelvis), lerp(joint(kLeftHip), joint(kRightHip), 0.5f), 0.5f);
  const Vec3 top = joint(kNeck);
  return {base,
          lerp(base, top, 0.5f),
          lerp(top, joint(kHead), 0.5f),
          landmark("head_centre"),
          joint(kLeftShoulder),
          joint(kLeftElbow),
          joint(kLeftWrist),
          landmark("left_hand"),
          joint(kRightShoulder),
          joint(kRightElbow),
          joint(kRightWrist),
          landmark("right_hand"),
          joint(kLeftHip),
          joint(kLeftKnee),
          joint(kLeftAnkle),
          joint(kLeftFoot),
          joint(kRightHip),
          joint(kRightKnee),
          joint(kRightAnkle),
          joint(kRightFoot),
          top,
          landmark("left_hand_tip"),
          landmark("left_thumb_tip"),
          landmark("right_hand_tip"),
          landmark("right_thumb_tip")};
}

/// Names of the landmarks that a character must have for these sets.
extern const std::array<std::string_view, 17> kLandmarkNames;

/// Distance of the lowest vertex of the bind pose below the ankles, metres: how far above the floor
/// the ankles of a flat foot are, with the shoes worn.
float ankle_height(const Character& character);

}  // namespace pantomime::body
