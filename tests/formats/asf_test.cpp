#include "pantomime/formats/asf.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/mapping_file.h"
#include "support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::Quat;
using motion::Vec3;

constexpr const char* kAsf = R"(# made by hand
:version 1.10
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 1 2 3
   orientation 0 0 0
:units
  mass 1.0
  length 0.0254
  angle deg
:documentation
   words :and more words
:bonedata
  begin
     id 1
     name upper
     direction 0 2 0
     length 3
     axis 0 0 90 XYZ
    dof rx rz
    limits (-160.0 20.0)
           (-inf inf)
  end
  begin
     id 2
     name lower
     direction 1 0 0
     length 4
     axis 0 0 0 XYZ
  end
  begin
     id 3
     name side
     direction 0 0 -1
     length 0.5
     axis 0 0 0 ZYX
    dof rx ry rz
  end
:hierarchy
  begin
    root upper side
    upper lower
  end
)";

constexpr const char* kAmc = R"(#!OML:ASF x.asf
:FULLY-SPECIFIED
:DEGREES
7
root 10 20 30 0 90 0
upper 0 90
side 90 90 0
8
upper 90 0
side 0 0 1e-15
root 10 20 31 90 90 0
)";

using test::with;

std::string message_of(const std::string& asf, const std::string& amc = kAmc) {
  return test::error_of<ParseError>([&] { parse_amc(amc, "x.amc", parse_asf(asf, "x.asf")); });
}

using test::expect_near;

TEST(Asf, ReadsBonesAsJointsWhereTheyBegin) {
  const Asf asf = parse_asf(kAsf, "x.asf");
  EXPECT_DOUBLE_EQ(asf.metres_per_unit, 1.0);  // an inch over 0.0254
  EXPECT_EQ(asf.skeleton.names, (std::vector<std::string>{"root", "upper", "lower", "side"}));
  EXPECT_EQ(asf.skeleton.parents, (std::vector<int>{-1, 0, 1, 0}));
  expect_near(asf.skeleton.offsets[1], {});
  expect_near(asf.skeleton.offsets[2], {0, 3, 0});  // the direction need not be a unit vector
  ASSERT_EQ(asf.skeleton.end_sites.size(), 2u);
  EXPECT_EQ(asf.skeleton.end_sites[0].parent, 2);
  expect_near(asf.skeleton.end_sites[0].offset, {4, 0, 0});
  EXPECT_EQ(asf.bones[1].dof, (std::vector<int>{0, 2}));
  ASSERT_EQ(asf.bones[1].limits.size(), 2u);
  EXPECT_NEAR(asf.bones[1].limits[0][0], -160 * std::numbers::pi / 180, 1e-12);
  EXPECT_TRUE(std::isinf(asf.bones[1].limits[1][1]));
  EXPECT_TRUE(asf.bones[2].dof.empty());
  asf.skeleton.validate();
}

TEST(Asf, TurnsBonesAboutTheirOwnAxes) {
  const Clip clip = parse_amc(kAmc, "x.amc", parse_asf(kAsf, "x.asf"), {.fps = 60});
  clip.validate();
  EXPECT_EQ(clip.fps, 60.0);
  ASSERT_EQ(clip.frame_count(), 2u);
  expect_near(clip.root_positions[1], {11, 22, 34});
  // x of the axes of "upper" is the world's y: 90 degrees about it take z to x.
  expect_near(clip.rotation(1, 1) * Vec3{0, 0, 1}, {1, 0, 0});
  expect_near(clip.rotation(0, 1) * Vec3{1, 0, 0}, {0, 1, 0});
  // First about x (y to z), then about y (z to x).
  expect_near(clip.rotation(0, 3) * Vec3{0, 1, 0}, {1, 0, 0});
  expect_near(clip.rotation(1, 0) * Vec3{0, 1, 0}, {1, 0, 0});
  EXPECT_EQ(clip.rotation(0, 2), Quat{});
  expect_near(clip.rotation(1, 3) * Vec3{0, 1, 0}, {0, 1, 0});
}

TEST(Asf, TakesRadiansAndOtherOrders) {
  const std::string asf = with(with(kAsf, "axis 0 0 90 XYZ", "axis 0 90 90 ZYX"),
                               "order TX TY TZ RX RY RZ", "order RZ RX TY");
  const std::string amc =
      ":RADIANS\n1\nroot 1.5707963267948966 1.5707963267948966 5\nupper 0 0\nside 0 0 0\n";
  const Asf read = parse_asf(asf, "x.asf");
  // Z first, then Y: x goes to y and stays; y goes to -x, then to z.
  expect_near(read.bones[1].axis * Vec3{1, 0, 0}, {0, 1, 0});
  expect_near(read.bones[1].axis * Vec3{0, 1, 0}, {0, 0, 1});
  const Clip clip = parse_amc(amc, "x.amc", read);
  expect_near(clip.root_positions[0], {1, 7, 3});
  expect_near(clip.rotation(0, 0) * Vec3{1, 0, 0}, {0, 0, 1});  // z: x to y; x: y to z
}

TEST(Asf, PutsBonesWhereTheFormatsOwnMatricesPutThem) {
  const auto golden = nlohmann::json::parse(read_file(test::test_data("../golden/asf.json")));
  const Asf asf = read_asf(test::test_data("good/figure.asf"));
  const Clip clip = read_amc(test::test_data("good/figure.amc"), asf);
  EXPECT_NEAR(asf.metres_per_unit, 0.056444, 1e-6);
  ASSERT_EQ(clip.frame_count(), 120u);
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const auto vector = [](const nlohmann::json& v) {
    return Vec3{v.at(0).get<float>(), v.at(1).get<float>(), v.at(2).get<float>()};
  };
  size_t ends = 0;
  for (size_t g = 0; g < golden.at("frames").size(); ++g) {
    const auto f = golden.at("frames").at(g).get<size_t>();
    for (size_t b = 0; b < golden.at("names").size(); ++b) {
      const auto joint = asf.skeleton.find(golden.at("names").at(b).get<std::string>());
      ASSERT_TRUE(joint);
      const size_t at = f * clip.joint_count() + static_cast<size_t>(*joint);
      expect_near(pose.positions[at], vector(golden.at("begin").at(g).at(b)), 2e-5f);
      for (const auto& site : asf.skeleton.end_sites) {
        if (site.parent != *joint) continue;
        expect_near(pose.positions[at] + pose.rotations[at] * site.offset,
                    vector(golden.at("end").at(g).at(b)), 2e-5f);
        ++ends;
      }
    }
  }
  EXPECT_EQ(ends, 3u * 7u);  // toes, fingers and thumbs of both sides, and the head
}

TEST(Asf, StandardSkeletonIsRecognisedAndKeepsItsJoints) {
  const Asf asf = read_asf(test::test_data("good/figure.asf"));
  const Clip source = read_amc(test::test_data("good/figure.amc"), asf);
  const auto mappings = load_mappings(resource_path("configs/mappings"));
  const motion::Mapping& mapping = recognise(source.skeleton, mappings, "figure.amc");
  EXPECT_EQ(mapping.name, "cmu_asf");
  const Clip clip = motion::to_canonical(source, mapping);
  const auto from = motion::forward_kinematics(source), to = motion::forward_kinematics(clip);
  const auto same = [&](motion::Joint joint, const char* bone) {
    const auto its = static_cast<size_t>(*source.skeleton.find(bone));
    for (size_t f = 0; f < clip.frame_count(); f += 30)
      expect_near(to.positions[f * motion::kJointCount + static_cast<size_t>(joint)],
                  from.positions[f * source.joint_count() + its], 1e-3f);
  };
  same(motion::kLeftHip, "lfemur");
  same(motion::kRightAnkle, "rfoot");
  same(motion::kLeftWrist, "lwrist");
  same(motion::kHead, "upperneck");
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    EXPECT_GT(motion::to_rotation_vector(clip.rotation(f, motion::kLeftKnee)).x, 0.03f);
    EXPECT_LT(motion::to_rotation_vector(clip.rotation(f, motion::kLeftElbow)).y, -0.1f);
    EXPECT_GT(motion::to_rotation_vector(clip.rotation(f, motion::kRightElbow)).y, 0.1f);
  }
}

TEST(Asf, NamesLineFoundAndExpected) {
  EXPECT_EQ(message_of(with(kAsf, "dof rx rz", "dof rx l")),
            "x.asf:21: dof \"l\", expected rx, ry or rz");
  EXPECT_EQ(message_of(with(kAsf, "upper lower", "upper hand")),
            "x.asf:43: bone \"hand\" is not in :bonedata");
  EXPECT_EQ(message_of(with(kAsf, "    upper lower\n", "")),
            "x.asf:25: bone \"lower\" does not hang on the root");
  EXPECT_EQ(message_of(kAsf, with(kAmc, "upper 0 90", "upper 0")),
            "x.amc:6: bone \"upper\" has 1 numbers, its skeleton wants 2");
  EXPECT_EQ(message_of(kAsf, with(kAmc, "8\n", "9\n")), "x.amc:8: sample 9 follows 7, expected 8");
  EXPECT_EQ(message_of(kAsf, with(kAmc, "side 90 90 0\n", "")),
            "x.amc:7: sample 7 has no bone \"side\"");
  EXPECT_EQ(message_of(kAsf, with(kAmc, "side 90", "tail 90")),
            "x.amc:7: the skeleton has no bone \"tail\"");
}

TEST(Asf, RefusesBrokenSkeletons) {
  const std::vector<std::pair<std::string, std::string>> breaks = {
      {":root", ":stem"},
      {"order TX TY TZ RX RY RZ", "order TX TX"},
      {"order TX TY TZ RX RY RZ", "order TX QY"},
      {"order TX TY TZ RX RY RZ", "order"},
      {"axis XYZ", "axis XYX"},
      {"position 1 2 3", "position 1 2"},
      {"length 0.0254", "length 0"},
      {"length 0.0254", "length -1"},
      {"angle deg", "angle gon"},
      {"name upper", "name root"},
      {"name lower", "name upper"},
      {"name upper\n", ""},
      {"direction 0 2 0", "direction 0 nan 0"},
      {"direction 1 0 0\n", ""},
      {"length 3", "length -3"},
      {"length 4", "length 1e99"},
      {"axis 0 0 90 XYZ", "axis 0 0 90"},
      {"axis 0 0 90 XYZ", "axis 0 90 XYZ"},
      {"dof rx rz", "dof rx rx"},
      {"dof rx rz", "dof rx tx"},
      {"(-160.0 20.0)", "(-160.0)"},
      {"(-160.0 20.0)", "(20 -160)"},
      {"id 2", "colour 2"},
      {"  end\n:hierarchy", ":hierarchy"},
      {"root upper side", "root upper upper"},
      {"root upper side", "root side"},
      {"upper lower", "upper lower side"},
      {"upper lower", "upper lower\n lower upper"},
      {":hierarchy", ":hierarch"},
      {"    upper lower\n  end\n", "    upper lower\n"},
      {"# made by hand", "stray words"},
  };
  for (const auto& [from, to] : breaks) {
    const std::string message = message_of(with(kAsf, from, to));
    EXPECT_TRUE(message.starts_with("x.asf:")) << from << " -> " << to << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_NE(message_of(""), "no error");
  const std::string text = kAsf;
  for (size_t size = 0; size + 6 < text.size(); ++size)
    EXPECT_NE(message_of(text.substr(0, size)), "no error") << size;
}

TEST(Asf, RefusesBrokenMotions) {
  const std::vector<std::pair<std::string, std::string>> breaks = {
      {"7\n", ""},
      {"7\n", "7 8\n"},
      {"7\n", "99999999999999999999\n"},
      {"8\n", "7\n"},
      {"8\n", "8.5\n"},
      {"root 10 20 30", "root 10 inf 30"},
      {"root 10", "Root 10"},
      {"upper 90 0", "upper 90 0 0"},
      {"upper 90 0", "side 0 0 0"},
  };
  for (const auto& [from, to] : breaks) {
    const std::string message = message_of(kAsf, with(kAmc, from, to));
    EXPECT_TRUE(message.starts_with("x.amc:")) << from << " -> " << to << ": " << message;
  }
  EXPECT_NE(message_of(kAsf, ":DEGREES\n"), "no error");
  // A sample costs memory for bones without numbers too.
  std::string wide = ":root\norder TX\n:bonedata\n", tree = ":hierarchy\nbegin\nroot", amc;
  for (int i = 0; i < 4000; ++i) {
    wide += fmt::format("begin\nname b{}\ndirection 0 1 0\nlength 1\naxis 0 0 0 XYZ\nend\n", i);
    tree += fmt::format(" b{}", i);
  }
  for (int i = 0; i < 2000; ++i) amc += fmt::format("{}\nroot 0\n", i);
  EXPECT_NE(message_of(wide + tree + "\nend\n", amc).find("too many for a file of"),
            std::string::npos);
}

TEST(Asf, FindsTheSkeletonOfAMotion) {
  EXPECT_EQ(asf_for("cmu/01/01_07.amc", {"cmu/01/01.asf", "cmu/02/02.asf"}), "cmu/01/01.asf");
  EXPECT_EQ(
      asf_for("a/HDM_bk_01-01_01_120.amc", {"a/HDM_bd.asf", "a/HDM_bk.asf", "a/HDM_bk_01.asf"}),
      "a/HDM_bk_01.asf");
  EXPECT_EQ(asf_for("a/x.amc", {"a/Skeleton.ASF"}), "a/Skeleton.ASF");
  EXPECT_EQ(asf_for("a/x.amc", {"a/s.asf", "a/t.asf"}), "");
  EXPECT_EQ(asf_for("a/x.amc", {"b/x.asf"}), "");
  EXPECT_EQ(asf_for("X_1.AMC", {"x.asf"}), "x.asf");
}

}  // namespace
}  // namespace pantomime::formats
