// Drawing in two dimensions: lines, shapes and text, to pixels (Cairo) or to SVG text.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pantomime/base/image.h"

namespace pantomime::render {

/// sRGB with straight alpha, each 0 … 1.
struct Colour {
  float r = 0, g = 0, b = 0, a = 1;
};
/// 0xRRGGBB.
constexpr Colour hex_colour(uint32_t rgb, float alpha = 1) {
  return {static_cast<float>((rgb >> 16) & 255) / 255.0f,
          static_cast<float>((rgb >> 8) & 255) / 255.0f, static_cast<float>(rgb & 255) / 255.0f,
          alpha};
}
inline constexpr Colour kInk = hex_colour(0x22262b);        ///< text and axes
inline constexpr Colour kFaint = hex_colour(0xc9ced4);      ///< grid lines
inline constexpr Colour kPaper = hex_colour(0xffffff);      ///< background
inline constexpr Colour kLeftSide = hex_colour(0xd1495b);   ///< left limbs
inline constexpr Colour kRightSide = hex_colour(0x2e6fba);  ///< right limbs

/// Colour number `index` of a list that stays readable side by side (Okabe & Ito), cyclic.
Colour series_colour(size_t index);

/// Pixels from the left and from the top.
struct Point {
  float x = 0, y = 0;
};

/// Words as they stand in XML and HTML, outside of attributes; bytes that are no UTF-8 are
/// replaced.
std::string escaped(const std::string& words);

enum class Align { kLeft, kCentre, kRight };

struct TextStyle {
  float size = 12;  ///< pixels, height of the font's em square
  Colour colour = kInk;
  Align align = Align::kLeft;  ///< which part of the text lies at the point
  bool bold = false;
  bool upright = false;  ///< turned by a quarter, read from bottom to top
};

/// A sheet to draw on. Later strokes cover earlier ones; anything outside is clipped. Points that
/// are not finite are left out.
class Canvas {
 public:
  virtual ~Canvas() = default;
  int width() const { return width_; }
  int height() const { return height_; }

  virtual void polyline(std::span<const Point> points, Colour colour, float thickness,
                        bool dashed = false) = 0;
  virtual void polygon(std::span<const Point> points, Colour fill) = 0;
  virtual void circle(Point centre, float radius, Colour fill) = 0;
  /// `at` is on the text's base line.
  virtual void text(Point at, const std::string& words, const TextStyle& style = {}) = 0;

  void line(Point from, Point to, Colour colour, float thickness = 1, bool dashed = false);
  void rectangle(float x, float y, float w, float h, Colour fill);

 protected:
  Canvas(int width, int height);
  int width_;
  int height_;
};

/// Draws into a picture. Throws Error when width or height is not in [1, 32767].
class PixelCanvas : public Canvas {
 public:
  PixelCanvas(int width, int height, Colour background = kPaper);
  ~PixelCanvas() override;
  void polyline(std::span<const Point> points, Colour colour, float thickness,
                bool dashed = false) override;
  void polygon(std::span<const Point> points, Colour fill) override;
  void circle(Point centre, float radius, Colour fill) override;
  void text(Point at, const std::string& words, const TextStyle& style = {}) override;
  /// Another picture (1, 3 or 4 channels), its top left corner at (x, y), not scaled.
  void picture(int x, int y, const Image& image);
  /// What was drawn so far, RGB.
  Image image() const;

 private:
  struct Cairo;
  std::unique_ptr<Cairo> cairo_;
};

/// Draws into an SVG 1.1 document; text stays text.
class SvgCanvas : public Canvas {
 public:
  SvgCanvas(int width, int height, Colour background = kPaper);
  void polyline(std::span<const Point> points, Colour colour, float thickness,
                bool dashed = false) override;
  void polygon(std::span<const Point> points, Colour fill) override;
  void circle(Point centre, float radius, Colour fill) override;
  void text(Point at, const std::string& words, const TextStyle& style = {}) override;
  std::string document() const;

 private:
  std::string body_;
};

/// Width of a line of text in pixels (DejaVu Sans).
float text_width(const std::string& words, const TextStyle& style = {});
/// `words`, shortened with "…" until it is at most `width` pixels wide.
std::string fitted(const std::string& words, float width, const TextStyle& style = {});

}  // namespace pantomime::render
