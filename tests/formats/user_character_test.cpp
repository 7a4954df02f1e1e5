#include "pantomime/formats/user_character.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "box_character.h"
#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/glb.h"
#include "pantomime/formats/mapping_file.h"
#include "pantomime/motion/fit_to_body.h"
#include "support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::kJointCount;
using motion::Quat;
using motion::Vec3;
using nlohmann::json;

struct Parts {
  json document;
  std::string binary;
};

uint32_t u32(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  std::memcpy(&value, &bytes[at], 4);
  return value;
}

Parts taken_apart(const std::string& glb) {
  const size_t text = u32(glb, 12);
  return {json::parse(glb.substr(20, text)), glb.substr(28 + text)};
}

std::string put_together(const Parts& parts) {
  std::string text = parts.document.dump();
  text.resize((text.size() + 3) / 4 * 4, ' ');
  const auto number = [](size_t value) {
    const auto n = static_cast<uint32_t>(value);
    return std::string(reinterpret_cast<const char*>(&n), 4);
  };
  return "glTF" + number(2) + number(28 + text.size() + parts.binary.size()) + number(text.size()) +
         "JSON" + text + number(parts.binary.size()) + std::string("BIN\0", 4) + parts.binary;
}

/// How a rig from another program differs from ours.
enum class Kind {
  Mixamo,    ///< names, and an old animation
  Blender,   ///< names; an armature turned to Z up that scales centimetres to metres
  Matrices,  ///< names that say nothing, nodes with matrices
};

const std::array<const char*, kJointCount> kMixamo = {
    "Hips",        "LeftUpLeg",    "RightUpLeg",    "Spine",    "LeftLeg",     "RightLeg",
    "Spine1",      "LeftFoot",     "RightFoot",     "Spine2",   "LeftToeBase", "RightToeBase",
    "Neck",        "LeftShoulder", "RightShoulder", "Head",     "LeftArm",     "RightArm",
    "LeftForeArm", "RightForeArm", "LeftHand",      "RightHand"};
const std::array<const char*, kJointCount> kBlender = {
    "hips",      "thigh.L",    "thigh.R",    "spine.001", "shin.L",      "shin.R",
    "spine.002", "foot.L",     "foot.R",     "chest",     "toe.L",       "toe.R",
    "neck",      "shoulder.L", "shoulder.R", "head",      "upper_arm.L", "upper_arm.R",
    "forearm.L", "forearm.R",  "hand.L",     "hand.R"};

std::string name_in(Kind kind, size_t joint) {
  if (kind == Kind::Mixamo) return std::string("mixamorig:") + kMixamo[joint];
  if (kind == Kind::Blender) return kBlender[joint];
  return fmt::format("joint{}", (5 * joint) % kJointCount);
}

/// Our boxes as if another program had written them.
std::string stranger(Kind kind) {
  const body::Character boxes = box_character();
  Clip still;
  still.skeleton = boxes.skeleton;
  still.root_positions = {{0, 0.95f, 0}, {0, 0.95f, 0}};
  still.rotations.assign(2 * kJointCount, Quat{});
  Parts parts = taken_apart(to_glb(boxes, still));
  json& root = parts.document;
  root["asset"] = {{"version", "2.0"}, {"generator", "somebody"}, {"extras", "free text"}};
  int pelvis = -1;
  for (size_t i = 0; i < root["nodes"].size(); ++i) {
    json& node = root["nodes"][i];
    const auto joint = motion::find_joint(node.value("name", ""));
    if (!joint || node.contains("mesh")) continue;
    node["name"] = name_in(kind, static_cast<size_t>(*joint));
    if (*joint == motion::kPelvis) pelvis = static_cast<int>(i);
    if (kind == Kind::Matrices) {
      const auto t = node.value("translation", std::vector<float>{0, 0, 0});
      const auto q = node.value("rotation", std::vector<float>{0, 0, 0, 1});
      const auto m = motion::to_matrix({q[3], q[0], q[1], q[2]}).m;
      node.erase("translation");
      node.erase("rotation");
      node["matrix"] = {m[0][0], m[1][0], m[2][0], 0, m[0][1], m[1][1], m[2][1], 0,
                        m[0][2], m[1][2], m[2][2], 0, t[0],    t[1],    t[2],    1};
    }
    if (kind == Kind::Blender && node.contains("translation"))
      for (json& x : node["translation"]) x = 100 * x.get<float>();
  }
  if (kind == Kind::Mixamo) return put_together(parts);
  root.erase("animations");
  if (kind == Kind::Blender) {
    // What was above the pelvis gets an armature: -90 degrees about x, scale 0.01. The pelvis'
    // own transform is turned back, so that everything is where it was.
    json& node = root["nodes"][static_cast<size_t>(pelvis)];
    const auto t = node["translation"].get<std::vector<float>>();
    const auto q = node.value("rotation", std::vector<float>{0, 0, 0, 1});
    const Quat back = motion::from_axis_angle({1, 0, 0}, 1.57079633f);
    const Vec3 at = back * Vec3{t[0], t[1], t[2]};
    const Quat turn = back * Quat{q[3], q[0], q[1], q[2]};
    node["translation"] = {at.x, at.y, at.z};
    node["rotation"] = {turn.x, turn.y, turn.z, turn.w};
    const size_t armature = root["nodes"].size();
    const Quat down = motion::conjugate(back);
    root["nodes"].push_back({{"name", "Armature"},
                             {"scale", {0.01, 0.01, 0.01}},
                             {"rotation", {down.x, down.y, down.z, down.w}},
                             {"children", {pelvis}}});
    for (size_t i = 0; i < armature; ++i)
      if (root["nodes"][i].contains("children"))
        for (json& child : root["nodes"][i]["children"])
          if (child == pelvis) child = armature;
    for (json& top : root["scenes"][0]["nodes"])
      if (top == pelvis) top = armature;
  }
  return put_together(parts);
}

/// A random clip with people's knees, as it would come out of the sampler for this body.
Clip clip_for(const UserCharacter& character, uint64_t seed) {
  Clip clip = test::random_clip(seed, 30);
  clip.skeleton = character.body();
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    for (const size_t knee : {motion::kLeftKnee, motion::kRightKnee})
      clip.rotation(f, knee) =
          motion::from_axis_angle({1, 0, 0}, motion::angle_between(clip.rotation(f, knee), Quat{}));
    for (const size_t still :
         {motion::kLeftAnkle, motion::kRightAnkle, motion::kLeftFoot, motion::kRightFoot})
      clip.rotation(f, still) = {};
  }
  return clip;
}

TEST(UserCharacter, MatchesRenamedRigsAndMovesThemExactly) {
  for (const Kind kind : {Kind::Mixamo, Kind::Blender, Kind::Matrices}) {
    UserCharacter character(stranger(kind), "mine.glb");
    const motion::RigMatch match = character.match();
    for (size_t j = 0; j < kJointCount; ++j)
      EXPECT_EQ(match.mapping.rotation_from[j], name_in(kind, j)) << motion::kJointNames[j];
    character.use(match.mapping);
    // The bones are the box person's, whatever the unit and the axes.
    const auto want = box_character().skeleton;
    for (size_t j = 1; j < kJointCount; ++j)
      EXPECT_NEAR(length(character.body().offsets[j]), length(want.offsets[j]), 1e-4f)
          << motion::kJointNames[j];

    const Clip clip = clip_for(character, 11);
    const std::string out = character.animated(clip, "walk", R"({"seed": 1})");
    EXPECT_EQ(out, character.animated(clip, "walk", R"({"seed": 1})"));
    const auto animations = parse_gltf(out, "out.glb");
    ASSERT_EQ(animations.size(), 1u);
    EXPECT_EQ(animations[0].name, "walk");
    const Clip back = motion::to_canonical(animations[0].clip, match.mapping);
    ASSERT_EQ(back.frame_count(), clip.frame_count());
    EXPECT_EQ(back.fps, clip.fps);
    const float lift = back.root_positions[0].y - clip.root_positions[0].y;  // rests on its soles
    EXPECT_LT(std::abs(lift), 0.1f);
    for (size_t f = 0; f < clip.frame_count(); ++f) {
      test::expect_near(back.root_positions[f] - Vec3{0, lift, 0}, clip.root_positions[f], 1e-4f);
      for (size_t j = 0; j < kJointCount; ++j) {
        const auto a = motion::to_matrix(back.rotation(f, j)).m,
                   b = motion::to_matrix(clip.rotation(f, j)).m;
        for (size_t r = 0; r < 3; ++r)
          for (size_t c = 0; c < 3; ++c)
            EXPECT_NEAR(a[r][c], b[r][c], 1e-4) << motion::kJointNames[j] << " frame " << f;
      }
    }
  }
}

TEST(UserCharacter, KeepsMeshesSkinAndMaterials) {
  for (const Kind kind : {Kind::Mixamo, Kind::Blender}) {
    const std::string file = stranger(kind);
    UserCharacter character(file, "mine.glb");
    character.use(character.match().mapping);
    const Parts before = taken_apart(file);
    const Parts after =
        taken_apart(character.animated(clip_for(character, 3), "walk", R"({"seed": 1})"));
    for (const char* kept : {"meshes", "skins", "materials", "textures", "images", "samplers",
                             "nodes", "scenes", "scene"})
      EXPECT_EQ(after.document.value(kept, json()), before.document.value(kept, json())) << kept;
    for (const char* list : {"accessors", "bufferViews"})
      for (size_t i = 0; i < before.document[list].size(); ++i)
        EXPECT_EQ(after.document[list][i], before.document[list][i]) << list << i;
    EXPECT_EQ(after.binary.substr(0, before.document["buffers"][0]["byteLength"]),
              before.binary.substr(0, before.document["buffers"][0]["byteLength"]));
    EXPECT_EQ(after.document["buffers"][0]["byteLength"], after.binary.size());
    EXPECT_EQ(after.document["asset"]["generator"], "somebody");
    EXPECT_EQ(after.document["asset"]["extras"]["pantomime"]["seed"], 1);
    ASSERT_EQ(after.document["animations"].size(), 1u);  // the old one is gone
  }
}

TEST(UserCharacter, TakesACorrectedMapping) {
  UserCharacter character(stranger(Kind::Mixamo), "mine.glb");
  const motion::RigMatch match = character.match();
  const std::string page = mapping_page(match, "mine.glb");
  EXPECT_NE(page.find("left_hip = {rotation = \"mixamorig:LeftUpLeg\"}  # by its name"),
            std::string::npos)
      << page;
  motion::Mapping read = parse_mapping(page, "page.toml");
  EXPECT_EQ(read.rotation_from, match.mapping.rotation_from);
  character.use(read);
  const Clip clip = clip_for(character, 5);
  const std::string all = character.animated(clip, "walk");
  UserCharacter again(stranger(Kind::Mixamo), "mine.glb");
  again.use(match.mapping);
  EXPECT_EQ(again.animated(clip, "walk"), all);  // the page loses nothing
  // Without its line a joint keeps still.
  read = parse_mapping(test::with(page, "head = {", "# head = {"), "page.toml");
  character.use(read);
  const auto moved = parse_gltf(character.animated(clip, "walk"), "out.glb")[0].clip;
  const auto head = static_cast<size_t>(moved.skeleton.find("mixamorig:Head").value());
  for (size_t f = 0; f < moved.frame_count(); ++f)
    EXPECT_LT(motion::angle_between(moved.rotation(f, head), {}), 1e-3f);
  EXPECT_NE(test::error_of([&] {
              character.use(parse_mapping(test::with(page, "head = {rotation = \"mixamorig:Head\"",
                                                     "head = {rotation = \"Skull\""),
                                          "page.toml"));
            }).find("Skull"),
            std::string::npos);
}

TEST(UserCharacter, RefusesWhatIsNoRiggedGlb) {
  const auto error = [](const std::string& bytes) {
    return test::error_of([&] { UserCharacter(bytes, "x.glb"); });
  };
  EXPECT_EQ(error("{}"), "x.glb: no GLB file, expected a character as binary glTF 2.0 (.glb)");
  EXPECT_NE(error(to_glb(test::random_clip(1, 2))).find("no skin"), std::string::npos);
  const std::string good = stranger(Kind::Mixamo);
  for (size_t size = 0; size < 20000 && size < good.size(); size += 997)
    EXPECT_NE(error(good.substr(0, size)), "no error") << size;
  // Structures that reading an animation would not look at.
  for (const char* key : {"bufferViews", "accessors", "buffers", "skins", "nodes"}) {
    Parts parts = taken_apart(good);
    parts.document[key] = "nonsense";
    EXPECT_NE(error(put_together(parts)), "no error") << key;
  }
  Parts parts = taken_apart(good);
  parts.document["buffers"][0]["uri"] = "beside.bin";
  EXPECT_NE(error(put_together(parts)), "no error");
}

/// Every value of a scene, one after the other, is replaced by something else: one error, or a
/// character that is written and read.
TEST(UserCharacter, SurvivesAnyValueInItsScene) {
  const auto folder = std::filesystem::path(PANTOMIME_REPOSITORY) / "fuzz/corpus/fuzz_character";
  int moved = 0, refused = 0;
  for (const char* name : {"good_scaled.glb", "good_matrices.glb"}) {
    const Parts good = taken_apart(read_file(folder / name));
    std::vector<json::json_pointer> places;
    const json flat = good.document.flatten();
    for (const auto& item : flat.items())
      for (json::json_pointer at(item.key()); !at.empty(); at.pop_back())
        if (std::find(places.begin(), places.end(), at) == places.end()) places.push_back(at);
    for (const json::json_pointer& at : places)
      for (const json& other :
           {json(), json("x"), json(-1), json(1e9), json::array(), json::object()}) {
        Parts parts = good;
        parts.document[at] = other;
        try {
          UserCharacter character(put_together(parts), "x.glb");
          character.use(character.match().mapping);
          Clip clip;
          clip.skeleton = character.body();
          clip.root_positions.resize(2);
          clip.rotations.resize(2 * kJointCount);
          EXPECT_EQ(parse_gltf(character.animated(clip, "a"), "y.glb").size(), 1u) << at;
          ++moved;
        } catch (const Error& error) {
          EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
          ++refused;
        }
      }
  }
  EXPECT_GT(moved, 100);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace pantomime::formats
