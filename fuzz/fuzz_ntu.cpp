// Any bytes end in valid people or in one ParseError; people are written and read as the same.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/ntu.h"

namespace formats = pantomime::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  formats::NtuSkeleton people;
  try {
    people = formats::parse_ntu_skeleton({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const pantomime::ParseError&) {
    return 0;
  }
  for (const auto& body : people.bodies) body.joints.validate();
  std::string text;
  try {
    text = formats::to_ntu_skeleton(people);
  } catch (const pantomime::Error&) {
    return 0;  // an id that is no number can be read and not written
  }
  if (formats::parse_ntu_skeleton(text, "written").frames != people.frames) std::abort();
  return 0;
}
