// Pictures on surfaces: filtered look-up at any size.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "pantomime/base/image.h"

namespace pantomime::render {

/// A picture with its half, quarter, … sizes. Repeats outside [0, 1). v = 0 is the picture's top
/// row (glTF). Texel centres are at (i + 0.5) / size.
class Texture {
 public:
  enum class Kind {
    kColour,   ///< sRGB, look-ups give linear values
    kNumbers,  ///< normals and other plain numbers, look-ups give value / 255
  };

  /// Throws Error when the picture has no pixels.
  Texture(const Image& image, Kind kind);

  int width() const { return levels_[0].width; }
  int height() const { return levels_[0].height; }
  bool has_alpha() const { return has_alpha_; }
  int level_count() const { return static_cast<int>(levels_.size()); }

  /// RGBA (straight alpha), bilinear, from the size whose texels are nearest to `texels` texels of
  /// the full size (1: full size, 2: half, …; smaller or not finite: full size).
  std::array<float, 4> sample(float u, float v, float texels) const;
  /// Alpha alone.
  float alpha(float u, float v, float texels) const;

 private:
  struct Level {
    int width, height;
    std::vector<uint8_t> texels;  // [height * width * 4], colours weighted by alpha when shrinking
  };
  const Level& nearest_level(float texels) const;

  Kind kind_;
  bool has_alpha_ = false;
  std::vector<Level> levels_;
};

/// Shares textures between scenes, so that eight people with one face texture hold it once. Safe to
/// use from several threads.
class TextureStore {
 public:
  /// The texture of a picture; null for null.
  std::shared_ptr<const Texture> get(const std::shared_ptr<const Image>& image, Texture::Kind kind);

 private:
  struct Entry {
    std::shared_ptr<const Image> image;  // kept, so that its address stays its own
    std::shared_ptr<const Texture> texture;
  };
  std::mutex mutex_;
  std::map<std::pair<const Image*, Texture::Kind>, Entry> entries_;
};

/// sRGB transfer functions (IEC 61966-2-1).
float linear_from_srgb(uint8_t value);
/// Clamped to [0, 1].
uint8_t srgb_from_linear(float value);

}  // namespace pantomime::render
