// Motion through every format and back, the way a user's file goes: writer, reader, mapping.
#include <gtest/gtest.h>

#include <functional>

#include "pantomime/base/bytes.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/bvh.h"
#include "pantomime/formats/glb.h"
#include "pantomime/formats/mapping_file.h"
#include "pantomime/formats/motion_file.h"
#include "pantomime/formats/point_file.h"
#include "pantomime/motion/retarget.h"
#include "tests/formats/box_character.h"
#include "tests/motion/synthetic_points.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::kJointCount;

/// Of entries of rotation matrices in the parent's frame.
constexpr float kMostRotation = 1e-4f;

float largest_difference(const Clip& a, const Clip& b) {
  float worst = 0;
  for (size_t f = 0; f < a.frame_count(); ++f)
    for (size_t j = 0; j < kJointCount; ++j) {
      const auto ma = motion::to_matrix(a.rotation(f, j)), mb = motion::to_matrix(b.rotation(f, j));
      for (size_t r = 0; r < 3; ++r)
        for (size_t c = 0; c < 3; ++c) worst = std::max(worst, std::abs(ma.m[r][c] - mb.m[r][c]));
    }
  return worst;
}

float largest_distance(const Clip& a, const Clip& b) {
  const auto pa = motion::forward_kinematics(a), pb = motion::forward_kinematics(b);
  float worst = 0;
  for (size_t i = 0; i < pa.positions.size(); ++i)
    worst = std::max(worst, motion::length(pa.positions[i] - pb.positions[i]));
  return worst;
}

Clip read_back(const std::string& bytes, const std::string& name) {
  const auto mappings = load_mappings(resource_path("configs/mappings"));
  const MotionBytes file{.bytes = bytes, .name = name, .skeleton = {}, .skeleton_name = {}};
  MotionOfFile motion;
  if (has_parts(*motion_kind(name))) {
    const auto parts = parse_parts(file);
    EXPECT_EQ(parts.size(), 1u);
    motion = parts.at(0).motion;
  } else {
    motion = parse_motion(file);
  }
  if (!motion.mapping.empty()) return motion.clip;
  return motion::to_canonical(motion.clip, recognise(motion.clip.skeleton, mappings, name));
}

struct Format {
  std::string file;
  std::function<std::string(const Clip&)> write;
};

TEST(RoundTrip, TurnsOfAllJointsComeBackFromEveryFormatOfMotion) {
  const std::vector<Format> formats = {
      {"a.bvh", [](const Clip& clip) { return to_bvh(clip); }},
      {"metres.bvh",
       [](const Clip& clip) { return to_bvh(clip, {.euler_order = "XYZ", .metres_per_unit = 1}); }},
      {"a.npz",
       [](const Clip& clip) {
         Amass amass;
         amass.clip = clip;
         return to_amass(amass);
       }},
      {"joints.glb", [](const Clip& clip) { return to_glb(clip); }},
      {"person.glb",
       [](const Clip& clip) {
         body::Character person = box_character();
         person.skeleton = clip.skeleton;
         return to_glb(person, clip);
       }},
  };
  for (const double fps : {30.0, 120.0})
    for (uint64_t seed = 1; seed <= 4; ++seed)
      for (const Format& format : formats) {
        Clip clip = test::human_clip(seed, 60, 1 + 0.1f * static_cast<float>(seed % 2), 0.01f);
        clip.fps = fps;
        const Clip back = read_back(format.write(clip), format.file);
        ASSERT_EQ(back.frame_count(), clip.frame_count()) << format.file;
        EXPECT_DOUBLE_EQ(back.fps, fps) << format.file;
        EXPECT_LE(largest_difference(clip, back), kMostRotation) << format.file << " " << seed;
        EXPECT_LE(largest_distance(clip, back), 1e-3f) << format.file << " " << seed;
      }
}

}  // namespace
}  // namespace pantomime::formats
