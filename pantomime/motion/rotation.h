// Vectors and rotations. Metres and radians; right-handed; column vectors (v' = R v).
#pragma once

#include <array>
#include <cmath>

namespace pantomime::motion {

struct Vec3 {
  float x = 0, y = 0, z = 0;
  friend Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend Vec3 operator*(float s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
  friend Vec3 operator*(Vec3 a, float s) { return s * a; }
  Vec3 operator-() const { return {-x, -y, -z}; }
  Vec3& operator+=(Vec3 b) { return *this = *this + b; }
  Vec3& operator-=(Vec3 b) { return *this = *this - b; }
  bool operator==(const Vec3&) const = default;
};

inline float dot(Vec3 a, Vec3 b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
inline Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline float length(Vec3 a) {
  return std::sqrt(dot(a, a));
}
/// Unit vector, or `fallback` when `a` is shorter than 1e-12.
inline Vec3 normalized(Vec3 a, Vec3 fallback = {0, 0, 0}) {
  const float n = length(a);
  return n > 1e-12f ? (1 / n) * a : fallback;
}
inline Vec3 lerp(Vec3 a, Vec3 b, float u) {
  return a + u * (b - a);
}

/// Rotation matrix by rows: m[row][column].
struct Mat3 {
  std::array<std::array<float, 3>, 3> m{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  static Mat3 from_columns(Vec3 x, Vec3 y, Vec3 z);
  Vec3 column(int c) const {
    return {m[0][static_cast<size_t>(c)], m[1][static_cast<size_t>(c)],
            m[2][static_cast<size_t>(c)]};
  }
};
Vec3 operator*(const Mat3& a, Vec3 v);
Mat3 operator*(const Mat3& a, const Mat3& b);
Mat3 transposed(const Mat3& a);
float determinant(const Mat3& a);

/// Unit quaternion, order w x y z. q and -q are the same rotation.
struct Quat {
  float w = 1, x = 0, y = 0, z = 0;
  Quat operator-() const { return {-w, -x, -y, -z}; }
  bool operator==(const Quat&) const = default;
};

Quat operator*(Quat a, Quat b);  ///< a after b
Vec3 operator*(Quat q, Vec3 v);  ///< rotates v
inline Quat conjugate(Quat q) {
  return {q.w, -q.x, -q.y, -q.z};
}
inline float dot(Quat a, Quat b) {
  return a.w * b.w + a.x * b.x + a.y * b.y + a.z * b.z;
}
Quat normalized(Quat q);  ///< identity when q is shorter than 1e-12
inline Quat canonical(Quat q) {
  return q.w < 0 ? -q : q;
}  ///< the one of q, -q with w >= 0

Quat from_axis_angle(Vec3 unit_axis, float angle);
/// Rotation vector (axis times angle, radians), angle in [0, pi].
Vec3 to_rotation_vector(Quat q);
Quat from_rotation_vector(Vec3 v);
Quat from_matrix(const Mat3& rotation);  ///< Shepperd's method; input must be a rotation
Mat3 to_matrix(Quat q);

/// First two COLUMNS of the rotation matrix: [c0x c0y c0z c1x c1y c1z]. Zhou et al., CVPR 2019,
/// "On the Continuity of Rotation Representations". Some code bases store the first two rows.
std::array<float, 6> to_6d(Quat q);
/// Gram-Schmidt of two columns; degenerate input gives a valid rotation, never NaN.
Quat from_6d(const std::array<float, 6>& columns);

/// Shortest-arc spherical interpolation, u in [0, 1].
Quat slerp(Quat a, Quat b, float u);
/// Shortest rotation that takes direction `from` to direction `to` (need not be unit; opposite
/// directions turn about some perpendicular axis).
Quat rotation_between(Vec3 from, Vec3 to);
/// Angle of the rotation between a and b, radians in [0, pi].
float angle_between(Quat a, Quat b);
/// Part of q that turns about a unit axis; q = swing * twist.
Quat twist_about(Quat q, Vec3 unit_axis);
/// Rotation about +Y that brings the horizontal part of q's forward (+Z) axis to where q takes it.
Quat heading(Quat q);

/// Rotation that is the product of turns about coordinate axes in the order given, as BVH channels
/// are written: axes "ZXY" with angles (a, b, c) is Rz(a) Rx(b) Ry(c). `axes` holds 0, 1, 2 for
/// X, Y, Z.
Quat from_euler(const std::array<int, 3>& axes, const std::array<double, 3>& angles);
/// Inverse of from_euler for three different axes; the middle angle is in [-pi/2, pi/2].
std::array<double, 3> to_euler(const std::array<int, 3>& axes, Quat q);

}  // namespace pantomime::motion
