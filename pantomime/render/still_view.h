// What a camera that stands still sees of everything that stands still: rendered once, well, and
// used for every frame. What moves is then added, and its shadows taken away.
#pragma once

#include "pantomime/render/renderer.h"

namespace pantomime::render {

/// Valid for one camera and for as long as the scene's still meshes, lamps and sky stay the same.
struct StillView {
  Camera camera;
  Truth truth;                             ///< of still meshes
  std::vector<Vec3> light;                 ///< [h * w] linear, mean over the samples
  std::vector<Scene3d::Surface> surfaces;  ///< [h * w] what truth shows, ready to be lit
  std::vector<uint8_t> open;               ///< [h * w] 1: nothing see-through stands on the way
  /// Balls around what each block of 4 x 2 pixels shows, row by row; radius below 0: nothing.
  struct Ball {
    Vec3 centre;
    float radius = -1;
  };
  std::vector<Ball> blocks;
  int blocks_across = 0;
};

/// Renders the meshes of a mixed scene that never moved (see RayScene). `samples` for each pixel:
/// the light of walls and things in all pictures is as smooth as that.
StillView render_still(const Scene3d& scene, const Camera& camera, int samples,
                       const RenderOptions& options = {});

}  // namespace pantomime::render
