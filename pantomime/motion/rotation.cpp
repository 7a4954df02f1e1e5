#include "pantomime/motion/rotation.h"

#include <algorithm>
#include <numbers>

namespace pantomime::motion {

Mat3 Mat3::from_columns(Vec3 x, Vec3 y, Vec3 z) {
  Mat3 out;
  out.m = {{{x.x, y.x, z.x}, {x.y, y.y, z.y}, {x.z, y.z, z.z}}};
  return out;
}

Vec3 operator*(const Mat3& a, Vec3 v) {
  const auto& m = a.m;
  return {m[0][0] * v.x + m[0][1] * v.y + m[0][2] * v.z,
          m[1][0] * v.x + m[1][1] * v.y + m[1][2] * v.z,
          m[2][0] * v.x + m[2][1] * v.y + m[2][2] * v.z};
}

Mat3 operator*(const Mat3& a, const Mat3& b) {
  Mat3 out;
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < 3; ++c)
      out.m[r][c] = a.m[r][0] * b.m[0][c] + a.m[r][1] * b.m[1][c] + a.m[r][2] * b.m[2][c];
  return out;
}

Mat3 transposed(const Mat3& a) {
  Mat3 out;
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < 3; ++c) out.m[r][c] = a.m[c][r];
  return out;
}

float determinant(const Mat3& a) {
  return dot(a.column(0), cross(a.column(1), a.column(2)));
}

Quat operator*(Quat a, Quat b) {
  return {
      a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
      a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}

Vec3 operator*(Quat q, Vec3 v) {
  const Vec3 u{q.x, q.y, q.z};
  const Vec3 t = 2.0f * cross(u, v);
  return v + q.w * t + cross(u, t);
}

Quat normalized(Quat q) {
  const float n = std::sqrt(dot(q, q));
  if (!(n > 1e-12f)) return {};
  return {q.w / n, q.x / n, q.y / n, q.z / n};
}

Quat from_axis_angle(Vec3 unit_axis, float angle) {
  const float s = std::sin(angle / 2);
  return {std::cos(angle / 2), s * unit_axis.x, s * unit_axis.y, s * unit_axis.z};
}

Vec3 to_rotation_vector(Quat q) {
  q = canonical(normalized(q));
  const Vec3 v{q.x, q.y, q.z};
  const float s = length(v);
  // sin(a/2) ~ a/2 for small angles, so v * 2 is the limit.
  const float scale = s > 1e-6f ? 2 * std::atan2(s, q.w) / s : 2;
  return scale * v;
}

Quat from_rotation_vector(Vec3 v) {
  const float angle = length(v);
  if (angle < 1e-6f) return normalized({1, v.x / 2, v.y / 2, v.z / 2});
  return from_axis_angle((1 / angle) * v, angle);
}

Quat from_matrix(const Mat3& rotation) {
  const auto& m = rotation.m;
  const float trace = m[0][0] + m[1][1] + m[2][2];
  Quat q;
  // The largest of the four components is found first, so that no division is by a small number.
  if (trace >= m[0][0] && trace >= m[1][1] && trace >= m[2][2]) {
    q = {1 + trace, m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]};
  } else if (m[0][0] >= m[1][1] && m[0][0] >= m[2][2]) {
    q = {m[2][1] - m[1][2], 1 + m[0][0] - m[1][1] - m[2][2], m[0][1] + m[1][0], m[0][2] + m[2][0]};
  } else if (m[1][1] >= m[2][2]) {
    q = {m[0][2] - m[2][0], m[0][1] + m[1][0], 1 + m[1][1] - m[0][0] - m[2][2], m[1][2] + m[2][1]};
  } else {
    q = {m[1][0] - m[0][1], m[0][2] + m[2][0], m[1][2] + m[2][1], 1 + m[2][2] - m[0][0] - m[1][1]};
  }
  return canonical(normalized(q));
}

Mat3 to_matrix(Quat q) {
  const float xx = q.x * q.x, yy = q.y * q.y, zz = q.z * q.z;
  const float xy = q.x * q.y, xz = q.x * q.z, yz = q.y * q.z;
  const float wx = q.w * q.x, wy = q.w * q.y, wz = q.w * q.z;
  Mat3 out;
  out.m = {{{1 - 2 * (yy + zz), 2 * (xy - wz), 2 * (xz + wy)},
            {2 * (xy + wz), 1 - 2 * (xx + zz), 2 * (yz - wx)},
            {2 * (xz - wy), 2 * (yz + wx), 1 - 2 * (xx + yy)}}};
  return out;
}

std::array<float, 6> to_6d(Quat q) {
  const Mat3 r = to_matrix(q);
  const Vec3 a = r.column(0), b = r.column(1);
  return {a.x, a.y, a.z, b.x, b.y, b.z};
}

Quat from_6d(const std::array<float, 6>& c) {
  const Vec3 x = normalized({c[0], c[1], c[2]}, {1, 0, 0});
  Vec3 y{c[3], c[4], c[5]};
  y = y - dot(x, y) * x;
  // Any direction perpendicular to x will do when the two columns are parallel.
  const Vec3 spare = std::abs(x.y) < 0.9f ? Vec3{0, 1, 0} : Vec3{0, 0, 1};
  if (!(length(y) > 1e-6f)) y = spare - dot(x, spare) * x;
  y = normalized(y);
  return from_matrix(Mat3::from_columns(x, y, cross(x, y)));
}

Quat slerp(Quat a, Quat b, float u) {
  float cosine = dot(a, b);
  if (cosine < 0) b = -b, cosine = -cosine;
  float wa = 1 - u, wb = u;
  if (cosine < 0.9995f) {  // else the arc is so short that a straight line is exact to 1e-7
    const float angle = std::acos(std::min(cosine, 1.0f));
    wa = std::sin((1 - u) * angle) / std::sin(angle);
    wb = std::sin(u * angle) / std::sin(angle);
  }
  return normalized(
      Quat{wa * a.w + wb * b.w, wa * a.x + wb * b.x, wa * a.y + wb * b.y, wa * a.z + wb * b.z});
}

Quat rotation_between(Vec3 from, Vec3 to) {
  const Vec3 a = normalized(from, {0, 1, 0}), b = normalized(to, {0, 1, 0});
  const float cosine = dot(a, b);
  if (cosine < -0.999999f) {
    const Vec3 other = std::abs(a.x) < 0.9f ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
    return from_axis_angle(normalized(cross(a, other)), std::numbers::pi_v<float>);
  }
  const Vec3 axis = cross(a, b);
  return normalized(Quat{1 + cosine, axis.x, axis.y, axis.z});
}

float angle_between(Quat a, Quat b) {
  const Quat d = conjugate(a) * b;
  return 2 * std::atan2(length(Vec3{d.x, d.y, d.z}), std::abs(d.w));
}

Quat twist_about(Quat q, Vec3 unit_axis) {
  const float along = dot(Vec3{q.x, q.y, q.z}, unit_axis);
  return canonical(
      normalized(Quat{q.w, along * unit_axis.x, along * unit_axis.y, along * unit_axis.z}));
}

Quat heading(Quat q) {
  const Vec3 forward = q * Vec3{0, 0, 1};
  if (std::hypot(forward.x, forward.z) < 1e-6f) return {};
  return from_axis_angle({0, 1, 0}, std::atan2(forward.x, forward.z));
}

Quat from_euler(const std::array<int, 3>& axes, const std::array<double, 3>& angles) {
  // In double: BVH angles come with many digits and are the source of everything after.
  std::array<double, 4> q{1, 0, 0, 0};
  for (size_t k = 0; k < 3; ++k) {
    std::array<double, 4> r{std::cos(angles[k] / 2), 0, 0, 0};
    r[static_cast<size_t>(axes[k]) + 1] = std::sin(angles[k] / 2);
    q = {q[0] * r[0] - q[1] * r[1] - q[2] * r[2] - q[3] * r[3],
         q[0] * r[1] + q[1] * r[0] + q[2] * r[3] - q[3] * r[2],
         q[0] * r[2] - q[1] * r[3] + q[2] * r[0] + q[3] * r[1],
         q[0] * r[3] + q[1] * r[2] - q[2] * r[1] + q[3] * r[0]};
  }
  return normalized(Quat{static_cast<float>(q[0]), static_cast<float>(q[1]),
                         static_cast<float>(q[2]), static_cast<float>(q[3])});
}

std::array<double, 3> to_euler(const std::array<int, 3>& axes, Quat q) {
  const auto i = static_cast<size_t>(axes[0]), j = static_cast<size_t>(axes[1]),
             k = static_cast<size_t>(axes[2]);
  // R = Ri(a) Rj(b) Rk(c). With s = +1 for cyclic orders (XYZ, YZX, ZXY) and -1 otherwise:
  // R[i][k] = s sin b, R[j][k] = -s sin a cos b, R[k][k] = cos a cos b, and so on.
  const double s = ((axes[1] - axes[0] + 3) % 3 == 1) ? 1 : -1;
  double m[3][3];
  const double n = 1.0 / (static_cast<double>(q.w) * q.w + static_cast<double>(q.x) * q.x +
                          static_cast<double>(q.y) * q.y + static_cast<double>(q.z) * q.z);
  const double w = q.w, x = q.x, y = q.y, z = q.z;
  m[0][0] = 1 - 2 * n * (y * y + z * z), m[0][1] = 2 * n * (x * y - w * z);
  m[0][2] = 2 * n * (x * z + w * y), m[1][0] = 2 * n * (x * y + w * z);
  m[1][1] = 1 - 2 * n * (x * x + z * z), m[1][2] = 2 * n * (y * z - w * x);
  m[2][0] = 2 * n * (x * z - w * y), m[2][1] = 2 * n * (y * z + w * x);
  m[2][2] = 1 - 2 * n * (x * x + y * y);
  const double sine = std::clamp(s * m[i][k], -1.0, 1.0);
  const double b = std::asin(sine);
  if (std::abs(sine) > 1 - 1e-9)  // gimbal lock: only a +- c is known; c = 0
    return {std::atan2(s * m[k][j], m[j][j]), b, 0.0};
  return {std::atan2(-s * m[j][k], m[k][k]), b, std::atan2(-s * m[i][j], m[i][i])};
}

}  // namespace pantomime::motion
