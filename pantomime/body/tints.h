// Hair and eyes in natural colours from the textures there are.
#pragma once

#include <memory>

#include "pantomime/body/person.h"

namespace pantomime::body {

/// Throws Error that lists the colours for an unknown name.
const HairColour& find_hair_colour(std::string_view name);

/// The picture with its strands' brightness kept, relative to their mean, and its hue replaced, so
/// that black hair can be made white. Alpha stays.
std::shared_ptr<const Image> dyed(const Image& hair, const HairColour& colour);

/// The picture of an eye whose iris is red like wood stain, made brown like an eye.
std::shared_ptr<const Image> browned(const Image& eye);

}  // namespace pantomime::body
