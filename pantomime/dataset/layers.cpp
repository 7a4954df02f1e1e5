#include "pantomime/dataset/layers.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/formats/exr.h"
#include "pantomime/formats/png.h"

namespace pantomime::dataset {

using formats::PngSpeed;

std::string layer_ending(const std::string& layer) {
  return layer + (layer == "light" ? ".exr" : ".png");
}

std::string depth_png(const render::FrameTruth& truth) {
  const render::Truth& s = truth.surfaces;
  std::vector<uint16_t> values(s.depth.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const float mm = std::round(1000 * s.depth[i]);
    values[i] = mm > 65535 ? 0 : static_cast<uint16_t>(mm);
  }
  return formats::to_png16(s.width, s.height, 1, values);
}

std::string normals_png(const render::FrameTruth& truth, const render::Camera& camera) {
  const render::Truth& s = truth.surfaces;
  Image image(s.width, s.height, 3);
  const motion::Quat camera_from_world = conjugate(camera.world_from_camera);
  for (size_t i = 0; i < s.normals.size(); ++i) {
    if (s.meshes[i] < 0) continue;
    const motion::Vec3 n = camera_from_world * s.normals[i];
    const auto byte = [](float v) {
      return static_cast<uint8_t>(std::clamp(std::round(127.5f * (v + 1)), 0.0f, 255.0f));
    };
    image.pixels[3 * i] = byte(n.x);
    image.pixels[3 * i + 1] = byte(n.y);
    image.pixels[3 * i + 2] = byte(n.z);
  }
  return formats::to_png(image, PngSpeed::Fast);
}

std::string flow_png(const render::FrameTruth& truth) {
  const render::Truth& s = truth.surfaces;
  std::vector<uint16_t> values(3 * truth.flow.size());
  for (size_t i = 0; i < truth.flow.size(); ++i) {
    const auto [u, v] = truth.flow[i];
    if (!(std::abs(u) < 511 && std::abs(v) < 511)) continue;  // also not a number
    values[3 * i] = static_cast<uint16_t>(std::lround(64 * u + 32768));
    values[3 * i + 1] = static_cast<uint16_t>(std::lround(64 * v + 32768));
    values[3 * i + 2] = 1;
  }
  return formats::to_png16(s.width, s.height, 3, values);
}

std::string light_exr(const FloatImage& light, const render::FrameTruth& truth) {
  PANTOMIME_CHECK(light.width == truth.surfaces.width && light.height == truth.surfaces.height,
                  "layers: light of {} x {} pixels for truth of {} x {}", light.width, light.height,
                  truth.surfaces.width, truth.surfaces.height);
  formats::ExrPicture out{
      light.width,
      light.height,
      {{"B", true, {}}, {"G", true, {}}, {"R", true, {}}, {"Z", false, truth.surfaces.depth}}};
  constexpr float kLargestHalf = 65504;
  for (size_t i = 0; i < light.pixels.size(); i += 3)
    for (size_t c = 0; c < 3; ++c)
      out.planes[2 - c].values.push_back(std::min(light.pixels[i + c], kLargestHalf));
  return formats::to_exr(out);
}

std::string parts_png(const render::FrameTruth& truth) {
  const render::Truth& s = truth.surfaces;
  Image image(s.width, s.height, 1);
  image.pixels = s.parts;
  return formats::to_png(image, PngSpeed::Fast);
}

std::string instances_png(const render::FrameTruth& truth) {
  const render::Truth& s = truth.surfaces;
  std::vector<uint16_t> values(s.objects.size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint16_t>(s.objects[i] + 1);
  return formats::to_png16(s.width, s.height, 1, values);
}

std::string amodal_png(const render::FrameTruth& truth) {
  const render::Truth& s = truth.surfaces;
  Image image(s.width, s.height, 1);
  for (size_t p = 0; p < std::min<size_t>(truth.people.size(), 8); ++p)
    for (size_t i = 0; i < image.pixels.size(); ++i)
      if (truth.people[p].amodal[i] != 0)
        image.pixels[i] = static_cast<uint8_t>(image.pixels[i] | (1U << p));
  return formats::to_png(image, PngSpeed::Fast);
}

}  // namespace pantomime::dataset
