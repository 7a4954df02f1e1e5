// Any bytes end in valid clips or in one ParseError.
#include <cstdint>

#include "pantomime/base/error.h"
#include "pantomime/formats/gltf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    for (const auto& animation :
         pantomime::formats::parse_gltf({reinterpret_cast<const char*>(data), size}, "fuzz.gltf"))
      animation.clip.validate();
  } catch (const pantomime::ParseError&) {
  }
  return 0;
}
