#include "pantomime/formats/gltf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/glb.h"
#include "support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::Quat;
using motion::Vec3;

using test::expect_near;

std::string base64(const std::string& bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), 4 * values.size()};
}

/// A scene of one moved and turned node with a child a metre above, from times and values.
std::string scene(const std::string& path, const std::string& mode, const std::vector<float>& times,
                  const std::string& values, const std::string& type, int component = 5126,
                  const std::string& extra = "") {
  const std::string bytes = floats(times) + values;
  const size_t width = type == "VEC4" ? 4 : 3;
  const size_t size = component == 5126 ? 4 : component == 5122 || component == 5123 ? 2 : 1;
  return fmt::format(
      R"({{"asset": {{"version": "2.0"}}, "scenes": [{{"nodes": [0]}}],
 "nodes": [{{"name": "hip", "translation": [0, 1, 0], "children": [1]}},
           {{"name": "head", "translation": [0, 1, 0]{}}}],
 "buffers": [{{"byteLength": {}, "uri": "data:application/octet-stream;base64,{}"}}],
 "bufferViews": [{{"buffer": 0, "byteLength": {}}}, {{"buffer": 0, "byteOffset": {}, "byteLength": {}}}],
 "accessors": [{{"bufferView": 0, "componentType": 5126, "count": {}, "type": "SCALAR"}},
               {{"bufferView": 1, "componentType": {}, "normalized": {}, "count": {}, "type": "{}"}}],
 "animations": [{{"name": "act", "samplers": [{{"input": 0, "output": 1, "interpolation": "{}"}}],
                  "channels": [{{"sampler": 0, "target": {{"node": 0, "path": "{}"}}}}]}}]}})",
      extra, bytes.size(), base64(bytes), 4 * times.size(), 4 * times.size(), values.size(),
      times.size(), component, component == 5126 ? "false" : "true", values.size() / size / width,
      type, mode, path);
}

Clip only(const std::string& text, std::optional<double> fps = 4) {
  const auto animations = parse_gltf(text, "x.gltf", {.fps = fps, .load = {}});
  if (animations.size() != 1) throw Error("not one animation");
  return animations[0].clip;
}

constexpr float kHalf = 0.70710678f;  // a quarter turn's sine and cosine

TEST(Gltf, InterpolatesInAllWays) {
  // Straight lines: a quarter turn about z in a second.
  const std::string turns = floats({0, 0, 0, 1, 0, 0, kHalf, kHalf});
  Clip clip = only(scene("rotation", "LINEAR", {0, 1}, turns, "VEC4"));
  ASSERT_EQ(clip.frame_count(), 5u);
  EXPECT_EQ(clip.fps, 4);
  EXPECT_EQ(clip.skeleton.names, (std::vector<std::string>{"hip", "head"}));
  EXPECT_NEAR(motion::angle_between(clip.rotation(2, 0), {}), std::numbers::pi / 4, 1e-5);
  expect_near(motion::forward_kinematics(clip).positions[9], {-1, 1, 0});
  expect_near(clip.root_positions[4], {0, 1, 0});
  EXPECT_TRUE(clip.moving_joints.empty());
  // Steps.
  clip = only(scene("rotation", "STEP", {0, 1}, turns, "VEC4"));
  EXPECT_NEAR(motion::angle_between(clip.rotation(3, 0), {}), 0, 1e-3);
  EXPECT_NEAR(motion::angle_between(clip.rotation(4, 0), {}), std::numbers::pi / 2, 1e-3);
  // Hermite's curve: from 0 to 8 in 2 s, leaving at 1 a second and arriving at 3.
  clip = only(scene("translation", "CUBICSPLINE", {0, 2},
                    floats({0, 0, 0, 0, 0, 0, 1, 0, 0, 3, 0, 0, 8, 0, 0, 0, 0, 0}), "VEC3"));
  ASSERT_EQ(clip.frame_count(), 9u);
  for (int f = 0; f <= 8; ++f) {
    const float u = static_cast<float>(f) / 8, u2 = u * u, u3 = u2 * u;
    const float x = 2 * (u3 - 2 * u2 + u) * 1 + (3 * u2 - 2 * u3) * 8 + 2 * (u3 - u2) * 3;
    EXPECT_NEAR(clip.root_positions[static_cast<size_t>(f)].x, x, 1e-5);
  }
  // Before the first key its value holds.
  clip = only(scene("translation", "LINEAR", {0.5f, 1}, floats({1, 2, 3, 5, 6, 7}), "VEC3"));
  expect_near(clip.root_positions[1], {1, 2, 3});
  expect_near(clip.root_positions[3], {3, 4, 5});
}

TEST(Gltf, ReadsNormalisedWholeNumbers) {
  const auto i16 = [](int v) {
    return std::string{static_cast<char>(v & 255), static_cast<char>(v >> 8 & 255)};
  };
  std::string shorts;
  for (const int v : {0, 0, 0, 32767, 0, 0, 23170, 23170}) shorts += i16(v);
  const Clip a = only(scene("rotation", "LINEAR", {0, 1}, shorts, "VEC4", 5122));
  EXPECT_NEAR(motion::angle_between(a.rotation(4, 0), {}), std::numbers::pi / 2, 1e-3);
  std::string bytes;
  for (const int v : {0, 0, 0, 127, 0, 0, -90, 90}) bytes += static_cast<char>(v);
  const Clip b = only(scene("rotation", "LINEAR", {0, 1}, bytes, "VEC4", 5120));
  expect_near(b.rotation(4, 0) * Vec3{1, 0, 0}, {0, -1, 0}, 1e-3f);
}

TEST(Gltf, MeasuresRotationsFromTheRestPoseAndScalesPlaces) {
  // The node rests turned by a quarter about x under a parent that scales to centimetres.
  const std::string text = fmt::format(
      R"({{"asset": {{"version": "2.0"}},
 "nodes": [{{"name": "armature", "scale": [0.01, 0.01, 0.01], "rotation": [{0}, 0, 0, {0}], "children": [1]}},
           {{"name": "hip", "translation": [0, 0, -100], "rotation": [0, {0}, 0, {0}], "children": [2]}},
           {{"name": "knee", "matrix": [1,0,0,0, 0,1,0,0, 0,0,1,0, 50,0,0,1]}}],
 "skins": [{{"joints": [1, 2]}}],
 "buffers": [{{"byteLength": 40, "uri": "keys.bin"}}],
 "bufferViews": [{{"buffer": 0, "byteLength": 8}}, {{"buffer": 0, "byteOffset": 8, "byteLength": 32}}],
 "accessors": [{{"bufferView": 0, "componentType": 5126, "count": 2, "type": "SCALAR"}},
               {{"bufferView": 1, "componentType": 5126, "count": 2, "type": "VEC4"}}],
 "animations": [{{"samplers": [{{"input": 0, "output": 1}}],
                  "channels": [{{"sampler": 0, "target": {{"node": 1, "path": "rotation"}}}}]}}]}})",
      kHalf);
  const std::string keys = floats({0, 1, 0, kHalf, 0, kHalf, 0, 0, 0, 1});
  const test::TemporaryFolder folder;
  write_file(folder / "walk.gltf", text);
  write_file(folder / "keys.bin", keys);
  const auto animations = read_gltf(folder / "walk.gltf", {.fps = 1, .load = {}});
  ASSERT_EQ(animations.size(), 1u);
  EXPECT_EQ(animations[0].name, "animation 0");
  const Clip& clip = animations[0].clip;
  EXPECT_EQ(clip.skeleton.names, (std::vector<std::string>{"armature", "hip", "knee"}));
  expect_near(clip.skeleton.offsets[1], {0, 1, 0});     // z is down in the armature: a metre up
  expect_near(clip.skeleton.offsets[2], {0, 0.5f, 0});  // x of the hip is y of the scene
  for (size_t j = 0; j < 3; ++j)
    EXPECT_NEAR(motion::angle_between(clip.rotation(0, j), {}), 0, 1e-3) << j;
  const auto pose = motion::forward_kinematics(clip);
  expect_near(pose.positions[2], {0, 1.5f, 0});
  expect_near(pose.positions[5], {0.5f, 1, 0});
  EXPECT_TRUE(clip.moving_joints.empty());
  EXPECT_THROW(parse_gltf(text, "x.gltf"), ParseError);  // keys.bin is beside
  write_file(folder / "bad.gltf", std::string(text).replace(text.find("keys.bin"), 8, "../k.bin"));
  EXPECT_THROW(read_gltf(folder / "bad.gltf"), ParseError);
}

TEST(Gltf, JointsThatAreMovedOrScaledAreMovingJoints) {
  std::string text = scene("translation", "LINEAR", {0, 1}, floats({0, 1, 0, 0, 2, 0}), "VEC3");
  text.replace(text.find("\"node\": 0"), 9, "\"node\": 1");
  Clip clip = only(text);
  EXPECT_EQ(clip.moving_joints, std::vector<int>{1});
  expect_near(clip.translations[4], {0, 2, 0});
  text = scene("scale", "LINEAR", {0, 1}, floats({1, 1, 1, 3, 3, 3}), "VEC3");
  clip = only(text);
  EXPECT_EQ(clip.moving_joints, std::vector<int>{1});
  expect_near(motion::forward_kinematics(clip).positions[9], {0, 4, 0});
}

TEST(Gltf, GivesBackWhatOurWriterWrites) {
  for (int i = 0; i < 3; ++i) {
    const Clip clip = test::random_clip(test::random_seed() + static_cast<uint64_t>(i), 40);
    const auto animations = parse_gltf(to_glb(clip), "x.glb");
    ASSERT_EQ(animations.size(), 1u);
    const Clip& back = animations[0].clip;
    EXPECT_EQ(back.fps, clip.fps);
    ASSERT_EQ(back.frame_count(), clip.frame_count());
    const auto a = motion::forward_kinematics(clip), b = motion::forward_kinematics(back);
    for (size_t j = 0; j < clip.joint_count(); ++j) {
      const auto k = back.skeleton.find(clip.skeleton.names[j]);
      ASSERT_TRUE(k) << clip.skeleton.names[j];
      for (size_t f = 0; f < clip.frame_count(); ++f) {
        const size_t at = f * back.joint_count() + static_cast<size_t>(*k);
        expect_near(b.positions[at], a.positions[f * clip.joint_count() + j], 1e-4f);
        const auto ma = motion::to_matrix(a.rotations[f * clip.joint_count() + j]),
                   mb = motion::to_matrix(b.rotations[at]);
        for (size_t r = 0; r < 3; ++r)
          for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(ma.m[r][c], mb.m[r][c], 1e-4);
      }
    }
  }
}

TEST(Gltf, FindsTheRateOfTheKeys) {
  std::vector<float> times, values;
  for (int k = 0; k < 25; ++k) {
    times.push_back(static_cast<float>(k) / 24);
    values.insert(values.end(), {static_cast<float>(k), 0, 0});
  }
  Clip clip = only(scene("translation", "LINEAR", times, floats(values), "VEC3"), std::nullopt);
  EXPECT_EQ(clip.fps, 24);
  EXPECT_EQ(clip.frame_count(), 25u);
  EXPECT_NEAR(clip.root_positions[7].x, 7, 1e-4);
  times[3] += 0.02f;  // uneven: 30
  clip = only(scene("translation", "LINEAR", times, floats(values), "VEC3"), std::nullopt);
  EXPECT_EQ(clip.fps, 30);
  EXPECT_EQ(clip.frame_count(), 31u);
}

TEST(Gltf, RefusesBrokenScenes) {
  const std::string good =
      scene("rotation", "LINEAR", {0, 1}, floats({0, 0, 0, 1, 0, 0, 0, 1}), "VEC4");
  const auto message_of = [](const std::string& text) -> std::string {
    return test::error_of<ParseError>([&] { parse_gltf(text, "x.gltf"); });
  };
  EXPECT_EQ(message_of(good), "no error");
  const std::vector<std::pair<std::string, std::string>> breaks = {
      {"\"asset\"", "\"asse\""},
      {"\"children\": [1]", "\"children\": [0]"},
      {"\"children\": [1]", "\"children\": [2]"},
      {"\"children\": [1]", "\"children\": [-1]"},
      {"\"children\": [1]", "\"children\": [1, 1]"},
      {"\"children\": [1]", "\"children\": 1"},
      {"[0, 1, 0]", "[0, 1]"},
      {"[0, 1, 0]", "[0, 1e30, 0]"},
      {"\"byteLength\": 40", "\"byteLength\": 400"},
      {"base64,", "base64,?"},
      {"\"buffer\": 0", "\"buffer\": 1"},
      {"\"byteOffset\": 8", "\"byteOffset\": 80"},
      {"\"byteOffset\": 8", "\"byteOffset\": -8"},
      {"\"byteOffset\": 8", "\"byteOffset\": 18446744073709551615"},
      {"\"count\": 2, \"type\": \"SCALAR\"", "\"count\": 3, \"type\": \"SCALAR\""},
      {"\"count\": 2, \"type\": \"VEC4\"", "\"count\": 1000000000, \"type\": \"VEC4\""},
      {"\"type\": \"VEC4\"", "\"type\": \"VEC3\""},
      {"\"componentType\": 5126, \"normalized\"", "\"componentType\": 5123, \"normalized\""},
      {"\"componentType\": 5126, \"normalized\"",
       "\"sparse\": {}, \"componentType\": 5126, \"normalized\""},
      {"\"input\": 0", "\"input\": 9"},
      {"\"sampler\": 0", "\"sampler\": 1"},
      {"\"node\": 0", "\"node\": 7"},
      {"\"path\": \"rotation\"", "\"path\": \"colour\""},
      {"\"path\": \"rotation\"", "\"path\": \"translation\""},
      {"LINEAR", "QUADRATIC"},
  };
  for (const auto& [from, to] : breaks) {
    ASSERT_NE(good.find(from), std::string::npos) << from;
    const std::string message =
        message_of(std::string(good).replace(good.find(from), from.size(), to));
    EXPECT_TRUE(message.starts_with("x.gltf")) << from << " -> " << to << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  const std::string turn = floats({0, 0, 0, 1, 0, 0, 0, 1});
  EXPECT_NE(message_of(scene("rotation", "LINEAR", {1, 0}, turn, "VEC4")), "no error");
  EXPECT_NE(message_of(scene("rotation", "LINEAR", {0, 0}, turn, "VEC4")), "no error");
  EXPECT_NE(message_of(scene("rotation", "LINEAR", {0, std::nanf("")}, turn, "VEC4")), "no error");
  EXPECT_NE(message_of(scene("rotation", "LINEAR", {0, 1e9f}, turn, "VEC4")), "no error");
  EXPECT_NE(message_of(
                scene("rotation", "LINEAR", {0, 1}, turn, "VEC4", 5126, ", \"scale\": [-1, 1, 1]")),
            "no error");
  std::string glb = to_glb(test::random_clip(1, 3));
  for (size_t size = 0; size < glb.size(); size += 13)
    EXPECT_NE(message_of(glb.substr(0, size)), "no error") << size;
  // Two keys may not ask for a day's worth of frames of very many joints.
  std::string many = scene("rotation", "LINEAR", {0, 80000}, turn, "VEC4");
  std::string nodes = "\"children\": [1";
  std::string list;
  for (int i = 2; i < 2000; ++i) {
    nodes += fmt::format(", {}", i);
    list += fmt::format(", {{\"name\": \"n{}\"}}", i);
  }
  many.replace(many.find("\"children\": [1"), 14, nodes);
  many.insert(many.find("],\n \"buffers\""), list);
  EXPECT_NE(message_of(many).find("expected at most 20000000 together"), std::string::npos)
      << message_of(many);
}

}  // namespace
}  // namespace pantomime::formats
