// Hands that close around what they hold. The skeleton ends at the wrists, so this changes the bind
// pose of the skin, once, before a character moves.
#pragma once

#include <optional>

#include "pantomime/body/character.h"

namespace pantomime::body {

/// Bends the fingers of one hand around a bar that lies across the palm, along the knuckles, and
/// puts the thumb on its other side. `radius`: of the bar, metres. Moves vertices, normals and
/// landmarks of the hand in the bind pose. Returns the bar's middle in the wrist's canonical frame
/// (hand along +-x, back of the hand to +y, thumb to +z), metres; nothing when the character has no
/// landmarks at the knuckles, and is left as it is.
std::optional<Vec3> close_hand(Character& character, bool left, float radius);

}  // namespace pantomime::body
