// Cameras as a home has them: on a robot, under the ceiling; still, turning or going along.
#pragma once

#include <optional>
#include <vector>

#include "pantomime/base/random.h"
#include "pantomime/dataset/recipe.h"
#include "pantomime/render/camera.h"
#include "pantomime/scene/home.h"

namespace pantomime::dataset {

using motion::Vec3;

struct CameraShot {
  CameraMove move = CameraMove::Fixed;
  CameraPlace place = CameraPlace::Robot;
  double field_of_view = 70;            ///< degrees, across
  std::vector<render::Camera> cameras;  ///< [F]
};

/// A camera in free air from which somebody is in the picture, large enough to be of use: nearly
/// all joints inside and the head as often as the recipe wants it, on average a quarter to nine
/// tenths of the picture high. Of the recipe's lenses one is drawn, and a longer one of them taken
/// where somebody would be small. `joints` [F * 22] world. Nothing when no place of many does.
std::optional<CameraShot> find_camera(const Recipe& recipe, const scene::Home& home,
                                      const std::vector<Vec3>& joints, Random& random);

/// One of a weighted list.
template <class T>
T choose(const Weighted<T>& list, Random& random) {
  double all = 0;
  for (const auto& [value, weight] : list) all += weight;
  double at = random.uniform() * all;
  for (const auto& [value, weight] : list) {
    if (at < weight) return value;
    at -= weight;
  }
  return list.back().first;
}

}  // namespace pantomime::dataset
