// Picture files that say how they were made.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "pantomime/base/image.h"

namespace pantomime::render {

/// Keyword (1 … 79 Latin letters, digits, spaces) and UTF-8 value, kept inside a PNG.
using PngText = std::map<std::string, std::string>;

/// PNG bytes with one iTXt chunk for each text (PNG specification 1.2, 4.2.3.3). Throws Error for a
/// keyword that PNG does not allow or a picture without pixels.
std::string png_with_text(const Image& image, const PngText& text);
/// Texts of a PNG written by png_with_text (uncompressed iTXt chunks only; others are skipped).
PngText text_of_png(const std::string& png);
/// JPEG bytes with a COM segment; the comment may have at most 65533 bytes.
std::string jpeg_with_comment(const Image& image, int quality, const std::string& comment);

/// Writes a PNG file, atomically. Throws Error naming the path.
void write_png(const std::filesystem::path& path, const Image& image, const PngText& text = {});
/// Writes a JPEG file, atomically.
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality = 90,
                const std::string& comment = {});

}  // namespace pantomime::render
