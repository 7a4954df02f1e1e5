// Which sky stands over a home, how it is turned, and how bright it is.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/scene/shell.h"

namespace pantomime::scene {
namespace {

/// Part of its brightness in which the outside is seen beside its light: what the tone mapping of
/// cameras for indoors leaves of it.
constexpr float kSeen = 0.18f;
/// The sun's light on a white surface, at most: a net curtain's.
constexpr float kMostSun = 3;
constexpr float kNightWindow = 0.12f;  // linear: what comes in from the street
constexpr float kNightSeen = 0.05f;

float sum_of(Vec3 c) {
  return c.x + c.y + c.z;
}

/// Mean of what a window that looks to `outward` lets in, over directions weighed by the cosine.
Vec3 through(const SkyView& view, Vec3 outward) {
  constexpr int kSteps = 24;
  const Vec3 up{0, 1, 0}, side = cross(up, outward);
  Vec3 sum;
  for (int i = 0; i < kSteps; ++i)
    for (int k = 0; k < kSteps; ++k) {
      const float r = std::sqrt((static_cast<float>(i) + 0.5f) / kSteps);
      const float angle = 2 * std::numbers::pi_v<float> * (static_cast<float>(k) + 0.5f) / kSteps;
      sum += view.sky->light(view.to_sky((r * std::cos(angle)) * side + (r * std::sin(angle)) * up +
                                         std::sqrt(1 - r * r) * outward));
    }
  return (1.0f / (kSteps * kSteps)) * sum;
}

}  // namespace

void choose_sky(Home& home, const Skies& skies, uint64_t seed) {
  Daylight& light = home.daylight;
  const auto& choices = light.day ? skies.day : skies.night;
  if (choices.empty() || light.windows.empty()) return;
  Random random(seed);
  SkyView& view = light.sky;
  view.sky = choices[random.below(static_cast<uint32_t>(choices.size()))];
  const Opening3d& window = light.windows[0];
  const Vec3 outward = -normalized(cross(window.a, window.b));
  const Vec3 sun = view.sky->towards_sun();
  const bool sunny = light.sun != Vec3{} && view.sky->has_sun();
  double turn = random.uniform(0, 2 * std::numbers::pi);
  if (view.sky->has_sun()) {
    // Before the window, more or less; or behind the house.
    const double at = std::atan2(outward.x, outward.z) + random.uniform(-0.9, 0.9) +
                      (sunny ? 0 : std::numbers::pi);
    turn = at - std::atan2(sun.x, sun.z);
  }
  view.cosine = static_cast<float>(std::cos(turn));
  view.sine = static_cast<float>(std::sin(turn));

  const Vec3 mean = through(view, outward);
  // Skies differ in their units, windows in what they look at: the room stays as bright as it was
  // meant to be.
  float wanted = 3 * kNightWindow;
  for (const Lamp& lamp : home.lamps)
    if (lamp.window) wanted = sum_of(lamp.colour);
  view.light = wanted / sum_of(mean);
  view.seen = light.day ? kSeen * view.light : 3 * kNightSeen / sum_of(mean);
  for (Lamp& lamp : home.lamps)
    if (lamp.window) lamp.colour = view.light * mean;
  if (!light.day) {
    for (const Opening3d& hole : light.windows)
      home.lamps.push_back({hole.corner + 0.1f * outward, hole.a, hole.b, view.light * mean, true});
  }
  light.towards_sun = view.to_world(sun);
  light.sun = {};
  if (sunny) {
    const Vec3 full = view.light * view.sky->sun();
    light.sun = std::min(1.0f, 3 * kMostSun / sum_of(full)) * full;
  }
  // The room throws back some of the sky's colour.
  if (light.day) {
    const Vec3 tint = (3 / sum_of(mean)) * mean;
    const Vec3 grey{1, 1, 1};
    const Vec3 mixed = 0.75f * grey + 0.25f * tint;
    light.fill = {light.fill.x * mixed.x, light.fill.y * mixed.y, light.fill.z * mixed.z};
  }
}

}  // namespace pantomime::scene
