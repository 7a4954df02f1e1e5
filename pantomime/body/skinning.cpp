#include "pantomime/base/error.h"
#include "pantomime/body/character.h"

namespace pantomime::body {

using motion::Mat3;
using motion::Quat;

namespace {

/// v' = m v + t, by rows.
struct Affine {
  float m[3][3];
  float t[3];
};

/// world_from_bind of every joint in one frame.
std::vector<Affine> joint_transforms(const Character& c, const motion::WorldPose& pose,
                                     size_t frame) {
  const size_t joints = c.bind_positions.size();
  PANTOMIME_CHECK(c.bind_rotations.size() == joints && c.skeleton.joint_count() == joints,
                  "skinning: {} bind positions, {} bind rotations, {} joints; expected one number",
                  joints, c.bind_rotations.size(), c.skeleton.joint_count());
  PANTOMIME_CHECK((frame + 1) * joints <= pose.positions.size() &&
                      pose.positions.size() == pose.rotations.size(),
                  "skinning: frame {} of {} joints is not in a pose of {} joint frames", frame,
                  joints, pose.positions.size());
  std::vector<Affine> out(joints);
  for (size_t j = 0; j < joints; ++j) {
    const Quat turn = pose.rotations[frame * joints + j] * conjugate(c.bind_rotations[j]);
    const Mat3 m = to_matrix(turn);
    const Vec3 t = pose.positions[frame * joints + j] - m * c.bind_positions[j];
    for (size_t r = 0; r < 3; ++r)
      for (size_t k = 0; k < 3; ++k) out[j].m[r][k] = m.m[r][k];
    out[j].t[0] = t.x, out[j].t[1] = t.y, out[j].t[2] = t.z;
  }
  return out;
}

/// Weighted mean of the transforms of up to four joints.
Affine blend(const std::vector<Affine>& transforms, const std::array<uint8_t, 4>& joints,
             const std::array<float, 4>& weights) {
  Affine out{};
  for (size_t k = 0; k < 4; ++k) {
    const float w = weights[k];
    if (w == 0) continue;
    const Affine& a = transforms[joints[k]];
    for (size_t r = 0; r < 3; ++r) {
      for (size_t c = 0; c < 3; ++c) out.m[r][c] += w * a.m[r][c];
      out.t[r] += w * a.t[r];
    }
  }
  return out;
}

Vec3 turned(const Affine& a, Vec3 v) {
  return {a.m[0][0] * v.x + a.m[0][1] * v.y + a.m[0][2] * v.z,
          a.m[1][0] * v.x + a.m[1][1] * v.y + a.m[1][2] * v.z,
          a.m[2][0] * v.x + a.m[2][1] * v.y + a.m[2][2] * v.z};
}

Vec3 moved(const Affine& a, Vec3 v) {
  return turned(a, v) + Vec3{a.t[0], a.t[1], a.t[2]};
}

}  // namespace

void skin(const Character& character, const SkinnedMesh& mesh, const motion::WorldPose& pose,
          size_t frame, std::vector<Vec3>& positions, std::vector<Vec3>* normals) {
  const std::vector<Affine> transforms = joint_transforms(character, pose, frame);
  const size_t count = mesh.positions.size();
  PANTOMIME_CHECK(
      mesh.joints.size() == count && mesh.weights.size() == count && mesh.normals.size() == count,
      "skinning: mesh \"{}\" has {} positions, {} normals, {} joints, {} weights", mesh.name, count,
      mesh.normals.size(), mesh.joints.size(), mesh.weights.size());
  for (const auto& four : mesh.joints)
    for (const uint8_t j : four)
      PANTOMIME_CHECK(j < transforms.size(), "skinning: mesh \"{}\" uses joint {} of {}", mesh.name,
                      j, transforms.size());
  positions.resize(count);
  if (normals != nullptr) normals->resize(count);
  for (size_t v = 0; v < count; ++v) {
    const Affine a = blend(transforms, mesh.joints[v], mesh.weights[v]);
    positions[v] = moved(a, mesh.positions[v]);
    if (normals != nullptr) (*normals)[v] = normalized(turned(a, mesh.normals[v]), {0, 1, 0});
  }
}

Vec3 skin(const Character& character, const Landmark& landmark, const motion::WorldPose& pose,
          size_t frame) {
  const std::vector<Affine> transforms = joint_transforms(character, pose, frame);
  for (const uint8_t j : landmark.joints)
    PANTOMIME_CHECK(j < transforms.size(), "skinning: landmark \"{}\" uses joint {} of {}",
                    landmark.name, j, transforms.size());
  return moved(blend(transforms, landmark.joints, landmark.weights), landmark.position);
}

motion::Clip bind_pose(const Character& character) {
  motion::Clip clip;
  clip.skeleton = character.skeleton;
  clip.root_positions = {character.bind_positions.at(0)};
  clip.rotations = motion::local_rotations(character.skeleton, character.bind_rotations);
  return clip;
}

}  // namespace pantomime::body
