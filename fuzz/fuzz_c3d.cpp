// Any bytes end in valid points or in one ParseError.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/c3d.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto file =
        pantomime::formats::parse_c3d({reinterpret_cast<const char*>(data), size}, "fuzz.c3d");
    file.points.validate();
    if (file.residuals.size() != file.points.confidence.size()) std::abort();
  } catch (const pantomime::ParseError&) {
  }
  return 0;
}
