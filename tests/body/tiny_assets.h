// A whole asset file of a few thousand bytes: a body of 30 points with one of everything.
#pragma once

#include <string>

#include "pantomime/body/asset_file.h"
#include "pantomime/motion/skeleton.h"

namespace pantomime::test {

inline void write_credit(body::RecordWriter& w) {
  for (const char* s : {"thing", "somebody", "CC0 1.0", "made up"}) w.text(s);
}

/// Points 0 … 21 are the joints of the default body, 22 … 27 knuckles, 28 and 29 make up a face.
inline std::string tiny_assets() {
  constexpr uint32_t kPoints = 30;
  const motion::Skeleton skeleton = motion::canonical_skeleton(motion::default_geometry());
  std::vector<motion::Vec3> points;
  for (size_t j = 0; j < skeleton.joint_count(); ++j)
    points.push_back(
        skeleton.offsets[j] +
        (j == 0 ? motion::Vec3{0, 1, 0} : points[static_cast<size_t>(skeleton.parents[j])]));
  for (const int wrist : {motion::kLeftWrist, motion::kRightWrist})
    for (const float z : {0.03f, 0.f, -0.03f}) {
      const motion::Vec3 w = points[static_cast<size_t>(wrist)];
      points.push_back(w + motion::Vec3{w.x > 0 ? 0.08f : -0.08f, 0, z});
    }
  points.push_back({0, 1.7f, 0.1f});
  points.push_back({0.03f, 1.65f, 0.12f});

  std::vector<float> xyz, weights;
  std::vector<uint8_t> joints;
  std::vector<uint32_t> identity, triangles;
  std::vector<float> uvs;
  for (uint32_t p = 0; p < kPoints; ++p) {
    xyz.insert(xyz.end(), {points[p].x, points[p].y, points[p].z});
    joints.insert(joints.end(), {static_cast<uint8_t>(p % motion::kJointCount), 0, 0, 0});
    weights.insert(weights.end(), {0.75f, 0.25f, 0, 0});
    identity.push_back(p);
    uvs.insert(uvs.end(), {0.5f, 0.5f});
    if (p >= 2) triangles.insert(triangles.end(), {p - 2, p - 1, p});
  }
  body::RecordWriter base;
  write_credit(base);
  base.array(xyz);
  base.count(kPoints);
  base.array(identity);
  base.array(uvs);
  base.array(triangles);
  base.array(joints);
  base.array(weights);

  body::RecordWriter targets;
  targets.count(2);
  for (const char* name :
       {"macrodetails/height/male-young-averagemuscle-averageweight-maxheight", "nose-wide"}) {
    targets.text(name);
    targets.array(std::vector<uint32_t>{28, 2});
    targets.array(std::vector<int16_t>{0, 1000, 0, 0, 1000, 0});
  }
  targets.count(1);
  targets.text("nose");
  targets.value(int32_t{-1});
  targets.value(int32_t{1});

  body::RecordWriter where;
  auto at = [&](std::string_view name, uint32_t point) {
    where.text(name);
    where.array(std::vector<uint32_t>{point});
    where.array(std::vector<float>{1});
  };
  for (uint32_t j = 0; j < motion::kJointCount; ++j) at(motion::kJointNames[j], j);
  where.count(6);
  uint32_t knuckle = 22;
  for (const char* side : {"left_", "right_"})
    for (const char* finger : {"index", "middle", "little"})
      at(std::string(side) + finger + "_knuckle", knuckle++);

  body::RecordWriter textures;
  textures.count(1);
  textures.text("t.png");
  textures.array(std::vector<char>{'x'});

  body::RecordWriter items;
  items.count(1);
  items.text("coat");
  items.value(uint8_t{0});
  items.value(uint8_t{1});
  items.value(uint8_t{1});
  items.value(1.f);
  items.value(90.f);
  items.text("casual");
  items.value(int32_t{50});
  write_credit(items);
  items.count(1);
  items.text("grey");
  items.value(int32_t{0});
  items.value(int32_t{-1});
  for (int i = 0; i < 4; ++i) items.value(1.f);
  items.value(uint8_t{0});
  items.count(3);
  items.array(std::vector<uint32_t>{0, 1, 2});
  items.array(std::vector<float>{0, 0, 1, 0, 1, 1});
  items.array(std::vector<uint32_t>{0, 1, 2});
  items.array(std::vector<uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  items.array(std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1});
  items.array(std::vector<float>{0, 0, 0.1f, 0, 0, 0.1f, 0, 0, 0.1f});
  for (int i = 0; i < 3; ++i) {
    items.value(uint32_t{28});
    items.value(uint32_t{0});
    items.value(0.5f);
  }
  items.array(std::vector<uint8_t>(joints.begin(), joints.begin() + 12));
  items.array(std::vector<float>(weights.begin(), weights.begin() + 12));
  items.array(std::vector<uint8_t>(kPoints, 0));

  body::RecordWriter skins;
  skins.count(1);
  skins.text("plain");
  skins.value(int32_t{0});
  skins.value(uint8_t{0});
  skins.value(30.f);
  skins.count(2);
  write_credit(skins);

  body::AssetWriter file;
  file.add("base", base.take());
  file.add("targets", targets.take());
  file.add("points", where.take());
  file.add("textures", textures.take());
  file.add("items", items.take());
  file.add("skins", skins.take());
  return file.finish();
}

}  // namespace pantomime::test
