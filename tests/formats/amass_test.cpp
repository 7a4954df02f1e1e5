#include "pantomime/formats/amass.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/npz.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

using motion::Quat;
using motion::Vec3;

using test::expect_near;

/// An AMASS file as the archive has it: one frame, standing upright, facing -y, hands up to
/// `width`.
Npz recorded(int64_t width = 156) {
  // Upright in a Z-up world: the body's y axis points along z; that is a quarter turn about x.
  std::vector<double> poses(static_cast<size_t>(width), 0.0);
  poses[0] = std::numbers::pi / 2;
  poses[3 * motion::kLeftShoulder + 2] = -0.5;
  const std::vector<double> trans = {1, 2, 0.9}, betas = {0.1, -0.2};
  Npz arrays;
  arrays["poses"] = npy_of({1, width}, std::span<const double>(poses));
  arrays["trans"] = npy_of({1, 3}, std::span<const double>(trans));
  arrays["mocap_framerate"] = npy_of(120.0);
  arrays["betas"] = npy_of({2}, std::span<const double>(betas));
  arrays["gender"] = npy_of(std::string("female"));
  return arrays;
}

Amass parsed(const Npz& arrays, const AmassOptions& options = {}) {
  return parse_amass(to_npz(arrays), "walk.npz", options);
}

TEST(Amass, ZUpBecomesYUpByAProperRotation) {
  const Amass file = parsed(recorded());
  EXPECT_EQ(file.clip.fps, 120);
  EXPECT_EQ(file.gender, "female");
  EXPECT_EQ(file.betas, (std::vector<double>{0.1, -0.2}));
  // Height stays height, x stays x; nothing is mirrored.
  expect_near(file.clip.root_positions[0], {1, 0.9f, -2});
  // Upright and facing forward is the identity with us.
  EXPECT_NEAR(motion::angle_between(file.clip.rotation(0, 0), Quat{}), 0, 1e-3);
  // The left arm, on +x, is lowered by half a radian about z.
  const motion::WorldPose world = motion::forward_kinematics(file.clip);
  const Vec3 upper = world.positions[motion::kLeftElbow] - world.positions[motion::kLeftShoulder];
  EXPECT_GT(upper.x, 0);
  EXPECT_NEAR(std::atan2(upper.y, upper.x), -0.5, 1e-4);
  // The nose side: the toes are in front of the ankles.
  EXPECT_GT(world.positions[motion::kLeftFoot].z, world.positions[motion::kLeftAnkle].z);
}

TEST(Amass, TurnInTheirWorldIsTheSameTurnInOurs) {
  // A person who turns left by 1 rad about their up axis (z) turns left about ours (y).
  Npz arrays = recorded();
  const Quat turned = motion::from_axis_angle({0, 0, 1}, 1) *
                      motion::from_axis_angle({1, 0, 0}, std::numbers::pi_v<float> / 2);
  const Vec3 v = motion::to_rotation_vector(turned);
  std::vector<double> poses(156, 0.0);
  poses[0] = v.x, poses[1] = v.y, poses[2] = v.z;
  arrays["poses"] = npy_of({1, 156}, std::span<const double>(poses));
  const Quat root = parsed(arrays).clip.rotation(0, 0);
  expect_near(root * Vec3{0, 0, 1}, {std::sin(1.f), 0, std::cos(1.f)});
  expect_near(root * Vec3{0, 1, 0}, {0, 1, 0});
}

TEST(Amass, AllWidthsAreRead) {
  for (const int64_t width : {66, 72, 156, 165}) {
    const Amass file = parsed(recorded(width));
    EXPECT_EQ(file.clip.rotations.size(), 22U) << width;
  }
}

TEST(Amass, AllReleasesSayTheSame) {
  const motion::Clip clip = test::random_clip(5, 7);
  const Npz whole = parse_npz(to_amass({.clip = clip}), "walk.npz");
  const std::vector<double> poses = doubles_of(whole.at("poses"), "poses");
  const Amass expected = parsed(whole);
  std::vector<double> root, body;
  for (size_t f = 0; f < 7; ++f) {
    const auto row = poses.begin() + static_cast<std::ptrdiff_t>(f * 156);
    root.insert(root.end(), row, row + 3);
    body.insert(body.end(), row + 3, row + 66);
  }
  // As SMPL-X files of others have it: in parts, with pickled objects beside them.
  Npz parts = whole;
  parts.erase("poses");
  parts["root_orient"] = npy_of({7, 3}, std::span<const double>(root));
  parts["pose_body"] = npy_of({7, 63}, std::span<const double>(body));
  parts["surface_model_type"] = npy_of(std::string("smplx"));
  parts["mocap_frame_rate"] = parts.extract("mocap_framerate").mapped();
  Npz joints = whole;
  joints["poses"] = npy_of({7, 52, 3}, std::span<const double>(poses));
  EXPECT_EQ(parsed(parts).clip.rotations, expected.clip.rotations);
  EXPECT_EQ(parsed(parts).clip.root_positions, expected.clip.root_positions);
  EXPECT_EQ(parsed(parts).model, "smplx");
  EXPECT_EQ(parsed(joints).clip.rotations, expected.clip.rotations);
  // Parts of different lengths are refused.
  parts["root_orient"] = npy_of({6, 3}, std::span<const double>(root).first(18));
  EXPECT_THROW(parsed(parts), ParseError);
  parts.erase("root_orient");
  EXPECT_THROW(parsed(parts), ParseError);
}

TEST(Amass, PickledObjectsAreLeftAlone) {
  std::map<std::string, std::string> members;
  for (const auto& [name, array] : recorded()) members[name + ".npy"] = to_npy(array);
  std::string pickled = to_npy(npy_of(std::string("female")));
  const size_t at = pickled.find("<U6'");
  ASSERT_NE(at, std::string::npos);
  pickled.replace(at, 4, "|O' ");
  members["gender.npy"] = pickled;
  const std::string bytes = to_zip(members, ZipMethod::Stored);
  EXPECT_EQ(parse_amass(bytes, "x.npz").gender, "");
  EXPECT_EQ(parse_amass(bytes, "x.npz").clip.frame_count(), 1u);
  EXPECT_THROW(parse_npz(bytes, "x.npz"), ParseError);
  EXPECT_FALSE(parse_npz(bytes, "x.npz", {.objects = NpyObjects::LeaveOut}).contains("gender"));
}

TEST(Amass, NewerNameOfTheFrameRateAndGeometry) {
  Npz arrays = recorded();
  arrays["mocap_frame_rate"] = arrays.extract("mocap_framerate").mapped();
  motion::Geometry geometry = motion::default_geometry();
  geometry[21] = 0.6f;
  const Amass file = parsed(arrays, {.geometry = geometry, .pelvis_at_rest = {0, -0.2f, 0.03f}});
  EXPECT_EQ(file.clip.skeleton.offsets[motion::kLeftKnee].y, -0.6f);
  expect_near(file.clip.root_positions[0], {1, 0.93f, -1.8f});
}

TEST(Amass, RoundTripIsExact) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    Amass out;
    out.clip = test::random_clip(seed, 40);
    out.clip.fps = 30;
    out.gender = "male";
    out.betas = {0.5, 1, -2};
    out.settings = "{\"seed\": 7}";
    const AmassOptions options{.geometry = {}, .pelvis_at_rest = {0.001f, -0.35f, 0.012f}};
    const std::string bytes = to_amass(out, options);
    EXPECT_EQ(bytes, to_amass(out, options));
    const Amass back = parse_amass(bytes, "x.npz", options);
    EXPECT_EQ(back.gender, out.gender);
    EXPECT_EQ(back.betas, out.betas);
    EXPECT_EQ(back.settings, out.settings);
    EXPECT_EQ(back.clip.skeleton.offsets, out.clip.skeleton.offsets);
    ASSERT_EQ(back.clip.frame_count(), out.clip.frame_count());
    for (size_t f = 0; f < out.clip.frame_count(); ++f) {
      expect_near(back.clip.root_positions[f], out.clip.root_positions[f]);
      for (size_t j = 0; j < motion::kJointCount; ++j)
        for (const Vec3 axis : {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}})
          expect_near(back.clip.rotation(f, j) * axis, out.clip.rotation(f, j) * axis);
    }
  }
}

TEST(Amass, RefusesBrokenFilesWithOneClearError) {
  const std::vector<double> nan_trans = {0, 0, std::nan("")}, two = {0, 0}, zero = {0};
  struct Case {
    const char* what;
    Npz arrays;
    const char* message;
  };
  auto with = [](const std::string& key, NpyArray array) {
    Npz arrays = recorded();
    arrays[key] = std::move(array);
    return arrays;
  };
  auto without = [](const std::string& key) {
    Npz arrays = recorded();
    arrays.erase(key);
    return arrays;
  };
  const std::vector<double> many(65, 0.0);
  const std::vector<Case> cases = {
      {"no poses", without("poses"), "walk.npz: no array \"poses\""},
      {"no trans", without("trans"), "no array \"trans\""},
      {"no rate", without("mocap_framerate"), "no array \"mocap_framerate\""},
      {"rate zero", with("mocap_framerate", npy_of(0.0)), "expected one number from 1 to 1000"},
      {"two rates", with("mocap_framerate", npy_of({2}, std::span<const double>(two))),
       "expected one number"},
      {"text rate", with("mocap_framerate", npy_of(std::string("fast"))), "text, expected numbers"},
      {"narrow", with("poses", npy_of({1, 65}, std::span<const double>(many))), "66 or more"},
      {"flat", with("poses", npy_of({65}, std::span<const double>(many))), "66 or more"},
      {"no frames", with("poses", npy_of({0, 156}, std::span<const double>())), "66 or more"},
      {"other length", with("trans", npy_of({1}, std::span<const double>(zero))), "shape (1, 3)"},
      {"not finite", with("trans", npy_of({1, 3}, std::span<const double>(nan_trans))),
       "nan at position 2"},
      {"offsets", with("pantomime_offsets", npy_of({1}, std::span<const double>(zero))),
       "expected shape (22, 3)"},
  };
  for (const Case& broken : cases) {
    try {
      parsed(broken.arrays);
      ADD_FAILURE() << broken.what << ": no error";
    } catch (const ParseError& error) {
      EXPECT_NE(std::string(error.what()).find(broken.message), std::string::npos)
          << broken.what << ": " << error.what();
    }
  }
}

TEST(Amass, WriterRefusesForeignSkeletons) {
  Amass out;
  out.clip = test::random_clip(1, 3);
  out.clip.skeleton.names[5] = "LeftToeBase";
  EXPECT_THROW(to_amass(out), Error);
}

}  // namespace
}  // namespace pantomime::formats
