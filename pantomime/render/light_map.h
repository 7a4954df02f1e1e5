// Light of lamps and sky on walls, floor and ceiling, which is the same for every camera: asked for
// once, and looked up in every picture of a camera that moves.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pantomime/render/renderer.h"

namespace pantomime::render {

/// What arrives at a mesh that lies in one axis-parallel plane, on a grid of 4 cm. It is known only
/// where nothing else is near and neighbours on the grid agree: the edge of a shadow, or the foot
/// of a cupboard, is for rays to find.
class LightMap {
 public:
  LightMap() = default;
  /// Light on one mesh of a scene by everything that stands still.
  LightMap(const Scene3d& scene, uint32_t mesh, int samples, const RenderOptions& options);

  struct Found {
    bool known;    ///< the light is
    Vec3 light;    ///< linear: what a white surface there sends back
    bool sun;      ///< whether the key light may come there, too
    size_t patch;  ///< of those of lights_movers_may_take()
  };
  /// False where there is no map: on other meshes, and on the back of this one.
  bool find(const Scene3d::Surface& surface, Found& out) const;
  /// For patches of 20 cm: what Scene3d::lights_movers_may_take() says of all their points.
  std::vector<uint32_t> lights_movers_may_take(const Scene3d& scene) const;

 private:
  void mark_even(const Scene3d& scene, uint32_t mesh);
  void smooth();
  void mark_sun(const Scene3d& scene);
  size_t index(int column, int row) const {
    return static_cast<size_t>(row) * static_cast<size_t>(counts_[0]) + static_cast<size_t>(column);
  }
  Vec3 at(float u, float v) const;  // a point of the plane, in steps from the corner

  Vec3 normal_;                               // of the side that is mapped; zero: nothing is
  Vec3 corner_;                               // metres: where the grid begins
  std::array<size_t, 2> sides_{1, 2};         // axes of the plane
  std::array<float, 2> steps_{}, inverse_{};  // metres: sides of a square of the grid
  std::array<int, 2> counts_{};
  std::vector<Vec3> light_;  // [rows * columns] mean over a square
  // The same. Between the middles of a square and of the next ones light is even and sun may come.
  std::vector<uint8_t> even_, sun_;
  int patches_across_ = 0;
};

/// Valid as long as the scene's still meshes, lamps and sky stay the same.
struct LightMaps {
  std::vector<LightMap> of_mesh;  ///< those that have none are empty
};

/// Samples for each square of the grid, as data sets and benchmarks use.
inline constexpr int kMapSamples = 64;
/// Maps all large flat meshes that never moved (see RayScene). `samples` for each square of the
/// grid. `options`: those that pictures will be rendered with.
LightMaps map_light(const Scene3d& scene, int samples, const RenderOptions& options = {});

}  // namespace pantomime::render
