// A person made without any assets: smooth shapes around the bones, in plain clothes.
#pragma once

#include <cstdint>

#include "pantomime/body/character.h"

namespace pantomime::body {

/// A clothed figure for any bones: head with face, hair, hands with thumbs, shirt, trousers, shoes.
/// Thickness follows the length of the bones, so children come out slim and large people large.
/// `seed` picks the colours of skin, hair and clothes. Parts and landmarks are set as for other
/// characters (parts.h). Takes about 0.1 s. Throws Error for bones that are not finite or longer
/// than 3 m, or for a body without legs or spine.
Character plain_character(const motion::Geometry& geometry, uint64_t seed = 0);

}  // namespace pantomime::body
