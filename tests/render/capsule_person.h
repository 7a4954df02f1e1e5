// A person of capsules for the picture tests: no files needed, every joint can be seen moving.
#pragma once

#include <cmath>
#include <numbers>

#include "pantomime/body/character.h"

namespace pantomime::test {
namespace capsules {

using motion::Quat;
using motion::Vec3;

inline constexpr float kPi = std::numbers::pi_v<float>;

/// Adds a capsule from a to b; the first half moves with joint `near`, the rest with `far`.
inline void add_capsule(body::SkinnedMesh& mesh, Vec3 a, Vec3 b, float radius, int joint, int rings,
                        uint8_t part) {
  const auto base = static_cast<uint32_t>(mesh.positions.size());
  const Quat turn = motion::rotation_between({0, 1, 0}, b - a);
  const int slices = 2 * rings, rows = 2 * rings;
  for (int r = 0; r <= rows; ++r) {
    const float polar = kPi * static_cast<float>(r) / static_cast<float>(rows);
    for (int s = 0; s <= slices; ++s) {
      const float round = 2 * kPi * static_cast<float>(s) / static_cast<float>(slices);
      const Vec3 n{std::sin(polar) * std::sin(round), -std::cos(polar),
                   std::sin(polar) * std::cos(round)};
      const Vec3 normal = turn * n;
      mesh.positions.push_back((r <= rows / 2 ? a : b) + radius * normal);
      mesh.normals.push_back(normal);
      mesh.uvs.push_back({static_cast<float>(s) / static_cast<float>(slices),
                          1 - static_cast<float>(r) / static_cast<float>(rows)});
      mesh.joints.push_back({static_cast<uint8_t>(joint), 0, 0, 0});
      mesh.weights.push_back({1, 0, 0, 0});
      mesh.parts.push_back(part);
    }
  }
  const auto stride = static_cast<uint32_t>(slices + 1);
  for (uint32_t r = 0; r < static_cast<uint32_t>(rows); ++r)
    for (uint32_t s = 0; s < static_cast<uint32_t>(slices); ++s) {
      const uint32_t i = base + r * stride + s;
      mesh.triangles.push_back({i, i + 1, i + stride + 1});
      mesh.triangles.push_back({i, i + stride + 1, i + stride});
    }
}

inline float radius_of(int joint) {
  switch (joint) {
    case motion::kLeftKnee:
    case motion::kRightKnee:
      return 0.075f;
    case motion::kLeftAnkle:
    case motion::kRightAnkle:
      return 0.055f;
    case motion::kLeftElbow:
    case motion::kRightElbow:
      return 0.045f;
    case motion::kLeftWrist:
    case motion::kRightWrist:
      return 0.038f;
    case motion::kLeftFoot:
    case motion::kRightFoot:
      return 0.045f;
    case motion::kNeck:
      return 0.06f;
    case motion::kHead:
      return 0.05f;
    default:
      return 0.11f;
  }
}

}  // namespace capsules

/// Capsules along the bones of the default skeleton, a round textured head, see-through hair.
/// `rings`: fineness; 12 gives about 40,000 triangles.
inline body::Character capsule_person(int rings = 6) {
  using capsules::add_capsule, capsules::kPi, capsules::radius_of;
  using motion::Vec3;
  body::Character c;
  c.skeleton = motion::canonical_skeleton(motion::default_geometry());
  c.bind_rotations.assign(motion::kJointCount, {});
  c.bind_positions.assign(motion::kJointCount, {});
  for (size_t j = 1; j < motion::kJointCount; ++j)
    c.bind_positions[j] =
        c.bind_positions[static_cast<size_t>(c.skeleton.parents[j])] + c.skeleton.offsets[j];

  body::SkinnedMesh cloth{"clothes", 0}, skin{"skin", 1}, head{"head", 2}, hair{"hair", 3};
  for (int j = 1; j < motion::kJointCount; ++j) {
    const int parent = motion::kJointParents[static_cast<size_t>(j)];
    const bool bare = j == motion::kHead || j == motion::kLeftWrist || j == motion::kRightWrist;
    add_capsule(bare ? skin : cloth, c.bind_positions[static_cast<size_t>(parent)],
                c.bind_positions[static_cast<size_t>(j)], radius_of(j), parent, rings,
                static_cast<uint8_t>(j));
  }
  for (const int wrist : {motion::kLeftWrist, motion::kRightWrist}) {
    const Vec3 at = c.bind_positions[static_cast<size_t>(wrist)];
    const float out = wrist == motion::kLeftWrist ? 1.0f : -1.0f;
    add_capsule(skin, at, at + Vec3{0.09f * out, 0, 0}, 0.035f, wrist, rings, 22);
  }
  const Vec3 crown = c.bind_positions[motion::kHead];
  add_capsule(head, crown + Vec3{0, 0.06f, 0.02f}, crown + Vec3{0, 0.10f, 0.02f}, 0.10f,
              motion::kHead, 2 * rings, 23);
  add_capsule(hair, crown + Vec3{0, 0.09f, 0.005f}, crown + Vec3{0, 0.12f, 0.005f}, 0.115f,
              motion::kHead, 2 * rings, 23);
  c.meshes = {cloth, skin, head, hair};

  // A face: the head's picture has u = 0 (and 1) at the front, v = 0 at the crown.
  auto face = std::make_shared<Image>(256, 128, 3);
  for (int y = 0; y < 128; ++y)
    for (int x = 0; x < 256; ++x) {
      uint8_t* p = face->at(x, y);
      p[0] = 224, p[1] = 172, p[2] = 138;
      const int across = x < 128 ? x : x - 256;
      const bool eye = std::abs(std::abs(across) - 16) < 6 && std::abs(y - 58) < 4;
      const bool mouth = std::abs(across) < 12 && std::abs(y - 84) < 3;
      if (eye) p[0] = p[1] = p[2] = 30;
      if (mouth) p[0] = 170, p[1] = 60, p[2] = 60;
    }
  // Hair: strands with gaps at the back and on top, nothing over the face.
  auto strands = std::make_shared<Image>(256, 128, 4);
  for (int y = 0; y < 128; ++y)
    for (int x = 0; x < 256; ++x) {
      uint8_t* p = strands->at(x, y);
      p[0] = 70, p[1] = 45, p[2] = 25;
      const int across = x < 128 ? x : 256 - x;
      const bool there = y < 34 || (across > 40 && y < 92);
      p[3] = there && (y < 20 || x % 4 != 0) ? 255 : 0;
    }
  // Cloth: a woven normal map.
  auto weave = std::make_shared<Image>(64, 64, 3);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) {
      uint8_t* p = weave->at(x, y);
      p[0] = static_cast<uint8_t>(128 + 60 * std::sin(2 * kPi * static_cast<float>(x) / 16));
      p[1] = static_cast<uint8_t>(128 + 60 * std::sin(2 * kPi * static_cast<float>(y) / 16));
      p[2] = 220;
    }
  body::Material material;
  material.name = "cloth";
  material.base_colour = {0.10f, 0.22f, 0.45f, 1};
  material.normals = weave;
  c.materials.push_back(material);
  material = {};
  material.name = "skin";
  material.base_colour = {0.75f, 0.42f, 0.26f, 1};
  material.roughness = 0.6f;
  c.materials.push_back(material);
  material = {};
  material.name = "face";
  material.colour = face;
  material.roughness = 0.6f;
  c.materials.push_back(material);
  material = {};
  material.name = "hair";
  material.colour = strands;
  material.see_through = true;
  material.two_sided = true;
  c.materials.push_back(material);
  c.description = "capsules";
  return c;
}

/// A clip of a person who walks in a circle and waves.
inline motion::Clip walking_clip(size_t frames) {
  using capsules::kPi;
  using motion::Vec3;
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  clip.rotations.assign(frames * motion::kJointCount, {});
  for (size_t f = 0; f < frames; ++f) {
    const float t = static_cast<float>(f) / 30, phase = 2 * kPi * t;
    const float turn = 0.5f * t;
    clip.root_positions.push_back(
        {0.8f * (1 - std::cos(turn)), 0.93f + 0.02f * std::cos(2 * phase), 0.8f * std::sin(turn)});
    clip.rotation(f, 0) = motion::from_axis_angle({0, 1, 0}, turn);
    auto bend = [&](int joint, Vec3 axis, float angle) {
      clip.rotation(f, static_cast<size_t>(joint)) = motion::from_axis_angle(axis, angle);
    };
    const float swing = 0.45f * std::sin(phase);
    bend(motion::kLeftHip, {1, 0, 0}, -swing);
    bend(motion::kRightHip, {1, 0, 0}, swing);
    bend(motion::kLeftKnee, {1, 0, 0}, 0.35f - 0.3f * std::cos(phase));
    bend(motion::kRightKnee, {1, 0, 0}, 0.35f + 0.3f * std::cos(phase));
    bend(motion::kLeftShoulder, {0, 0, 1}, -1.25f);
    bend(motion::kRightShoulder, {0, 0, 1}, -0.6f + 0.4f * std::sin(2 * phase));
    bend(motion::kRightElbow, {0, 0, 1}, -0.9f);
  }
  return clip;
}

}  // namespace pantomime::test
