#include "pantomime/render/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pantomime/base/error.h"

namespace pantomime::render {
namespace {

/// From a value to a pixel, on a linear or logarithmic axis.
struct Axis {
  double low = 0, high = 1;  // values, or their log10
  float from = 0, to = 1;    // pixels
  bool logarithmic = false;

  double scaled(double value) const { return logarithmic ? std::log10(value) : value; }
  float pixel(double value) const {
    return from + static_cast<float>((scaled(value) - low) / (high - low)) * (to - from);
  }
  bool shows(double value) const { return std::isfinite(value) && (!logarithmic || value > 0); }
};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  bool empty() const { return low > high; }
};

double x_of(const Series& s, size_t i) {
  return s.x.empty() ? static_cast<double>(i) : s.x[i];
}

std::string tick_text(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 1e6 || size < 1e-3) return fmt::format("{:.3g}", value);
  if (size >= 1e4) return fmt::format("{:g}k", value / 1000);
  return fmt::format("{:.5g}", value);
}

std::vector<double> log_ticks(double low, double high) {
  std::vector<double> ticks;
  // Few decades: 1, 2 and 5 of each; many: only powers of ten, so that labels don't touch.
  const bool dense = high - low < 2.5;
  const int stride = std::max(1, static_cast<int>(std::ceil((high - low) / 8)));
  for (int e = static_cast<int>(std::floor(low)); e <= static_cast<int>(std::ceil(high));
       e += stride)
    for (const double m : {1.0, 2.0, 5.0}) {
      if (m > 1 && !dense) continue;
      const double place = e + std::log10(m);
      if (place >= low - 1e-9 && place <= high + 1e-9) ticks.push_back(m * std::pow(10.0, e));
    }
  return ticks;
}

void check_series(const Series& s) {
  PANTOMIME_CHECK(s.x.empty() || s.x.size() == s.y.size(), "plot: \"{}\" has {} x and {} y", s.name,
                  s.x.size(), s.y.size());
  PANTOMIME_CHECK(s.low.size() == s.high.size() && (s.low.empty() || s.low.size() == s.y.size()),
                  "plot: \"{}\" has {} y, a band of {} and {}", s.name, s.y.size(), s.low.size(),
                  s.high.size());
}

void widen(Axis& axis, double pad) {
  const double span = axis.high - axis.low;
  const double extra = span > 0 ? pad * span : std::max(1e-12, 0.05 * std::abs(axis.low) + 0.5);
  axis.low -= extra;
  axis.high += extra;
}

void draw_series(Canvas& canvas, const Series& s, Colour colour, const Axis& across,
                 const Axis& up) {
  std::vector<Point> run;
  auto flush = [&] {
    if (run.size() == 1) canvas.circle(run[0], 1.6f, colour);
    if (run.size() > 1) canvas.polyline(run, colour, 1.6f);
    run.clear();
  };
  std::vector<Point> edge;
  for (size_t i = 0; i < s.low.size(); ++i)
    if (across.shows(x_of(s, i)) && up.shows(s.low[i]) && up.shows(s.high[i]))
      edge.push_back({across.pixel(x_of(s, i)), up.pixel(s.low[i])});
  for (size_t i = s.high.size(); i-- > 0;)
    if (across.shows(x_of(s, i)) && up.shows(s.low[i]) && up.shows(s.high[i]))
      edge.push_back({across.pixel(x_of(s, i)), up.pixel(s.high[i])});
  if (edge.size() > 2) {
    Colour light = colour;
    light.a = 0.18f;
    canvas.polygon(edge, light);
  }
  for (size_t i = 0; i < s.y.size(); ++i) {
    if (across.shows(x_of(s, i)) && up.shows(s.y[i]))
      run.push_back({across.pixel(x_of(s, i)), up.pixel(s.y[i])});
    else
      flush();
  }
  flush();
}

void draw_legend(Canvas& canvas, const std::vector<Series>& series, float right, float top) {
  float width = 0;
  size_t named = 0;
  for (const Series& s : series) {
    width = std::max(width, text_width(s.name, {.size = 11}));
    named += s.name.empty() ? 0 : 1;
  }
  if (named == 0) return;
  const float x = right - width - 36;
  canvas.rectangle(x - 6, top + 4, width + 38, static_cast<float>(named) * 16 + 6,
                   hex_colour(0xffffff, 0.85f));
  float y = top + 18;
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i].name.empty()) continue;
    canvas.line({x, y - 4}, {x + 18, y - 4}, series_colour(i), 2.5f);
    canvas.text({x + 24, y}, series[i].name, {.size = 11});
    y += 16;
  }
}

}  // namespace

std::vector<double> round_ticks(double low, double high, int wanted) {
  std::vector<double> ticks;
  if (!(high > low) || !std::isfinite(high - low) || wanted < 1) return ticks;
  const double rough = (high - low) / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double m : {1.0, 2.0, 5.0})
    if (m * power >= rough * (1 - 1e-9)) {
      step = m * power;
      break;
    }
  const double first = std::ceil(low / step - 1e-9);
  for (int i = 0; i < 1000; ++i) {
    const double value = (first + i) * step;
    if (value > high + 1e-9 * step) break;
    ticks.push_back(value);
  }
  return ticks;
}

void draw_line_plot(Canvas& canvas, const std::vector<Series>& series, const PlotOptions& options) {
  for (const Series& s : series) check_series(s);
  const auto width = static_cast<float>(canvas.width());
  const auto height = static_cast<float>(canvas.height());
  const float left = options.y_label.empty() ? 58 : 74, right = width - 14;
  const float top = options.title.empty() ? 14 : 36;
  const float bottom = height - (options.x_label.empty() ? 26 : 44);
  Axis across{0, 1, left, right, false}, up{0, 1, bottom, top, options.log_y};
  Range xs, ys;
  for (const Series& s : series)
    for (size_t i = 0; i < s.y.size(); ++i) {
      if (!across.shows(x_of(s, i)) || !up.shows(s.y[i])) continue;
      xs.add(x_of(s, i));
      ys.add(up.scaled(s.y[i]));
      if (s.low.empty() || !up.shows(s.low[i]) || !up.shows(s.high[i])) continue;
      ys.add(up.scaled(s.low[i]));
      ys.add(up.scaled(s.high[i]));
    }
  const bool nothing = ys.empty();
  if (!nothing) {
    across.low = xs.low, across.high = xs.high;
    up.low = ys.low, up.high = ys.high;
  }
  widen(across, nothing ? 0.0 : 0.01);
  widen(up, nothing ? 0.0 : 0.05);
  if (nothing && options.log_y) up.low = -3, up.high = 0;

  for (const double v :
       options.log_y ? log_ticks(up.low, up.high) : round_ticks(up.low, up.high, 6)) {
    const float y = up.pixel(v);
    canvas.line({left, y}, {right, y}, kFaint, 0.7f);
    canvas.text({left - 6, y + 4}, tick_text(v), {.size = 11, .align = Align::kRight});
  }
  for (const double v : round_ticks(across.low, across.high, 8)) {
    const float x = across.pixel(v);
    canvas.line({x, bottom}, {x, bottom + 4}, kInk, 1);
    canvas.text({x, bottom + 16}, tick_text(v), {.size = 11, .align = Align::kCentre});
  }
  canvas.line({left, top}, {left, bottom}, kInk, 1);
  canvas.line({left, bottom}, {right, bottom}, kInk, 1);
  for (size_t i = 0; i < series.size(); ++i)
    draw_series(canvas, series[i], series_colour(i), across, up);
  draw_legend(canvas, series, right, top);
  if (nothing)
    canvas.text({(left + right) / 2, (top + bottom) / 2}, "no data",
                {.size = 16, .colour = hex_colour(0x7a828a), .align = Align::kCentre});
  canvas.text({left, 22}, options.title, {.size = 15, .bold = true});
  canvas.text({(left + right) / 2, height - 8}, options.x_label,
              {.size = 12, .align = Align::kCentre});
  canvas.text({14, (top + bottom) / 2}, options.y_label,
              {.size = 12, .align = Align::kCentre, .upright = true});
}

Image line_plot(const std::vector<Series>& series, const PlotOptions& options) {
  PixelCanvas canvas(options.width, options.height);
  draw_line_plot(canvas, series, options);
  return canvas.image();
}

std::string line_plot_svg(const std::vector<Series>& series, const PlotOptions& options) {
  SvgCanvas canvas(options.width, options.height);
  draw_line_plot(canvas, series, options);
  return canvas.document();
}

namespace {

Image result_of(const PixelCanvas& canvas) {
  return canvas.image();
}
std::string result_of(const SvgCanvas& canvas) {
  return canvas.document();
}

template <class Sheet>
auto bars_on(const std::vector<Bar>& bars, const PlotOptions& options) {
  constexpr float kRow = 22;
  const float top = options.title.empty() ? 12 : 36;
  const float foot = options.x_label.empty() ? 28 : 44;
  const float rows = kRow * static_cast<float>(std::max<size_t>(1, bars.size()));
  Sheet canvas(options.width, static_cast<int>(top + rows + foot));
  float left = 40;
  Range range;
  range.add(0);
  for (const Bar& bar : bars) {
    left = std::max(left, text_width(bar.name, {.size = 12}) + 16);
    if (!std::isfinite(bar.value)) continue;
    range.add(bar.value + (bar.value >= 0 ? std::abs(bar.error) : 0));
    range.add(bar.value - (bar.value < 0 ? std::abs(bar.error) : 0));
  }
  left = std::min(left, 0.5f * static_cast<float>(options.width));
  const float right = static_cast<float>(options.width) - 70;
  Axis across{range.low, range.high, left, right, false};
  if (range.low == range.high) across.high = across.low + 1;
  for (const double v : round_ticks(across.low, across.high, 6)) {
    const float x = across.pixel(v);
    canvas.line({x, top}, {x, top + rows}, kFaint, 0.7f);
    canvas.text({x, top + rows + 15}, tick_text(v), {.size = 11, .align = Align::kCentre});
  }
  for (size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const float y = top + kRow * static_cast<float>(i);
    canvas.text({left - 8, y + 15}, fitted(bar.name, left - 12),
                {.size = 12, .align = Align::kRight});
    if (!std::isfinite(bar.value)) {
      canvas.text({across.pixel(0) + 6, y + 15}, "n/a", {.size = 11});
      continue;
    }
    const float zero = across.pixel(0), end = across.pixel(bar.value);
    canvas.rectangle(std::min(zero, end), y + 4, std::abs(end - zero), kRow - 8, series_colour(0));
    float tip = std::max(zero, end);
    if (bar.error != 0 && std::isfinite(bar.error)) {
      const float a = across.pixel(bar.value - bar.error), b = across.pixel(bar.value + bar.error);
      canvas.line({a, y + kRow / 2}, {b, y + kRow / 2}, kInk, 1.2f);
      canvas.line({a, y + 7}, {a, y + kRow - 7}, kInk, 1.2f);
      canvas.line({b, y + 7}, {b, y + kRow - 7}, kInk, 1.2f);
      tip = std::max({tip, a, b});
    }
    canvas.text({tip + 6, y + 15}, fmt::format("{:.3g}", bar.value), {.size = 11});
  }
  canvas.line({across.pixel(0), top}, {across.pixel(0), top + rows}, kInk, 1);
  canvas.text({8, 22}, options.title, {.size = 15, .bold = true});
  canvas.text({(left + right) / 2, static_cast<float>(canvas.height()) - 8}, options.x_label,
              {.size = 12, .align = Align::kCentre});
  return result_of(canvas);
}

template <class Sheet>
auto grid_on(const std::vector<std::vector<double>>& values, const std::vector<std::string>& rows,
             const std::vector<std::string>& columns, double low, double high,
             const PlotOptions& options) {
  PANTOMIME_CHECK(values.size() == rows.size(), "grid: {} rows of values, {} names", values.size(),
                  rows.size());
  for (size_t r = 0; r < values.size(); ++r)
    PANTOMIME_CHECK(values[r].size() == columns.size(),
                    "grid: row \"{}\" has {} values, expected {}", rows[r], values[r].size(),
                    columns.size());
  constexpr float kCell = 34;
  float left = 30, head = 30;
  for (const std::string& name : rows) left = std::max(left, text_width(name, {.size = 11}) + 14);
  for (const std::string& name : columns)
    head = std::max(head, text_width(name, {.size = 11}) + 14);
  const float top = (options.title.empty() ? 8 : 32) + head;
  const auto wide = static_cast<float>(columns.size()), tall = static_cast<float>(rows.size());
  const float title_width = text_width(options.title, {.size = 15, .bold = true}) + 16;
  Sheet canvas(static_cast<int>(std::max(left + kCell * wide + 10, title_width)),
               static_cast<int>(top + kCell * tall + 10));
  canvas.text({8, 22}, options.title, {.size = 15, .bold = true});
  for (size_t c = 0; c < columns.size(); ++c)
    canvas.text({left + (static_cast<float>(c) + 0.5f) * kCell + 4, top - 6}, columns[c],
                {.size = 11, .upright = true});
  for (size_t r = 0; r < rows.size(); ++r) {
    const float y = top + static_cast<float>(r) * kCell;
    canvas.text({left - 8, y + kCell / 2 + 4}, rows[r], {.size = 11, .align = Align::kRight});
    for (size_t c = 0; c < columns.size(); ++c) {
      const float x = left + static_cast<float>(c) * kCell;
      const double v = values[r][c];
      if (!std::isfinite(v)) {
        canvas.rectangle(x, y, kCell - 1, kCell - 1, hex_colour(0xeeeeee));
        canvas.line({x, y + kCell - 1}, {x + kCell - 1, y}, kFaint, 1);
        continue;
      }
      const auto u =
          static_cast<float>(high > low ? std::clamp((v - low) / (high - low), 0.0, 1.0) : 0.0);
      canvas.rectangle(x, y, kCell - 1, kCell - 1,
                       {1 - 0.95f * u, 1 - 0.65f * u, 1 - 0.33f * u, 1});
      canvas.text({x + kCell / 2, y + kCell / 2 + 4},
                  std::abs(v) < 10 ? fmt::format("{:.2f}", v) : fmt::format("{:.0f}", v),
                  {.size = 9, .colour = u > 0.55f ? kPaper : kInk, .align = Align::kCentre});
    }
  }
  return result_of(canvas);
}

}  // namespace

Image bar_plot(const std::vector<Bar>& bars, const PlotOptions& options) {
  return bars_on<PixelCanvas>(bars, options);
}

std::string bar_plot_svg(const std::vector<Bar>& bars, const PlotOptions& options) {
  return bars_on<SvgCanvas>(bars, options);
}

Image grid_plot(const std::vector<std::vector<double>>& values,
                const std::vector<std::string>& rows, const std::vector<std::string>& columns,
                double low, double high, const PlotOptions& options) {
  return grid_on<PixelCanvas>(values, rows, columns, low, high, options);
}

std::string grid_plot_svg(const std::vector<std::vector<double>>& values,
                          const std::vector<std::string>& rows,
                          const std::vector<std::string>& columns, double low, double high,
                          const PlotOptions& options) {
  return grid_on<SvgCanvas>(values, rows, columns, low, high, options);
}

}  // namespace pantomime::render
