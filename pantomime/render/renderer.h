// From a scene and a camera to a picture, and to exact numbers for each of its pixels.
#pragma once

#include <cstdint>
#include <vector>

#include "pantomime/base/image.h"
#include "pantomime/render/camera.h"
#include "pantomime/render/scene3d.h"

namespace pantomime::render {

/// What is seen through the centre of each pixel, row by row. No antialiasing: every value belongs
/// to one surface. See-through surfaces count where they cover more than half.
struct Truth {
  int width = 0, height = 0;
  std::vector<float> depth;      ///< metres along the optical axis; 0: nothing there
  std::vector<Vec3> normals;     ///< unit, world, interpolated without normal map; zero: nothing
  std::vector<int32_t> meshes;   ///< number of the mesh in the scene; -1: nothing
  std::vector<int32_t> objects;  ///< Mesh::object; -1: nothing
  std::vector<uint8_t> parts;    ///< body part label; 0: none
  /// Triangle of the mesh and barycentric weights of its second and third corner.
  std::vector<uint32_t> triangles;
  std::vector<std::array<float, 2>> weights;
  std::vector<uint8_t> passed;  ///< 1: a see-through surface lies on the way here or nearby
  size_t index(int x, int y) const {
    return static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x);
  }
};
struct StillView;
struct LightMaps;

struct RenderOptions {
  int samples = 4;         ///< rays through each pixel, 1 … 1024
  int occlusion_rays = 1;  ///< rays that ask for sky light, for each sample; 0: no occlusion
  /// Pixels whose first sample differs by at most so many 8-bit steps from all eight neighbours'
  /// get no further samples. 0: every pixel gets every sample.
  int contrast = 5;
  /// 0: every sample asks a lamp and the sky for light. Else so many of a pixel's samples ask, the
  /// others take over what was found, and all of it is averaged over the pixels around that show
  /// the same surface: as smooth as many times as many samples, and shadows of lamps and sky are
  /// 3 pixels softer, 2 % of the width where less than 4 ask. Sun, textures, edges stay sharp.
  int soft_samples = 0;
  bool shadows = true;
  float exposure = 1;  ///< factor before tone mapping
  uint64_t seed = 0;
  int threads = 1;  ///< 0: all cores. The picture is the same for any number.
  /// render_truth() of the same scene and camera, if it is there already: spares the first rays of
  /// a picture of one sample. The picture stays the same.
  const Truth* known = nullptr;
  /// What stands still, already rendered by render_still() with the same camera.
  const StillView* still = nullptr;
  /// Light on walls and floors as map_light() found it, for cameras that move; not used with
  /// `still`.
  const LightMaps* maps = nullptr;
  /// Filled with the light behind the picture, linear, times `exposure`, before tone mapping; RGB.
  FloatImage* light = nullptr;
};

/// Colour of a scene: smooth shading with textures, a soft shadow, sky light with ambient
/// occlusion; see-through surfaces are blended in order. Every random number follows from (seed,
/// pixel, sample), so the bytes don't depend on threads. RGB, camera.width x camera.height.
Image render_colour(const Scene3d& scene, const Camera& camera, const RenderOptions& options = {});

/// `still`: what stands still as render_still() found it for this camera, so that only what moves
/// is looked for.
Truth render_truth(const Scene3d& scene, const Camera& camera, int threads = 1,
                   Meshes which = Meshes::All, const StillView* still = nullptr);

/// Linear light to sRGB: unchanged up to 0.7, above that rolled off smoothly towards white.
float tone_mapped(float value);

}  // namespace pantomime::render
