#include "pantomime/render/motion_page.h"

#include <gtest/gtest.h>

#include "pantomime/base/bytes.h"
#include "support.h"

namespace pantomime::render {
namespace {

size_t count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(Base64, GivesTheAnswersOfRfc4648) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64(std::string("\xff\xfe\x00", 3)), "//4A");
}

TEST(MotionPage, MarksRealRowsAndEscapesWords) {
  MotionPage page("<title>");
  page.table(
      "Above.\n\n| set | FID |\n|---|---:|\n| real, held-out | 0 |\n| a < b | `4` |\n\nBelow.");
  const std::string text = page.document("");
  EXPECT_NE(text.find("<title>&lt;title&gt;</title>"), std::string::npos);
  EXPECT_NE(text.find("<tr class=\"real\"><td>real, held-out</td><td>0</td></tr>"),
            std::string::npos);
  EXPECT_NE(text.find("<td>a &lt; b</td><td><code>4</code></td>"), std::string::npos);
  EXPECT_NE(text.find("<p>Above.</p>"), std::string::npos);
  EXPECT_EQ(count(text, "<tr"), 3u) << "the rule is no row";
}

TEST(MotionPage, HoldsMotionsInMillimetres) {
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  clip.root_positions = {{0.001f, 0.002f, -0.001f}, {0, 1, 0}};
  clip.rotations.resize(2 * motion::kJointCount);
  MotionPage page("x");
  page.motion(clip, "standing");
  const std::string text = page.document("run();");
  // 1, 2 and -1 as little-endian 16 bits: 01 00 02 00 ff ff.
  EXPECT_NE(text.find("data-clip=\"AQACAP//"), std::string::npos);
  EXPECT_NE(text.find("data-parents=\"-1 0 0 0 1 2 3"), std::string::npos);
  EXPECT_EQ(count(text, "<canvas class=\"motion\""), 1u);
  EXPECT_EQ(count(text, "data:image/png;base64,"), 1u);
  EXPECT_NE(text.find("run();"), std::string::npos);
  EXPECT_EQ(count(text, "src=\"http"), 0u) << "nothing from elsewhere";
  clip.root_positions[0].x = 40;
  EXPECT_NE(test::error_of([&] { page.motion(clip, "far"); }).find("40"), std::string::npos);
}

TEST(MotionPage, WritesOneFileWithThePlayer) {
  const test::TemporaryFolder folder;
  MotionPage page("x");
  page.write(folder / "page.html");
  const std::string text = read_file(folder / "page.html");
  EXPECT_NE(text.find("requestAnimationFrame"), std::string::npos);
  EXPECT_TRUE(text.ends_with("</html>\n"));
}

}  // namespace
}  // namespace pantomime::render
