// What we write, as programs read it that know nothing of us: numpy and scipy, and Blender where it
// is installed (tools/check_readers). three.js has a test of its own (glb_browser_test.cpp).
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/bvh.h"
#include "pantomime/formats/exchange.h"
#include "pantomime/formats/glb.h"
#include "pantomime/formats/point_table.h"
#include "tests/formats/box_character.h"
#include "tests/motion/synthetic_points.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using nlohmann::json;

constexpr double kMostMillimetres = 1;

/// One clip in all formats: folder / "a.*". With `skinned`, GLB and USD hold a character.
void write_all(const test::TemporaryFolder& folder, Clip clip, bool skinned) {
  const body::Character person = box_character();
  if (skinned) clip.skeleton = person.skeleton;
  write_points_csv(folder / "a.csv", clip);
  write_bvh(folder / "a.bvh", clip);
  Amass amass;
  amass.clip = clip;
  write_amass(folder / "a.npz", amass);
  write_file(folder / "a.glb", skinned ? to_glb(person, clip) : to_glb(clip));
  write_file(folder / "a.usda",
             skinned ? to_usd(person, clip, {.name = "a"}).at("a.usda") : to_usd(clip));
}

struct Checked {
  int status = 0;
  json report;
};

Checked check(const test::TemporaryFolder& folder, const std::string& readers) {
  Checked out;
  out.status = std::system(
      fmt::format("/usr/bin/python3 '{}/tools/check_readers/check.py' '{}' --readers {} --limit {} "
                  "> '{}' 2> '{}'",
                  PANTOMIME_REPOSITORY, (folder / "a").string(), readers, kMostMillimetres,
                  (folder / "report").string(), (folder / "log").string())
          .c_str());
  out.report = json::parse(read_file(folder / "report"), nullptr, false);
  EXPECT_TRUE(out.report.is_object()) << read_file(folder / "log");
  return out;
}

void expect_all_near(const Checked& checked, size_t readers) {
  EXPECT_EQ(checked.status, 0) << checked.report.dump(2);
  EXPECT_EQ(checked.report.size(), readers) << checked.report.dump(2);
  for (const auto& [reader, millimetres] : checked.report.items()) {
    ASSERT_TRUE(millimetres.is_number()) << reader << ": " << millimetres;
    EXPECT_LE(millimetres.get<double>(), kMostMillimetres) << reader;
    testing::Test::RecordProperty("mm, " + reader, std::to_string(millimetres.get<double>()));
  }
}

TEST(IndependentReaders, NumpyAndScipyFindTheSameJoints) {
  for (const bool skinned : {false, true}) {
    for (const uint64_t seed : {1, 2}) {
      const test::TemporaryFolder folder;
      write_all(folder, seed == 1 ? test::human_clip(seed, 90, 1, 0.01f) : test::random_clip(9, 60),
                skinned);
      expect_all_near(check(folder, "numpy"), 4);
    }
  }
}

TEST(IndependentReaders, NoticeTwoMillimetres) {
  const test::TemporaryFolder folder;
  Clip clip = test::human_clip(3, 20);
  write_all(folder, clip, false);
  for (motion::Vec3& place : clip.root_positions) place.x += 0.002f;
  write_points_csv(folder / "a.csv", clip);
  const Checked checked = check(folder, "numpy");
  EXPECT_NE(checked.status, 0);
  for (const auto& [reader, millimetres] : checked.report.items())
    EXPECT_NEAR(millimetres.get<double>(), 2, 0.01) << reader;
}

TEST(IndependentReaders, BlenderFindsTheSameJoints) {
  if (std::system("command -v blender > /dev/null") != 0)
    GTEST_SKIP() << "blender isn't installed (apt install blender): its importers aren't checked";
  for (const bool skinned : {false, true}) {
    const test::TemporaryFolder folder;
    write_all(folder, test::human_clip(4, 40, 1, 0.01f), skinned);
    expect_all_near(check(folder, "blender"), 2);
  }
}

}  // namespace
}  // namespace pantomime::formats
