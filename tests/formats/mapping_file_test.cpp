#include "pantomime/formats/mapping_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/archive.h"
#include "pantomime/formats/bvh.h"
#include "support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::Mapping;
using motion::Quat;
using motion::Vec3;

constexpr const char* kMapping = R"(name = "two"
up = "+Z"
forward = "-Y"
metres_per_unit = 0.01
floor_offset = 0.5
signature = ["a", "b"]

[joints]
pelvis = "a"
left_hip = {rotation = "b", frame = [2, 0, 0, 0]}
left_foot = {position = "b/end@0.5", length = 0.1}

[directions]
left_shoulder = [1, -1, 0]

[lost_bones]
b = {like = "a", times = 2}
)";

std::string message_of(const std::string& text) {
  return test::error_of<ParseError>([&] { parse_mapping(text, "m.toml"); });
}

void expect_equal(const Mapping& a, const Mapping& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.axes.up, b.axes.up);
  EXPECT_EQ(a.axes.forward, b.axes.forward);
  EXPECT_EQ(a.axes.metres_per_unit, b.axes.metres_per_unit);
  EXPECT_EQ(a.rotation_from, b.rotation_from);
  EXPECT_EQ(a.position_from, b.position_from);
  EXPECT_EQ(a.directions, b.directions);
  EXPECT_EQ(a.lengths, b.lengths);
  EXPECT_EQ(a.signature, b.signature);
  EXPECT_EQ(a.posed_rest, b.posed_rest);
  EXPECT_EQ(a.average_body, b.average_body);
  EXPECT_EQ(a.floor_offset, b.floor_offset);
  ASSERT_EQ(a.lost_bones.size(), b.lost_bones.size());
  for (size_t i = 0; i < a.lost_bones.size(); ++i) {
    EXPECT_EQ(a.lost_bones[i].joint, b.lost_bones[i].joint);
    EXPECT_EQ(a.lost_bones[i].like, b.lost_bones[i].like);
    EXPECT_EQ(a.lost_bones[i].times, b.lost_bones[i].times);
  }
  for (size_t j = 0; j < motion::kJointCount; ++j) {
    ASSERT_EQ(a.frames[j].has_value(), b.frames[j].has_value()) << j;
    if (!a.frames[j]) continue;
    const auto ma = motion::to_matrix(*a.frames[j]).m, mb = motion::to_matrix(*b.frames[j]).m;
    for (size_t r = 0; r < 3; ++r)
      for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(ma[r][c], mb[r][c], 1e-6);
  }
}

TEST(MappingFile, WritesPagesThatAreReadAsTheyWere) {
  const auto folder = std::filesystem::path(PANTOMIME_REPOSITORY) / "configs/mappings";
  std::vector<Mapping> all = load_mappings(folder);
  ASSERT_GT(all.size(), 10u);
  all.push_back(parse_mapping(kMapping, "m.toml"));
  all.back().signature = {"quote\" and \\ and\ttab", "plain"};
  all.back().rotation_from[motion::kPelvis] = "a: b = {c}, # d";
  for (const Mapping& mapping : all) {
    const std::string page = to_mapping_toml(mapping, "two\nlines", {"", "of its \"own\""});
    EXPECT_TRUE(page.starts_with("# two\n# lines\nname = ")) << page;
    expect_equal(parse_mapping(page, "page.toml"), mapping);
  }
}

TEST(MappingFile, ReadsEveryKey) {
  const Mapping m = parse_mapping(kMapping, "m.toml");
  EXPECT_EQ(m.name, "two");
  EXPECT_EQ(m.axes.up, motion::Axis::PlusZ);
  EXPECT_EQ(m.axes.forward, motion::Axis::MinusY);
  EXPECT_EQ(m.axes.metres_per_unit, 0.01);
  EXPECT_EQ(m.floor_offset, 0.5);
  EXPECT_EQ(m.rotation_from[motion::kPelvis], "a");
  EXPECT_EQ(m.frames[motion::kLeftHip], Quat{});
  EXPECT_EQ(m.position_from[motion::kLeftFoot], "b/end@0.5");
  EXPECT_EQ(m.lengths[motion::kLeftFoot], 0.1f);
  EXPECT_EQ(m.directions[motion::kLeftShoulder], (Vec3{1, -1, 0}));
  ASSERT_EQ(m.lost_bones.size(), 1u);
  EXPECT_EQ(m.lost_bones[0].times, 2);
}

TEST(MappingFile, NamesFileLineAndKeyOfWhatIsWrong) {
  const std::string text = kMapping;
  EXPECT_EQ(message_of("shape = 1\n" + text), "m.toml:1: unknown key \"shape\"");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    return message_of(changed.replace(text.find(from), from.size(), to));
  };
  EXPECT_EQ(with("left_hip =", "left_hop ="),
            "m.toml:10: \"left_hop\" is not one of the 22 canonical joints");
  EXPECT_EQ(with("[2, 0, 0, 0]", "[2, 0, 0]"), "m.toml:10: frame: expected 4 numbers");
  EXPECT_EQ(with("[2, 0, 0, 0]", "[0, 0, 0, 0]"), "m.toml:10: frame: all zero");
  EXPECT_EQ(with("\"-Y\"", "\"-W\""),
            "m.toml:3: forward: axis \"-W\": expected +X, -X, +Y, -Y, +Z or -Z");
  EXPECT_EQ(with("\"-Y\"", "\"-Z\""), "m.toml:1: axes: up and forward are the same line");
  EXPECT_EQ(with("0.01", "0"),
            "m.toml:4: metres_per_unit: expected a number from 1e-06 to 1000000");
  EXPECT_EQ(with("pelvis = \"a\"", ""), "m.toml:1: no joint for the pelvis");
  EXPECT_EQ(with("left_foot = {", "left_knee = {"),
            "m.toml:11: left_knee: only feet, wrists and head can have a length");
  EXPECT_TRUE(with("[joints]", "[joints").starts_with("m.toml:8: "));
}

TEST(MappingFile, PutsLongerSignaturesFirst) {
  const test::TemporaryFolder folder;
  const auto put = [&](const std::string& name, const std::string& signature) {
    write_file(folder / (name + ".toml"), "name = \"" + name + "\"\nsignature = [" + signature +
                                              "]\n[joints]\npelvis = \"a\"\n");
  };
  put("short", "\"a\"");
  put("long", "\"a\", \"b\"");
  const auto mappings = load_mappings(folder.path());
  ASSERT_EQ(mappings.size(), 2u);
  EXPECT_EQ(mappings[0].name, "long");
  motion::Skeleton skeleton{{"a", "b", "c"}, {-1, 0, 0}, {{}, {}, {}}, {}};
  EXPECT_EQ(recognise(skeleton, mappings, "f").name, "long");
  skeleton.names = {"a", "x", "c"};
  EXPECT_EQ(recognise(skeleton, mappings, "f").name, "short");
  skeleton.names = {"y", "b", "c"};
  try {
    recognise(skeleton, mappings, "f.bvh");
    ADD_FAILURE() << "recognised";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "f.bvh: no mapping knows this rig of 3 joints; nearest is \"long\", which needs a "
                 "joint \"a\"");
  }
  EXPECT_THROW(load_mappings(folder / "nowhere"), Error);
}

// Everything below looks at real motion of every rig. A limb that is swapped, twisted or mirrored
// still gives a moving figure; only what knees and elbows can do tells.

struct Rig {
  const char* mapping;
  const char* archive;  ///< under shared/data
  const char* part;     ///< of the names of the files to take
  size_t most;          ///< files
  const char* walk;     ///< part of names in which a person walks forward, or ""
};

const Rig kRigs[] = {
    {"bandai_namco", "bandai_namco/bandai_namco.tar.zst", "1_walk_normal", 4, "walk_normal"},
    {"bandai_namco", "bandai_namco/bandai_namco.tar.zst", "raise-up-both-hands_normal", 10, ""},
    {"bandai_namco", "bandai_namco/bandai_namco.tar.zst", "dataset-1_dance-short", 2, ""},
    {"cmu31", "cmu_mocap/cmu31.tar.zst", "/09_", 9, "09_0"},
    {"cmu31", "cmu_mocap/cmu31.tar.zst", "/02_", 9, "02_01"},
    {"cmu31", "hdm05/hdm05.tar.zst", "squat", 10, ""},
    {"cmu31", "cmu_extra/bvh.tar.zst", "cmu31_common", 9, ""},
    {"cmu_max", "cmu_extra/bvh.tar.zst", "max/", 9, ""},
    {"cmu_fbx22", "cmu_extra/bvh.tar.zst", "fbx22/", 9, ""},
    {"cmu_fbx38", "cmu_extra/bvh.tar.zst", "fbx38/", 9, ""},
    {"daz43", "cmu_extra/bvh.tar.zst", "fbx43/", 9, ""},
    {"daz43", "cmu_mocap/daz43.tar.zst", "salsa", 6, ""},
    {"reactidle", "reactidle/reactidle.tar.zst", "acted", 4, ""},
    {"deepmimic", "deepmimic/bvh.tar.zst", "", 40, "long_walk"},
    {"quaternius_ual", "cc0_library/bvh.tar.zst", "ual/", 50, ""},
    {"mesh2motion", "cc0_library/bvh.tar.zst", "m2m/", 50, "Crawl_RM"},
    {"kaykit", "cc0_library/bvh.tar.zst", "kaykit/", 50, ""},
};

std::filesystem::path data_folder() {
  const auto shared = test::shared_folder();
  return shared.empty() ? shared : shared / "data";
}

struct Loaded {
  std::string name;
  const Mapping* mapping;
  Clip source;
  Clip clip;  ///< canonical, on the floor
};

/// Sum of rotation vectors of a joint over frames in which it bends by more than 15 degrees.
struct Hinge {
  double x = 0, y = 0, z = 0;
  size_t frames = 0;
  void add(const Clip& clip, motion::Joint joint) {
    for (size_t f = 0; f < clip.frame_count(); ++f) {
      const Vec3 v = motion::to_rotation_vector(clip.rotation(f, joint));
      if (motion::length(v) < 15 * std::numbers::pi / 180) continue;
      x += v.x, y += v.y, z += v.z;
      ++frames;
    }
  }
  double size() const { return std::sqrt(x * x + y * y + z * z); }
};

class RealRigs : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (data_folder().empty()) return;
    mappings_ = load_mappings(resource_path("configs/mappings"));
    for (const Rig& rig : kRigs) clips_.push_back(load(rig));
  }
  static void TearDownTestSuite() {
    clips_.clear();
    mappings_.clear();
  }
  void SetUp() override {
    if (data_folder().empty()) GTEST_SKIP() << "no motion capture beside this checkout";
  }

  static std::vector<Loaded> load(const Rig& rig) {
    std::vector<Loaded> clips;
    const auto want = [&](const std::string& name) {
      return name.ends_with(".bvh") && name.find(rig.part) != std::string::npos;
    };
    const auto take = [&](const std::string& name, std::string&& text) {
      const Clip whole = parse_bvh(text, name);
      const Clip source = motion::cut(whole, 0, std::min<size_t>(whole.frame_count(), 900));
      const Mapping& mapping = recognise(source.skeleton, mappings_, name);
      const Clip clip = motion::to_canonical(source, mapping);
      clips.push_back({name, &mapping, source, motion::on_floor(clip, mapping.floor_offset)});
      return clips.size() < rig.most;
    };
    read_archive(data_folder() / rig.archive, want, take);
    return clips;
  }
  /// Calls look(rig, clips of the rig, words that name it).
  static void for_each_rig(
      const std::function<void(const Rig&, const std::vector<Loaded>&, const std::string&)>& look) {
    for (size_t r = 0; r < std::size(kRigs); ++r) {
      const std::string where = std::string(kRigs[r].mapping) + " " + kRigs[r].part;
      ASSERT_FALSE(clips_[r].empty()) << where;
      look(kRigs[r], clips_[r], where);
    }
  }

  static inline std::vector<Mapping> mappings_;
  static inline std::vector<std::vector<Loaded>> clips_;
};

TEST_F(RealRigs, AreRecognised) {
  for_each_rig([](const Rig& rig, const auto& clips, const std::string&) {
    for (const Loaded& loaded : clips) EXPECT_EQ(loaded.mapping->name, rig.mapping) << loaded.name;
  });
}

TEST_F(RealRigs, KneesAndElbowsBendAboutTheirHinges) {
  for_each_rig([](const Rig& rig, const auto& clips, const std::string& where) {
    Hinge knees, left_elbow, right_elbow;
    for (const Loaded& loaded : clips) {
      knees.add(loaded.clip, motion::kLeftKnee);
      knees.add(loaded.clip, motion::kRightKnee);
      left_elbow.add(loaded.clip, motion::kLeftElbow);
      right_elbow.add(loaded.clip, motion::kRightElbow);
    }
    // ReActIdle's people stand and hardly bend a knee.
    const bool idle = std::string(rig.mapping) == "reactidle";
    EXPECT_GT(knees.frames, idle ? 0u : 20u) << where;
    EXPECT_GT(knees.x, (idle ? 0.8 : 0.93) * knees.size()) << where;
    EXPECT_GT(left_elbow.frames, 20u) << where;
    EXPECT_GT(right_elbow.frames, 20u) << where;
    // Forearms also turn about themselves; CMU's elbows have their hinge tilted by 30 degrees.
    EXPECT_GT(-left_elbow.y, 0.7 * left_elbow.size()) << where;
    EXPECT_GT(right_elbow.y, 0.7 * right_elbow.size()) << where;
  });
}

TEST_F(RealRigs, KeepWhereTheSourcesJointsAre) {
  for_each_rig([](const Rig&, const auto& clips, const std::string& where) {
    for (const Loaded& loaded : clips) {
      const Mapping& mapping = *loaded.mapping;
      loaded.clip.validate();
      if (mapping.average_body || !mapping.lost_bones.empty()) continue;
      const auto a = motion::forward_kinematics(loaded.source);
      const auto b = motion::forward_kinematics(loaded.clip);
      const Quat axes = motion::canonical_from(mapping.axes);
      const auto scale = static_cast<float>(mapping.axes.metres_per_unit);
      const auto source_joint = [&](size_t j) {
        const std::string& position = mapping.position_from[j];
        return loaded.source.skeleton.find(position.empty() ? mapping.rotation_from[j] : position);
      };
      double sum = 0;
      size_t count = 0;
      for (size_t f = 0; f < loaded.clip.frame_count(); ++f) {
        const Vec3* p = &a.positions[f * loaded.source.joint_count()];
        const Vec3* q = &b.positions[f * motion::kJointCount];
        for (size_t j = 1; j < motion::kJointCount; ++j) {
          const auto joint = source_joint(j);
          if (!joint) continue;
          // From the pelvis: the floor moved the whole.
          const Vec3 wanted = scale * (axes * (p[*joint] - p[*source_joint(motion::kPelvis)]));
          sum += motion::length(q[j] - q[0] - wanted);
          ++count;
        }
      }
      EXPECT_LT(sum / static_cast<double>(count), 1e-3) << where << " " << loaded.name;
    }
  });
}

TEST_F(RealRigs, TakeTheirMotionBack) {
  for_each_rig([](const Rig&, const auto& clips, const std::string& where) {
    for (const Loaded& loaded : clips) {
      const Mapping& mapping = *loaded.mapping;
      if (mapping.average_body || !mapping.lost_bones.empty()) continue;
      const Clip canonical = motion::to_canonical(loaded.source, mapping);
      const Clip back = motion::to_rig(canonical, loaded.source, mapping);
      back.validate();
      EXPECT_EQ(back.skeleton.names, loaded.source.skeleton.names);
      const auto a = motion::forward_kinematics(loaded.source),
                 b = motion::forward_kinematics(back);
      const auto scale = static_cast<float>(mapping.axes.metres_per_unit);
      double sum = 0;
      size_t count = 0;
      for (const motion::Joint j : {motion::kPelvis, motion::kLeftKnee, motion::kRightAnkle,
                                    motion::kSpine3, motion::kLeftElbow, motion::kRightWrist}) {
        const auto joint = back.skeleton.find(mapping.rotation_from[j]);
        if (!joint) continue;
        for (size_t f = 0; f < back.frame_count(); f += 5) {
          const size_t at = f * back.joint_count() + static_cast<size_t>(*joint);
          sum += scale * motion::length(a.positions[at] - b.positions[at]);
          ++count;
        }
      }
      EXPECT_LT(sum / static_cast<double>(count), 5e-3) << where << " " << loaded.name;
      // And what comes back is the same motion to us.
      const Clip again = motion::to_canonical(back, mapping);
      double turned = 0;
      for (size_t i = 0; i < again.rotations.size(); ++i)
        turned += motion::angle_between(again.rotations[i], canonical.rotations[i]);
      EXPECT_LT(turned / static_cast<double>(again.rotations.size()), 0.01) << loaded.name;
    }
  });
}

TEST_F(RealRigs, StandUprightWithLeftOnTheLeft) {
  for_each_rig([](const Rig&, const auto& clips, const std::string& where) {
    double upright = 0, frames = 0, sides = 0, feet_forward = 0;
    for (const Loaded& loaded : clips) {
      const auto pose = motion::forward_kinematics(loaded.clip);
      for (size_t f = 0; f < loaded.clip.frame_count(); ++f) {
        const Vec3* p = &pose.positions[f * motion::kJointCount];
        const Quat* q = &pose.rotations[f * motion::kJointCount];
        const auto across = [&](motion::Joint left, motion::Joint right, motion::Joint frame) {
          return motion::dot(p[left] - p[right], q[frame] * Vec3{1, 0, 0});
        };
        frames += 1;
        upright += p[motion::kHead].y > p[motion::kPelvis].y + 0.2f &&
                   p[motion::kLeftFoot].y < p[motion::kPelvis].y &&
                   p[motion::kRightFoot].y < p[motion::kPelvis].y;
        sides += across(motion::kLeftHip, motion::kRightHip, motion::kPelvis) > 0.05f &&
                 across(motion::kLeftShoulder, motion::kRightShoulder, motion::kSpine3) > 0.15f;
        const Vec3 feet = p[motion::kLeftFoot] - p[motion::kLeftAnkle] + p[motion::kRightFoot] -
                          p[motion::kRightAnkle];
        feet_forward += motion::dot(feet, q[motion::kPelvis] * Vec3{0, 0, 1}) > 0;
      }
    }
    EXPECT_GT(upright, 0.6 * frames) << where;  // some clips lie down, roll, or stand on hands
    EXPECT_GT(sides, 0.99 * frames) << where;
    EXPECT_GT(feet_forward, 0.8 * frames) << where;
  });
}

TEST_F(RealRigs, WalkTheWayTheyFace) {
  for_each_rig([](const Rig& rig, const auto& clips, const std::string& where) {
    if (std::string(rig.walk).empty()) return;
    double forward = 0, travelled = 0;
    for (const Loaded& loaded : clips) {
      if (loaded.name.find(rig.walk) == std::string::npos) continue;
      const auto& path = loaded.clip.root_positions;
      for (size_t f = 0; f + 5 < path.size(); f += 5) {
        const Vec3 step = path[f + 5] - path[f];
        forward += motion::dot(step, motion::heading(loaded.clip.rotation(f, 0)) * Vec3{0, 0, 1});
        travelled += std::hypot(step.x, step.z);
      }
    }
    EXPECT_GT(travelled, 0.5) << where;
    EXPECT_GT(forward, 0.8 * travelled) << where;
  });
}

TEST_F(RealRigs, HaveHumanSize) {
  for_each_rig([](const Rig&, const auto& clips, const std::string&) {
    for (const Loaded& loaded : clips) {
      const auto g = motion::geometry_of(loaded.clip.skeleton.offsets);
      const float leg = g[21] + g[22], arm = g[16] + g[17], tall = motion::approximate_stature(g);
      EXPECT_TRUE(leg > 0.55f && leg < 1.0f) << loaded.name << ": leg " << leg;
      EXPECT_TRUE(arm > 0.36f && arm < 0.65f) << loaded.name << ": arm " << arm;
      EXPECT_TRUE(tall > 1.2f && tall < 2.0f) << loaded.name << ": stature " << tall;
    }
  });
}

}  // namespace
}  // namespace pantomime::formats
