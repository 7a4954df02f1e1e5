#include "pantomime/body/parts.h"

#include <algorithm>

#include "pantomime/base/error.h"

namespace pantomime::body {

using namespace motion;  // NOLINT: the joints' names

const std::array<std::string_view, kPartCount> kPartNames = {"none",
                                                             "torso_back",
                                                             "torso_front",
                                                             "right_hand",
                                                             "left_hand",
                                                             "left_foot",
                                                             "right_foot",
                                                             "right_upper_leg_back",
                                                             "left_upper_leg_back",
                                                             "right_upper_leg_front",
                                                             "left_upper_leg_front",
                                                             "right_lower_leg_back",
                                                             "left_lower_leg_back",
                                                             "right_lower_leg_front",
                                                             "left_lower_leg_front",
                                                             "left_upper_arm_inside",
                                                             "right_upper_arm_inside",
                                                             "left_upper_arm_outside",
                                                             "right_upper_arm_outside",
                                                             "left_lower_arm_inside",
                                                             "right_lower_arm_inside",
                                                             "left_lower_arm_outside",
                                                             "right_lower_arm_outside",
                                                             "head_right",
                                                             "head_left"};

const std::array<std::string_view, kCocoCount> kCocoNames = {
    "nose",           "left_eye",   "right_eye",   "left_ear",   "right_ear",   "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip",
    "right_hip",      "left_knee",  "right_knee",  "left_ankle", "right_ankle"};

const std::array<std::string_view, kNtuCount> kNtuNames = {
    "spine_base",     "spine_mid",     "neck",       "head",           "left_shoulder",
    "left_elbow",     "left_wrist",    "left_hand",  "right_shoulder", "right_elbow",
    "right_wrist",    "right_hand",    "left_hip",   "left_knee",      "left_ankle",
    "left_foot",      "right_hip",     "right_knee", "right_ankle",    "right_foot",
    "spine_shoulder", "left_hand_tip", "left_thumb", "right_hand_tip", "right_thumb"};

const std::array<std::string_view, 17> kLandmarkNames = {
    "nose",           "left_eye",       "right_eye",       "left_ear",   "right_ear",
    "head_centre",    "head_top",       "left_hand",       "right_hand", "left_hand_tip",
    "right_hand_tip", "left_thumb_tip", "right_thumb_tip", "left_heel",  "right_heel",
    "left_toe_tip",   "right_toe_tip"};

Part part_of(int joint, Vec3 position, Vec3 normal) {
  const bool front = normal.z >= 0, outside = normal.y >= 0;
  switch (joint) {
    case motion::kNeck:
    case motion::kHead:
      return position.x >= 0 ? Part::HeadLeft : Part::HeadRight;
    case motion::kLeftHip:
      return front ? Part::LeftUpperLegFront : Part::LeftUpperLegBack;
    case motion::kRightHip:
      return front ? Part::RightUpperLegFront : Part::RightUpperLegBack;
    case motion::kLeftKnee:
      return front ? Part::LeftLowerLegFront : Part::LeftLowerLegBack;
    case motion::kRightKnee:
      return front ? Part::RightLowerLegFront : Part::RightLowerLegBack;
    case motion::kLeftAnkle:
    case motion::kLeftFoot:
      return Part::LeftFoot;
    case motion::kRightAnkle:
    case motion::kRightFoot:
      return Part::RightFoot;
    case motion::kLeftShoulder:
      return outside ? Part::LeftUpperArmOutside : Part::LeftUpperArmInside;
    case motion::kRightShoulder:
      return outside ? Part::RightUpperArmOutside : Part::RightUpperArmInside;
    case motion::kLeftElbow:
      return outside ? Part::LeftLowerArmOutside : Part::LeftLowerArmInside;
    case motion::kRightElbow:
      return outside ? Part::RightLowerArmOutside : Part::RightLowerArmInside;
    case motion::kLeftWrist:
      return Part::LeftHand;
    case motion::kRightWrist:
      return Part::RightHand;
    default:
      return front ? Part::TorsoFront : Part::TorsoBack;
  }
}

void label_parts(const Character& character, SkinnedMesh& mesh) {
  mesh.parts.resize(mesh.positions.size());
  for (size_t v = 0; v < mesh.positions.size(); ++v) {
    const size_t j = mesh.joints[v][0];
    const Quat to_joint = conjugate(character.bind_rotations[j]);
    mesh.parts[v] = static_cast<uint8_t>(
        part_of(static_cast<int>(j), to_joint * (mesh.positions[v] - character.bind_positions[j]),
                to_joint * mesh.normals[v]));
  }
}

namespace {

/// Reads joints and landmarks of one frame by name.
class Points {
 public:
  Points(const Character& character, const WorldPose& pose, size_t frame)
      : character_(character), pose_(pose), frame_(frame) {
    PANTOMIME_CHECK((frame + 1) * kJointCount <= pose.positions.size(),
                    "joints: frame {} is not in a pose of {} joint positions", frame,
                    pose.positions.size());
  }
  Vec3 operator()(Joint joint) const {
    return pose_.positions[frame_ * kJointCount + static_cast<size_t>(joint)];
  }
  Vec3 operator()(std::string_view landmark) const {
    for (const Landmark& l : character_.landmarks)
      if (l.name == landmark) return skin(character_, l, pose_, frame_);
    fail("joints: the character \"{}\" has no landmark \"{}\"", character_.description, landmark);
  }

 private:
  const Character& character_;
  const WorldPose& pose_;
  size_t frame_;
};

}  // namespace

std::vector<Vec3> coco_keypoints(const Character& character, const WorldPose& pose, size_t frame) {
  const Points at(character, pose, frame);
  return {at("nose"),        at("left_eye"),     at("right_eye"), at("left_ear"),  at("right_ear"),
          at(kLeftShoulder), at(kRightShoulder), at(kLeftElbow),  at(kRightElbow), at(kLeftWrist),
          at(kRightWrist),   at(kLeftHip),       at(kRightHip),   at(kLeftKnee),   at(kRightKnee),
          at(kLeftAnkle),    at(kRightAnkle)};
}

std::vector<Vec3> ntu_joints(const Character& character, const WorldPose& pose, size_t frame) {
  const Points at(character, pose, frame);
  const auto joints = ntu_joints(at, at);
  return {joints.begin(), joints.end()};
}

float ankle_height(const Character& character) {
  const float ankle =
      std::min(character.bind_positions[kLeftAnkle].y, character.bind_positions[kRightAnkle].y);
  float low = ankle;
  for (const SkinnedMesh& mesh : character.meshes)
    for (const Vec3 p : mesh.positions) low = std::min(low, p.y);
  return ankle - low;
}

}  // namespace pantomime::body
