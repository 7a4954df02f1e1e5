#include "pantomime/render/preview.h"

#include <gtest/gtest.h>

#include "capsule_person.h"
#include "pantomime/base/error.h"
#include "pictures.h"

namespace pantomime::render {
namespace {

PreviewOptions small() {
  PreviewOptions options;
  options.framing.width = options.framing.height = 96;
  options.samples = 2;
  return options;
}

std::vector<Image> frames_of(const motion::Clip& clip, const PreviewOptions& options) {
  std::vector<Image> frames;
  Progress silent;
  render_preview(
      test::capsule_person(), clip, options, [&](const Image& image) { frames.push_back(image); },
      silent);
  return frames;
}

TEST(Preview, SameBytesForAnyNumberOfThreads) {
  PreviewOptions options = small();
  const motion::Clip clip = test::walking_clip(5);
  options.threads = 1;
  const std::vector<Image> one = frames_of(clip, options);
  options.threads = 3;
  const std::vector<Image> three = frames_of(clip, options);
  ASSERT_EQ(one.size(), 5u);
  ASSERT_EQ(three.size(), 5u);
  for (size_t f = 0; f < one.size(); ++f) EXPECT_EQ(one[f].pixels, three[f].pixels) << f;
  EXPECT_NE(one[0].pixels, one[4].pixels);
}

TEST(Preview, ResamplesToItsOwnRate) {
  PreviewOptions options = small();
  options.fps = 10;
  EXPECT_EQ(frames_of(test::walking_clip(31), options).size(), 11u);
}

TEST(Preview, StopsWhenAsked) {
  Progress progress;
  int frames = 0;
  EXPECT_THROW(render_preview(
                   test::capsule_person(), test::walking_clip(20), small(),
                   [&](const Image&) {
                     if (++frames == 3) progress.stop();
                   },
                   progress),
               Cancelled);
  EXPECT_LT(frames, 20);
}

TEST(Preview, RefusesAForeignSkeleton) {
  motion::Clip clip = test::walking_clip(3);
  clip.skeleton.names[3] = "tail";
  EXPECT_THROW(frames_of(clip, small()), Error);
}

TEST(Preview, LargeFrameForHumanEyes) {
  PreviewOptions options;
  options.samples = 4;
  const std::vector<Image> frames = frames_of(test::walking_clip(2), options);
  test::keep_picture("preview_frame", frames[0]);
  // Cloth in the middle, floor at the bottom.
  const uint8_t* floor = frames[0].at(20, 470);
  EXPECT_NEAR(floor[0], floor[2], 40);
  EXPECT_GT(floor[0], 90);
}

TEST(ContactSheet, OneRowForEachPerson) {
  const body::Character person = test::capsule_person();
  const motion::Clip clip = test::walking_clip(60);
  ContactSheetOptions options;
  options.moments = 4;
  options.picture_width = 120;
  options.picture_height = 160;
  options.samples = 4;
  options.title = "Two people";
  Progress silent;
  const Image sheet =
      contact_sheet({{&person, &clip, "walk"}, {&person, &clip, "wave"}}, options, silent);
  test::keep_picture("contact_sheet", sheet);
  EXPECT_EQ(sheet.width, 12 + 4 * 120);
  EXPECT_EQ(sheet.height, 28 + 6 + 2 * (180 + 6));
  EXPECT_THROW(contact_sheet({{&person, nullptr, ""}}, options, silent), Error);
}

}  // namespace
}  // namespace pantomime::render
