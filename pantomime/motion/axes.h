// Axes and units of foreign data as a type, converted once at the border.
#pragma once

#include <string_view>

#include "pantomime/motion/rotation.h"

namespace pantomime::motion {

/// A signed coordinate axis.
enum class Axis { PlusX, MinusX, PlusY, MinusY, PlusZ, MinusZ };

/// "+Y", "-z", "X" … Throws Error for anything else.
Axis parse_axis(std::string_view text);
Vec3 direction(Axis axis);

/// How a data source writes space. Always right-handed: a left-handed source would need a
/// reflection, which swaps left and right, so it is refused at the reader.
struct Axes {
  Axis up = Axis::PlusY;
  Axis forward = Axis::PlusZ;  ///< where a person in rest pose looks
  double metres_per_unit = 1.0;
};

/// Pantomime's own: Y up, looking along +Z, metres (glTF).
inline constexpr Axes kCanonicalAxes{};

/// Proper rotation (determinant +1) that takes vectors of `axes` to ours. Throws Error when up and
/// forward are the same line. Length units are separate: multiply by metres_per_unit.
Quat canonical_from(const Axes& axes);

}  // namespace pantomime::motion
