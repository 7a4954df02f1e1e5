#include "pantomime/render/plot.h"

#include <gtest/gtest.h>

#include <limits>

#include "pantomime/base/error.h"
#include "pictures.h"

namespace pantomime::render {
namespace {

using test::count_colour;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Pixels that the first series' blue touches, soft edges too.
int blue(const Image& image) {
  int count = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) count += image.at(x, y)[2] - image.at(x, y)[0] > 60;
  return count;
}

TEST(Ticks, AreRoundAndCoverTheRange) {
  EXPECT_EQ(round_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  const std::vector<double> ticks = round_ticks(-0.013, 0.017, 6);
  ASSERT_GE(ticks.size(), 4u);
  for (const double t : ticks) EXPECT_NEAR(t / 0.005, std::round(t / 0.005), 1e-9);
  EXPECT_TRUE(round_ticks(1, 1, 5).empty());
  EXPECT_TRUE(round_ticks(0, std::numeric_limits<double>::infinity(), 5).empty());
}

TEST(LinePlot, DrawsACurveBetweenItsAxes) {
  Series s{"loss", {}, {}};
  for (int i = 0; i < 200; ++i) s.y.push_back(std::exp(-i / 40.0) + 0.01);
  Series other{"held out", {}, {}};
  for (int i = 0; i < 200; ++i) {
    other.y.push_back(std::exp(-i / 60.0) + 0.02);
    other.low.push_back(other.y.back() * 0.8);
    other.high.push_back(other.y.back() * 1.25);
  }
  const PlotOptions options{
      .title = "Training", .x_label = "step", .y_label = "loss", .log_y = true};
  const Image plot = line_plot({s, other}, options);
  test::keep_picture("plot_loss", plot);
  EXPECT_EQ(plot.width, 720);
  EXPECT_GT(blue(plot), 400);
  const std::string svg = line_plot_svg({s, other}, options);
  EXPECT_NE(svg.find("<svg"), std::string::npos);
  EXPECT_NE(svg.find(">held out</text>"), std::string::npos);
  EXPECT_EQ(svg, line_plot_svg({s, other}, options));
}

TEST(LinePlot, ValuesThatAreNotNumbersLeaveAGap) {
  std::vector<double> whole(100, 1.0), broken(100, 1.0);
  for (size_t i = 40; i < 60; ++i) broken[i] = kNan;
  broken[10] = std::numeric_limits<double>::infinity();
  test::keep_picture("plot_flat", line_plot({{"", {}, whole}}));
  const int all = blue(line_plot({{"", {}, whole}})), some = blue(line_plot({{"", {}, broken}}));
  EXPECT_LT(some, 0.9 * all);
  EXPECT_GT(some, 0.6 * all);
}

TEST(LinePlot, NothingToShowSaysSo) {
  for (const bool log_y : {false, true}) {
    const PlotOptions options{.title = "Empty", .log_y = log_y};
    EXPECT_NE(line_plot_svg({}, options).find("no data"), std::string::npos);
    EXPECT_NE(line_plot_svg({{"a", {}, {kNan, kNan}}}, options).find("no data"), std::string::npos);
    EXPECT_EQ(line_plot({}, options).height, 420);
  }
  const PlotOptions log{.log_y = true};
  EXPECT_NE(line_plot_svg({{"a", {}, {0, -1}}}, log).find("no data"), std::string::npos);
}

TEST(LinePlot, OnePointIsADot) {
  EXPECT_GT(blue(line_plot({{"", {3}, {7}}})), 2);
}

TEST(LinePlot, RefusesUnequalArrays) {
  EXPECT_THROW(line_plot({{"a", {1, 2}, {1}}}), Error);
  EXPECT_THROW(line_plot({{"a", {}, {1}, {1}, {}}}), Error);
}

TEST(LinePlot, SvgEscapesNames) {
  const std::string svg = line_plot_svg({{"a<b & \"c\"", {}, {1, 2}}});
  EXPECT_NE(svg.find("a&lt;b &amp; \"c\""), std::string::npos);
}

TEST(BarPlot, LengthFollowsValue) {
  const int one = blue(bar_plot({{"a", 1}, {"b", 2}}));
  const int two = blue(bar_plot({{"a", 2}, {"b", 2}}));
  EXPECT_NEAR(static_cast<double>(two) / one, 4.0 / 3.0, 0.03);
  const Image plot =
      bar_plot({{"walk", 0.9, 0.03}, {"sit", 0.7, 0.05}, {"fall", kNan}, {"turn", -0.1}},
               {.title = "Accuracy by action", .x_label = "share"});
  test::keep_picture("plot_bars", plot);
}

TEST(GridPlot, ColoursFollowValues) {
  const Image grid = grid_plot({{1, 0.2}, {kNan, 0.7}}, {"walk", "run"}, {"walk", "run"}, 0, 1,
                               {.title = "Confusion"});
  test::keep_picture("plot_grid", grid);
  EXPECT_GT(count_colour(grid, 13, 89, 171), 500);
  EXPECT_THROW(grid_plot({{1}}, {"a"}, {"a", "b"}, 0, 1), Error);
}

}  // namespace
}  // namespace pantomime::render
