// Any bytes end in assets that people can be made from, or in one error.
#include <cstdint>
#include <string>

#include "pantomime/base/error.h"
#include "pantomime/body/person.h"

namespace body = pantomime::body;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const body::BodyAssets assets = body::BodyAssets::open(
        body::AssetFile({reinterpret_cast<const char*>(data), size}, "fuzz"));
    body::make_character(assets, body::parse_person("sex=female,age=70,face=1,height=0.6"));
    body::make_character(assets, body::sample_person(assets, size));
  } catch (const pantomime::Error&) {
    // Assets without hair or skins are sound, but nobody can be made from them.
  }
  return 0;
}
