#include "pantomime/render/canvas.h"

#include <cairo.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"

namespace pantomime::render {
namespace {

constexpr const char* kFont = "DejaVu Sans";

bool finite(Point p) {
  return std::isfinite(p.x) && std::isfinite(p.y);
}

void set_colour(cairo_t* cr, Colour c) {
  cairo_set_source_rgba(cr, c.r, c.g, c.b, c.a);
}

void set_font(cairo_t* cr, const TextStyle& style) {
  cairo_select_font_face(cr, kFont, CAIRO_FONT_SLANT_NORMAL,
                         style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, style.size);
  cairo_font_options_t* options = cairo_font_options_create();
  // Grey edges and unhinted widths: the same text has the same place whatever the desktop's
  // settings.
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(cr, options);
  cairo_font_options_destroy(options);
}

/// Cairo refuses a whole string for one bad byte; file names may hold any.
std::string valid_utf8(const std::string& words) {
  std::string out;
  for (size_t i = 0; i < words.size();) {
    const auto lead = static_cast<unsigned char>(words[i]);
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                                                        : 0;
    bool good = length > 0 && i + length <= words.size() && lead >= 0x20;
    for (size_t k = 1; good && k < length; ++k)
      good = (static_cast<unsigned char>(words[i + k]) & 0xc0) == 0x80;
    if (good) {
      out.append(words, i, length);
      i += length;
    } else {
      out += '?';
      ++i;
    }
  }
  return out;
}

double advance(cairo_t* cr, const std::string& words) {
  cairo_text_extents_t extents;
  cairo_text_extents(cr, words.c_str(), &extents);
  return extents.x_advance;
}

std::string css(Colour c) {
  auto byte = [](float v) { return static_cast<int>(std::lround(std::clamp(v, 0.f, 1.f) * 255)); };
  return fmt::format("#{:02x}{:02x}{:02x}", byte(c.r), byte(c.g), byte(c.b));
}

std::string points_attribute(std::span<const Point> points) {
  std::string out;
  for (const Point p : points)
    if (finite(p)) out += fmt::format("{}{:.2f},{:.2f}", out.empty() ? "" : " ", p.x, p.y);
  return out;
}

}  // namespace

std::string escaped(const std::string& words) {
  std::string out;
  for (const char c : valid_utf8(words)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Colour series_colour(size_t index) {
  static constexpr std::array<uint32_t, 8> kColours = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7,
                                                       0xe69f00, 0x56b4e9, 0x8c6d31, 0x4d4d4d};
  return hex_colour(kColours[index % kColours.size()]);
}

Canvas::Canvas(int width, int height) : width_(width), height_(height) {
  PANTOMIME_CHECK(width >= 1 && height >= 1 && width <= 32767 && height <= 32767,
                  "canvas: {} x {} pixels, expected 1 to 32767 each", width, height);
}

void Canvas::line(Point from, Point to, Colour colour, float thickness, bool dashed) {
  polyline(std::array{from, to}, colour, thickness, dashed);
}

void Canvas::rectangle(float x, float y, float w, float h, Colour fill) {
  polygon(std::array{Point{x, y}, Point{x + w, y}, Point{x + w, y + h}, Point{x, y + h}}, fill);
}

struct PixelCanvas::Cairo {
  cairo_surface_t* surface;
  cairo_t* context;
  Cairo(int width, int height)
      : surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)),
        context(cairo_create(surface)) {
    if (cairo_status(context) != CAIRO_STATUS_SUCCESS) {
      const char* why = cairo_status_to_string(cairo_status(context));
      cairo_destroy(context);
      cairo_surface_destroy(surface);
      fail("canvas: {} x {} pixels: {}", width, height, why);
    }
  }
  Cairo(const Cairo&) = delete;
  Cairo& operator=(const Cairo&) = delete;
  ~Cairo() {
    cairo_destroy(context);
    cairo_surface_destroy(surface);
  }
};

PixelCanvas::PixelCanvas(int width, int height, Colour background)
    : Canvas(width, height), cairo_(std::make_unique<Cairo>(width, height)) {
  cairo_t* cr = cairo_->context;
  set_colour(cr, background);
  cairo_paint(cr);
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
}

PixelCanvas::~PixelCanvas() = default;

void PixelCanvas::polyline(std::span<const Point> points, Colour colour, float thickness,
                           bool dashed) {
  cairo_t* cr = cairo_->context;
  cairo_new_path(cr);
  for (const Point p : points)
    if (finite(p)) cairo_line_to(cr, p.x, p.y);
  set_colour(cr, colour);
  cairo_set_line_width(cr, thickness);
  const double dash[] = {4, 4};
  cairo_set_dash(cr, dash, dashed ? 2 : 0, 0);
  cairo_stroke(cr);
}

void PixelCanvas::polygon(std::span<const Point> points, Colour fill) {
  cairo_t* cr = cairo_->context;
  cairo_new_path(cr);
  for (const Point p : points)
    if (finite(p)) cairo_line_to(cr, p.x, p.y);
  cairo_close_path(cr);
  set_colour(cr, fill);
  cairo_fill(cr);
}

void PixelCanvas::circle(Point centre, float radius, Colour fill) {
  if (!finite(centre)) return;
  cairo_t* cr = cairo_->context;
  cairo_new_path(cr);
  cairo_arc(cr, centre.x, centre.y, radius, 0, 2 * std::numbers::pi);
  set_colour(cr, fill);
  cairo_fill(cr);
}

void PixelCanvas::text(Point at, const std::string& words, const TextStyle& style) {
  if (!finite(at) || words.empty()) return;
  cairo_t* cr = cairo_->context;
  const std::string clean = valid_utf8(words);
  cairo_save(cr);
  set_font(cr, style);
  set_colour(cr, style.colour);
  const double shift = style.align == Align::kLeft     ? 0
                       : style.align == Align::kCentre ? -0.5 * advance(cr, clean)
                                                       : -advance(cr, clean);
  cairo_translate(cr, at.x, at.y);
  if (style.upright) cairo_rotate(cr, -std::numbers::pi / 2);
  cairo_move_to(cr, shift, 0);
  cairo_show_text(cr, clean.c_str());
  cairo_restore(cr);
}

void PixelCanvas::picture(int x, int y, const Image& image) {
  PANTOMIME_CHECK(image.channels == 1 || image.channels == 3 || image.channels == 4,
                  "canvas: picture with {} channels, expected 1, 3 or 4", image.channels);
  cairo_surface_flush(cairo_->surface);
  unsigned char* data = cairo_image_surface_get_data(cairo_->surface);
  const int stride = cairo_image_surface_get_stride(cairo_->surface);
  for (int row = std::max(0, -y); row < std::min(image.height, height_ - y); ++row) {
    auto* out = reinterpret_cast<uint32_t*>(data + static_cast<ptrdiff_t>(stride) * (y + row));
    for (int column = std::max(0, -x); column < std::min(image.width, width_ - x); ++column) {
      const uint8_t* p = image.at(column, row);
      const size_t g = image.channels == 1 ? 0 : 1, b = image.channels == 1 ? 0 : 2;
      const uint32_t alpha = image.channels == 4 ? p[3] : 255;
      const uint32_t below = out[x + column];
      auto over = [&](uint32_t value, int shift) {
        const uint32_t old = (below >> shift) & 255;
        return ((value * alpha + old * (255 - alpha) + 127) / 255) << shift;
      };
      out[x + column] = over(p[0], 16) | over(p[g], 8) | over(p[b], 0);
    }
  }
  cairo_surface_mark_dirty(cairo_->surface);
}

Image PixelCanvas::image() const {
  cairo_surface_flush(cairo_->surface);
  const unsigned char* data = cairo_image_surface_get_data(cairo_->surface);
  const int stride = cairo_image_surface_get_stride(cairo_->surface);
  Image out(width_, height_, 3);
  for (int y = 0; y < height_; ++y) {
    const auto* row = reinterpret_cast<const uint32_t*>(data + static_cast<ptrdiff_t>(stride) * y);
    for (int x = 0; x < width_; ++x) {
      uint8_t* p = out.at(x, y);
      p[0] = static_cast<uint8_t>(row[x] >> 16);
      p[1] = static_cast<uint8_t>(row[x] >> 8);
      p[2] = static_cast<uint8_t>(row[x]);
    }
  }
  return out;
}

SvgCanvas::SvgCanvas(int width, int height, Colour background) : Canvas(width, height) {
  rectangle(0, 0, static_cast<float>(width), static_cast<float>(height), background);
}

void SvgCanvas::polyline(std::span<const Point> points, Colour colour, float thickness,
                         bool dashed) {
  body_ += fmt::format(
      "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-opacity=\"{:.3g}\" "
      "stroke-width=\"{:.3g}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"{}/>\n",
      points_attribute(points), css(colour), colour.a, thickness,
      dashed ? " stroke-dasharray=\"4 4\"" : "");
}

void SvgCanvas::polygon(std::span<const Point> points, Colour fill) {
  body_ += fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{:.3g}\"/>\n",
                       points_attribute(points), css(fill), fill.a);
}

void SvgCanvas::circle(Point centre, float radius, Colour fill) {
  if (!finite(centre)) return;
  body_ += fmt::format(
      "<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{:.2f}\" fill=\"{}\" fill-opacity=\"{:.3g}\"/>\n",
      centre.x, centre.y, radius, css(fill), fill.a);
}

void SvgCanvas::text(Point at, const std::string& words, const TextStyle& style) {
  if (!finite(at) || words.empty()) return;
  static constexpr std::array<const char*, 3> kAnchors = {"start", "middle", "end"};
  body_ += fmt::format(
      "<text x=\"{:.2f}\" y=\"{:.2f}\" font-size=\"{:.3g}\" fill=\"{}\" text-anchor=\"{}\"{}{}>{}"
      "</text>\n",
      at.x, at.y, style.size, css(style.colour), kAnchors[static_cast<size_t>(style.align)],
      style.bold ? " font-weight=\"bold\"" : "",
      style.upright ? fmt::format(" transform=\"rotate(-90 {:.2f} {:.2f})\"", at.x, at.y) : "",
      escaped(words));
}

std::string SvgCanvas::document() const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n{2}</svg>\n",
      width_, height_, body_);
}

float text_width(const std::string& words, const TextStyle& style) {
  cairo_surface_t* surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
  cairo_t* cr = cairo_create(surface);
  set_font(cr, style);
  const double width = advance(cr, valid_utf8(words));
  cairo_destroy(cr);
  cairo_surface_destroy(surface);
  return static_cast<float>(width);
}

std::string fitted(const std::string& words, float width, const TextStyle& style) {
  if (text_width(words, style) <= width) return words;
  std::string cut = words;
  while (!cut.empty()) {
    do cut.pop_back();
    while (!cut.empty() && (static_cast<unsigned char>(cut.back()) & 0xc0) == 0x80);
    // A lead byte left alone by the loop above is dropped with its tail.
    if (!cut.empty() && (static_cast<unsigned char>(cut.back()) & 0x80)) cut.pop_back();
    if (text_width(cut + "…", style) <= width) return cut + "…";
  }
  return "";
}

}  // namespace pantomime::render
