// Any bytes, taken as measures of a body, end in bones of finite length or in one ParseError.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/geometry_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto geometry =
        pantomime::formats::parse_geometry({reinterpret_cast<const char*>(data), size}, "fuzz");
    for (const float number : geometry)
      if (!(std::abs(number) < 3)) std::abort();
  } catch (const pantomime::ParseError&) {
  }
  return 0;
}
