#include "pantomime/render/sensor.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pantomime/base/random.h"
#include "pantomime/render/renderer.h"
#include "pantomime/render/texture.h"

namespace pantomime::render {
namespace {

/// Brightness that people are exposed for, and by what factor at most they turn the exposure.
constexpr float kPerson = 0.13f;
constexpr double kMostLift = 1.7;
constexpr float kShot = 0.0016f, kRead = 0.008f;

/// Standard normal values in a ring that is entered at random places: a draw costs one step.
class NoiseRing {
 public:
  explicit NoiseRing(uint64_t seed) {
    Random random(seed);
    for (float& value : values_) value = static_cast<float>(random.normal());
  }
  float at(size_t i) const { return values_[i % kSize]; }
  static constexpr size_t kSize = size_t{1} << 16;

 private:
  std::array<float, kSize> values_{};
};

}  // namespace

float auto_exposure(const Scene3d& scene, const Camera& camera, float grey, int object) {
  constexpr int kWidth = 80;
  const Camera small = resized(camera, kWidth);
  // So dark that tone mapping and the byte's end touch nothing.
  constexpr float kDim = 0.25f;
  const Image picture =
      render_colour(scene, small, {.samples = 4, .contrast = 0, .exposure = kDim, .seed = 1});
  std::vector<float> lights;
  const Truth seen = render_truth(scene, small);
  double of_object = 0;
  int count = 0;
  for (size_t i = 0; i + 2 < picture.pixels.size(); i += 3) {
    const float light = 0.2126f * linear_from_srgb(picture.pixels[i]) +
                        0.7152f * linear_from_srgb(picture.pixels[i + 1]) +
                        0.0722f * linear_from_srgb(picture.pixels[i + 2]);
    lights.push_back(std::max(light / kDim, 1e-4f));
    if (object < 0 || seen.objects[i / 3] != object) continue;
    of_object += std::log(lights.back());
    ++count;
  }
  std::sort(lights.begin(), lights.end());
  double sum = 0;
  const size_t first = lights.size() / 4, last = lights.size() - first;
  for (size_t i = first; i < last; ++i) sum += std::log(lights[i]);
  double mean = sum / static_cast<double>(last - first);
  // Somebody in the dark gets more light, within what spoils the rest of the picture; clothes may
  // be black or white, so people count for half.
  if (count > 0)
    mean += std::clamp(0.5 * (of_object / count - std::log(kPerson / grey) - mean),
                       -std::log(kMostLift), std::log(kMostLift));
  return std::clamp(static_cast<float>(grey / std::exp(mean)), 0.2f, 12.0f);
}

void add_noise(Image& image, float level, uint64_t seed) {
  if (!(level > 0)) return;
  static const NoiseRing ring(derive_seed(0, "sensor noise"));
  Random random(seed);
  std::array<float, 256> light{}, deviation{};
  for (size_t i = 0; i < 256; ++i) {
    light[i] = linear_from_srgb(static_cast<uint8_t>(i));
    deviation[i] = level * std::sqrt(kShot * light[i] + kRead * kRead);
  }
  // A new place in the ring for each row, so that no pattern repeats.
  const size_t row = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  for (size_t y = 0; y < static_cast<size_t>(image.height); ++y) {
    const size_t start = random.below(NoiseRing::kSize);
    const size_t step = 1 + 2 * random.below(64);
    for (size_t i = 0; i < row; ++i) {
      uint8_t& value = image.pixels[y * row + i];
      value = srgb_from_linear(light[value] + deviation[value] * ring.at(start + i * step));
    }
  }
}

}  // namespace pantomime::render
