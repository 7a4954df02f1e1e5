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
  Leaning,  ///< a stick: the hand on its top, its tip on the floor as far as it reaches
};

/// A thing with its origin where the hand holds it; y is its up.
struct HeldModel {
  std::shared_ptr<const Model> model;
  Grip grip = Grip::Around;
  float radius = 0;  ///< metres, of what the fingers close around; 0: they stay open
  float length = 0;  ///< metres from the hand to the tip; only of what leans
};

/// "cup", "bottle", "phone", "bag", "book", "stick": sizes and colours are drawn. `hand_height`:
/// metres from the floor to the hand as it usually is, which a walking stick is made for. Throws
/// Error that lists them for another name.
HeldModel make_held(const std::string& name, Random& random, float hand_height = 0.75f);

/// Middle of the palm of an open hand, in the wrist's canonical frame, metres.
Vec3 open_palm(bool left);
/// Where a held thing is, from the wrist's canonical frame: `left` hand or right. `palm`: where in
/// that frame things are held, open_palm() or what body::close_hand() says. The floor is at y = 0.
void place_held(const HeldModel& held, bool left, Vec3 palm, Vec3 wrist,
                const motion::Quat& world_from_wrist, float heading, Vec3& position,
                motion::Quat& rotation);

}  // namespace pantomime::scene
