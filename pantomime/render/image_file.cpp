#include "pantomime/render/image_file.h"

#include <zlib.h>

#include <algorithm>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"

namespace pantomime::render {
namespace {

constexpr size_t kSignatureBytes = 8;
constexpr size_t kHeaderEnd = kSignatureBytes + 12 + 13;  // IHDR is always 13 bytes long

std::string big_endian(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

uint32_t number_at(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const uLong sum =
      ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<uint32_t>(data.size())) + body +
         big_endian(static_cast<uint32_t>(sum));
}

bool allowed_keyword(const std::string& key) {
  return !key.empty() && key.size() <= 79 && key.front() != ' ' && key.back() != ' ' &&
         std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::string png_with_text(const Image& image, const PngText& text) {
  std::string png = formats::to_png(image);
  std::string chunks;
  for (const auto& [key, value] : text) {
    PANTOMIME_CHECK(allowed_keyword(key), "PNG: keyword \"{}\" is not 1 to 79 plain letters", key);
    // Keyword, not compressed, no language, no translated keyword, value.
    chunks += chunk("iTXt", key + std::string(5, '\0') + value);
  }
  return png.insert(kHeaderEnd, chunks);
}

PngText text_of_png(const std::string& png) {
  PngText text;
  for (size_t at = kSignatureBytes; at + 12 <= png.size();) {
    const size_t size = number_at(png, at);
    if (size > png.size() - at - 12) break;
    if (png.compare(at + 4, 4, "iTXt") == 0) {
      const std::string data = png.substr(at + 8, size);
      const size_t end = data.find('\0');
      if (end != std::string::npos && data.compare(end, 5, std::string(5, '\0')) == 0)
        text[data.substr(0, end)] = data.substr(end + 5);
    }
    at += size + 12;
  }
  return text;
}

std::string jpeg_with_comment(const Image& image, int quality, const std::string& comment) {
  std::string jpeg = formats::to_jpeg(image, quality);
  if (comment.empty()) return jpeg;
  PANTOMIME_CHECK(comment.size() <= 65533, "JPEG: comment of {} bytes, at most 65533",
                  comment.size());
  const size_t size = comment.size() + 2;
  std::string segment = "\xff\xfe";
  segment += static_cast<char>(size >> 8);
  segment += static_cast<char>(size & 255);
  // Behind the start marker and JFIF's APP0, which must stay first.
  const size_t app0 =
      4 + (static_cast<size_t>(static_cast<uint8_t>(jpeg[4])) << 8 | static_cast<uint8_t>(jpeg[5]));
  return jpeg.insert(app0, segment + comment);
}

void write_png(const std::filesystem::path& path, const Image& image, const PngText& text) {
  write_file(path, png_with_text(image, text));
}

void write_jpeg(const std::filesystem::path& path, const Image& image, int quality,
                const std::string& comment) {
  write_file(path, jpeg_with_comment(image, quality, comment));
}

}  // namespace pantomime::render
