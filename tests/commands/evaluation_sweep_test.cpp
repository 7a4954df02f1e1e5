#include <gtest/gtest.h>

#include "pantomime/commands/evaluation_rows.h"
#include "support.h"

namespace pantomime::commands {
namespace {

std::vector<RowPlan> parse(const std::string& text) {
  return parse_sweep(text, "sweep.toml", {.prior = "mine", .steps = 7});
}
std::string refusal(const std::string& text) {
  return test::error_of([&] { parse(text); });
}

TEST(Sweep, RowsSayWhatIsOtherThanUsual) {
  const auto rows = parse(R"(
[[row]]
name = "fast"
steps = 4
sampler = "ddim"
[[row]]
guidance = "free"
scale = 4
foot_lock = false
[[row]]
)");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].name, "fast");
  EXPECT_EQ(rows[0].steps, 4);
  EXPECT_EQ(rows[0].sampler, "ddim");
  EXPECT_EQ(rows[0].prior, "mine");
  EXPECT_EQ(rows[1].name, "foot_lock off, guidance free, scale 4");
  EXPECT_EQ(rows[1].scale, 4.0);
  EXPECT_EQ(rows[1].steps, 7);
  EXPECT_FALSE(rows[1].foot_lock);
  EXPECT_EQ(rows[2].name, "as it is");
}

TEST(Sweep, GridCombinesItsLists) {
  const auto rows = parse("[grid]\nsteps = [4, 10]\nscale = [1, 2.5, 4]\n");
  ASSERT_EQ(rows.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(rows[i].scale, (std::array{1.0, 1.0, 2.5, 2.5, 4.0, 4.0}[i]));
    EXPECT_EQ(rows[i].steps, i % 2 == 0 ? 4 : 10);
  }
  EXPECT_EQ(rows[3].name, "scale 2.5, steps 10");
}

TEST(Sweep, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal("[[row]]\ncolour = 1\n"),
            "sweep.toml:2: \"colour\": unknown key, expected one of name, prior, guidance, "
            "sampler, steps, scale, until, foot_lock");
  EXPECT_EQ(refusal("[[row]]\nsteps = 0\n"),
            "sweep.toml:2: \"steps\": expected a whole number from 1");
  EXPECT_EQ(refusal("[[row]]\nscale = \"big\"\n"), "sweep.toml:2: \"scale\": expected a number");
  EXPECT_EQ(refusal("[grid]\nsteps = 4\n"), "sweep.toml:2: \"steps\": expected a list");
  EXPECT_EQ(refusal("[grid]\nsteps = []\n"), "sweep.toml:2: \"steps\": expected a list");
  EXPECT_EQ(refusal("steps = 3\n"), "sweep.toml:1: \"steps\": expected [[row]] or [grid]");
  EXPECT_EQ(refusal(""), "sweep.toml: no rows, expected [[row]] or [grid]");
  EXPECT_NE(refusal("[[row\n").find("sweep.toml:1: "), std::string::npos);
}

TEST(PeakMemory, SeesALargeBlockAndForgetsIt) {
  reset_peak_memory();
  const double before = peak_memory_mb();
  ASSERT_GT(before, 1);
  {
    std::vector<char> block(200 << 20, 1);
    EXPECT_EQ(block[block.size() / 2], 1);
  }
  EXPECT_GT(peak_memory_mb(), before + 150);
}

}  // namespace
}  // namespace pantomime::commands
