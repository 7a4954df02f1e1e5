// Any bytes end in a picture or in one ParseError; what was read is written and read as the same.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"

namespace formats = pantomime::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
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
