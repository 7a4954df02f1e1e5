#include "pantomime/scene/model.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pantomime::scene {

size_t Model::triangle_count() const {
  size_t count = 0;
  for (const formats::ModelPiece& piece : pieces) count += piece.triangles.size();
  return count;
}

float surface_height(const Model& model, float low, float high) {
  constexpr float kBin = 0.02f;
  const auto bins = static_cast<size_t>((high - low) / kBin) + 1;
  std::vector<float> area(bins, 0);
  for (const formats::ModelPiece& piece : model.pieces)
    for (const auto& t : piece.triangles) {
      const Vec3 a = piece.positions[t[0]], b = piece.positions[t[1]], c = piece.positions[t[2]];
      const Vec3 twice = cross(b - a, c - a);
      const Vec3 middle = (1.0f / 3) * (a + b + c);
      // Only what lies under somebody's middle: not arm rests, not the back.
      if (std::abs(twice.y) < 0.7f * length(twice) || std::abs(middle.x) > 0.36f * model.size.x ||
          std::abs(middle.z) > 0.42f * model.size.z)
        continue;
      const float height = middle.y + model.elevation;
      if (height < low || height > high) continue;
      // Tools turn faces either way; a surface and its underside both count, the upper one wins
      // below.
      area[static_cast<size_t>((height - low) / kBin)] += 0.5f * std::abs(twice.y);
    }
  const float least = 0.1f * model.size.x * model.size.z;
  float most = 0;
  for (size_t i = 0; i < bins; ++i)
    most = std::max(most, area[i] + (i > 0 ? area[i - 1] : 0) + (i + 1 < bins ? area[i + 1] : 0));
  if (most < least) return 0;
  for (size_t i = bins; i-- > 0;) {
    const float here = area[i] + (i > 0 ? area[i - 1] : 0);
    if (here >= 0.4f * most) return low + (static_cast<float>(i) + 0.5f) * kBin;
  }
  return 0;
}

float surface_front(const Model& model, float height, float x) {
  constexpr float kNear = 0.04f, kBeside = 0.15f;  // metres: up and down, to the sides
  float front = -model.size.z / 2;
  for (const formats::ModelPiece& piece : model.pieces)
    for (const auto& t : piece.triangles) {
      const Vec3 a = piece.positions[t[0]], b = piece.positions[t[1]], c = piece.positions[t[2]];
      const Vec3 twice = cross(b - a, c - a);
      const auto [left, right] = std::minmax({a.x, b.x, c.x});
      if (std::abs(twice.y) < 0.7f * length(twice) || right < x - kBeside || left > x + kBeside)
        continue;
      for (const Vec3 p : {a, b, c})
        if (std::abs(p.y + model.elevation - height) < kNear) front = std::max(front, p.z);
    }
  return front > -model.size.z / 2 ? front : model.size.z / 2;
}

void add_rectangle(Model& model, int material, Vec3 corner, Vec3 a, Vec3 b, float texture_size) {
  formats::ModelPiece piece;
  piece.material = material;
  const Vec3 normal = normalized(cross(a, b), {0, 1, 0});
  const float u = length(a) / texture_size, v = length(b) / texture_size;
  piece.positions = {corner, corner + a, corner + a + b, corner + b};
  piece.normals.assign(4, normal);
  piece.uvs = {{0, v}, {u, v}, {u, 0}, {0, 0}};
  piece.triangles = {{0, 1, 2}, {0, 2, 3}};
  model.pieces.push_back(std::move(piece));
}

void add_box(Model& model, int material, Vec3 low, Vec3 high, float texture_size) {
  const Vec3 x{high.x - low.x, 0, 0}, y{0, high.y - low.y, 0}, z{0, 0, high.z - low.z};
  const auto face = [&](Vec3 corner, Vec3 a, Vec3 b) {
    add_rectangle(model, material, corner, a, b, texture_size);
  };
  face(low + z, x, y);               // front
  face(low + x, Vec3{} - x, y);      // back
  face(low + x + z, Vec3{} - z, y);  // right
  face(low, z, y);                   // left
  face(low + y + z, x, Vec3{} - z);  // top
  face(low, x, z);                   // bottom
}

void add_lathe(Model& model, int material, const std::vector<std::array<float, 2>>& profile,
               int segments) {
  formats::ModelPiece piece;
  piece.material = material;
  const auto rows = static_cast<uint32_t>(profile.size());
  for (int s = 0; s <= segments; ++s) {
    const float turn = static_cast<float>(s) / static_cast<float>(segments);
    const float angle = 2 * std::numbers::pi_v<float> * turn;
    const float c = std::cos(angle), d = std::sin(angle);
    for (uint32_t r = 0; r < rows; ++r) {
      const auto& before = profile[r == 0 ? 0 : r - 1];
      const auto& after = profile[std::min(r + 1, rows - 1)];
      const float dr = after[0] - before[0], dy = after[1] - before[1];
      piece.positions.push_back({profile[r][0] * c, profile[r][1], profile[r][0] * d});
      piece.normals.push_back(motion::normalized({dy * c, -dr, dy * d}, {0, 1, 0}));
      piece.uvs.push_back({turn, 1 - static_cast<float>(r) / static_cast<float>(rows - 1)});
    }
  }
  for (uint32_t s = 0; s < static_cast<uint32_t>(segments); ++s)
    for (uint32_t r = 0; r + 1 < rows; ++r) {
      const uint32_t a = s * rows + r, b = a + rows;
      piece.triangles.push_back({a, a + 1, b});
      piece.triangles.push_back({b, a + 1, b + 1});
    }
  model.pieces.push_back(std::move(piece));
}

}  // namespace pantomime::scene
