// Any bytes, taken as a user's rigged character, end in one error or in a character that can be
// moved; what is written is read again.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/user_character.h"

namespace formats = pantomime::formats;
namespace motion = pantomime::motion;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string moved;
  try {
    formats::UserCharacter character(std::string(reinterpret_cast<const char*>(data), size),
                                     "fuzz.glb");
    character.use(character.match().mapping);
    motion::Clip clip;
    clip.skeleton = character.body();
    clip.root_positions.resize(2);
    clip.rotations.resize(2 * motion::kJointCount);
    moved = character.animated(clip, "fuzz");
  } catch (const pantomime::Error&) {
    return 0;
  }
  if (formats::parse_gltf(moved, "written.glb").size() != 1) std::abort();
  return 0;
}
