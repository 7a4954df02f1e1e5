// Pictures in memory and in files: PNG both ways, JPEG both ways.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/base/image.h"

namespace pantomime::formats {

/// Largest picture that is read: 16384 to a side, 128 million pixels.
inline constexpr int kMaxImageSide = 16384;
inline constexpr int64_t kMaxImagePixels = int64_t{1} << 27;

enum class PngSpeed { Small, Fast };  ///< Fast: about five times quicker, a little larger

/// Parses a whole PNG file: grey gives 1 channel, colour 3, anything with transparency 4; 16-bit
/// and other gammas are turned to 8-bit sRGB. `name` is used in errors. Throws ParseError for
/// anything broken, a picture over the limits, or one that its bytes can't hold.
Image parse_png(std::string_view bytes, const std::string& name);
/// Same for JPEG; 1 or 3 channels. A picture with corrupt data is refused, not guessed.
Image parse_jpeg(std::string_view bytes, const std::string& name);
/// PNG or JPEG, by its first bytes.
Image parse_image(std::string_view bytes, const std::string& name);
Image read_image(const std::filesystem::path& path);

/// Same picture, same bytes. Throws Error for a picture without pixels or with a wrong pixel count.
std::string to_png(const Image& image, PngSpeed speed = PngSpeed::Small);
void write_png(const std::filesystem::path& path, const Image& image,
               PngSpeed speed = PngSpeed::Small);
/// A picture of 16-bit numbers.
struct Image16 {
  int width = 0, height = 0, channels = 1;
  std::vector<uint16_t> values;  ///< [height * width * channels], rows from the top
};
/// Parses a 16-bit PNG without gamma, as to_png16() writes it: the numbers come back as they were.
/// Throws ParseError as parse_png() does, and for a PNG of other depth.
Image16 parse_png16(std::string_view bytes, const std::string& name);

/// 16-bit numbers (depth, motion) as PNG of 1 or 3 channels, rows from the top, without gamma: what
/// OpenCV's IMREAD_UNCHANGED reads back. Quick rather than small.
std::string to_png16(int width, int height, int channels, std::span<const uint16_t> values);
/// Quality 1 … 100. Alpha is left out.
std::string to_jpeg(const Image& image, int quality = 90);

}  // namespace pantomime::formats
