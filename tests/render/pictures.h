// Helpers of the picture tests.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "pantomime/base/image.h"
#include "pantomime/render/image_file.h"

namespace pantomime::test {

/// Keeps a picture for human eyes when PANTOMIME_TEST_PICTURES names a folder.
inline void keep_picture(const std::string& name, const Image& image) {
  const char* folder = std::getenv("PANTOMIME_TEST_PICTURES");
  if (folder == nullptr) return;
  std::filesystem::create_directories(folder);
  render::write_png(std::filesystem::path(folder) / (name + ".png"), image);
}

/// How many pixels are within `tolerance` of a colour in each channel.
inline int count_colour(const Image& image, int r, int g, int b, int tolerance = 12) {
  int count = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const uint8_t* p = image.at(x, y);
      count += std::abs(p[0] - r) <= tolerance && std::abs(p[1] - g) <= tolerance &&
               std::abs(p[2] - b) <= tolerance;
    }
  return count;
}

}  // namespace pantomime::test
