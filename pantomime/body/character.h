// A person ready to move: meshes bound to the canonical skeleton, with materials.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pantomime/base/image.h"
#include "pantomime/motion/clip.h"
#include "pantomime/motion/skeleton.h"

namespace pantomime::body {

using motion::Vec3;

/// How a surface looks.
struct Material {
  std::string name;
  std::shared_ptr<const Image> colour;           ///< sRGB, RGB or RGBA; null: `base_colour` alone
  std::shared_ptr<const Image> normals;          ///< tangent-space normal map, or null
  std::array<float, 4> base_colour{1, 1, 1, 1};  ///< linear RGBA, multiplies the texture
  float roughness = 0.9f;                        ///< 0 … 1
  bool see_through = false;  ///< alpha of the texture is coverage (hair, lashes)
  bool two_sided = false;
};

/// One piece (body, shirt, hair, …) in the bind pose.
struct SkinnedMesh {
  std::string name;
  int material = 0;                                ///< index into Character::materials
  std::vector<Vec3> positions;                     ///< [V] metres, bind pose
  std::vector<Vec3> normals;                       ///< [V] unit, bind pose
  std::vector<std::array<float, 2>> uvs;           ///< [V] v = 0 at the top of the picture (glTF)
  std::vector<std::array<uint32_t, 3>> triangles;  ///< counter-clockwise seen from outside
  std::vector<std::array<uint8_t, 4>> joints;      ///< [V] canonical joint of each influence
  std::vector<std::array<float, 4>> weights;       ///< [V] sum to 1, largest first
  std::vector<uint8_t> parts;                      ///< [V] body part label, see parts.h
};

/// A named point that moves with the body although no mesh need have a vertex there (eyes, ears,
/// nose, finger tips, heels): see parts.h for the joint definitions made from them.
struct Landmark {
  std::string name;
  Vec3 position;  ///< metres, bind pose
  std::array<uint8_t, 4> joints{};
  std::array<float, 4> weights{1, 0, 0, 0};  ///< sum to 1
};

/// A licence and its holder, carried into every output.
struct Credit {
  std::string item, author, licence, source;
};

/// Meshes + skeleton. The bind pose is the pose the meshes are stored in; it need not be the
/// canonical T-pose, so each joint keeps where it was and how its canonical frame was turned then.
struct Character {
  motion::Skeleton skeleton;                 ///< canonical 22 joints; offsets = this body's bones
  std::vector<Vec3> bind_positions;          ///< [22] metres, world
  std::vector<motion::Quat> bind_rotations;  ///< [22] world_from_joint in the bind pose
  std::vector<SkinnedMesh> meshes;
  std::vector<Material> materials;
  std::vector<Landmark> landmarks;
  std::vector<Credit> credits;
  std::string description;  ///< e.g. "sex=female,age=70,weight=0.7", to make it again
};

/// Linear blend skinning of one mesh in one frame:
///   v = sum_i w_i (R_j(f) R_bind_j^-1 (v_bind - p_bind_j) + p_j(f)).
/// Writes positions and (if `normals` is not null) normals, each [V].
void skin(const Character& character, const SkinnedMesh& mesh, const motion::WorldPose& pose,
          size_t frame, std::vector<Vec3>& positions, std::vector<Vec3>* normals);
/// Where a landmark is in one frame.
Vec3 skin(const Character& character, const Landmark& landmark, const motion::WorldPose& pose,
          size_t frame);
/// The character standing in its bind pose, as a clip of one frame.
motion::Clip bind_pose(const Character& character);

}  // namespace pantomime::body
