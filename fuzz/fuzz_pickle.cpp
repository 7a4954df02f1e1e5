// Any bytes end in values or in one ParseError; as ACTOR's sequences they end in valid clips.
#include <cstdint>

#include "pantomime/base/error.h"
#include "pantomime/formats/actor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    for (const auto& sequence :
         pantomime::formats::parse_actor({reinterpret_cast<const char*>(data), size}, "fuzz.pkl"))
      sequence.clip.validate();
  } catch (const pantomime::ParseError&) {
  }
  return 0;
}
