// A person made of boxes on the canonical skeleton: what the GLB tests write and look at.
#pragma once

#include <algorithm>
#include <memory>

#include "pantomime/body/character.h"

namespace pantomime::formats {

namespace box_detail {

/// Chequered atlas, one column of colour for each joint.
inline Image atlas(int channels) {
  Image image(22 * 16, 64, channels);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const int j = x / 16;
      const int dark = ((x / 4 + y / 4) % 2) * 40;
      image.at(x, y)[0] = static_cast<uint8_t>(60 + (j * 53) % 150 + dark);
      image.at(x, y)[1] = static_cast<uint8_t>(60 + (j * 97) % 150 + dark);
      image.at(x, y)[2] = static_cast<uint8_t>(60 + (j * 31) % 150 + dark);
      if (channels == 4) image.at(x, y)[3] = (x / 4 + y / 8) % 2 == 0 ? 255 : 0;
    }
  return image;
}

/// A box from `from` to `to`; the far half hangs on `joint` alone, the near end half on its parent.
inline void add_box(body::SkinnedMesh& mesh, motion::Vec3 from, motion::Vec3 to, float thickness,
                    uint8_t joint, uint8_t parent) {
  using motion::Vec3;
  const Vec3 along = motion::normalized(to - from, {0, 1, 0});
  const Vec3 side = motion::normalized(
      motion::cross(along, std::abs(along.z) < 0.9f ? Vec3{0, 0, 1} : Vec3{1, 0, 0}));
  const Vec3 front = motion::cross(side, along);
  constexpr int kFaces[6][4] = {{0, 1, 3, 2}, {4, 6, 7, 5}, {0, 4, 5, 1},
                                {2, 3, 7, 6}, {0, 2, 6, 4}, {1, 5, 7, 3}};
  for (const auto& face : kFaces) {
    const auto base = static_cast<uint32_t>(mesh.positions.size());
    Vec3 corners[4];
    for (int k = 0; k < 4; ++k) {
      const int c = face[k];
      const float s = (c & 1) != 0 ? thickness : -thickness;
      const float d = (c & 2) != 0 ? thickness : -thickness;
      corners[k] = ((c & 4) != 0 ? to : from) + s * side + d * front;
      const bool near_end = (c & 4) == 0;
      mesh.joints.push_back({joint, near_end ? parent : uint8_t{0}, 0, 0});
      mesh.weights.push_back({near_end ? 0.6f : 1.0f, near_end ? 0.4f : 0.0f, 0, 0});
      mesh.parts.push_back(0);
      mesh.uvs.push_back({(static_cast<float>(joint) + ((k & 1) != 0 ? 0.95f : 0.05f)) / 22,
                          (k & 2) != 0 ? 1.0f : 0.0f});
    }
    Vec3 normal = motion::normalized(
        motion::cross(corners[1] - corners[0], corners[2] - corners[0]), {0, 1, 0});
    const Vec3 centre = 0.5f * (from + to);
    const bool outward =
        motion::dot(normal, 0.25f * (corners[0] + corners[1] + corners[2] + corners[3]) - centre) >
        0;
    if (!outward) normal = -normal;
    for (int k = 0; k < 4; ++k) {
      mesh.positions.push_back(corners[k]);
      mesh.normals.push_back(normal);
    }
    if (outward) {
      mesh.triangles.push_back({base, base + 1, base + 2});
      mesh.triangles.push_back({base, base + 2, base + 3});
    } else {
      mesh.triangles.push_back({base, base + 2, base + 1});
      mesh.triangles.push_back({base, base + 3, base + 2});
    }
  }
}

}  // namespace box_detail

/// Bound in an A-pose with a slight bow, so that no bind rotation is the identity.
inline body::Character box_character() {
  using motion::Quat;
  using motion::Vec3;
  body::Character person;
  person.skeleton = motion::canonical_skeleton(motion::default_geometry());
  motion::Clip pose;
  pose.skeleton = person.skeleton;
  pose.root_positions = {{0.02f, 0.95f, -0.01f}};
  pose.rotations.assign(motion::kJointCount, Quat{});
  pose.rotation(0, 0) = motion::from_axis_angle({0, 1, 0}, 0.1f);
  pose.rotation(0, motion::kSpine1) = motion::from_axis_angle({1, 0, 0}, 0.1f);
  pose.rotation(0, motion::kLeftShoulder) = motion::from_axis_angle({0, 0, 1}, -0.8f);
  pose.rotation(0, motion::kRightShoulder) = motion::from_axis_angle({0, 0, 1}, 0.8f);
  pose.rotation(0, motion::kLeftHip) = motion::from_axis_angle({0, 0, 1}, 0.1f);
  pose.rotation(0, motion::kRightHip) = motion::from_axis_angle({0, 0, 1}, -0.1f);
  const motion::WorldPose bind = motion::forward_kinematics(pose);
  person.bind_positions = bind.positions;
  person.bind_rotations = bind.rotations;

  body::SkinnedMesh limbs, hair;
  limbs.name = "body";
  hair.name = "head";  // as a joint is called: names must not clash
  hair.material = 1;
  for (size_t j = 1; j < motion::kJointCount; ++j) {
    const auto parent = static_cast<uint8_t>(motion::kJointParents[j]);
    const float thickness = j == motion::kSpine3 || j == motion::kSpine2 ? 0.10f : 0.04f;
    const auto above = static_cast<uint8_t>(std::max(motion::kJointParents[parent], 0));
    box_detail::add_box(limbs, bind.positions[parent], bind.positions[j], thickness, parent, above);
  }
  const Vec3 head = bind.positions[motion::kHead];
  const Vec3 up = bind.rotations[motion::kHead] * Vec3{0, 1, 0};
  box_detail::add_box(limbs, head, head + 0.16f * up, 0.08f, motion::kHead, motion::kNeck);
  box_detail::add_box(hair, head + 0.10f * up, head + 0.20f * up, 0.10f, motion::kHead,
                      motion::kHead);
  limbs.positions.push_back({9, 9, 9});  // no triangle uses it
  limbs.normals.push_back({0, 1, 0});
  limbs.uvs.push_back({0, 0});
  limbs.joints.push_back({0, 0, 0, 0});
  limbs.weights.push_back({1, 0, 0, 0});
  limbs.parts.push_back(0);
  person.meshes = {limbs, hair};

  body::Material skin, lock;
  skin.name = "skin";
  skin.colour = std::make_shared<const Image>(box_detail::atlas(3));
  lock.name = "hair";
  lock.colour = std::make_shared<const Image>(box_detail::atlas(4));
  lock.see_through = true;
  lock.two_sided = true;
  person.materials = {skin, lock};
  person.credits = {{"Body", "Ann", "CC0-1.0", "https://example.org/a"},
                    {"Hair", "Bob", "CC-BY-4.0", "https://example.org/b"}};
  person.description = "boxes";
  return person;
}

}  // namespace pantomime::formats
