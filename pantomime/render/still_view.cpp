#include "pantomime/render/still_view.h"

#include <algorithm>

#include "pantomime/render/colour_pass.h"

namespace pantomime::render {

namespace {

void find_blocks(StillView& view) {
  const int width = view.camera.width, height = view.camera.height;
  view.blocks_across = (width + kBlockWidth - 1) / kBlockWidth;
  for (int y0 = 0; y0 < height; y0 += kBlockHeight)
    for (int x0 = 0; x0 < width; x0 += kBlockWidth) {
      StillView::Ball& ball = view.blocks.emplace_back();
      float count = 0;
      const auto each = [&](const auto& use) {
        for (int y = y0; y < std::min(y0 + kBlockHeight, height); ++y)
          for (int x = x0; x < std::min(x0 + kBlockWidth, width); ++x)
            if (view.truth.meshes[view.truth.index(x, y)] >= 0)
              use(view.surfaces[view.truth.index(x, y)].position);
      };
      each([&](Vec3 p) {
        ball.centre += p;
        ++count;
      });
      if (count == 0) continue;
      ball.centre = (1 / count) * ball.centre;
      ball.radius = 0;
      each([&](Vec3 p) { ball.radius = std::max(ball.radius, length(p - ball.centre)); });
    }
}

}  // namespace

StillView render_still(const Scene3d& scene, const Camera& camera, int samples,
                       const RenderOptions& options) {
  StillView out;
  out.camera = camera;
  out.truth = render_truth(scene, camera, options.threads, Meshes::Still);
  RenderOptions many = options;
  many.samples = samples;
  many.known = nullptr;
  many.still = nullptr;
  many.maps = nullptr;
  const ColourPass pass(scene, camera, many, Meshes::Still);
  Film film = pass.new_film();
  for_each_tile(camera, options.threads,
                [&](int x, int y) { pass.add_samples(x, y, 0, samples, 1, nullptr, film); });
  pass.smooth(film);
  out.light = std::move(film.light);
  for (Vec3& light : out.light) light = (1 / static_cast<float>(samples)) * light;

  const size_t count = out.light.size();
  out.surfaces.resize(count);
  out.open.resize(count);
  const PixelRays rays(camera);
  const Vec3 forward = camera.world_from_camera * Vec3{0, 0, 1};
  const float spread = 1 / std::max(camera.fx, camera.fy);
  for (int y = 0; y < camera.height; ++y)
    for (int x = 0; x < camera.width; ++x) {
      const size_t at = out.truth.index(x, y);
      out.open[at] = out.truth.passed[at] == 0 ? 1 : 0;
      if (out.truth.meshes[at] < 0) continue;
      const auto mesh = static_cast<uint32_t>(out.truth.meshes[at]);
      const Vec3 direction =
          rays.direction(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
      const float distance = out.truth.depth[at] / dot(direction, forward);
      const auto [u, v] = out.truth.weights[at];
      scene.surface({mesh, out.truth.triangles[at], u, v, camera.position + distance * direction,
                     direction, scene.triangle_normal(mesh, out.truth.triangles[at])},
                    spread * distance, out.surfaces[at]);
    }
  find_blocks(out);
  return out;
}

}  // namespace pantomime::render
