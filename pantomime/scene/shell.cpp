#include "pantomime/scene/shell.h"

#include <cmath>

#include "pantomime/scene/surfaces.h"

namespace pantomime::scene {
namespace {

constexpr Vec3 kUp{0, 1, 0};

body::Material surface(const std::string& name, SurfaceKind kind, uint64_t seed, float roughness) {
  body::Material material;
  material.name = name;
  material.colour = surface_picture(kind, seed);
  material.roughness = roughness;
  return material;
}

body::Material plain(const std::string& name, float grey, float roughness) {
  body::Material material;
  material.name = name;
  material.base_colour = {grey, grey, 0.97f * grey, 1};
  material.roughness = roughness;
  return material;
}

/// A box whose axes are those of a wall: s along, y up, t into the room.
void box_at(Model& model, int material, const Wall& wall, std::array<float, 2> s,
            std::array<float, 2> y, std::array<float, 2> t, float metres = 1) {
  const Vec3 p = wall.origin + s[0] * wall.along + y[0] * kUp + t[0] * wall.inward;
  const Vec3 a = (s[1] - s[0]) * wall.along, b = (y[1] - y[0]) * kUp;
  const Vec3 c = (t[1] - t[0]) * wall.inward;
  add_rectangle(model, material, p + c, a, b, metres);               // front
  add_rectangle(model, material, p + a + c, Vec3{} - c, b, metres);  // right
  add_rectangle(model, material, p, c, b, metres);                   // left
  add_rectangle(model, material, p + b + c, a, Vec3{} - c, metres);  // top
  add_rectangle(model, material, p, a, c, metres);                   // bottom
}

}  // namespace

std::array<Wall, 4> walls_of(const Home& home) {
  const float x = home.width / 2, z = home.depth / 2;
  return {Wall{{-x, 0, -z}, {1, 0, 0}, {0, 0, 1}, home.width},
          Wall{{x, 0, -z}, {0, 0, 1}, {-1, 0, 0}, home.depth},
          Wall{{x, 0, z}, {-1, 0, 0}, {0, 0, -1}, home.width},
          Wall{{-x, 0, z}, {0, 0, -1}, {1, 0, 0}, home.depth}};
}

void build_shell(Home& home, const Opening& door, const std::vector<Opening>& windows,
                 Random& random) {
  Model& shell = home.shell;
  shell.id = "shell";
  shell.role = "room";
  shell.size = {home.width, home.height, home.depth};
  const bool wet = home.kind == RoomKind::Bathroom || home.kind == RoomKind::Kitchen;
  const SurfaceKind floor = wet                    ? SurfaceKind::Tiles
                            : random.below(3) == 0 ? SurfaceKind::Carpet
                                                   : SurfaceKind::Planks;
  const SurfaceKind paper = home.kind == RoomKind::Bathroom ? SurfaceKind::Tiles
                            : random.below(3) == 0          ? SurfaceKind::Wallpaper
                                                            : SurfaceKind::Plaster;
  shell.materials = {surface("floor", floor, random.bits(), floor == SurfaceKind::Carpet ? 1 : .6f),
                     surface("wall", paper, random.bits(), 0.95f),
                     plain("ceiling", 0.85f, 1),
                     plain("frame", 0.8f, 0.6f),
                     surface("door", SurfaceKind::Wood, random.bits(), 0.6f),
                     plain("lamp", 4, 1)};  // brighter than white: it glows
  enum { Floor, Paper, Ceiling, Frame, Leaf, Glow };
  const float x = home.width / 2, z = home.depth / 2, h = home.height;
  add_rectangle(shell, Floor, {-x, 0, z}, {2 * x, 0, 0}, {0, 0, -2 * z}, surface_metres(floor));
  add_rectangle(shell, Ceiling, {-x, h, -z}, {2 * x, 0, 0}, {0, 0, 2 * z});
  const std::array<Wall, 4> walls = walls_of(home);
  const float metres = surface_metres(paper);
  for (int k = 0; k < 4; ++k) {
    const Wall& wall = walls[static_cast<size_t>(k)];
    const auto part = [&](float from, float to, float low, float high) {
      if (to - from < 1e-3f || high - low < 1e-3f) return;
      add_rectangle(shell, Paper, wall.origin + from * wall.along + low * kUp,
                    (to - from) * wall.along, (high - low) * kUp, metres);
    };
    const Opening* hole = nullptr;
    for (const Opening& window : windows)
      if (window.wall == k) hole = &window;
    if (hole == nullptr) {
      part(0, wall.length, 0, h);
    } else {
      part(0, hole->from, 0, h);
      part(hole->to, wall.length, 0, h);
      part(hole->from, hole->to, 0, hole->low);
      part(hole->from, hole->to, hole->high, h);
      // A frame in the hole, with a cross, and a sill.
      const float f = 0.06f, middle = (hole->from + hole->to) / 2;
      const auto bar = [&](float s0, float s1, float y0, float y1) {
        box_at(shell, Frame, wall, {s0, s1}, {y0, y1}, {-0.08f, 0.01f});
      };
      bar(hole->from, hole->from + f, hole->low, hole->high);
      bar(hole->to - f, hole->to, hole->low, hole->high);
      bar(middle - f / 2, middle + f / 2, hole->low, hole->high);
      bar(hole->from, hole->to, hole->low, hole->low + f);
      bar(hole->from, hole->to, hole->high - f, hole->high);
      box_at(shell, Frame, wall, {hole->from - 0.05f, hole->to + 0.05f},
             {hole->low - 0.03f, hole->low}, {0, 0.16f});
    }
    const float skirting = 0.08f, thick = 0.015f;
    if (door.wall == k) {
      box_at(shell, Leaf, wall, {door.from + 0.05f, door.to - 0.05f}, {0, door.high - 0.05f},
             {0, 0.03f});
      box_at(shell, Frame, wall, {door.from, door.from + 0.06f}, {0, door.high}, {0, 0.05f});
      box_at(shell, Frame, wall, {door.to - 0.06f, door.to}, {0, door.high}, {0, 0.05f});
      box_at(shell, Frame, wall, {door.from, door.to}, {door.high - 0.06f, door.high}, {0, 0.05f});
      box_at(shell, Frame, wall, {door.to - 0.2f, door.to - 0.1f}, {1.0f, 1.03f}, {0.03f, 0.09f});
      box_at(shell, Frame, wall, {0, door.from}, {0, skirting}, {0, thick});
      box_at(shell, Frame, wall, {door.to, wall.length}, {0, skirting}, {0, thick});
    } else {
      box_at(shell, Frame, wall, {0, wall.length}, {0, skirting}, {0, thick});
    }
  }

  const bool day = home.daylight.day;
  for (const Opening& window : windows) {
    const Wall& wall = walls[static_cast<size_t>(window.wall)];
    const float sky = static_cast<float>(random.uniform(5, 9));
    home.daylight.windows.push_back({wall.origin + window.from * wall.along + window.low * kUp,
                                     (window.to - window.from) * wall.along,
                                     (window.high - window.low) * kUp});
    if (day)
      home.lamps.push_back(
          {wall.origin + window.from * wall.along + window.low * kUp - 0.1f * wall.inward,
           (window.to - window.from) * wall.along, (window.high - window.low) * kUp,
           sky * Vec3{0.92f, 0.97f, 1.05f}, true});
    // The sun stands before the window, more or less.
    const float side = static_cast<float>(random.uniform(-1.2, 1.2));
    home.daylight.towards_sun = Vec3{} - wall.inward + side * wall.along +
                                static_cast<float>(random.uniform(0.5, 1.3)) * kUp;
  }
  const bool sunny = day && !windows.empty() && random.below(2) == 0;
  home.daylight.sun = sunny ? 2.2f * Vec3{1.0f, 0.93f, 0.80f} : Vec3{};
  home.daylight.outside = day ? Vec3{0.85f, 0.92f, 1.0f} : Vec3{0.015f, 0.02f, 0.035f};
  const bool lit = !day || windows.empty() || random.below(3) == 0;
  if (lit) {
    const int count = home.depth > 5.5f || home.width > 5.5f ? 2 : 1;
    const float warm = static_cast<float>(random.uniform(0.7, 0.95));
    for (int i = 0; i < count; ++i) {
      const float at = count == 1 ? 0 : (i == 0 ? -0.25f : 0.25f) * home.depth;
      const float size = 0.45f, y = h - 0.1f;
      box_at(shell, Glow, {{-size / 2, 0, at - size / 2}, {1, 0, 0}, {0, 0, 1}, size}, {0, size},
             {y, y + 0.06f}, {0, size});
      home.lamps.push_back({{-size / 2, y - 0.02f, at - size / 2},
                            {size, 0, 0},
                            {0, 0, size},
                            (day ? 14.0f : 30.0f) * Vec3{1, 0.5f + 0.5f * warm, warm}});
    }
  }
  const float fill = day ? 0.30f : 0.20f;
  home.daylight.fill = fill * (lit && !day ? Vec3{1.0f, 0.95f, 0.85f} : Vec3{1, 1, 1});
}

}  // namespace pantomime::scene
