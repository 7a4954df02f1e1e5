#include "pantomime/dataset/camera_rig.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pantomime::dataset {
namespace {

constexpr size_t kJoints = motion::kJointCount;
constexpr float kNearest = 1.1f;       // metres from a person
constexpr float kNearestAbove = 1.6f;  // the same under the ceiling: nobody from straight above
constexpr double kTall = 0.6;          // part of the picture that a person should be high
constexpr float kHousing = 0.15f;      // metres of air around a camera
constexpr float kCrown = 0.22f;        // metres from the head joint to the top of the hair

bool in_free_air(const scene::Home& home, Vec3 p) {
  if (std::min({p.x + home.width / 2, home.width / 2 - p.x, p.z + home.depth / 2,
                home.depth / 2 - p.z, home.height - p.y}) < 0.08f)
    return false;
  for (const scene::Placed& thing : home.things) {
    const scene::Footprint box = thing.footprint();
    if (p.y > thing.position.y - kHousing && p.y < box.height + kHousing &&
        box.distance(p.x, p.z) < kHousing)
      return false;
  }
  return true;
}

/// How well a shot shows somebody: 1 is good, less is worse, 0 useless. `heads`: see Recipe.
double worth(const CameraShot& shot, const std::vector<Vec3>& joints, double heads) {
  const size_t frames = shot.cameras.size();
  size_t inside = 0, whole_heads = 0;
  double height = 0;
  for (size_t f = 0; f < frames; ++f) {
    const render::Camera& camera = shot.cameras[f];
    const auto w = static_cast<float>(camera.width), h = static_cast<float>(camera.height);
    const float edge = 0.02f * h;
    const auto is_inside = [&](const std::optional<render::Projected>& seen) {
      return seen && seen->depth > 0.5f && seen->u > edge && seen->u < w - edge && seen->v > edge &&
             seen->v < h - edge;
    };
    float low = h, high = 0;
    for (size_t j = 0; j < kJoints; ++j) {
      const auto seen = render::project(camera, joints[f * kJoints + j]);
      if (!seen || seen->depth < 0.5f) continue;
      if (is_inside(seen)) ++inside;
      low = std::min(low, std::clamp(seen->v, 0.0f, h));
      high = std::max(high, std::clamp(seen->v, 0.0f, h));
    }
    const Vec3 head = joints[f * kJoints + motion::kHead],
               neck = joints[f * kJoints + motion::kNeck];
    const Vec3 crown = head + kCrown * motion::normalized(head - neck, {0, 1, 0});
    if (is_inside(render::project(camera, head)) && is_inside(render::project(camera, crown)))
      ++whole_heads;
    height += std::max(0.0f, high - low) / h;
  }
  const double share = static_cast<double>(inside) / static_cast<double>(frames * kJoints);
  height /= static_cast<double>(frames);
  // Of who lies or crouches little height can be had: it is a wish, not a condition.
  const double tall = height < kTall ? height / kTall : height > 0.92 ? 0.8 : 1;
  if (share < 0.9 || static_cast<double>(whole_heads) < heads * static_cast<double>(frames))
    return 0;
  return std::min(1.0, share / 0.97) * tall;
}

/// The same shot through a lens that sees so many degrees across.
CameraShot through(CameraShot shot, double degrees) {
  const auto tangent = [](double angle) { return std::tan(angle * std::numbers::pi / 360); };
  const auto longer = static_cast<float>(tangent(shot.field_of_view) / tangent(degrees));
  for (render::Camera& camera : shot.cameras) camera.fx *= longer, camera.fy *= longer;
  shot.field_of_view = degrees;
  return shot;
}

}  // namespace

std::optional<CameraShot> find_camera(const Recipe& recipe, const scene::Home& home,
                                      const std::vector<Vec3>& joints, Random& random) {
  const size_t frames = joints.size() / kJoints;
  std::vector<Vec3> bodies(frames);
  for (size_t f = 0; f < frames; ++f) {
    for (size_t j = 0; j < kJoints; ++j) bodies[f] += (1.0f / kJoints) * joints[f * kJoints + j];
  }
  const std::vector<Vec3> path = render::smoothed(bodies, static_cast<float>(0.8 * recipe.fps));
  Vec3 middle{};
  for (const Vec3 p : bodies) middle += (1 / static_cast<float>(frames)) * p;
  const auto between = [&](double low, double high) {
    return static_cast<float>(random.uniform(low, high));
  };

  const CameraMove move = choose(recipe.moves, random);
  const CameraPlace where = choose(recipe.places, random);
  const double across = random.uniform(recipe.field_of_view.low, recipe.field_of_view.high);
  const auto k1 = static_cast<float>(random.uniform(recipe.distortion.low, recipe.distortion.high));
  const double half = std::tan(across * std::numbers::pi / 360);
  const auto vertical = static_cast<float>(2 * std::atan(half * recipe.height / recipe.width));

  std::optional<CameraShot> best;
  double best_worth = 0.3;
  for (int attempt = 0; attempt < 160; ++attempt) {
    Vec3 at;
    if (where == CameraPlace::Ceiling) {
      // Under the ceiling, near a wall.
      at = {between(-0.5, 0.5) * (home.width - 0.3f), home.height - between(0.1, 0.3),
            between(-0.5, 0.5) * (home.depth - 0.3f)};
      if (random.below(2) == 0)
        at.x = std::copysign(home.width / 2 - 0.15f, at.x);
      else
        at.z = std::copysign(home.depth / 2 - 0.15f, at.z);
    } else {
      at = {between(-0.5, 0.5) * (home.width - 0.3f), between(0.55, 1.5),
            between(-0.5, 0.5) * (home.depth - 0.3f)};
    }
    const Vec3 aim_off{between(-0.2, 0.2), between(-0.15, 0.1), between(-0.2, 0.2)};
    const float roll = between(-0.03, 0.03);
    CameraShot shot{move, where, across, {}};
    bool good = true;
    for (size_t f = 0; f < frames && good; ++f) {
      const Vec3 along = path[f] - path[0];
      const Vec3 position =
          move == CameraMove::Following ? at + 0.7f * Vec3{along.x, 0, along.z} : at;
      good = in_free_air(home, position) &&
             std::hypot(position.x - bodies[f].x, position.z - bodies[f].z) >
                 (where == CameraPlace::Ceiling ? kNearestAbove : kNearest);
      const Vec3 target = (move == CameraMove::Fixed ? middle : path[f]) + aim_off;
      render::Camera camera =
          render::look_at(position, target, vertical, recipe.width, recipe.height);
      camera.k1 = k1;
      camera.world_from_camera =
          camera.world_from_camera * motion::from_axis_angle({0, 0, 1}, roll);
      shot.cameras.push_back(camera);
    }
    if (!good) continue;
    const double found = worth(shot, joints, recipe.heads);
    if (found <= best_worth) continue;
    best_worth = found;
    best = std::move(shot);
    if (found > 0.97) break;
  }
  // From where somebody is small, a longer lens may be the better one.
  constexpr int kLenses = 5;
  const auto wide = best;
  for (int k = 1; wide && k <= kLenses; ++k) {
    const CameraShot longer =
        through(*wide, across + (recipe.field_of_view.low - across) * k / kLenses);
    const double found = worth(longer, joints, recipe.heads);
    if (found <= best_worth) continue;
    best_worth = found;
    best = longer;
  }
  return best;
}

}  // namespace pantomime::dataset
