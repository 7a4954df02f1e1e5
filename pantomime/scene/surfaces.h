// Pictures of floors, walls and cloth, drawn from a seed: no file, no licence, no two rooms alike.
#pragma once

#include <cstdint>
#include <memory>

#include "pantomime/base/image.h"

namespace pantomime::scene {

enum class SurfaceKind : uint8_t { Planks, Tiles, Carpet, Plaster, Wallpaper, Wood, Cloth };

/// A picture that repeats without seams and covers `metres` metres to a side (see surface_metres).
/// sRGB, 256 x 256. Same seed, same bytes.
std::shared_ptr<const Image> surface_picture(SurfaceKind kind, uint64_t seed);
/// What one repeat of the picture covers, metres.
float surface_metres(SurfaceKind kind);

}  // namespace pantomime::scene
