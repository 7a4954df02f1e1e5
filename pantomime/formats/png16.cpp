#include <zlib.h>

#include <cstring>

#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"

namespace pantomime::formats {
namespace {

void append_u32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

void append_chunk(std::string& out, const char* type, const std::string& data) {
  append_u32(out, static_cast<uint32_t>(data.size()));
  const size_t from = out.size();
  out += type;
  out += data;
  append_u32(out, static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(out.data() + from),
                                              static_cast<uInt>(out.size() - from))));
}

}  // namespace

std::string to_png16(int width, int height, int channels, std::span<const uint16_t> values) {
  PANTOMIME_CHECK(channels == 1 || channels == 3, "PNG: {} channels of 16 bits, expected 1 or 3",
                  channels);
  PANTOMIME_CHECK(width >= 1 && height >= 1 && width <= kMaxImageSide && height <= kMaxImageSide &&
                      values.size() == static_cast<size_t>(width) * static_cast<size_t>(height) *
                                           static_cast<size_t>(channels),
                  "PNG: {} numbers for {} x {} pixels of {}", values.size(), width, height,
                  channels);
  // Every row as differences from its left neighbour (filter 1, Sub).
  const size_t row = static_cast<size_t>(width) * static_cast<size_t>(channels);
  const size_t pixel = 2 * static_cast<size_t>(channels), bytes = 2 * row;
  std::string raw;
  raw.reserve(static_cast<size_t>(height) * (bytes + 1));
  std::string line(bytes, '\0');
  for (size_t y = 0; y < static_cast<size_t>(height); ++y) {
    for (size_t i = 0; i < row; ++i) {
      const uint16_t value = values[y * row + i];
      line[2 * i] = static_cast<char>(value >> 8);
      line[2 * i + 1] = static_cast<char>(value & 255);
    }
    raw += '\1';
    for (size_t i = 0; i < bytes; ++i)
      raw += static_cast<char>(i < pixel ? line[i] : line[i] - line[i - pixel]);
  }
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string packed(size, '\0');
  const int result = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                               reinterpret_cast<const Bytef*>(raw.data()),
                               static_cast<uLong>(raw.size()), Z_BEST_SPEED);
  PANTOMIME_CHECK(result == Z_OK, "PNG: zlib error {}", result);
  packed.resize(size);

  std::string header;
  append_u32(header, static_cast<uint32_t>(width));
  append_u32(header, static_cast<uint32_t>(height));
  header += '\x10';                                    // bits
  header += static_cast<char>(channels == 3 ? 2 : 0);  // colour type
  header += std::string(3, '\0');                      // deflate, standard filters, no interlace
  std::string out = "\x89PNG\r\n\x1a\n";
  append_chunk(out, "IHDR", header);
  append_chunk(out, "IDAT", packed);
  append_chunk(out, "IEND", {});
  return out;
}

}  // namespace pantomime::formats
