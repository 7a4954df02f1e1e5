// GLB as the world sees it: three.js in headless Chromium (tools/check_glb) measures what it plays.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/glb.h"
#include "pantomime/formats/png.h"
#include "tests/formats/box_character.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

using motion::Vec3;
using nlohmann::json;

constexpr double kMillimetre = 1e-3;

/// Runs the tool on a file; returns its report. Pictures are in `folder` / "out".
json checked(const test::TemporaryFolder& folder, const std::string& glb) {
  write_file(folder / "a.glb", glb);
  const std::string command =
      fmt::format("'{}/tools/check_glb/run' '{}' '{}' --frames 3 --size 320x240 > '{}' 2>&1",
                  PANTOMIME_REPOSITORY, (folder / "a.glb").string(), (folder / "out").string(),
                  (folder / "log").string());
  const int status = std::system(command.c_str());
  const std::string log = read_file(folder / "log");
  EXPECT_EQ(status, 0) << log;
  if (status != 0) return {};
  return json::parse(read_file(folder / "out" / "report.json"));
}

void expect_joints_of(const motion::Clip& clip, const json& report) {
  const motion::WorldPose want = motion::forward_kinematics(clip);
  const size_t joints = clip.joint_count();
  ASSERT_EQ(report["joints"].get<std::vector<std::string>>(), clip.skeleton.names);
  ASSERT_EQ(report["positions"].size(), clip.frame_count());
  double worst = 0;
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    EXPECT_NEAR(report["times"][f].get<double>(), static_cast<double>(f) / clip.fps, 1e-6);
    for (size_t j = 0; j < joints; ++j) {
      const json& p = report["positions"][f][j];
      const Vec3 got = {p[0].get<float>(), p[1].get<float>(), p[2].get<float>()};
      worst = std::max<double>(worst, length(got - want.positions[f * joints + j]));
    }
  }
  EXPECT_LT(worst, kMillimetre);
}

/// How many different colours a picture has; a blank page has one, a floor grid a few.
size_t colour_count(const Image& image) {
  std::set<uint32_t> colours;
  for (size_t i = 0; i + 2 < image.pixels.size(); i += static_cast<size_t>(image.channels))
    colours.insert(static_cast<uint32_t>(image.pixels[i] << 16 | image.pixels[i + 1] << 8 |
                                         image.pixels[i + 2]));
  return colours.size();
}

TEST(GlbInBrowser, PlaysSkinsAndDrawsTheCharacter) {
  const test::TemporaryFolder folder;
  const body::Character person = box_character();
  motion::Clip clip = test::random_clip(3, 40);
  clip.skeleton = person.skeleton;
  const json report = checked(folder, to_glb(person, clip, {.title = "browser"}));
  ASSERT_TRUE(report.is_object());
  expect_joints_of(clip, report);

  EXPECT_EQ(report["validator"]["errors"], 0);
  EXPECT_EQ(report["validator"]["warnings"], 0);
  ASSERT_EQ(report["meshes"].size(), 2U);
  for (const json& mesh : report["meshes"]) {
    EXPECT_TRUE(mesh["skinned"]);
    EXPECT_TRUE(mesh["textured"]);
  }
  // Where the browser's skinning puts the meshes, by its own matrices.
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  for (const json& shown : report["bounds"]) {
    const size_t f = shown["key"];
    for (size_t m = 0; m < 2; ++m) {
      const body::SkinnedMesh& mesh = person.meshes[m];
      Vec3 low = {9, 9, 9}, high = {-9, -9, -9};
      for (const auto& triangle : mesh.triangles)
        for (const uint32_t v : triangle) {
          Vec3 p{};
          for (size_t k = 0; k < 4; ++k) {
            const size_t j = mesh.joints[v][k];
            const Vec3 local = motion::conjugate(person.bind_rotations[j]) *
                               (mesh.positions[v] - person.bind_positions[j]);
            p += mesh.weights[v][k] *
                 (pose.rotations[f * 22 + j] * local + pose.positions[f * 22 + j]);
          }
          low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
          high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
        }
      const auto near = [&](const json& got, Vec3 want) {
        EXPECT_NEAR(got[0].get<double>(), want.x, kMillimetre) << f << " " << mesh.name;
        EXPECT_NEAR(got[1].get<double>(), want.y, kMillimetre) << f << " " << mesh.name;
        EXPECT_NEAR(got[2].get<double>(), want.z, kMillimetre) << f << " " << mesh.name;
      };
      near(shown["meshes"][m]["min"], low);
      near(shown["meshes"][m]["max"], high);
    }
  }
  const Image first = read_image(folder / "out" / "frame_0.png");
  EXPECT_EQ(first.width, 320);
  EXPECT_GT(colour_count(first), 500U);
  EXPECT_NE(first.pixels, read_image(folder / "out" / "frame_2.png").pixels);
}

TEST(GlbInBrowser, PlaysASkeletonAlone) {
  const test::TemporaryFolder folder;
  const motion::Clip clip = test::random_clip(8, 20);
  const json report = checked(folder, to_glb(clip));
  ASSERT_TRUE(report.is_object());
  expect_joints_of(clip, report);
  EXPECT_EQ(report["validator"]["errors"], 0);
  EXPECT_EQ(report["validator"]["warnings"], 0);
  EXPECT_TRUE(report["meshes"].empty());
}

}  // namespace
}  // namespace pantomime::formats
