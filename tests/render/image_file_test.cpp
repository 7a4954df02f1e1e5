#include "pantomime/render/image_file.h"

#include <gtest/gtest.h>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"
#include "support.h"

namespace pantomime::render {
namespace {

Image ramp(int width, int height, int channels) {
  Image image(width, height, channels);
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(i * 7 % 251);
  return image;
}

TEST(ImageFile, PngKeepsPixelsAndTexts) {
  const test::TemporaryFolder folder;
  const Image image = ramp(31, 17, 3);
  const PngText text{{"Software", "pantomime"}, {"Settings", "{\"label\": \"geht – läuft\"}"}};
  write_png(folder / "a.png", image, text);
  EXPECT_EQ(formats::read_image(folder / "a.png").pixels, image.pixels);
  EXPECT_EQ(text_of_png(read_file(folder / "a.png")), text);
  EXPECT_EQ(text_of_png(png_with_text(image, {})), PngText{});
}

TEST(ImageFile, PngRefusesBadKeywords) {
  for (const std::string key : {"", " a", "a ", "tab\t"})
    EXPECT_THROW(png_with_text(ramp(2, 2, 3), {{key, "x"}}), Error);
  EXPECT_THROW(png_with_text(ramp(2, 2, 3), {{std::string(80, 'k'), "x"}}), Error);
}

TEST(ImageFile, JpegStaysReadableWithAComment) {
  const test::TemporaryFolder folder;
  Image image(64, 48, 3, 120);
  write_jpeg(folder / "a.jpg", image, 90, "made by a test");
  const Image back = formats::read_image(folder / "a.jpg");
  ASSERT_EQ(back.width, 64);
  EXPECT_NEAR(back.at(30, 30)[1], 120, 2);
  EXPECT_NE(read_file(folder / "a.jpg").find("made by a test"), std::string::npos);
  EXPECT_THROW(jpeg_with_comment(image, 90, std::string(70000, 'x')), Error);
}

}  // namespace
}  // namespace pantomime::render
