#include "pantomime/render/renderer.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/render/colour_pass.h"

namespace pantomime::render {
namespace {

/// Light as the picture will show it.
void develop(const Vec3& light, float exposure, uint8_t* rgb) {
  rgb[0] = srgb_from_linear(tone_mapped(exposure * light.x));
  rgb[1] = srgb_from_linear(tone_mapped(exposure * light.y));
  rgb[2] = srgb_from_linear(tone_mapped(exposure * light.z));
}

/// Hands out the light of a film, times `scale`, where it was asked for.
void give_light(const Film& film, float scale, FloatImage* out) {
  if (out == nullptr) return;
  *out = FloatImage(film.width, film.height, 3);
  for (size_t i = 0; i < film.light.size(); ++i) {
    out->pixels[3 * i] = scale * film.light[i].x;
    out->pixels[3 * i + 1] = scale * film.light[i].y;
    out->pixels[3 * i + 2] = scale * film.light[i].z;
  }
}

/// Where two rows of bytes differ by more than `contrast`: 255, else 0. A plain loop over separate
/// bytes, which the compiler turns into vector code.
void mark_differences(const uint8_t* __restrict a, const uint8_t* __restrict b, size_t count,
                      uint8_t contrast, uint8_t* __restrict out) {
  for (size_t i = 0; i < count; ++i) {
    const auto d = static_cast<uint8_t>(std::max(a[i], b[i]) - std::min(a[i], b[i]));
    out[i] = d > contrast ? 255 : 0;
  }
}

/// Marks the pixels that differ from one of their eight neighbours by more than `contrast` steps.
std::vector<uint8_t> uneven_pixels(const Image& image, int contrast) {
  const auto width = static_cast<size_t>(image.width), height = static_cast<size_t>(image.height);
  const auto least = static_cast<uint8_t>(std::clamp(contrast, 0, 255));
  std::vector<uint8_t> uneven(width * height, 0);
  std::vector<uint8_t> wide(3 * width);
  auto compare = [&](size_t first, size_t second, size_t count) {
    mark_differences(&image.pixels[3 * first], &image.pixels[3 * second], 3 * count, least,
                     wide.data());
    // Most rows are even all along.
    if (std::find(wide.begin(), wide.begin() + static_cast<ptrdiff_t>(3 * count), 255) ==
        wide.begin() + static_cast<ptrdiff_t>(3 * count))
      return;
    for (size_t i = 0; i < count; ++i) {
      const auto mark = static_cast<uint8_t>(wide[3 * i] | wide[3 * i + 1] | wide[3 * i + 2]);
      uneven[first + i] |= mark;
      uneven[second + i] |= mark;
    }
  };
  for (size_t y = 0; y < height; ++y) {
    const size_t row = y * width;
    compare(row, row + 1, width - 1);
    if (y + 1 == height) break;
    compare(row, row + width, width);
    compare(row, row + width + 1, width - 1);
    compare(row + 1, row + width, width - 1);
  }
  return uneven;
}

/// After one sample in every second pixel of every second row: fills the pixels in the middle of
/// open, even surfaces from their neighbours and marks the others as wanted.
std::vector<uint8_t> fill_open_surfaces(Film& film, const RenderOptions& options) {
  const int across = (film.width + 1) / 2, down = (film.height + 1) / 2;
  Image cells(across, down, 3);
  for (int y = 0; y < down; ++y)
    for (int x = 0; x < across; ++x)
      develop(film.at(2 * x, 2 * y), options.exposure, cells.at(x, y));
  std::vector<uint8_t> busy = uneven_pixels(cells, options.contrast);
  auto cell = [&](int x, int y) {
    return static_cast<size_t>(y) * static_cast<size_t>(across) + static_cast<size_t>(x);
  };
  for (int y = 0; y < down; ++y)
    for (int x = 0; x < across; ++x)
      if (film.plain[film.index(2 * x, 2 * y)] == 0) busy[cell(x, y)] = 1;
  auto calm = [&](int cx, int cy) {
    for (int y = std::max(cy - 1, 0); y <= std::min(cy + 1, down - 1); ++y)
      for (int x = std::max(cx - 1, 0); x <= std::min(cx + 1, across - 1); ++x)
        if (busy[cell(x, y)] != 0) return false;
    return true;
  };
  std::vector<uint8_t> wanted(film.light.size(), 0);
  for (int cy = 0; cy < down; ++cy)
    for (int cx = 0; cx < across; ++cx) {
      const bool fill = calm(cx, cy);
      const int x = 2 * cx, y = 2 * cy;
      const int x2 = cx + 1 < across ? x + 2 : x, y2 = cy + 1 < down ? y + 2 : y;
      for (const auto& [dx, dy] : {std::pair{1, 0}, {0, 1}, {1, 1}}) {
        if (x + dx >= film.width || y + dy >= film.height) continue;
        const size_t at = film.index(x + dx, y + dy);
        wanted[at] = fill ? 0 : 1;
        if (!fill) continue;
        film.light[at] =
            dx == 0   ? lerp(film.at(x, y), film.at(x, y2), 0.5f)
            : dy == 0 ? lerp(film.at(x, y), film.at(x2, y), 0.5f)
                      : 0.25f * (film.at(x, y) + film.at(x2, y) + film.at(x, y2) + film.at(x2, y2));
      }
    }
  return wanted;
}

/// One sample everywhere shows where nothing happens; the others go to the rest.
Image render_sparingly(const ColourPass& pass, const Camera& camera, const RenderOptions& options,
                       Film& film) {
  film.plain.assign(film.light.size(), 1);
  for_each_tile(camera, options.threads,
                [&](int x, int y) { pass.add_samples(x, y, 0, 1, 2, nullptr, film); });
  const std::vector<uint8_t> wanted = fill_open_surfaces(film, options);
  for_each_tile(camera, options.threads,
                [&](int x, int y) { pass.add_samples(x, y, 0, 1, 1, wanted.data(), film); });
  Image out(camera.width, camera.height, 3);
  for (size_t i = 0; i < film.light.size(); ++i)
    develop(film.light[i], options.exposure, &out.pixels[3 * i]);
  const std::vector<uint8_t> uneven = uneven_pixels(out, options.contrast);
  for_each_tile(camera, options.threads, [&](int x, int y) {
    pass.add_samples(x, y, 1, options.samples, 1, uneven.data(), film);
  });
  const float scale = options.exposure / static_cast<float>(options.samples);
  for (size_t i = 0; i < film.light.size(); ++i)
    if (uneven[i] != 0) develop(film.light[i], scale, &out.pixels[3 * i]);
  return out;
}

}  // namespace

float tone_mapped(float value) {
  constexpr float kKnee = 0.7f;
  if (value <= kKnee) return value;
  // Meets the straight part with the same slope and approaches 1.
  constexpr float kRest = 1 - kKnee;
  return 1 - kRest * kRest / (value - kKnee + kRest);
}

Image render_colour(const Scene3d& scene, const Camera& camera, const RenderOptions& options) {
  check_camera(camera);
  PANTOMIME_CHECK(options.samples >= 1 && options.samples <= 1024,
                  "render: {} samples, expected 1 to 1024", options.samples);
  PANTOMIME_CHECK(options.soft_samples >= 0 && options.soft_samples <= options.samples,
                  "render: {} soft samples of {}", options.soft_samples, options.samples);
  PANTOMIME_CHECK(options.occlusion_rays >= 0 && options.occlusion_rays <= 1024,
                  "render: {} occlusion rays, expected 0 to 1024", options.occlusion_rays);
  if (options.known != nullptr)
    PANTOMIME_CHECK(options.known->width == camera.width && options.known->height == camera.height,
                    "render: surfaces of {} x {} pixels for a picture of {} x {}",
                    options.known->width, options.known->height, camera.width, camera.height);
  if (options.maps != nullptr)
    PANTOMIME_CHECK(options.maps->of_mesh.size() == scene.mesh_count(),
                    "render: light on {} meshes for a scene of {}", options.maps->of_mesh.size(),
                    scene.mesh_count());
  const ColourPass pass(scene, camera, options);
  Film film = pass.new_film();
  // Pixels that were looked at once only hold another sum of light than the others.
  if (options.samples > 1 && options.contrast > 0 && options.light == nullptr &&
      options.soft_samples == 0)
    return render_sparingly(pass, camera, options, film);
  std::vector<uint8_t> wanted;
  int done = 0;
  if (options.soft_samples > 0 && options.samples > 1) {
    // Where light is smoothed, later samples look at what the first ones of all pixels met.
    for_each_tile(camera, options.threads,
                  [&](int x, int y) { pass.add_samples(x, y, 0, 1, 1, nullptr, film); });
    if (options.soft_samples == 1) wanted = pass.rest_wanted(film);
    done = 1;
  }
  for_each_tile(camera, options.threads, [&](int x, int y) {
    pass.add_samples(x, y, done, options.samples, 1, wanted.empty() ? nullptr : wanted.data(),
                     film);
  });
  pass.smooth(film);
  Image out(camera.width, camera.height, 3);
  const float scale = options.exposure / static_cast<float>(options.samples);
  for (size_t i = 0; i < film.light.size(); ++i) develop(film.light[i], scale, &out.pixels[3 * i]);
  give_light(film, scale, options.light);
  return out;
}

}  // namespace pantomime::render
