#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "pantomime/body/plain_body.h"
#include "tests/support/support.h"

namespace pantomime::body {
namespace {

using motion::Quat;

TEST(Skinning, OneRigidJointIsARigidMotion) {
  Random random(test::random_seed());
  Character c = plain_character(motion::default_geometry());
  SkinnedMesh mesh;
  mesh.name = "one";
  for (int v = 0; v < 50; ++v) {
    mesh.positions.push_back(test::random_vector(random, 1));
    mesh.normals.push_back(normalized(test::random_vector(random, 1), {0, 1, 0}));
    mesh.joints.push_back({motion::kLeftElbow, 0, 0, 0});
    mesh.weights.push_back({1, 0, 0, 0});
  }
  const motion::Clip clip = test::random_clip(test::random_seed(), 5);
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  std::vector<Vec3> positions, normals;
  for (size_t f = 0; f < 5; ++f) {
    skin(c, mesh, pose, f, positions, &normals);
    const size_t j = f * motion::kJointCount + motion::kLeftElbow;
    const Quat turn = pose.rotations[j] * conjugate(c.bind_rotations[motion::kLeftElbow]);
    for (size_t v = 0; v < mesh.positions.size(); ++v) {
      const Vec3 expected =
          turn * (mesh.positions[v] - c.bind_positions[motion::kLeftElbow]) + pose.positions[j];
      EXPECT_LT(length(positions[v] - expected), 2e-6f);
      EXPECT_LT(length(normals[v] - turn * mesh.normals[v]), 2e-6f);
    }
  }
}

TEST(Skinning, BindPoseGivesTheBindMesh) {
  const Character c = plain_character(motion::default_geometry());
  const motion::WorldPose pose = motion::forward_kinematics(bind_pose(c));
  std::vector<Vec3> positions, normals;
  for (const SkinnedMesh& mesh : c.meshes) {
    skin(c, mesh, pose, 0, positions, &normals);
    for (size_t v = 0; v < positions.size(); ++v) {
      EXPECT_LT(length(positions[v] - mesh.positions[v]), 5e-6f);
      EXPECT_LT(length(normals[v] - mesh.normals[v]), 5e-5f);
    }
  }
}

/// The formula of the header, in double, one vertex at a time.
Vec3 slowly(const Character& c, const SkinnedMesh& mesh, const motion::WorldPose& pose,
            size_t frame, size_t v) {
  double sum[3] = {0, 0, 0};
  for (size_t k = 0; k < 4; ++k) {
    const size_t j = mesh.joints[v][k];
    const Vec3 p =
        pose.rotations[frame * motion::kJointCount + j] *
            (conjugate(c.bind_rotations[j]) * (mesh.positions[v] - c.bind_positions[j])) +
        pose.positions[frame * motion::kJointCount + j];
    const auto w = static_cast<double>(mesh.weights[v][k]);
    sum[0] += w * static_cast<double>(p.x);
    sum[1] += w * static_cast<double>(p.y);
    sum[2] += w * static_cast<double>(p.z);
  }
  return {static_cast<float>(sum[0]), static_cast<float>(sum[1]), static_cast<float>(sum[2])};
}

TEST(Skinning, AgreesWithItsFormula) {
  const Character c = plain_character(motion::default_geometry());
  const motion::WorldPose pose = motion::forward_kinematics(test::random_clip(7, 3));
  std::vector<Vec3> positions;
  for (const SkinnedMesh& mesh : c.meshes) {
    skin(c, mesh, pose, 2, positions, nullptr);
    for (size_t v = 0; v < positions.size(); v += 37)
      EXPECT_LT(length(positions[v] - slowly(c, mesh, pose, 2, v)), 1e-5f);
  }
}

TEST(Skinning, RefusesWhatDoesNotFit) {
  const Character c = plain_character(motion::default_geometry());
  const motion::WorldPose pose = motion::forward_kinematics(bind_pose(c));
  std::vector<Vec3> out;
  EXPECT_THROW(skin(c, c.meshes[0], pose, 1, out, nullptr), Error);
  SkinnedMesh broken = c.meshes[0];
  broken.joints[3][1] = 22;
  EXPECT_THROW(skin(c, broken, pose, 0, out, nullptr), Error);
  broken = c.meshes[0];
  broken.weights.pop_back();
  EXPECT_THROW(skin(c, broken, pose, 0, out, nullptr), Error);
}

}  // namespace
}  // namespace pantomime::body
