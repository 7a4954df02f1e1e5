#include "pantomime/motion/rig_match.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support.h"

namespace pantomime::motion {
namespace {

/// A joint of a made-up rig: its name, that of its parent, where it is in the world (metres).
struct Bone {
  std::string name, parent;
  Vec3 at;
};

/// The rest pose of a rig, one frame.
Clip rest_of(const std::vector<Bone>& bones, float scale = 1, float turn = 0) {
  Clip clip;
  const Quat about_y = from_axis_angle({0, 1, 0}, turn);
  std::vector<Vec3> at;
  for (const Bone& bone : bones) {
    const auto parent = clip.skeleton.find(bone.parent);
    const Vec3 here = scale * (about_y * bone.at);
    clip.skeleton.names.push_back(bone.name);
    clip.skeleton.parents.push_back(parent ? static_cast<int>(*parent) : -1);
    clip.skeleton.offsets.push_back(parent ? here - at[static_cast<size_t>(*parent)] : Vec3{});
    at.push_back(here);
  }
  clip.root_positions = {at[0]};
  clip.rotations.assign(bones.size(), Quat{});
  clip.validate();
  return clip;
}

/// Where the joints of an average adult are in a T-pose, feet on the floor.
std::array<Vec3, kJointCount> adult() {
  Clip clip;
  clip.skeleton = canonical_skeleton(default_geometry());
  clip.root_positions = {{}};
  clip.rotations.assign(kJointCount, Quat{});
  const auto places = forward_kinematics(clip).positions;
  std::array<Vec3, kJointCount> out;
  float low = 0;
  for (const Vec3 p : places) low = std::min(low, p.y);
  for (size_t j = 0; j < kJointCount; ++j) out[j] = places[j] + Vec3{0, 0.02f - low, 0};
  return out;
}

/// An adult with these names, "" where the rig has no such joint; `lowered` arms hang by so much.
std::vector<Bone> named(const std::array<std::string, kJointCount>& names, float lowered = 0) {
  auto at = adult();
  for (const auto& [shoulder, side] : {std::pair(kLeftShoulder, -1.f), {kRightShoulder, 1.f}}) {
    const Quat down = from_axis_angle({0, 0, 1}, side * lowered);
    const size_t elbow = shoulder + 2, wrist = shoulder + 4;
    for (const size_t j : {elbow, wrist}) at[j] = at[shoulder] + down * (at[j] - at[shoulder]);
  }
  std::vector<Bone> out;
  for (size_t j = 0; j < kJointCount; ++j) {
    if (names[j].empty()) continue;
    int parent = kJointParents[j];
    while (parent >= 0 && names[static_cast<size_t>(parent)].empty())
      parent = kJointParents[static_cast<size_t>(parent)];
    out.push_back({names[j], parent < 0 ? "" : names[static_cast<size_t>(parent)], at[j]});
  }
  return out;
}

Vec3 place_of(const std::vector<Bone>& bones, const std::string& name) {
  for (const Bone& bone : bones)
    if (bone.name == name) return bone.at;
  throw Error("no bone " + name);
}

void add_fingers(std::vector<Bone>& bones, const std::string& hand, float side,
                 const std::string& prefix) {
  for (int finger = 0; finger < 3; ++finger) {
    std::string parent = hand;
    for (int k = 1; k <= 3; ++k) {
      const std::string name = fmt::format("{}{}_{}", prefix, finger, k);
      const auto step = static_cast<float>(k);
      bones.push_back({name, parent,
                       place_of(bones, hand) +
                           Vec3{side * 0.03f * step, 0, 0.02f * static_cast<float>(finger - 1)}});
      parent = name;
    }
  }
}

const std::array<std::string, kJointCount> kMixamo = {
    "mixamorig:Hips",        "mixamorig:LeftUpLeg",    "mixamorig:RightUpLeg",
    "mixamorig:Spine",       "mixamorig:LeftLeg",      "mixamorig:RightLeg",
    "mixamorig:Spine1",      "mixamorig:LeftFoot",     "mixamorig:RightFoot",
    "mixamorig:Spine2",      "mixamorig:LeftToeBase",  "mixamorig:RightToeBase",
    "mixamorig:Neck",        "mixamorig:LeftShoulder", "mixamorig:RightShoulder",
    "mixamorig:Head",        "mixamorig:LeftArm",      "mixamorig:RightArm",
    "mixamorig:LeftForeArm", "mixamorig:RightForeArm", "mixamorig:LeftHand",
    "mixamorig:RightHand"};

TEST(RigMatch, KnowsMixamosNames) {
  std::vector<Bone> bones = named(kMixamo);
  add_fingers(bones, "mixamorig:LeftHand", 1, "mixamorig:LeftHandIndex");
  add_fingers(bones, "mixamorig:RightHand", -1, "mixamorig:RightHandIndex");
  bones.push_back({"mixamorig:HeadTop_End", "mixamorig:Head",
                   place_of(bones, "mixamorig:Head") + Vec3{0, 0.2f, 0}});
  const RigMatch match = match_rig(rest_of(bones), "rig");
  EXPECT_EQ(match.mapping.rotation_from, kMixamo);
  EXPECT_EQ(match.by[kLeftWrist], FoundBy::Name);
  EXPECT_EQ(match.by[kPelvis], FoundBy::Name);
  EXPECT_EQ(match.mapping.axes.up, Axis::PlusY);
  EXPECT_EQ(match.mapping.axes.forward, Axis::PlusZ);
  EXPECT_EQ(match.mapping.axes.metres_per_unit, 1);
  EXPECT_FALSE(match.mapping.posed_rest);
}

TEST(RigMatch, KnowsUnrealsNamesWithHelpersAndTwistBones) {
  const std::array<std::string, kJointCount> names = {
      "pelvis",     "thigh_l",    "thigh_r",    "spine_01", "calf_l",     "calf_r",
      "spine_02",   "foot_l",     "foot_r",     "spine_03", "ball_l",     "ball_r",
      "neck_01",    "clavicle_l", "clavicle_r", "head",     "upperarm_l", "upperarm_r",
      "lowerarm_l", "lowerarm_r", "hand_l",     "hand_r"};
  std::vector<Bone> bones = {{"root", "", {}}};
  for (Bone bone : named(names, 0.8f)) {
    if (bone.parent.empty()) bone.parent = "root";
    bones.push_back(bone);
  }
  const auto helper = [&](const std::string& name, const std::string& parent, Vec3 at) {
    bones.push_back({name, parent, at});
  };
  for (const std::string side : {"l", "r"}) {
    for (const std::string limb : {"thigh_", "calf_", "upperarm_", "lowerarm_"})
      helper(limb + "twist_01_" + side, limb + side, place_of(bones, limb + side));
    helper("ik_foot_" + side, "root", place_of(bones, "foot_" + side));
    helper("ik_hand_" + side, "root", place_of(bones, "hand_" + side));
  }
  const RigMatch match = match_rig(rest_of(bones, 100), "rig");
  EXPECT_EQ(match.mapping.rotation_from, names);
  EXPECT_EQ(match.mapping.axes.metres_per_unit, 0.01);  // Unreal's unit
}

TEST(RigMatch, KnowsBlendersNamesAndALongSpine) {
  std::array<std::string, kJointCount> names = {
      "spine",     "thigh.L",    "thigh.R",    "spine.001", "shin.L",      "shin.R",
      "spine.002", "foot.L",     "foot.R",     "spine.003", "toe.L",       "toe.R",
      "spine.004", "shoulder.L", "shoulder.R", "spine.006", "upper_arm.L", "upper_arm.R",
      "forearm.L", "forearm.R",  "hand.L",     "hand.R"};
  const std::vector<Bone> bones = named(names, 0.4f);
  const RigMatch match = match_rig(rest_of(bones), "rig");
  EXPECT_EQ(match.mapping.rotation_from, names);
  // No joint is called a head: it is where the neck leads.
  EXPECT_EQ(match.by[kHead], FoundBy::Place);
  EXPECT_EQ(match.by[kLeftAnkle], FoundBy::Name);
}

TEST(RigMatch, FindsAPersonWithoutAnyNames) {
  std::array<std::string, kJointCount> names;
  for (size_t j = 0; j < kJointCount; ++j) names[j] = fmt::format("bone_{:02}", (7 * j) % 22);
  const std::vector<Bone> bones = named(names, 0.6f);
  struct Turn {
    float angle;
    Axis forward;
  };
  // Whichever way it looks, toes tell.
  for (const Turn turn : {Turn{0, Axis::PlusZ}, Turn{3.14159265f, Axis::MinusZ},
                          Turn{1.57079633f, Axis::PlusX}, Turn{-1.57079633f, Axis::MinusX}}) {
    const RigMatch match = match_rig(rest_of(bones, 1, turn.angle), "rig");
    EXPECT_EQ(match.mapping.rotation_from, names) << turn.angle;
    EXPECT_EQ(match.mapping.axes.forward, turn.forward);
    for (size_t j = 0; j < kJointCount; ++j) EXPECT_EQ(match.by[j], FoundBy::Place) << j;
  }
}

TEST(RigMatch, LeavesOutWhatARigDoesNotHave) {
  // 15 joints, like games' simple figures: no collars, no toes, one joint between hips and neck.
  const std::array<std::string, kJointCount> names = {"Hips",
                                                      "ThighLeft",
                                                      "ThighRight",
                                                      "",
                                                      "ShinLeft",
                                                      "ShinRight",
                                                      "",
                                                      "FootLeft",
                                                      "FootRight",
                                                      "Chest",
                                                      "",
                                                      "",
                                                      "",
                                                      "",
                                                      "",
                                                      "Head",
                                                      "ArmLeft",
                                                      "ArmRight",
                                                      "ForearmLeft",
                                                      "ForearmRight",
                                                      "HandLeft",
                                                      "HandRight"};
  const RigMatch match = match_rig(rest_of(named(names)), "rig");
  EXPECT_EQ(match.mapping.rotation_from, names);
  for (size_t j = 0; j < kJointCount; ++j)
    EXPECT_EQ(match.by[j] == FoundBy::Nothing, names[j].empty()) << j;
}

TEST(RigMatch, MovesTheRigAsTheClipSays) {
  // What the mapping is for: a clip on the rig and back is the clip.
  std::vector<Bone> bones = named(kMixamo, 0.7f);
  const Clip rig = rest_of(bones, 100);
  const Mapping mapping = match_rig(rig, "rig").mapping;
  Clip clip = test::random_clip(7, 50);
  clip.skeleton = to_canonical(rig, mapping).skeleton;
  for (size_t f = 0; f < clip.frame_count(); ++f)
    for (const size_t knee : {kLeftKnee, kRightKnee})  // people's knees
      clip.rotation(f, knee) =
          from_axis_angle({1, 0, 0}, angle_between(clip.rotation(f, knee), Quat{}));
  const Clip back = to_canonical(to_rig(clip, rig, mapping), mapping);
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    test::expect_near(back.root_positions[f], clip.root_positions[f], 1e-4f);
    for (size_t j = 0; j < kJointCount; ++j)
      EXPECT_LT(angle_between(back.rotation(f, j), clip.rotation(f, j)), 2e-3f) << f << " " << j;
  }
}

TEST(RigMatch, SaysWhyARigIsNoPerson) {
  const auto error = [](const std::vector<Bone>& bones) {
    return test::error_of([&] { match_rig(rest_of(bones), "chair.glb"); });
  };
  const std::string end = "; name its joints in a mapping (--character-mapping)";
  EXPECT_EQ(error({{"seat", "", {0, 0.5f, 0}}}),
            "chair.glb: a rig of 1 joints without two legs" + end);
  // Legs alone.
  std::vector<Bone> bones =
      named({"hips", "thigh_l", "thigh_r", "", "shin_l", "shin_r", "", "foot_l", "foot_r", "", "",
             "",     "",        "",        "", "",       "",       "", "",       "",       "", ""});
  EXPECT_EQ(error(bones), "chair.glb: a rig of 7 joints without two arms" + end);
  EXPECT_EQ(test::error_of([] { match_rig({}, "none"); }), "none: no rest pose");
}

/// Any tree of joints ends in a mapping of its own joints or in one error; never in a crash.
TEST(RigMatch, SurvivesAnyTree) {
  Random random(test::random_seed());
  const char* const words[] = {"hips",     "left_foot", "right_foot", "hand_l", "hand_r", "head",
                               "left_toe", "spine",     "x",          "pelvis", "",       "arm.R"};
  int found = 0, refused = 0;
  for (int i = 0; i < 20 * test::random_cases(); ++i) {
    std::vector<Bone> bones;
    if (i % 2 == 0) {  // a person with something wrong
      bones = named(kMixamo);
      for (uint32_t change = 0; change < 1 + random.below(4); ++change) {
        Bone& one = bones[1 + random.below(static_cast<uint32_t>(bones.size()) - 1)];
        const std::string was = one.name;
        one.name = fmt::format("{}.{}", words[random.below(12)], change);
        one.at += test::random_vector(random, 0.3);
        for (Bone& bone : bones)
          if (bone.parent == was) bone.parent = random.below(2) == 0 ? one.name : bones[0].name;
      }
    } else {
      const uint32_t count = 1 + random.below(30);
      for (uint32_t j = 0; j < count; ++j) {
        const std::string parent = j == 0 ? "" : bones[random.below(j)].name;
        bones.push_back({fmt::format("{}.{}", words[random.below(12)], j), parent,
                         test::random_vector(random, 1)});
      }
    }
    try {
      const RigMatch match = match_rig(rest_of(bones), "rig");
      for (const std::string& name : match.mapping.signature)
        EXPECT_TRUE(std::any_of(bones.begin(), bones.end(),
                                [&](const Bone& bone) { return bone.name == name; }));
      ++found;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      ++refused;
    }
  }
  EXPECT_GT(found, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace pantomime::motion
