// Pictures to files: PNG and JPEG.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "pantomime/base/image.h"

namespace pantomime::render {

/// Text kept inside a PNG (tEXt/iTXt chunks): keyword, value.
using PngText = std::map<std::string, std::string>;

/// PNG bytes of a picture with 1, 3 or 4 channels. `level`: zlib's, 1 (fast) … 9 (small).
std::string encode_png(const Image& image, const PngText& text = {}, int level = 6);
/// Writes a PNG file, atomically. Throws Error naming the path.
void write_png(const std::filesystem::path& path, const Image& image, const PngText& text = {});

/// Baseline JPEG bytes of a picture with 1 or 3 channels (4: alpha is dropped), quality 1 … 100;
/// `comment` goes into a COM segment.
std::string encode_jpeg(const Image& image, int quality = 90, const std::string& comment = {});
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality = 90,
                const std::string& comment = {});

}  // namespace pantomime::render
