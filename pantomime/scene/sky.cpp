#include "pantomime/scene/sky.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"

namespace pantomime::scene {
namespace {

constexpr int kFine = 640, kCoarse = 48;
constexpr double kPi = std::numbers::pi;
/// Brighter than so many times the mean above the horizon: part of a light that fills a small part
/// of the sky.
constexpr float kSpot = 5;
/// Light on surfaces is smoothed at so many times that mean: what asks a window at a few of its
/// points would else see bright spots in some pixels and miss them in others.
constexpr float kMostLight = 3;
/// Part of what falls on flat ground that the spot must give to be called a sun, and cosine of the
/// angle about its middle in which most of it lies.
constexpr double kLeastSun = 0.15, kWithin = 0.94;

float brightness(Vec3 c) {
  return 0.2126f * c.x + 0.7152f * c.y + 0.0722f * c.z;
}

/// Direction of the middle of a pixel of the panorama.
Vec3 direction_of(const FloatImage& picture, int x, int y) {
  const double around = 2 * kPi * ((x + 0.5) / picture.width - 0.5);
  const double down = kPi * (y + 0.5) / picture.height;
  return {static_cast<float>(std::sin(down) * std::sin(around)), static_cast<float>(std::cos(down)),
          static_cast<float>(-std::sin(down) * std::cos(around))};
}

/// The panorama, bilinear.
Vec3 look(const FloatImage& picture, Vec3 d) {
  const double u = std::atan2(d.x, -d.z) / (2 * kPi) + 0.5;
  const double v = std::acos(std::clamp(d.y / length(d), -1.0f, 1.0f)) / kPi;
  const double x = u * picture.width - 0.5, y = v * picture.height - 0.5;
  const double x0 = std::floor(x), y0 = std::floor(y);
  const auto texel = [&](double at_x, double at_y) {
    const int w = picture.width;
    const int i = (static_cast<int>(at_x) % w + w) % w;
    const int j = std::clamp(static_cast<int>(at_y), 0, picture.height - 1);
    const float* p = picture.at(i, j);
    return Vec3{p[0], p[1], p[2]};
  };
  const auto a = static_cast<float>(x - x0), b = static_cast<float>(y - y0);
  return (1 - b) * ((1 - a) * texel(x0, y0) + a * texel(x0 + 1, y0)) +
         b * ((1 - a) * texel(x0, y0 + 1) + a * texel(x0 + 1, y0 + 1));
}

/// Place of a direction in the square, [0, 1]^2.
std::array<float, 2> place(Vec3 d) {
  const float sum = std::abs(d.x) + std::abs(d.y) + std::abs(d.z);
  if (!(sum > 0)) return {0.5f, 0.5f};
  float x = d.x / sum, z = d.z / sum;
  if (d.y < 0) {
    const float folded = (1 - std::abs(z)) * std::copysign(1.0f, x);
    z = (1 - std::abs(x)) * std::copysign(1.0f, z);
    x = folded;
  }
  return {0.5f * x + 0.5f, 0.5f * z + 0.5f};
}

/// The texel of the coarse map that a direction lies in.
size_t coarse_texel(Vec3 d) {
  const auto [u, v] = place(d);
  const auto cell = [](float at) {
    return std::min(static_cast<size_t>(at * kCoarse), size_t{kCoarse - 1});
  };
  return cell(v) * kCoarse + cell(u);
}

}  // namespace

Vec3 Sky::Octahedron::at(Vec3 d) const {
  const auto [u, v] = place(d);
  const auto last = static_cast<float>(side - 1);
  const float x = std::clamp(u * static_cast<float>(side) - 0.5f, 0.0f, last);
  const float y = std::clamp(v * static_cast<float>(side) - 0.5f, 0.0f, last);
  const auto x0 = static_cast<size_t>(x), y0 = static_cast<size_t>(y);
  const auto end = static_cast<size_t>(side - 1), width = static_cast<size_t>(side);
  const size_t x1 = std::min(x0 + 1, end), y1 = std::min(y0 + 1, end);
  const float a = x - static_cast<float>(x0), b = y - static_cast<float>(y0);
  return (1 - b) * ((1 - a) * texels[y0 * width + x0] + a * texels[y0 * width + x1]) +
         b * ((1 - a) * texels[y1 * width + x0] + a * texels[y1 * width + x1]);
}

Vec3 Sky::light(Vec3 direction) const {
  return coarse_.texels[coarse_texel(direction)];
}

Vec3 Sky::Octahedron::direction(int column, int row) const {
  float x = 2 * (static_cast<float>(column) + 0.5f) / static_cast<float>(side) - 1;
  float z = 2 * (static_cast<float>(row) + 0.5f) / static_cast<float>(side) - 1;
  const float y = 1 - std::abs(x) - std::abs(z);
  if (y < 0) {
    const float folded = (1 - std::abs(z)) * std::copysign(1.0f, x);
    z = (1 - std::abs(x)) * std::copysign(1.0f, z);
    x = folded;
  }
  return normalized(Vec3{x, y, z}, Vec3{0, 1, 0});
}

Sky::Sky(std::string id, const FloatImage& picture, body::Credit credit)
    : id_(std::move(id)), credit_(std::move(credit)) {
  PANTOMIME_CHECK(
      picture.channels == 3 && picture.height >= 2 && picture.width == 2 * picture.height,
      "sky {}: {} x {} pixels of {} channels, expected colours, twice as wide as high", id_,
      picture.width, picture.height, picture.channels);
  const auto each = [&](const auto& use) {
    for (int y = 0; y < picture.height; ++y) {
      // Solid angle of a pixel of this row.
      const double size =
          2 * kPi / picture.width *
          (std::cos(kPi * y / picture.height) - std::cos(kPi * (y + 1) / picture.height));
      for (int x = 0; x < picture.width; ++x) {
        const float* p = picture.at(x, y);
        use(direction_of(picture, x, y), Vec3{p[0], p[1], p[2]}, static_cast<float>(size), x, y);
      }
    }
  };
  const auto mean_above = [&](float most) {
    Vec3 sum;
    each([&](Vec3 d, Vec3 c, float size, int, int) {
      if (d.y > 0) sum += size * std::min(1.0f, most / std::max(brightness(c), 1e-12f)) * c;
    });
    return static_cast<float>(1 / (2 * kPi)) * sum;
  };
  // The spot itself must not lift the mean that it is measured by.
  float most = 1e30f;
  for (int pass = 0; pass < 3; ++pass) most = kSpot * brightness(mean_above(most));
  PANTOMIME_CHECK(most > 0, "sky {}: it is black", id_);

  Vec3 middle, all;
  float spot = 0, ground = 0;
  each([&](Vec3 d, Vec3 c, float size, int, int) {
    const float light = brightness(c);
    if (d.y > 0) ground += size * d.y * light;
    if (light <= most) return;
    const float beyond = size * (light - most);
    middle += beyond * d;
    all += (beyond / light) * c;
    spot += beyond * std::max(d.y, 0.0f);
  });
  const float beyond = brightness(all);
  const bool sunny =
      beyond > 0 && middle.y > 0 && length(middle) > kWithin * beyond && spot > kLeastSun * ground;
  FloatImage rest = picture;
  if (sunny) {
    towards_sun_ = normalized(middle);
    sun_ = static_cast<float>(1 / kPi) * all;
    each([&](Vec3, Vec3 c, float, int x, int y) {
      const float dim = std::min(1.0f, most / std::max(brightness(c), 1e-12f));
      float* p = rest.at(x, y);
      p[0] = dim * c.x, p[1] = dim * c.y, p[2] = dim * c.z;
    });
  }
  above_ = mean_above(sunny ? most : 1e30f);

  fine_.side = kFine;
  for (int y = 0; y < kFine; ++y)
    for (int x = 0; x < kFine; ++x) fine_.texels.push_back(look(rest, fine_.direction(x, y)));
  // Each pixel goes into the texel that is asked for it.
  const float calm = kMostLight * brightness(above_);
  coarse_.side = kCoarse;
  coarse_.texels.resize(size_t{kCoarse} * kCoarse);
  std::vector<float> weights(coarse_.texels.size(), 0);
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) {
      const Vec3 d = direction_of(picture, x, y);
      const size_t texel = coarse_texel(d);
      const float size = std::sqrt(std::max(0.0f, 1 - d.y * d.y));
      const float* p = rest.at(x, y);
      const Vec3 light{p[0], p[1], p[2]};
      coarse_.texels[texel] +=
          (size * std::min(1.0f, calm / std::max(brightness(light), 1e-12f))) * light;
      weights[texel] += size;
    }
  for (int y = 0; y < kCoarse; ++y)
    for (int x = 0; x < kCoarse; ++x) {
      const size_t at = static_cast<size_t>(y) * kCoarse + static_cast<size_t>(x);
      coarse_.texels[at] = weights[at] > 0 ? (1 / weights[at]) * coarse_.texels[at]
                                           : look(rest, coarse_.direction(x, y));
    }
}

}  // namespace pantomime::scene
