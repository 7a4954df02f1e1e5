// Any bytes end in a picture or in one ParseError; what was read is written and read as the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"

namespace formats = pantomime::formats;

namespace {

/// Pictures of 16-bit numbers the same way.
void numbers(std::string_view bytes) {
  formats::Image16 image;
  try {
    image = formats::parse_png16(bytes, "fuzz");
  } catch (const pantomime::ParseError&) {
    return;
  }
  if (image.values.size() > (1 << 20)) return;
  const formats::Image16 back = formats::parse_png16(
      formats::to_png16(image.width, image.height, image.channels, image.values), "written");
  if (back.values != image.values) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  numbers({reinterpret_cast<const char*>(data), size});
  pantomime::Image image;
  try {
    image = formats::parse_image({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const pantomime::ParseError&) {
    return 0;
  }
  if (image.pixels.size() > (1 << 20)) return 0;  // the rest would only be slow
  const pantomime::Image back =
      formats::parse_png(formats::to_png(image, formats::PngSpeed::Fast), "written");
  if (back.pixels != image.pixels || back.channels != image.channels) std::abort();
  return 0;
}
