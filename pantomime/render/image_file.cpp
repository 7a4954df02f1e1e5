#include "pantomime/render/image_file.h"

#include <cstdio>
// libjpeg's header needs <cstdio> before it.
#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <vector>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::render {
namespace {

void check_picture(const Image& image, const char* what) {
  PANTOMIME_CHECK(
      image.width >= 1 && image.height >= 1 && image.width <= 65500 && image.height <= 65500,
      "{}: {} x {} pixels, expected 1 to 65500 each", what, image.width, image.height);
  PANTOMIME_CHECK(image.channels == 1 || image.channels == 3 || image.channels == 4,
                  "{}: {} channels, expected 1, 3 or 4", what, image.channels);
  const size_t expected = static_cast<size_t>(image.width) * static_cast<size_t>(image.height) *
                          static_cast<size_t>(image.channels);
  PANTOMIME_CHECK(image.pixels.size() == expected, "{}: {} bytes of pixels, expected {}", what,
                  image.pixels.size(), expected);
}

struct JpegError {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

void jpeg_failed(j_common_ptr info) {
  auto* error = reinterpret_cast<JpegError*>(info->err);
  info->err->format_message(info, error->message);
  std::longjmp(error->jump, 1);
}

void png_failed(png_structp png, png_const_charp message) {
  *static_cast<std::string*>(png_get_error_ptr(png)) = message;
  std::longjmp(png_jmpbuf(png), 1);
}

}  // namespace

std::string encode_png(const Image& image, const PngText& text, int level) {
  check_picture(image, "PNG");
  std::string out, problem;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &problem, png_failed, nullptr);
  PANTOMIME_CHECK(png != nullptr, "PNG: out of memory");
  png_infop info = png_create_info_struct(png);
  std::vector<png_text> notes;
  for (const auto& [key, value] : text) {
    png_text note{};
    note.compression = PNG_ITXT_COMPRESSION_NONE;
    note.key = const_cast<char*>(key.c_str());
    note.text = const_cast<char*>(value.c_str());
    note.itxt_length = value.size();
    note.lang = const_cast<char*>("");
    note.lang_key = const_cast<char*>("");
    notes.push_back(note);
  }
  if (setjmp(png_jmpbuf(png)) != 0) {  // NOLINT: libpng reports errors this way
    png_destroy_write_struct(&png, &info);
    fail("PNG: {}", problem);
  }
  png_set_write_fn(
      png, &out,
      [](png_structp p, png_bytep data, size_t count) {
        static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<char*>(data), count);
      },
      nullptr);
  const int type = image.channels == 1   ? PNG_COLOR_TYPE_GRAY
                   : image.channels == 3 ? PNG_COLOR_TYPE_RGB
                                         : PNG_COLOR_TYPE_RGBA;
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width),
               static_cast<png_uint_32>(image.height), 8, type, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_sRGB_gAMA_and_cHRM(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  if (!notes.empty()) png_set_text(png, info, notes.data(), static_cast<int>(notes.size()));
  png_set_compression_level(png, level);
  // Trying all five row filters costs more than the rest of the file; one is nearly as small.
  png_set_filter(png, 0, PNG_FILTER_SUB);
  png_write_info(png, info);
  const size_t stride = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  for (int y = 0; y < image.height; ++y)
    png_write_row(png, image.pixels.data() + static_cast<size_t>(y) * stride);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

void write_png(const std::filesystem::path& path, const Image& image, const PngText& text) {
  write_file(path, encode_png(image, text));
}

std::string encode_jpeg(const Image& image, int quality, const std::string& comment) {
  check_picture(image, "JPEG");
  PANTOMIME_CHECK(quality >= 1 && quality <= 100, "JPEG: quality {}, expected 1 to 100", quality);
  PANTOMIME_CHECK(comment.size() <= 65533, "JPEG: comment of {} bytes, at most 65533",
                  comment.size());
  const int kept = std::min(image.channels, 3);
  std::vector<uint8_t> row(static_cast<size_t>(image.width) * static_cast<size_t>(kept));
  jpeg_compress_struct jpeg{};
  JpegError error{};
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg.err = jpeg_std_error(&error.manager);
  error.manager.error_exit = jpeg_failed;
  if (setjmp(error.jump) != 0) {  // NOLINT: libjpeg reports errors this way
    jpeg_destroy_compress(&jpeg);
    std::free(buffer);
    fail("JPEG: {}", error.message);
  }
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &buffer, &size);
  jpeg.image_width = static_cast<JDIMENSION>(image.width);
  jpeg.image_height = static_cast<JDIMENSION>(image.height);
  jpeg.input_components = kept;
  jpeg.in_color_space = kept == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_compress(&jpeg, TRUE);
  if (!comment.empty())
    jpeg_write_marker(&jpeg, JPEG_COM, reinterpret_cast<const JOCTET*>(comment.data()),
                      static_cast<unsigned>(comment.size()));
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x)
      std::copy_n(image.at(x, y), kept, &row[static_cast<size_t>(x * kept)]);
    JSAMPROW line = row.data();
    jpeg_write_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string out(reinterpret_cast<char*>(buffer), size);
  std::free(buffer);
  return out;
}

void write_jpeg(const std::filesystem::path& path, const Image& image, int quality,
                const std::string& comment) {
  write_file(path, encode_jpeg(image, quality, comment));
}

}  // namespace pantomime::render
