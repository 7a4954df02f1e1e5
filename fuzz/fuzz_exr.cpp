// Any bytes end in a picture or in one ParseError; what was read is written and read as the same.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "pantomime/base/error.h"
#include "pantomime/formats/exr.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace formats = pantomime::formats;
  formats::ExrPicture picture;
  try {
    picture = formats::parse_exr({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const pantomime::ParseError&) {
    return 0;
  }
  if (picture.planes.size() * picture.planes[0].values.size() > (1 << 18)) return 0;
  const formats::ExrPicture back = formats::parse_exr(formats::to_exr(picture), "written");
  if (back.width != picture.width || back.planes.size() != picture.planes.size()) std::abort();
  for (size_t i = 0; i < back.planes.size(); ++i) {
    const auto& a = picture.planes[i].values;
    const auto& b = back.planes[i].values;
    // By their bits: not a number is not equal to itself.
    if (a.size() != b.size() || std::memcmp(a.data(), b.data(), 4 * a.size()) != 0) std::abort();
  }
  return 0;
}
