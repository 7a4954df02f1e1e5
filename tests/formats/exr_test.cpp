#include "pantomime/formats/exr.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "support.h"

namespace pantomime::formats {
namespace {

/// Four by three pixels of light and depth.
ExrPicture small() {
  ExrPicture out{4, 3, {{"B", true, {}}, {"G", true, {}}, {"R", true, {}}, {"Z", false, {}}}};
  for (int i = 0; i < 12; ++i)
    for (size_t c = 0; c < 4; ++c)
      out.planes[c].values.push_back(c == 3
                                         ? 1.2345678f + static_cast<float>(i)
                                         : 0.25f * static_cast<float>(i) * static_cast<float>(c));
  return out;
}

TEST(Exr, ComesBackAsItWasWritten) {
  const ExrPicture picture = small();
  const std::string bytes = to_exr(picture);
  EXPECT_EQ(bytes, to_exr(picture));
  const ExrPicture back = parse_exr(bytes, "a.exr");
  ASSERT_EQ(back.width, 4);
  ASSERT_EQ(back.height, 3);
  ASSERT_EQ(back.planes.size(), 4u);
  for (size_t c = 0; c < 4; ++c) {
    EXPECT_EQ(back.planes[c].channel, picture.planes[c].channel);
    EXPECT_EQ(back.planes[c].half, picture.planes[c].half);
    EXPECT_EQ(back.planes[c].values, picture.planes[c].values);  // quarters fit into halves
  }
}

TEST(Exr, LightIsRedGreenBlue) {
  const FloatImage light = parse_exr_light(to_exr(small()), "a.exr");
  ASSERT_EQ(light.channels, 3);
  EXPECT_FLOAT_EQ(light.at(1, 2)[0], 0.25f * 9 * 2);
  EXPECT_FLOAT_EQ(light.at(1, 2)[1], 0.25f * 9);
  EXPECT_FLOAT_EQ(light.at(1, 2)[2], 0);
  ExrPicture grey{1, 1, {{"Y", false, {1}}}};
  EXPECT_THROW(parse_exr_light(to_exr(grey), "grey.exr"), ParseError);
  ExrPicture dark{1, 1, {{"B", false, {1}}, {"G", false, {-1}}, {"R", false, {1}}}};
  EXPECT_EQ(parse_exr_light(to_exr(dark), "dark.exr").pixels, (std::vector<float>{1, 0, 1}));
  dark.planes[1].values[0] = std::nanf("");
  EXPECT_THROW(parse_exr_light(to_exr(dark), "dark.exr"), ParseError);
}

// Everything that can be cut off or changed ends in one clear error or in some picture.
TEST(Exr, RefusesBrokenFilesWithOneClearError) {
  const std::string bytes = to_exr(small());
  for (size_t size = 0; size < bytes.size(); ++size) {
    try {
      parse_exr(std::string_view(bytes).substr(0, size), "cut.exr");
      ADD_FAILURE() << size;
    } catch (const ParseError& error) {
      EXPECT_EQ(std::string(error.what()).rfind("cut.exr: ", 0), 0u) << error.what();
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    }
  }
  for (size_t at = 0; at < bytes.size(); ++at)
    for (const char value : {'\0', '\xff', '\x7f'}) {
      std::string changed = bytes;
      changed[at] = value;
      try {
        parse_exr(changed, "changed.exr");
      } catch (const ParseError&) {
      }
    }
}

TEST(Exr, WritesOnlyWholePictures) {
  EXPECT_THROW(to_exr({0, 3, {{"R", false, {}}}}), Error);
  EXPECT_THROW(to_exr({2, 2, {}}), Error);
  EXPECT_THROW(to_exr({2, 2, {{"R", false, {1, 2, 3}}}}), Error);
}

}  // namespace
}  // namespace pantomime::formats
