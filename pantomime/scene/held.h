// Small things that people carry in a hand, made by our own code.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pantomime/base/random.h"
#include "pantomime/scene/model.h"

namespace pantomime::scene {

/// How a hand holds a thing.
enum class Grip : uint8_t {
  Around,   ///< the fist around its middle, its top on the thumb's side
  Flat,     ///< flat on the palm and fingers, as a phone
  Hanging,  ///< it hangs from the hand, upright whatever the hand does
};

/// A thing with its origin where the hand holds it; y is its up.
struct HeldModel {
  std::shared_ptr<const Model> model;
  Grip grip = Grip::Around;
};

/// "cup", "bottle", "phone", "bag", "book": sizes and colours are drawn. Throws Error that lists
/// them for another name.
HeldModel make_held(const std::string& name, Random& random);

/// Where a held thing is, from the wrist's canonical frame: `left` hand or right.
void place_held(Grip grip, bool left, Vec3 wrist, const motion::Quat& world_from_wrist,
                float heading, Vec3& position, motion::Quat& rotation);

}  // namespace pantomime::scene
