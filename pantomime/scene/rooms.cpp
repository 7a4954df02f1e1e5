// How rooms are furnished.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/scene/shell.h"

namespace pantomime::scene {
namespace {

constexpr float kGap = 0.03f;       // metres between things
constexpr float kHighest = 1.05f;   // metres: what is higher does not stand before a window
constexpr float kDoorSwing = 1.0f;  // metres that stay free behind the door

float angle_of(Vec3 direction) {
  return std::atan2(direction.x, direction.z);
}

class Furnisher {
 public:
  Furnisher(const Furnishings& furnishings, const HomeOptions& options, uint64_t seed)
      : furnishings_(furnishings), seed_(seed), random_(derive_seed(seed, "home")) {
    home_.kind = options.kind;
    home_.seed = seed;
    home_.daylight.day = options.day.value_or(random_.below(10) < 7);
    room();
  }

  Home furnish() {
    switch (home_.kind) {
      case RoomKind::LivingRoom:
        living_room();
        break;
      case RoomKind::Bedroom:
        bedroom();
        break;
      case RoomKind::Kitchen:
        kitchen();
        break;
      case RoomKind::Bathroom:
        bathroom();
        break;
      case RoomKind::Corridor:
        corridor();
        break;
    }
    for (size_t i = 0; i < home_.things.size(); ++i) {
      home_.things[i].object = static_cast<int>(i) + 1;
      rest(i);
    }
    return std::move(home_);
  }

 private:
  float between(double low, double high) { return static_cast<float>(random_.uniform(low, high)); }
  bool chance(double share) { return random_.uniform() < share; }

  void room() {
    switch (home_.kind) {
      case RoomKind::LivingRoom:
        size(4.4, 6.2, 4.8, 6.8);
        break;
      case RoomKind::Bedroom:
        size(3.6, 4.8, 3.8, 5.2);
        break;
      case RoomKind::Kitchen:
        size(3.2, 4.6, 3.6, 5.2);
        break;
      case RoomKind::Bathroom:
        size(2.6, 3.4, 2.8, 3.8);
        break;
      case RoomKind::Corridor:
        size(1.8, 2.4, 5.0, 8.0);
        break;
    }
    home_.height = between(2.4, 2.8);
    walls_ = walls_of(home_);
    const int window_wall = static_cast<int>(random_.below(4));
    door_.wall = (window_wall + 1 + static_cast<int>(random_.below(3))) % 4;
    const float door_room = walls_[static_cast<size_t>(door_.wall)].length - 0.9f;
    door_.from = chance(0.5) ? 0.15f : door_room - 0.15f;
    door_.to = door_.from + 0.9f;
    door_.high = 2.05f;
    if (home_.kind != RoomKind::Corridor) {
      Opening window;
      window.wall = window_wall;
      const float length = walls_[static_cast<size_t>(window_wall)].length;
      const bool small = home_.kind == RoomKind::Bathroom;
      const float wide = small ? 0.7f : std::min(length - 0.8f, between(1.2, 2.2));
      window.from = (length - wide) * between(0.3, 0.7);
      window.to = window.from + wide;
      window.low = small ? 1.3f : 0.95f;
      window.high = 2.15f;
      windows_.push_back(window);
    }
    build_shell(home_, door_, windows_, random_);
    choose_sky(home_, furnishings_.skies(), derive_seed(seed_, "sky"));
    const Wall& w = walls_[static_cast<size_t>(door_.wall)];
    const Vec3 a = w.origin + door_.from * w.along;
    const Vec3 b = w.origin + door_.to * w.along + kDoorSwing * w.inward;
    reserved_.push_back(
        {std::min(a.x, b.x), std::min(a.z, b.z), std::max(a.x, b.x), std::max(a.z, b.z), 2});
  }

  void size(double w0, double w1, double d0, double d1) {
    home_.width = between(w0, w1);
    home_.depth = between(d0, d1);
  }

  std::shared_ptr<const Model> any(const std::string& role) {
    const auto& models = furnishings_.role(role);
    return models[random_.below(static_cast<uint32_t>(models.size()))];
  }

  bool fits(const Placed& thing) const {
    const Footprint box = thing.footprint();
    constexpr float kEdge = 1e-3f;
    if (box.low_x < -home_.width / 2 - kEdge || box.high_x > home_.width / 2 + kEdge ||
        box.low_z < -home_.depth / 2 - kEdge || box.high_z > home_.depth / 2 + kEdge)
      return false;
    for (const Footprint& other : reserved_)
      if (box.overlaps(other)) return false;
    for (const Placed& other : home_.things) {
      const bool above = thing.position.y >= other.footprint().height - 0.01f ||
                         other.position.y >= box.height - 0.01f;
      if (!above && box.overlaps(other.footprint(), kGap)) return false;
    }
    return true;
  }

  /// With its back to a wall, its middle `s` along it, `off` metres from it.
  Placed at_wall(const std::shared_ptr<const Model>& model, const Wall& wall, float s,
                 float off = 0.03f) const {
    Placed thing;
    thing.model = model;
    thing.turn = angle_of(wall.inward);
    thing.position = wall.origin + s * wall.along + (model->size.z / 2 + off) * wall.inward;
    thing.position.y = model->elevation;
    return thing;
  }

  bool before_window(const Model& model, int wall, float s) const {
    for (const Opening& w : windows_)
      if (w.wall == wall && model.size.y + model.elevation > kHighest &&
          s + model.size.x / 2 > w.from && s - model.size.x / 2 < w.to)
        return true;
    return false;
  }

  /// Somewhere at a wall (any: -1), with `front` metres of free floor before it.
  bool stand(const std::string& role, float front = 0.5f, int wall = -1, bool corner = false) {
    const auto model = any(role);
    for (int attempt = 0; attempt < 40; ++attempt) {
      const int k = wall >= 0 ? wall : static_cast<int>(random_.below(4));
      const Wall& w = walls_[static_cast<size_t>(k)];
      const float half = model->size.x / 2 + 0.03f, room = w.length - 2 * half;
      if (room <= 0) continue;
      const float s = half + (corner ? (chance(0.5) ? 0 : room) : between(0, room));
      if (before_window(*model, k, s)) continue;
      const Placed thing = at_wall(model, w, s);
      if (!fits(thing)) continue;
      home_.things.push_back(thing);
      keep_free(thing, front);
      return true;
    }
    return false;
  }

  /// Nothing comes to stand on the floor before a thing.
  void keep_free(const Placed& thing, float front) {
    if (front <= 0) return;
    const float half = thing.model->size.x / 2, z = thing.model->size.z / 2;
    const Vec3 a = thing.to_world({-half, 0, z}), b = thing.to_world({half, 0, z + front});
    reserved_.push_back(
        {std::min(a.x, b.x), std::min(a.z, b.z), std::max(a.x, b.x), std::max(a.z, b.z), 2});
  }

  bool put(const std::shared_ptr<const Model>& model, Vec3 at, float turn) {
    Placed thing;
    thing.model = model;
    thing.position = at + Vec3{0, model->elevation, 0};
    thing.turn = turn;
    if (!fits(thing)) return false;
    home_.things.push_back(thing);
    return true;
  }

  void living_room() {
    // The sofa looks at the television across the room.
    const int wall = static_cast<int>(random_.below(4));
    const Wall& w = walls_[static_cast<size_t>(wall)];
    const Wall& opposite = walls_[static_cast<size_t>((wall + 2) % 4)];
    const auto sofa = any("sofa"), television = any("television");
    for (int attempt = 0; attempt < 40; ++attempt) {
      const float half = std::max(sofa->size.x, television->size.x) / 2 + 0.05f;
      if (w.length < 2 * half) break;
      const float s = half + between(0, w.length - 2 * half);
      const Placed seat = at_wall(sofa, w, s, between(0.03, 0.2));
      const Placed screen = at_wall(television, opposite, w.length - s);
      if (!fits(seat) || !fits(screen) || before_window(*television, (wall + 2) % 4, w.length - s))
        continue;
      home_.things.push_back(seat);
      home_.things.push_back(screen);
      if (chance(0.6)) {
        const auto table = any("low_table");
        put(table,
            seat.position + (sofa->size.z / 2 + 0.4f + table->size.z / 2) * w.inward -
                Vec3{0, seat.position.y, 0},
            seat.turn);
      }
      break;
    }
    const bool seated = !home_.things.empty();  // no place for both: any seat will do
    if (!seated && !stand("sofa", 0.6f)) stand("chair", 0.5f);
    if (chance(0.7)) stand("armchair", 0.5f);
    stand("shelves", 0.3f);
    if (chance(0.5)) stand("plant", 0, -1, true);
    if (chance(0.5)) stand("radiator", 0);
    if (home_.width * home_.depth > 26 && chance(0.6)) dining();
    if (chance(0.3)) stand("shelves", 0.3f);
    if (chance(0.4)) stand("box", 0, -1, true);
  }

  /// A table with chairs around it, off the middle of the room.
  void dining() {
    const auto table = any("table"), chair = any("chair");
    for (int attempt = 0; attempt < 30; ++attempt) {
      const float x = between(-0.5, 0.5) * (home_.width - 2.4f);
      const float z = between(-0.5, 0.5) * (home_.depth - 2.4f);
      if (!put(table, {x, 0, z}, chance(0.5) ? 0 : std::numbers::pi_v<float> / 2)) continue;
      const Placed placed = home_.things.back();
      const int chairs = 1 + static_cast<int>(random_.below(4));
      for (int i = 0; i < chairs; ++i) {
        const float side = (i & 1) == 0 ? 1.0f : -1.0f;
        const bool end = i >= 2;
        const float reach = (end ? table->size.x : table->size.z) / 2 + chair->size.z / 2 - 0.02f +
                            between(0.05, 0.25);
        const Vec3 at = end ? Vec3{side * reach, 0, 0} : Vec3{0, 0, side * reach};
        const Vec3 world = placed.to_world(at);
        put(chair, {world.x, 0, world.z},
            placed.turn + (end ? (side > 0 ? -0.5f : 0.5f) : (side > 0 ? 1.0f : 0.0f)) *
                              std::numbers::pi_v<float>);
      }
      return;
    }
  }

  void bedroom() {
    const auto bed = any("bed");
    for (int attempt = 0; attempt < 60; ++attempt) {
      const int k = static_cast<int>(random_.below(4));
      const Wall& w = walls_[static_cast<size_t>(k)];
      const float half = bed->size.x / 2 + 0.05f;
      if (w.length < 2 * half) continue;
      const float s = half + between(0, w.length - 2 * half);
      const Placed thing = at_wall(bed, w, s);
      if (!fits(thing)) continue;
      home_.things.push_back(thing);
      for (const float side : {-1.f, 1.f}) {
        const auto table = any("bedside");
        const float at = s + side * (bed->size.x / 2 + table->size.x / 2 + 0.06f);
        if (at < table->size.x / 2 || at > w.length - table->size.x / 2 || !chance(0.7)) continue;
        const Placed small = at_wall(table, w, at);
        if (fits(small)) home_.things.push_back(small);
      }
      break;
    }
    stand("wardrobe", 0.7f);
    if (chance(0.5)) stand("chair", 0.4f);
    if (chance(0.3)) stand("armchair", 0.4f);
    if (chance(0.4)) stand("desk", 0.7f);
    if (chance(0.4)) stand("plant", 0, -1, true);
    if (chance(0.4)) stand("radiator", 0);
  }

  void kitchen() {
    // A row along the wall across the door, with cupboards over it.
    const int k = (door_.wall + 2) % 4;
    const Wall& w = walls_[static_cast<size_t>(k)];
    const auto fridge = any("fridge");
    float s = 0.02f;
    const Placed cold = at_wall(fridge, w, s + fridge->size.x / 2);
    if (fits(cold) && !before_window(*fridge, k, s + fridge->size.x / 2)) {
      home_.things.push_back(cold);
      keep_free(cold, 0.8f);
      s += fridge->size.x + 0.04f;
    }
    const auto upper = any("upper");
    while (s + 0.62f < w.length) {
      const auto counter = any("counter");
      const Placed low = at_wall(counter, w, s + counter->size.x / 2);
      if (fits(low)) {
        home_.things.push_back(low);
        keep_free(low, 0.8f);
        const float middle = s + counter->size.x / 2;
        const Placed high = at_wall(upper, w, middle);
        if (!before_window(*upper, k, middle) && counter->size.y < 1 && fits(high))
          home_.things.push_back(high);
      }
      s += counter->size.x + 0.035f;
    }
    dining();
    if (chance(0.5)) stand("stool", 0.2f);
    if (chance(0.5)) stand("bin", 0, -1, true);
    if (chance(0.4)) stand("radiator", 0);
  }

  void bathroom() {
    stand("shower", 0.6f, -1, true);
    stand("washbasin", 0.6f);
    stand("toilet", 0.6f);
    if (chance(0.3)) stand("bidet", 0.5f);
    if (chance(0.5)) stand("bin", 0, -1, true);
    if (chance(0.4)) stand("radiator", 0);
  }

  void corridor() {
    if (chance(0.7)) stand("shelves", 0.6f);
    if (chance(0.6)) stand("chair", 0.4f);
    if (chance(0.5)) stand("plant", 0, -1, true);
    if (chance(0.4)) stand("box", 0, -1, true);
  }

  /// Notes a seat or a bed.
  void rest(size_t at) {
    const Placed& thing = home_.things[at];
    const std::string& role = thing.model->role;
    static const std::vector<std::string> kSeats = {"sofa", "armchair", "chair", "office_chair",
                                                    "toilet"};
    const bool seat = std::find(kSeats.begin(), kSeats.end(), role) != kSeats.end();
    if (!seat && role != "bed") return;
    const float height = seat ? surface_height(*thing.model, 0.3f, 0.6f)
                              : surface_height(*thing.model, 0.25f, 0.75f);
    if (height <= 0) return;
    // People sit at the front half of a deep seat; a sofa has places beside each other.
    const int places = role == "sofa" ? 2 : 1;
    for (int i = 0; i < places; ++i) {
      const float x = places == 1 ? 0 : (i == 0 ? -0.22f : 0.22f) * thing.model->size.x;
      const float z = seat ? 0.08f * thing.model->size.z : 0;
      const float front = surface_front(*thing.model, height, x) - z;
      Rest out{at, thing.to_world({x, 0, z}), thing.turn, front};
      out.position.y = height;
      (seat ? home_.seats : home_.beds).push_back(out);
    }
  }

  const Furnishings& furnishings_;
  uint64_t seed_;
  Random random_;
  Home home_;
  std::array<Wall, 4> walls_{};
  Opening door_;
  std::vector<Opening> windows_;
  std::vector<Footprint> reserved_;
};

/// Radius of the largest free disc on the floor, to the nearest 10 cm of places.
float largest_disc(const Home& home) {
  float most = 0;
  for (float x = -home.width / 2; x < home.width / 2; x += 0.1f)
    for (float z = -home.depth / 2; z < home.depth / 2; z += 0.1f)
      most = std::max(most, home.clearance(x, z));
  return most;
}

}  // namespace

Home make_home(const Furnishings& furnishings, const HomeOptions& options, uint64_t seed) {
  const bool narrow = options.kind == RoomKind::Corridor || options.kind == RoomKind::Bathroom;
  const float wanted = narrow ? 0.6f * options.free_radius : options.free_radius;
  for (uint64_t attempt = 0; attempt < 20; ++attempt) {
    Home home = Furnisher(furnishings, options, derive_seed(seed, "attempt", attempt)).furnish();
    home.seed = seed;
    if (largest_disc(home) >= wanted) return home;
  }
  fail("home: no {} with {} m of free floor in 20 attempts (seed {})",
       kRoomKinds[static_cast<size_t>(options.kind)], wanted, seed);
}

}  // namespace pantomime::scene
