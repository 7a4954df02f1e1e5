#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/dataset/coco_rle.h"
#include "pantomime/dataset/layers.h"
#include "pantomime/dataset/tar_file.h"
#include "pantomime/formats/archive.h"
#include "pantomime/formats/exr.h"
#include "pantomime/formats/png.h"
#include "support.h"

namespace pantomime::dataset {
namespace {

TEST(Rle, IsTheStringOfCocosOwnTools) {
  // pycocotools 2.0: encode(np.asfortranarray([[0, 1], [0, 1], [1, 1]], uint8))["counts"]: runs
  // 2, 4.
  EXPECT_EQ(to_rle(std::vector<uint8_t>{0, 1, 0, 1, 1, 1}, 2, 3), "24");
  // A mask that begins inside has an empty first run: 0, 6.
  EXPECT_EQ(to_rle(std::vector<uint8_t>(6, 1), 2, 3), "06");
  EXPECT_EQ(to_rle(std::vector<uint8_t>(6, 0), 2, 3), "6");
  // Runs of more than 15 take two characters: 20 = 0b10100 -> 20 | 32, 0 -> 'd', '0'.
  EXPECT_EQ(to_rle(std::vector<uint8_t>(20, 0), 1, 20), "d0");
  // From the fourth run on differences: runs 1 1 1 3 -> 1 1 1 (3 - 1 = 2).
  EXPECT_EQ(to_rle(std::vector<uint8_t>{0, 1, 0, 1, 1, 1}, 1, 6), "1112");
  // A negative difference: 1 3 1 1 -> 1 3 1 (1 - 3 = -2 -> 30 -> 'N').
  EXPECT_EQ(to_rle(std::vector<uint8_t>{0, 1, 1, 1, 0, 1}, 1, 6), "131N");
}

TEST(Rle, ComesBackAsItWas) {
  Random random(3);
  for (int i = 0; i < 200; ++i) {
    const int width = 1 + static_cast<int>(random.below(40)),
              height = 1 + static_cast<int>(random.below(40));
    const double share = random.uniform();
    std::vector<uint8_t> mask(static_cast<size_t>(width * height));
    for (uint8_t& v : mask) v = random.uniform() < share ? 1 : 0;
    EXPECT_EQ(parse_rle(to_rle(mask, width, height), width, height, "mask"), mask);
  }
}

TEST(Rle, RefusesWhatIsNone) {
  for (const char* text : {"", "5", "7", "\x01", "zzzzzzzzzzzzzzzzzz", "33N"})
    EXPECT_THROW(parse_rle(text, 2, 3, "mask"), ParseError) << text;
}

TEST(Layers, LightAndDepthAreFloatsInOneFile) {
  render::FrameTruth truth;
  truth.surfaces.width = 2, truth.surfaces.height = 1;
  truth.surfaces.depth = {1.23456789f, 0};
  FloatImage light(2, 1, 3);
  light.pixels = {0.5f, 0.25f, 8, 1e9f, 0, 2};
  const formats::ExrPicture back = formats::parse_exr(light_exr(light, truth), "light");
  ASSERT_EQ(back.planes.size(), 4u);
  EXPECT_EQ(back.planes[0].channel, "B");
  EXPECT_EQ(back.planes[0].values, (std::vector<float>{8, 2}));
  EXPECT_EQ(back.planes[1].values, (std::vector<float>{0.25f, 0}));
  EXPECT_EQ(back.planes[2].values, (std::vector<float>{0.5f, 65504}));  // the largest half
  EXPECT_EQ(back.planes[3].channel, "Z");
  EXPECT_EQ(back.planes[3].values, truth.surfaces.depth);
  EXPECT_THROW(light_exr(FloatImage(1, 1, 3), truth), Error);
}

TEST(Tar, IsReadByOthersAndHasNoTimeInIt) {
  std::string tar;
  append_tar_member(tar, "a-000.json", "{}");
  append_tar_member(tar, "a-000.bin", std::string(1000, 'x'));
  end_tar(tar);
  EXPECT_EQ(tar.size() % 512, 0u);
  const test::TemporaryFolder folder;
  write_file(folder.path() / "a.tar", tar);
  std::vector<std::pair<std::string, size_t>> found;
  formats::read_archive(
      folder.path() / "a.tar", [](const std::string&) { return true; },
      [&](const std::string& name, std::string&& content) {
        found.emplace_back(name, content.size());
        return true;
      });
  EXPECT_EQ(found,
            (std::vector<std::pair<std::string, size_t>>{{"a-000.json", 2}, {"a-000.bin", 1000}}));
  EXPECT_THROW(append_tar_member(tar, std::string(101, 'a'), ""), Error);
}

TEST(Png16, NumbersComeBackAsTheyWere) {
  Random random(1);
  for (const int channels : {1, 3}) {
    const int width = 37, height = 21;
    std::vector<uint16_t> values(static_cast<size_t>(width * height * channels));
    for (uint16_t& v : values) v = static_cast<uint16_t>(random.below(65536));
    const std::string png = formats::to_png16(width, height, channels, values);
    const formats::Image16 back = formats::parse_png16(png, "png");
    EXPECT_EQ(back.width, width);
    EXPECT_EQ(back.channels, channels);
    EXPECT_EQ(back.values, values);
    EXPECT_THROW(formats::parse_png16(png.substr(0, png.size() / 2), "png"), ParseError);
  }
  EXPECT_THROW(formats::to_png16(2, 2, 1, std::vector<uint16_t>(3)), Error);
  EXPECT_THROW(formats::parse_png16(formats::to_png(Image(2, 2, 1)), "png"), ParseError);
}

}  // namespace
}  // namespace pantomime::dataset
