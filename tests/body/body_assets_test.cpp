#include "pantomime/body/body_assets.h"

#include <gtest/gtest.h>

#include "pantomime/base/error.h"
#include "pantomime/body/morph.h"
#include "pantomime/body/person.h"
#include "tests/body/tiny_assets.h"
#include "tests/support/support.h"

namespace pantomime::body {
namespace {

BodyAssets open(std::string bytes, ImageDecoder decoder = nullptr) {
  return BodyAssets::open(AssetFile(std::move(bytes), "tiny"), std::move(decoder));
}

TEST(BodyAssets, GiveWhatTheFileHolds) {
  const BodyAssets a = open(test::tiny_assets());
  EXPECT_EQ(a.point_count(), 30u);
  EXPECT_EQ(a.targets().size(), 2u);
  EXPECT_EQ(a.find_target("nose-wide"), 1u);
  EXPECT_FALSE(a.find_target("nose"));
  EXPECT_EQ(a.item(ItemKind::Outfit, "coat").credit.licence, "CC0 1.0");
  EXPECT_EQ(a.skin("plain").age, 30);
  EXPECT_EQ(a.landmark("left_middle_knuckle").points[0], 23u);
  EXPECT_EQ(a.texture(0), nullptr);  // no decoder
  EXPECT_THROW(a.item(ItemKind::Hair, "coat"), Error);
  EXPECT_THROW(a.landmark("tail"), Error);
}

TEST(BodyAssets, DecodeAPictureOnceWhileItIsHeld) {
  int decoded = 0;
  const BodyAssets a =
      open(test::tiny_assets(), [&](std::string_view bytes, const std::string& name) {
        EXPECT_EQ(bytes, "x");
        EXPECT_EQ(name, "tiny:t.png");
        ++decoded;
        return Image(1, 1, 3);
      });
  auto first = a.texture(0);
  EXPECT_EQ(a.texture(0), first);
  EXPECT_EQ(decoded, 1);
  first.reset();
  a.texture(0);
  EXPECT_EQ(decoded, 2);
}

TEST(BodyAssets, MorphByRuns) {
  const BodyAssets a = open(test::tiny_assets());
  const auto plain = morph(a, parse_shape("sex=male,age=25"));
  const auto tall = morph(a, parse_shape("sex=male,age=25,height=0.75"));
  for (size_t p = 0; p < plain.size(); ++p)
    EXPECT_NEAR(tall[p].y - plain[p].y, p >= 28 ? 0.05f : 0.f, 1e-6f);
}

TEST(BodyAssets, SurviveAnyByte) {
  // Every single byte of the file changed once: either refused, or still a body that can be made.
  const std::string good = test::tiny_assets();
  Random random(test::random_seed());
  int refused = 0, made = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ static_cast<char>(1 + random.below(255)));
    try {
      const BodyAssets a = open(bytes);
      make_character(a, parse_person("sex=male,age=25,face=3,hair=none"));
      ++made;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, static_cast<int>(good.size()) / 10);
  EXPECT_GT(made, static_cast<int>(good.size()) / 10);
}

TEST(BodyAssets, RefuseAFileCutAnywhere) {
  const std::string good = test::tiny_assets();
  for (size_t size = 0; size < good.size(); size += 7)
    EXPECT_THROW(open(good.substr(0, size)), ParseError);
}

}  // namespace
}  // namespace pantomime::body
