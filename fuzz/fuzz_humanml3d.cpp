// Any bytes, taken as features and as joints, end in joints or in one ParseError; joints that were
// read are written, and read again as many.
#include <cstdint>
#include <cstdlib>

#include "pantomime/base/error.h"
#include "pantomime/formats/humanml3d.h"

namespace formats = pantomime::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto joints = formats::parse_humanml3d_joints(bytes, "fuzz.npy");
    joints.validate();
    if (joints.frame_count() >= 2)
      formats::from_humanml3d(formats::humanml3d_features(joints), "x");
  } catch (const pantomime::ParseError&) {
  }
  try {
    const auto motion = formats::parse_humanml3d(bytes, "fuzz.npy");
    motion.joints.validate();
    if (motion.contacts.size() != motion.joints.frame_count()) std::abort();
  } catch (const pantomime::ParseError&) {
  }
  return 0;
}
