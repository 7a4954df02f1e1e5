#include "pantomime/formats/glb.h"

#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"
#include "tests/formats/box_character.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

using motion::Quat;
using motion::Vec3;
using nlohmann::json;

/// A GLB file taken apart, with none of the writer's code; fails the test where a rule is broken.
class Glb {
 public:
  json document;

  explicit Glb(const std::string& bytes) {
    EXPECT_EQ(bytes.substr(0, 4), "glTF");
    EXPECT_EQ(number(bytes, 4), 2U);
    EXPECT_EQ(number(bytes, 8), bytes.size());
    const size_t text = number(bytes, 12);
    EXPECT_EQ(text % 4, 0U);
    EXPECT_EQ(bytes.substr(16, 4), "JSON");
    document = json::parse(bytes.substr(20, text));
    EXPECT_EQ(number(bytes, 20 + text) % 4, 0U);
    EXPECT_EQ(bytes.substr(24 + text, 4), std::string("BIN\0", 4));
    data_ = bytes.substr(28 + text);
    EXPECT_EQ(number(bytes, 20 + text), data_.size());
    EXPECT_EQ(document["buffers"][0]["byteLength"], data_.size());
    check_accessors();
  }

  /// All numbers of an accessor, element by element.
  std::vector<double> numbers(size_t accessor) const {
    const json& entry = document["accessors"][accessor];
    const json& view = document["bufferViews"][entry["bufferView"].get<size_t>()];
    const size_t size = component_size(entry["componentType"]);
    const size_t count = entry["count"].get<size_t>() * width(entry["type"]);
    const size_t start = view["byteOffset"].get<size_t>();
    std::vector<double> out;
    for (size_t i = 0; i < count; ++i) out.push_back(one(start + i * size, entry["componentType"]));
    return out;
  }
  std::string view_bytes(size_t view) const {
    const json& entry = document["bufferViews"][view];
    return data_.substr(entry["byteOffset"], entry["byteLength"]);
  }

 private:
  static uint32_t number(const std::string& bytes, size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, &bytes[at], 4);
    return value;
  }
  static size_t component_size(int type) { return type == 5121 ? 1 : type == 5123 ? 2 : 4; }
  static size_t width(const std::string& type) {
    return type == "SCALAR" ? 1 : type == "VEC2" ? 2 : type == "VEC3" ? 3 : type == "VEC4" ? 4 : 16;
  }
  template <typename T>
  double as(size_t at) const {
    T value;
    std::memcpy(&value, &data_[at], sizeof(T));
    return static_cast<double>(value);
  }
  double one(size_t at, int type) const {
    switch (type) {
      case 5121:
        return as<uint8_t>(at);
      case 5123:
        return as<uint16_t>(at);
      case 5125:
        return as<uint32_t>(at);
      default:
        return as<float>(at);
    }
  }
  void check_accessors() const {
    size_t reached = 0;
    for (const json& view : document["bufferViews"]) {
      EXPECT_EQ(view["byteOffset"].get<size_t>() % 4, 0U);
      EXPECT_GE(view["byteOffset"].get<size_t>(), reached);
      reached = view["byteOffset"].get<size_t>() + view["byteLength"].get<size_t>();
      EXPECT_LE(reached, data_.size());
    }
    for (size_t a = 0; a < document["accessors"].size(); ++a) {
      const json& entry = document["accessors"][a];
      const json& view = document["bufferViews"][entry["bufferView"].get<size_t>()];
      const size_t columns = width(entry["type"]);
      EXPECT_EQ(entry["count"].get<size_t>() * columns * component_size(entry["componentType"]),
                view["byteLength"].get<size_t>());
      EXPECT_GT(entry["count"].get<size_t>(), 0U);
      if (!entry.contains("min")) continue;
      const std::vector<double> values = numbers(a);
      for (size_t c = 0; c < columns; ++c) {
        double low = values[c], high = values[c];
        for (size_t i = c; i < values.size(); i += columns) {
          low = std::min(low, values[i]);
          high = std::max(high, values[i]);
        }
        EXPECT_EQ(entry["min"][c].get<double>(), low);
        EXPECT_EQ(entry["max"][c].get<double>(), high);
      }
    }
  }

  std::string data_;
};

Vec3 vec3(const std::vector<double>& v, size_t i) {
  return {static_cast<float>(v[3 * i]), static_cast<float>(v[3 * i + 1]),
          static_cast<float>(v[3 * i + 2])};
}
Quat quat(const std::vector<double>& v, size_t i) {  // x y z w
  return {static_cast<float>(v[4 * i + 3]), static_cast<float>(v[4 * i]),
          static_cast<float>(v[4 * i + 1]), static_cast<float>(v[4 * i + 2])};
}

/// World pose of every joint node at key `f`, from nodes and animation alone.
motion::WorldPose played(const Glb& file, size_t f, size_t joints) {
  const json& nodes = file.document["nodes"];
  std::vector<Vec3> shift(joints);
  std::vector<Quat> turn(joints);
  std::vector<size_t> parent(joints, 0);
  for (size_t j = 0; j < joints; ++j) {
    shift[j] = vec3(nodes[j]["translation"].get<std::vector<double>>(), 0);
    turn[j] = quat(nodes[j]["rotation"].get<std::vector<double>>(), 0);
    if (nodes[j].contains("children"))
      for (const size_t child : nodes[j]["children"].get<std::vector<size_t>>())
        if (child < joints) parent[child] = j;
  }
  const json& animation = file.document["animations"][0];
  for (const json& channel : animation["channels"]) {
    const size_t j = channel["target"]["node"];
    const json& sampler = animation["samplers"][channel["sampler"].get<size_t>()];
    const std::vector<double> values = file.numbers(sampler["output"]);
    if (channel["target"]["path"] == "rotation")
      turn[j] = quat(values, f);
    else
      shift[j] = vec3(values, f);
  }
  motion::WorldPose out;
  out.positions.resize(joints);
  out.rotations.resize(joints);
  for (size_t j = 0; j < joints; ++j) {
    const Quat base = j == 0 ? Quat{} : out.rotations[parent[j]];
    out.rotations[j] = base * turn[j];
    out.positions[j] = (j == 0 ? Vec3{} : out.positions[parent[j]]) + base * shift[j];
  }
  return out;
}

TEST(Glb, PlaysTheJointsOfForwardKinematics) {
  const motion::Clip clip = test::random_clip(3, 25);
  const Glb file(to_glb(box_character(), clip));
  const motion::WorldPose want = motion::forward_kinematics(clip);
  for (const size_t f : {0, 7, 24}) {
    const motion::WorldPose got = played(file, f, motion::kJointCount);
    for (size_t j = 0; j < motion::kJointCount; ++j)
      EXPECT_LT(motion::length(got.positions[j] - want.positions[f * 22 + j]), 1e-5f)
          << f << " " << j;
  }
}

TEST(Glb, SkinsEveryVertexAsTheCharacterDoes) {
  const body::Character person = box_character();
  const motion::Clip clip = test::random_clip(4, 10);
  const Glb file(to_glb(person, clip));
  const motion::WorldPose want = motion::forward_kinematics(clip);
  const motion::WorldPose got = played(file, 6, motion::kJointCount);
  const json& skin = file.document["skins"][0];
  EXPECT_EQ(skin["joints"].size(), 22U);
  const std::vector<double> inverse = file.numbers(skin["inverseBindMatrices"]);
  ASSERT_EQ(inverse.size(), 22U * 16);
  for (size_t m = 0; m < 2; ++m) {
    const json& attributes = file.document["meshes"][m]["primitives"][0]["attributes"];
    const std::vector<double> positions = file.numbers(attributes["POSITION"]);
    const std::vector<double> joints = file.numbers(attributes["JOINTS_0"]);
    const std::vector<double> weights = file.numbers(attributes["WEIGHTS_0"]);
    const body::SkinnedMesh& mesh = person.meshes[m];
    const size_t vertices = mesh.triangles.size() * 2;  // boxes: four vertices a face
    ASSERT_EQ(positions.size(), vertices * 3);
    for (size_t v = 0; v < vertices; ++v) {
      Vec3 by_file{}, by_formula{};
      double sum = 0;
      for (size_t k = 0; k < 4; ++k) {
        const auto j = static_cast<size_t>(joints[4 * v + k]);
        const auto w = static_cast<float>(weights[4 * v + k]);
        const double* c = &inverse[16 * j];
        const Vec3 p = vec3(positions, v);
        const Vec3 local = {static_cast<float>(c[0] * p.x + c[4] * p.y + c[8] * p.z + c[12]),
                            static_cast<float>(c[1] * p.x + c[5] * p.y + c[9] * p.z + c[13]),
                            static_cast<float>(c[2] * p.x + c[6] * p.y + c[10] * p.z + c[14])};
        by_file += w * (got.rotations[j] * local + got.positions[j]);
        sum += weights[4 * v + k];
        if (w == 0) {
          EXPECT_EQ(j, 0U);
        }

        const size_t b = mesh.joints[v][k];
        const Quat back = motion::conjugate(person.bind_rotations[b]);
        by_formula +=
            mesh.weights[v][k] *
            (want.rotations[6 * 22 + b] * (back * (mesh.positions[v] - person.bind_positions[b])) +
             want.positions[6 * 22 + b]);
      }
      EXPECT_NEAR(sum, 1, 1e-6);
      EXPECT_LT(motion::length(by_file - by_formula), 1e-5f) << m << " " << v;
    }
  }
}

TEST(Glb, RestPoseIsTheBindPose) {
  const body::Character person = box_character();
  motion::Clip clip = test::random_clip(3, 2);
  clip.skeleton = person.skeleton;
  Glb file(to_glb(person, clip));
  file.document["animations"][0]["channels"] = json::array();
  const motion::WorldPose rest = played(file, 0, motion::kJointCount);
  for (size_t j = 0; j < motion::kJointCount; ++j) {
    EXPECT_LT(motion::length(rest.positions[j] - person.bind_positions[j]), 1e-5f);
    EXPECT_LT(motion::angle_between(rest.rotations[j], person.bind_rotations[j]), 1e-3f);
  }
}

TEST(Glb, TimesAreTheClipsAndTurnsTakeTheShortWay) {
  const motion::Clip clip = test::random_clip(5, 60);
  const Glb file(to_glb(box_character(), clip));
  const json& animation = file.document["animations"][0];
  EXPECT_EQ(animation["channels"].size(), 23U);
  for (const json& sampler : animation["samplers"]) {
    const std::vector<double> times = file.numbers(sampler["input"]);
    ASSERT_EQ(times.size(), 60U);
    EXPECT_NEAR(times[59], 59 / 30.0, 1e-6);
    EXPECT_TRUE(file.document["accessors"][sampler["input"].get<size_t>()].contains("max"));
    const std::vector<double> values = file.numbers(sampler["output"]);
    if (values.size() != 60U * 4) continue;
    for (size_t f = 1; f < 60; ++f) EXPECT_GE(motion::dot(quat(values, f), quat(values, f - 1)), 0);
  }
}

TEST(Glb, MaterialsPicturesCreditsAndSettings) {
  const Glb file(to_glb(box_character(), test::random_clip(3, 2),
                        {.title = "walk – 1", .settings = R"({"seed": 7})", .max_texture = 100}));
  const json& document = file.document;
  ASSERT_EQ(document["materials"].size(), 2U);
  EXPECT_FALSE(document["materials"][0].contains("alphaMode"));
  EXPECT_EQ(document["materials"][1]["alphaMode"], "MASK");
  EXPECT_EQ(document["materials"][1]["doubleSided"], true);
  ASSERT_EQ(document["images"].size(), 2U);
  EXPECT_EQ(document["images"][0]["mimeType"], "image/jpeg");
  const Image skin = parse_image(file.view_bytes(document["images"][0]["bufferView"]), "skin");
  EXPECT_EQ(skin.width, 88);  // 352 halved twice
  EXPECT_EQ(skin.height, 16);
  EXPECT_EQ(document["images"][1]["mimeType"], "image/png");
  EXPECT_EQ(parse_image(file.view_bytes(document["images"][1]["bufferView"]), "hair").channels, 4);
  EXPECT_EQ(document["asset"]["copyright"], "Body by Ann (CC0-1.0); Hair by Bob (CC-BY-4.0)");
  const json& extras = document["asset"]["extras"];
  EXPECT_EQ(extras["settings"]["seed"], 7);
  EXPECT_EQ(extras["title"], "walk – 1");
  EXPECT_EQ(extras["character"], "boxes");
  EXPECT_EQ(extras["credits"][1]["source"], "https://example.org/b");
  // One mesh is called like a joint; node names must differ.
  std::vector<std::string> names;
  for (const json& node : document["nodes"]) names.push_back(node["name"]);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(Glb, BlendAndSharedPictures) {
  body::Character person = box_character();
  person.materials[0].colour = person.materials[1].colour;
  person.materials[0].see_through = true;
  const Glb file(to_glb(person, test::random_clip(3, 2), {.alpha = GlbAlpha::Blend}));
  EXPECT_EQ(file.document["materials"][0]["alphaMode"], "BLEND");
  EXPECT_EQ(file.document["images"].size(), 1U);
  EXPECT_EQ(file.document["textures"].size(), 1U);
}

TEST(Glb, SameInputIsTheSameBytes) {
  const motion::Clip clip = test::random_clip(9, 12);
  EXPECT_EQ(to_glb(box_character(), clip), to_glb(box_character(), clip));
}

TEST(Glb, SkeletonAloneOfAnyKind) {
  motion::Clip clip;
  clip.skeleton.names = {"Hips", "Leg"};
  clip.skeleton.parents = {-1, 0};
  clip.skeleton.offsets = {{}, {0, -0.5f, 0}};
  clip.skeleton.end_sites = {{1, {0, -0.4f, 0.1f}}};
  clip.fps = 60;
  clip.root_positions = {{0, 1, 0}, {0, 1, 0.5f}};
  clip.rotations.assign(4, Quat{});
  clip.moving_joints = {1};
  clip.translations = {{0, -0.5f, 0}, {0, -0.6f, 0}};
  const Glb file(to_glb(clip));
  EXPECT_FALSE(file.document.contains("meshes"));
  EXPECT_FALSE(file.document.contains("skins"));
  ASSERT_EQ(file.document["nodes"].size(), 3U);
  EXPECT_EQ(file.document["nodes"][2]["name"], "Leg_end");
  EXPECT_FLOAT_EQ(file.document["nodes"][0]["translation"][1].get<float>(), 0.5f);
  EXPECT_FLOAT_EQ(played(file, 1, 2).positions[1].y, 0.4f);
  EXPECT_FLOAT_EQ(played(file, 1, 2).positions[1].z, 0.5f);
}

TEST(Glb, CharacterWithoutMeshes) {
  body::Character person = box_character();
  person.meshes.clear();
  const Glb file(to_glb(person, test::random_clip(3, 2)));
  EXPECT_FALSE(file.document.contains("materials"));
  EXPECT_EQ(file.document["nodes"].size(), 22U);
}

TEST(Glb, InfluencesAreMergedAndNormalised) {
  body::Character person = box_character();
  person.meshes.resize(1);
  person.meshes[0].joints[0] = {5, 7, 5, 3};
  person.meshes[0].weights[0] = {1, 2, 1, 0};
  person.meshes[0].weights[1] = {0, 0, 0, 0};
  const Glb file(to_glb(person, test::random_clip(3, 2)));
  const json& attributes = file.document["meshes"][0]["primitives"][0]["attributes"];
  const std::vector<double> joints = file.numbers(attributes["JOINTS_0"]);
  const std::vector<double> weights = file.numbers(attributes["WEIGHTS_0"]);
  EXPECT_EQ(std::vector(joints.begin(), joints.begin() + 4), (std::vector<double>{5, 7, 0, 0}));
  EXPECT_EQ(std::vector(weights.begin(), weights.begin() + 4),
            (std::vector<double>{0.5, 0.5, 0, 0}));
  EXPECT_EQ(std::vector(weights.begin() + 4, weights.begin() + 8),
            (std::vector<double>{1, 0, 0, 0}));
}

TEST(Glb, RefusesWhatDoesNotFit) {
  const body::Character good = box_character();
  const motion::Clip clip = test::random_clip(3, 2);
  const auto refused = [&](const std::function<void(body::Character&)>& change) {
    body::Character person = good;
    change(person);
    EXPECT_THROW(to_glb(person, clip), Error);
  };
  refused([](auto& p) { p.meshes[0].triangles[0] = {0, 1, 1000000}; });
  refused([](auto& p) { p.meshes[0].joints[0] = {22, 0, 0, 0}; });
  refused([](auto& p) { p.meshes[0].uvs.pop_back(); });
  refused([](auto& p) { p.meshes[0].positions[3].x = std::nanf(""); });
  refused([](auto& p) { p.meshes[0].material = 2; });
  refused([](auto& p) { p.bind_rotations.pop_back(); });
  refused([](auto& p) { p.skeleton.names[3] = "other"; });
  EXPECT_THROW(to_glb(good, clip, {.settings = "[1]"}), Error);
  EXPECT_THROW(to_glb(good, clip, {.settings = "{"}), Error);
  EXPECT_THROW(to_glb(good, clip, {.max_texture = 3}), Error);
}

TEST(Glb, SoftPicturesBlendAndCutOutsAreMasked) {
  body::Character person = box_character();
  Image strokes(8, 8, 4, 120);  // alpha 120: half covered everywhere
  person.materials[1].colour = std::make_shared<const Image>(strokes);
  const auto mode = [&](GlbAlpha alpha) {
    const Glb file(to_glb(person, test::random_clip(3, 2), {.alpha = alpha}));
    return file.document["materials"][1]["alphaMode"].get<std::string>();
  };
  EXPECT_EQ(mode(GlbAlpha::Auto), "BLEND");
  EXPECT_EQ(mode(GlbAlpha::Mask), "MASK");
}

TEST(Glb, NormalMapsComeWithTangents) {
  body::Character person = box_character();
  person.materials[0].normals = std::make_shared<const Image>(8, 8, 3, uint8_t{128});
  const Glb file(to_glb(person, test::random_clip(3, 2)));
  const json& first = file.document["meshes"][0]["primitives"][0]["attributes"];
  ASSERT_TRUE(first.contains("TANGENT"));
  EXPECT_FALSE(file.document["meshes"][1]["primitives"][0]["attributes"].contains("TANGENT"));
  EXPECT_TRUE(file.document["materials"][0].contains("normalTexture"));
  const std::vector<double> normals = file.numbers(first["NORMAL"]);
  const std::vector<double> directions = file.numbers(first["TANGENT"]);
  for (size_t v = 0; v < normals.size() / 3; ++v) {
    const Quat t = quat(directions, v);  // x y z and the sign in w
    EXPECT_NEAR(motion::length({t.x, t.y, t.z}), 1, 1e-5);
    EXPECT_NEAR(motion::dot({t.x, t.y, t.z}, vec3(normals, v)), 0, 1e-5);
    EXPECT_EQ(std::abs(t.w), 1);
  }
}

}  // namespace
}  // namespace pantomime::formats
