#include "pantomime/formats/png.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

Image noise(int width, int height, int channels) {
  Random random(7);
  Image image(width, height, channels);
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(random.below(256));
  return image;
}

/// A soft picture, as a camera would make.
Image gradient(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c)
        image.at(x, y)[c] = static_cast<uint8_t>(127 + 60 * std::sin(0.05 * x + 0.03 * y + c));
  return image;
}

template <typename Call>
std::string error_of(Call&& call) {
  return test::error_of<ParseError>(call);
}

TEST(Png, RoundTripKeepsEveryPixel) {
  for (const int channels : {1, 3, 4})
    for (const PngSpeed speed : {PngSpeed::Small, PngSpeed::Fast}) {
      const Image image = noise(37, 21, channels);
      const std::string bytes = to_png(image, speed);
      EXPECT_EQ(bytes, to_png(image, speed));
      const Image back = parse_png(bytes, "x.png");
      EXPECT_EQ(back.width, 37);
      EXPECT_EQ(back.height, 21);
      EXPECT_EQ(back.channels, channels);
      EXPECT_EQ(back.pixels, image.pixels) << channels;
    }
}

TEST(Png, FileRoundTrip) {
  const test::TemporaryFolder folder;
  write_png(folder / "a.png", gradient(64, 48, 3));
  EXPECT_EQ(read_image(folder / "a.png").pixels, gradient(64, 48, 3).pixels);
}

TEST(Jpeg, IsCloseToThePicture) {
  for (const int channels : {1, 3, 4}) {
    const Image image = gradient(100, 60, channels);
    const std::string bytes = to_jpeg(image, 95);
    EXPECT_EQ(bytes, to_jpeg(image, 95));
    const Image back = parse_image(bytes, "x.jpg");
    ASSERT_EQ(back.channels, channels == 1 ? 1 : 3);
    ASSERT_EQ(back.width, 100);
    double worst = 0;
    for (int y = 0; y < 60; ++y)
      for (int x = 0; x < 100; ++x)
        for (int c = 0; c < back.channels; ++c)
          worst = std::max(worst, std::abs(double{1} * back.at(x, y)[c] - image.at(x, y)[c]));
    EXPECT_LT(worst, 8) << channels;
    EXPECT_LT(to_jpeg(image, 50).size(), bytes.size());
  }
}

TEST(Png, RefusesBrokenFilesWithOneClearError) {
  const std::string good = to_png(noise(20, 20, 3));
  auto changed = [&](size_t at, const std::string& bytes) {
    std::string out = good;
    return out.replace(at, bytes.size(), bytes);
  };
  struct Case {
    const char* what;
    std::string bytes;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"empty", "", "not a picture"},
      {"text", "hello", "not a picture"},
      {"only signature", good.substr(0, 8), "@8: no PNG header"},
      {"no IHDR", changed(12, "XXXX"), "@12: no PNG header"},
      {"zero width", changed(16, std::string(4, '\0')), "picture of 0 x 20"},
      {"too wide", changed(16, "\x7f\xff\xff\xff"), "picture of 2147483647 x 20"},
      {"bomb", changed(16, std::string("\x00\x00\x20\x00\x00\x00\x20\x00", 8)),
       "too few to hold it"},
      {"header checksum", changed(29, "XXXX"), "broken PNG"},
      {"half", good.substr(0, good.size() / 2), "broken PNG"},
      {"data", changed(60, std::string(20, 'x')), "broken PNG"},
  };
  for (const Case& broken : cases) {
    const std::string message = error_of([&] { parse_image(broken.bytes, "x.png"); });
    EXPECT_NE(message.find(broken.message), std::string::npos) << broken.what << ": " << message;
    EXPECT_EQ(message.rfind("x.png@", 0), 0U) << broken.what << ": " << message;
  }
}

TEST(Jpeg, RefusesBrokenFilesWithOneClearError) {
  const std::string good = to_jpeg(noise(40, 40, 3));
  for (const double part : {0.02, 0.3, 0.6, 0.95}) {
    const auto size = static_cast<size_t>(part * static_cast<double>(good.size()));
    const std::string message = error_of([&] { parse_image(good.substr(0, size), "x.jpg"); });
    EXPECT_EQ(message.rfind("x.jpg@0: broken JPEG: ", 0), 0U) << part << ": " << message;
  }
  std::string huge = good;
  const size_t frame = huge.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  huge.replace(frame + 5, 4, "\x27\x10\x27\x10");  // 10000 x 10000
  EXPECT_NE(error_of([&] { parse_image(huge, "x.jpg"); }).find("too few to hold it"),
            std::string::npos);
  huge.replace(frame + 5, 4, "\xff\x10\x27\x10");
  EXPECT_NE(error_of([&] { parse_image(huge, "x.jpg"); }).find("picture of"), std::string::npos);
}

TEST(Png, WriterRefusesImpossiblePictures) {
  EXPECT_THROW(to_png(Image()), Error);
  EXPECT_THROW(to_png(Image(4, 4, 2)), Error);
  Image wrong(4, 4, 3);
  wrong.pixels.pop_back();
  EXPECT_THROW(to_png(wrong), Error);
  EXPECT_THROW(to_jpeg(wrong), Error);
  EXPECT_THROW(to_jpeg(Image(4, 4, 3), 0), Error);
}

}  // namespace
}  // namespace pantomime::formats
