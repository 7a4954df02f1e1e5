// A picture in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pantomime {

/// 8-bit sRGB picture, rows from the top, pixels[(y * width + x) * channels + c].
struct Image {
  int width = 0;
  int height = 0;
  int channels = 3;             ///< 1 grey, 3 RGB, 4 RGBA (straight alpha)
  std::vector<uint8_t> pixels;  ///< [height * width * channels]

  Image() = default;
  Image(int w, int h, int c, uint8_t fill = 0)
      : width(w),
        height(h),
        channels(c),
        pixels(static_cast<size_t>(w) * static_cast<size_t>(h) * static_cast<size_t>(c), fill) {}
  uint8_t* at(int x, int y) {
    return &pixels[(static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) *
                   static_cast<size_t>(channels)];
  }
  const uint8_t* at(int x, int y) const { return const_cast<Image*>(this)->at(x, y); }
};

/// Linear picture of any brightness (light, depth, motion), rows from the top, laid out like Image.
struct FloatImage {
  int width = 0;
  int height = 0;
  int channels = 3;
  std::vector<float> pixels;  ///< [height * width * channels]

  FloatImage() = default;
  FloatImage(int w, int h, int c, float fill = 0)
      : width(w),
        height(h),
        channels(c),
        pixels(static_cast<size_t>(w) * static_cast<size_t>(h) * static_cast<size_t>(c), fill) {}
  float* at(int x, int y) {
    return &pixels[(static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) *
                   static_cast<size_t>(channels)];
  }
  const float* at(int x, int y) const { return const_cast<FloatImage*>(this)->at(x, y); }
};

}  // namespace pantomime
