#include "pantomime/formats/png.h"

#include <stdio.h>  // jpeglib.h needs it and does not include it

#include <jerror.h>
#include <jpeglib.h>
#include <png.h>

#include <csetjmp>
#include <cstdlib>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::formats {
namespace {

// Deflate can't shrink data more than this, so a small file that announces a huge picture is
// refused before memory is asked for.
constexpr uint64_t kMaxDeflateRatio = 1032;

void check_size(uint64_t width, uint64_t height, const std::string& name) {
  const auto side = static_cast<uint64_t>(kMaxImageSide);
  if (width == 0 || height == 0 || width > side || height > side ||
      width * height > static_cast<uint64_t>(kMaxImagePixels))
    fail_at_byte(name, 0, "picture of {} x {}, expected 1 to {} a side and at most {} pixels",
                 width, height, kMaxImageSide, kMaxImagePixels);
}

/// Reads what the IHDR chunk announces and checks it against the file's size.
void check_png_header(std::string_view bytes, const std::string& name) {
  constexpr size_t kHeaderEnd = 33;
  if (bytes.size() < kHeaderEnd || bytes.substr(12, 4) != "IHDR")
    fail_at_byte(name, bytes.size() < kHeaderEnd ? bytes.size() : 12, "no PNG header (IHDR)");
  auto number = [&](size_t at) {
    uint64_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
    return value;
  };
  const uint64_t width = number(16), height = number(20);
  const auto depth = static_cast<uint8_t>(bytes[24]), colour = static_cast<uint8_t>(bytes[25]);
  check_size(width, height, name);
  const uint64_t samples = colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1;
  const uint64_t raw = height * ((width * samples * depth + 7) / 8 + 1);
  if (raw / kMaxDeflateRatio > bytes.size())
    fail_at_byte(name, 16, "PNG of {} x {} in {} bytes: too few to hold it", width, height,
                 bytes.size());
}

struct PngGuard {
  png_image image{};
  PngGuard() { image.version = PNG_IMAGE_VERSION; }
  PngGuard(const PngGuard&) = delete;
  PngGuard& operator=(const PngGuard&) = delete;
  ~PngGuard() { png_image_free(&image); }

  /// Reads the header of a PNG of allowed size.
  void begin(std::string_view bytes, const std::string& name) {
    check_png_header(bytes, name);
    if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0)
      fail_at_byte(name, 0, "broken PNG: {}", image.message);
    check_size(image.width, image.height, name);
  }
  /// Reads the pixels in image.format.
  void finish(void* pixels, const std::string& name) {
    if (png_image_finish_read(&image, nullptr, pixels, 0, nullptr) == 0)
      fail_at_byte(name, 0, "broken PNG: {}", image.message);
  }
};

void check_pixels(const Image& image, const char* what) {
  PANTOMIME_CHECK(image.width > 0 && image.height > 0 && image.channels > 0 &&
                      image.pixels.size() == static_cast<size_t>(image.width) *
                                                 static_cast<size_t>(image.height) *
                                                 static_cast<size_t>(image.channels),
                  "{}: {} x {} picture with {} channels has {} bytes", what, image.width,
                  image.height, image.channels, image.pixels.size());
}

// libjpeg reports errors by a call that may not return. It jumps back into the functions below,
// which hold no object with a destructor.
struct JpegErrors {
  jpeg_error_mgr manager;  // first member: libjpeg hands back a pointer to it
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void jpeg_failed(j_common_ptr info) {
  auto* errors = reinterpret_cast<JpegErrors*>(info->err);
  (*info->err->format_message)(info, errors->message);
  std::longjmp(errors->back, 1);
}

// Warnings mean corrupt data that libjpeg would fill up; a picture half grey is no picture.
void jpeg_message(j_common_ptr info, int level) {
  if (level < 0) jpeg_failed(info);
}

void set_up(JpegErrors& errors, jpeg_error_mgr*& slot) {
  slot = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = jpeg_failed;
  errors.manager.emit_message = jpeg_message;
  errors.message[0] = '\0';
}

// A progressive file may hold any number of scans over the whole picture: minutes of work from a
// few kilobytes. Real ones have about ten.
constexpr int kMaxScans = 64;

void jpeg_progress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans)
    ERREXIT(info, JERR_BAD_PROGRESSION);
}

enum class JpegStep { Header, Pixels };

/// Header: fills width, height, channels. Pixels: fills image->pixels, which has its size already.
bool decode_jpeg(std::string_view bytes, JpegStep step, Image* image, JpegErrors* errors) {
  jpeg_decompress_struct info;
  jpeg_progress_mgr progress{};
  progress.progress_monitor = jpeg_progress;
  set_up(*errors, info.err);
  if (setjmp(errors->back) != 0) {
    jpeg_destroy_decompress(&info);
    return false;
  }
  jpeg_create_decompress(&info);
  info.progress = &progress;
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&info, TRUE);
  info.out_color_space = info.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  if (step == JpegStep::Header) {
    image->width = static_cast<int>(info.image_width);
    image->height = static_cast<int>(info.image_height);
    image->channels = info.out_color_space == JCS_GRAYSCALE ? 1 : 3;
  } else {
    jpeg_start_decompress(&info);
    const size_t stride = static_cast<size_t>(image->width) * static_cast<size_t>(image->channels);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = &image->pixels[info.output_scanline * stride];
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
  }
  jpeg_destroy_decompress(&info);
  return true;
}

/// The caller frees *out.
bool encode_jpeg(const Image* image, int quality, unsigned char** out, unsigned long* size,
                 unsigned char* row, JpegErrors* errors) {
  jpeg_compress_struct info;
  set_up(*errors, info.err);
  if (setjmp(errors->back) != 0) {
    jpeg_destroy_compress(&info);
    return false;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, out, size);
  info.image_width = static_cast<JDIMENSION>(image->width);
  info.image_height = static_cast<JDIMENSION>(image->height);
  info.input_components = image->channels == 1 ? 1 : 3;
  info.in_color_space = image->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.optimize_coding = TRUE;
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    const uint8_t* pixel = image->at(0, static_cast<int>(info.next_scanline));
    unsigned char* to = row;
    for (int x = 0; x < image->width; ++x, pixel += image->channels)
      for (int c = 0; c < info.input_components; ++c) *to++ = pixel[c];
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return true;
}

}  // namespace

Image parse_png(std::string_view bytes, const std::string& name) {
  PngGuard guard;
  guard.begin(bytes, name);
  png_image& png = guard.image;
  const bool colour = (png.format & PNG_FORMAT_FLAG_COLOR) != 0;
  const bool alpha = (png.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  png.format = alpha ? PNG_FORMAT_RGBA : colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Image out(static_cast<int>(png.width), static_cast<int>(png.height), alpha ? 4 : colour ? 3 : 1);
  guard.finish(out.pixels.data(), name);
  return out;
}

Image16 parse_png16(std::string_view bytes, const std::string& name) {
  PngGuard guard;
  guard.begin(bytes, name);
  if (bytes[24] != 16)
    fail_at_byte(name, 24, "PNG of {} bits, expected 16", static_cast<int>(bytes[24]));
  png_image& png = guard.image;
  const bool colour = (png.format & PNG_FORMAT_FLAG_COLOR) != 0;
  // Linear numbers of 16 bits are what the file has: libpng then changes nothing.
  png.format = colour ? PNG_FORMAT_LINEAR_RGB : PNG_FORMAT_LINEAR_Y;
  Image16 out{static_cast<int>(png.width), static_cast<int>(png.height), colour ? 3 : 1, {}};
  out.values.resize(static_cast<size_t>(out.width) * static_cast<size_t>(out.height) *
                    static_cast<size_t>(out.channels));
  guard.finish(out.values.data(), name);
  return out;
}

Image parse_jpeg(std::string_view bytes, const std::string& name) {
  JpegErrors errors;
  Image out;
  if (!decode_jpeg(bytes, JpegStep::Header, &out, &errors))
    fail_at_byte(name, 0, "broken JPEG: {}", errors.message);
  check_size(static_cast<uint64_t>(out.width), static_cast<uint64_t>(out.height), name);
  // Every block of 8 x 8 takes at least about a bit; eight times less is surely a lie.
  const uint64_t blocks = static_cast<uint64_t>(out.width) * static_cast<uint64_t>(out.height) / 64;
  if (blocks / 64 > bytes.size())
    fail_at_byte(name, 0, "JPEG of {} x {} in {} bytes: too few to hold it", out.width, out.height,
                 bytes.size());
  out = Image(out.width, out.height, out.channels);
  if (!decode_jpeg(bytes, JpegStep::Pixels, &out, &errors))
    fail_at_byte(name, 0, "broken JPEG: {}", errors.message);
  return out;
}

Image parse_image(std::string_view bytes, const std::string& name) {
  if (bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n") return parse_png(bytes, name);
  if (bytes.substr(0, 3) == "\xff\xd8\xff") return parse_jpeg(bytes, name);
  fail_at_byte(name, 0, "not a picture, expected PNG or JPEG");
}

Image read_image(const std::filesystem::path& path) {
  return parse_image(read_file(path), path.string());
}

std::string to_png(const Image& image, PngSpeed speed) {
  check_pixels(image, "PNG");
  PANTOMIME_CHECK(image.channels == 1 || image.channels == 3 || image.channels == 4,
                  "PNG: {} channels, expected 1, 3 or 4", image.channels);
  PngGuard guard;
  png_image& png = guard.image;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1   ? PNG_FORMAT_GRAY
               : image.channels == 3 ? PNG_FORMAT_RGB
                                     : PNG_FORMAT_RGBA;
  if (speed == PngSpeed::Fast) png.flags |= PNG_IMAGE_FLAG_FAST;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string out(size, '\0');
  PANTOMIME_CHECK(
      png_image_write_to_memory(&png, out.data(), &size, 0, image.pixels.data(), 0, nullptr) != 0,
      "PNG: {}", png.message);
  out.resize(size);
  return out;
}

void write_png(const std::filesystem::path& path, const Image& image, PngSpeed speed) {
  write_file(path, to_png(image, speed));
}

std::string to_jpeg(const Image& image, int quality) {
  check_pixels(image, "JPEG");
  PANTOMIME_CHECK(quality >= 1 && quality <= 100, "JPEG: quality {}, expected 1 to 100", quality);
  PANTOMIME_CHECK(image.width <= JPEG_MAX_DIMENSION && image.height <= JPEG_MAX_DIMENSION,
                  "JPEG: picture of {} x {}, at most {} a side", image.width, image.height,
                  JPEG_MAX_DIMENSION);
  JpegErrors errors;
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  std::string row(static_cast<size_t>(image.width) * 3, '\0');
  const bool good = encode_jpeg(&image, quality, &bytes, &size,
                                reinterpret_cast<unsigned char*>(row.data()), &errors);
  std::string out;
  if (good) out.assign(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  PANTOMIME_CHECK(good, "JPEG: {}", errors.message);
  return out;
}

}  // namespace pantomime::formats
