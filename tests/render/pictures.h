// Helpers of the picture tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "pantomime/base/image.h"
#include "pantomime/formats/png.h"
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

/// Mean absolute difference of all values, 8-bit steps. Pictures of another shape: 255.
inline double mean_difference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height || a.channels != b.channels) return 255;
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

/// Compares with tests/golden/<name>: the mean difference must be at most `tolerance`. On failure
/// the picture and its difference (times 8) are kept under the temporary folder. Run with
/// PANTOMIME_UPDATE_GOLDEN=1 to accept the picture after looking at it.
inline void expect_golden(const std::string& name, const Image& image, double tolerance) {
  namespace fs = std::filesystem;
  const fs::path golden = fs::path(PANTOMIME_TESTS_DIR) / "golden" / name;
  if (std::getenv("PANTOMIME_UPDATE_GOLDEN") != nullptr) {
    fs::create_directories(golden.parent_path());
    render::write_png(golden, image);
  }
  ASSERT_TRUE(fs::exists(golden)) << golden;
  const Image expected = formats::read_image(golden);
  const double difference = mean_difference(image, expected);
  if (difference <= tolerance) return;
  Image change = image;
  if (difference < 255)
    for (size_t i = 0; i < change.pixels.size(); ++i)
      change.pixels[i] =
          static_cast<uint8_t>(std::min(255, 8 * std::abs(image.pixels[i] - expected.pixels[i])));
  const fs::path folder = fs::temp_directory_path() / "pantomime-test-pictures";
  fs::create_directories(folder);
  const std::string stem = golden.stem().string();
  render::write_png(folder / (stem + ".png"), image);
  render::write_png(folder / (stem + ".difference.png"), change);
  FAIL() << name << " differs by " << difference << " steps on average, at most " << tolerance
         << " allowed; see " << folder;
}

}  // namespace pantomime::test
