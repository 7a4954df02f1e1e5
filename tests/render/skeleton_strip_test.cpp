#include "pantomime/render/skeleton_strip.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "pantomime/render/sheet.h"
#include "pictures.h"
#include "support.h"

namespace pantomime::render {
namespace {

using test::count_colour;

motion::Clip standing(size_t frames) {
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  clip.root_positions.assign(frames, {0, 0.97f, 0});
  clip.rotations.assign(frames * motion::kJointCount, {});
  return clip;
}

TEST(SkeletonStrip, HasTheSizeOfItsCellsAndBothSidesColours) {
  StripOptions options{.label = "stand", .figures = 5, .cell_width = 80, .cell_height = 140};
  const Image strip = skeleton_strip(standing(30), options);
  test::keep_picture("strip_standing", strip);
  EXPECT_EQ(strip.width, 80 + 5 * 80);
  EXPECT_EQ(strip.height, 18 + 140);
  EXPECT_GT(count_colour(strip, 0xd1, 0x49, 0x5b), 100);  // left
  EXPECT_GT(count_colour(strip, 0x2e, 0x6f, 0xba), 100);  // right
}

TEST(SkeletonStrip, LeftArmIsOnTheRightOfThePictureFromTheFront) {
  StripOptions options{.figures = 1, .view = StripView::kFront, .map = false};
  const Image strip = skeleton_strip(standing(1), options);
  auto mean_x = [&](int r, int g, int b) {
    double sum = 0;
    int count = 0;
    for (int y = 0; y < strip.height / 2; ++y)
      for (int x = 0; x < strip.width; ++x) {
        const uint8_t* p = strip.at(x, y);
        if (std::abs(p[0] - r) < 12 && std::abs(p[1] - g) < 12 && std::abs(p[2] - b) < 12)
          sum += x, ++count;
      }
    return sum / std::max(count, 1);
  };
  EXPECT_GT(mean_x(0xd1, 0x49, 0x5b), strip.width / 2 + 8);
  EXPECT_LT(mean_x(0x2e, 0x6f, 0xba), strip.width / 2 - 8);
}

TEST(SkeletonStrip, MarksStandingFeetOnly) {
  motion::Clip low = standing(10), high = standing(10);
  const float toe = -motion::forward_kinematics(low).positions[motion::kLeftFoot].y + 0.02f;
  for (auto& root : low.root_positions) root.y += toe;
  for (auto& root : high.root_positions) root.y += toe + 0.3f;
  StripOptions options{.figures = 1, .map = false};
  auto marked = [&](const motion::Clip& clip) {
    const Image strip = skeleton_strip(clip, options);
    // The bars lie under the floor line, where nothing else has the sides' colours.
    int count = 0;
    for (int y = options.cell_height - 17; y < options.cell_height - 10; ++y)
      for (int x = 0; x < strip.width; ++x) {
        const uint8_t* p = strip.at(x, y);
        count += std::abs(p[0] - p[2]) > 80;
      }
    return count;
  };
  EXPECT_GT(marked(low), 20);
  EXPECT_EQ(marked(high), 0);
}

TEST(SkeletonStrip, SheetOfRealisticClips) {
  std::vector<LabelledClip> clips;
  for (uint64_t i = 0; i < 4; ++i)
    clips.push_back({fmt::format("random {}", i), test::random_clip(i, 40 + 30 * i)});
  const Image sheet = skeleton_sheet(clips, {}, "Random clips", 2);
  test::keep_picture("sheet_random", sheet);
  EXPECT_EQ(sheet.width, 6 + 2 * (96 * 9 + 6));
  EXPECT_GT(count_colour(sheet, 0xd1, 0x49, 0x5b), 1000);
}

TEST(SkeletonStrip, RefusesAnEmptyClip) {
  motion::Clip clip = standing(0);
  EXPECT_THROW(skeleton_strip(clip), Error);
}

TEST(SkeletonStrip, ClipsShorterThanTheRowStillDraw) {
  const Image strip = skeleton_strip(standing(2), {.figures = 12});
  EXPECT_EQ(strip.width, 96 * 13);
}

TEST(Sheet, EmptySheetSaysSo) {
  const Image sheet = tile({}, 3, {}, "Nobody");
  EXPECT_GT(count_colour(sheet, 0x22, 0x26, 0x2b, 40), 50);
}

TEST(Sheet, CaptionsMustMatch) {
  EXPECT_THROW(tile({Image(4, 4, 3)}, 1, {"one", "two"}), Error);
}

TEST(Sheet, PutsPicturesRowByRow) {
  std::vector<Image> pictures;
  for (uint8_t i = 0; i < 5; ++i) pictures.push_back(Image(10, 8, 3, static_cast<uint8_t>(40 * i)));
  const Image sheet = tile(pictures, 3);
  ASSERT_EQ(sheet.width, 6 + 3 * 16);
  ASSERT_EQ(sheet.height, 6 + 2 * 14);
  EXPECT_EQ(sheet.at(6 + 2 * 16 + 5, 6 + 4)[0], 80);
  EXPECT_EQ(sheet.at(6 + 16 + 5, 6 + 14 + 4)[1], 160);
  EXPECT_EQ(sheet.at(6 + 2 * 16 + 5, 6 + 14 + 4)[2], 255);  // the last cell stays empty
}

TEST(Sheet, ResizingKeepsTheMean) {
  Image image(64, 48, 3);
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x) image.at(x, y)[0] = (x + y) % 2 ? 200 : 0;
  const Image small = resized(image, 16, 12);
  EXPECT_EQ(small.width, 16);
  for (int y = 1; y < 11; ++y)
    for (int x = 1; x < 15; ++x) EXPECT_NEAR(small.at(x, y)[0], 100, 3);
}

}  // namespace
}  // namespace pantomime::render
