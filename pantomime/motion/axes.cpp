#include "pantomime/motion/axes.h"

#include <cctype>

#include "pantomime/base/error.h"

namespace pantomime::motion {

Axis parse_axis(std::string_view text) {
  const bool has_sign = text.size() == 2 && (text[0] == '+' || text[0] == '-');
  if (has_sign || text.size() == 1) {
    const int minus = has_sign && text[0] == '-' ? 1 : 0;
    const int letter = std::toupper(static_cast<unsigned char>(text.back()));
    if (letter >= 'X' && letter <= 'Z') return static_cast<Axis>(2 * (letter - 'X') + minus);
  }
  fail("axis \"{}\": expected +X, -X, +Y, -Y, +Z or -Z", text);
}

Vec3 direction(Axis axis) {
  const int index = static_cast<int>(axis) / 2;
  const float sign = static_cast<int>(axis) % 2 == 0 ? 1.0f : -1.0f;
  return {index == 0 ? sign : 0, index == 1 ? sign : 0, index == 2 ? sign : 0};
}

Quat canonical_from(const Axes& axes) {
  const Vec3 up = direction(axes.up), forward = direction(axes.forward);
  PANTOMIME_CHECK(std::abs(dot(up, forward)) < 0.5f, "axes: up and forward are the same line");
  // The columns of source_from_canonical are our X, Y, Z as seen in the source.
  return conjugate(from_matrix(Mat3::from_columns(cross(up, forward), up, forward)));
}

}  // namespace pantomime::motion
