// Any bytes, taken as a rig mapping, end in a mapping or in one ParseError; a mapping that was read
// can be tried on a clip.
#include <cstdint>

#include "pantomime/base/error.h"
#include "pantomime/formats/mapping_file.h"

namespace motion = pantomime::motion;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  motion::Mapping mapping;
  try {
    mapping =
        pantomime::formats::parse_mapping({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const pantomime::ParseError&) {
    return 0;
  }
  motion::Clip clip;
  clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
  clip.skeleton.end_sites.push_back({motion::kHead, {0, 0.1f, 0}});
  clip.root_positions.resize(2);
  clip.rotations.resize(2 * motion::kJointCount);
  try {
    motion::to_canonical(clip, mapping).validate();
  } catch (const pantomime::Error&) {
  }
  return 0;
}
