// Any bytes end in a valid clip or in one ParseError; what was read is written and read as the same
// number of frames and joints.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/bvh.h"

namespace formats = pantomime::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pantomime::motion::Clip clip;
  try {
    clip = formats::parse_bvh({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const pantomime::ParseError&) {
    return 0;
  }
  clip.validate();
  const std::string text = formats::to_bvh(clip, {.metres_per_unit = 1});
  try {
    const auto back = formats::parse_bvh(text, "written");
    if (back.frame_count() != clip.frame_count() || back.joint_count() != clip.joint_count())
      std::abort();
  } catch (const pantomime::ParseError&) {
    // Names may be too alike once blanks are gone, or a file of bare joints too small for its
    // poses.
  }
  return 0;
}
