// Charts: loss curves, bars, and coloured grids such as confusion matrices.
#pragma once

#include <string>
#include <vector>

#include "pantomime/base/image.h"
#include "pantomime/render/canvas.h"

namespace pantomime::render {

/// One curve. x may be empty: then 0, 1, 2, … Points where x or y is not finite (or not positive on
/// a logarithmic axis) leave a gap in the line.
struct Series {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> low{};  ///< lower and upper edge of a band around y, or both empty
  std::vector<double> high{};
};

struct PlotOptions {
  std::string title{};
  std::string x_label{};
  std::string y_label{};
  bool log_y = false;
  int width = 720;
  int height = 420;
};

/// Curves with axes, round tick marks and a legend. No finite point at all gives axes and the words
/// "no data". Throws Error when a series' arrays differ in length.
Image line_plot(const std::vector<Series>& series, const PlotOptions& options = {});
std::string line_plot_svg(const std::vector<Series>& series, const PlotOptions& options = {});
void draw_line_plot(Canvas& canvas, const std::vector<Series>& series, const PlotOptions& options);

/// One bar of a bar chart; `error` is half the length of its whisker, 0: none.
struct Bar {
  std::string name;
  double value = 0;
  double error = 0;
};

/// Horizontal bars from zero, names on the left, values at their ends. A value that is not finite
/// has no bar and reads "n/a". options.height is ignored: it follows from the number of bars.
Image bar_plot(const std::vector<Bar>& bars, const PlotOptions& options = {});
std::string bar_plot_svg(const std::vector<Bar>& bars, const PlotOptions& options = {});

/// Values [rows][columns] as coloured squares with their numbers: row names on the left, column
/// names on top. Colours run from white (`low`) to blue (`high`). Throws Error when the shape and
/// the names disagree.
Image grid_plot(const std::vector<std::vector<double>>& values,
                const std::vector<std::string>& rows, const std::vector<std::string>& columns,
                double low, double high, const PlotOptions& options = {});
std::string grid_plot_svg(const std::vector<std::vector<double>>& values,
                          const std::vector<std::string>& rows,
                          const std::vector<std::string>& columns, double low, double high,
                          const PlotOptions& options = {});

/// Round positions of tick marks that cover [low, high], about `wanted` of them: 1, 2 or 5 times a
/// power of ten apart.
std::vector<double> round_ticks(double low, double high, int wanted);

}  // namespace pantomime::render
