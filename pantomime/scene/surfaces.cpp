#include "pantomime/scene/surfaces.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "pantomime/base/random.h"

namespace pantomime::scene {
namespace {

constexpr int kSize = 256;
using Colour = std::array<double, 3>;  // sRGB 0 … 1

/// Smooth noise in [-1, 1] that repeats after `period_x`, `period_y` cells.
class Noise {
 public:
  Noise(uint64_t seed, int period_x, int period_y) : px_(period_x), py_(period_y) {
    Random random(seed);
    values_.resize(static_cast<size_t>(px_ * py_));
    for (double& v : values_) v = random.uniform(-1, 1);
  }
  /// At (x, y) in [0, 1), one repeat.
  double at(double x, double y) const {
    const double u = x * px_, v = y * py_;
    const int i = static_cast<int>(std::floor(u)), j = static_cast<int>(std::floor(v));
    const double a = smooth(u - i), b = smooth(v - j);
    return (1 - b) * ((1 - a) * cell(i, j) + a * cell(i + 1, j)) +
           b * ((1 - a) * cell(i, j + 1) + a * cell(i + 1, j + 1));
  }

 private:
  static double smooth(double t) { return t * t * (3 - 2 * t); }
  double cell(int i, int j) const {
    const int x = ((i % px_) + px_) % px_, y = ((j % py_) + py_) % py_;
    return values_[static_cast<size_t>(y * px_ + x)];
  }
  int px_, py_;
  std::vector<double> values_;
};

Colour pick(Random& random, std::initializer_list<Colour> choices) {
  Colour c = *(choices.begin() + random.below(static_cast<uint32_t>(choices.size())));
  for (double& v : c) v = std::clamp(v + random.uniform(-0.03, 0.03), 0.02, 0.98);
  return c;
}

template <typename Shade>
std::shared_ptr<const Image> painted(const Shade& shade) {
  auto image = std::make_shared<Image>(kSize, kSize, 3);
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x) {
      const Colour c = shade((x + 0.5) / kSize, (y + 0.5) / kSize);
      for (size_t k = 0; k < 3; ++k)
        image->at(x, y)[k] = static_cast<uint8_t>(std::lround(255 * std::clamp(c[k], 0.0, 1.0)));
    }
  return image;
}

Colour times(const Colour& c, double f) {
  return {c[0] * f, c[1] * f, c[2] * f};
}

}  // namespace

float surface_metres(SurfaceKind kind) {
  switch (kind) {
    case SurfaceKind::Planks:
      return 1.2f;
    case SurfaceKind::Tiles:
      return 0.6f;
    case SurfaceKind::Carpet:
      return 0.5f;
    case SurfaceKind::Plaster:
      return 1.5f;
    case SurfaceKind::Wallpaper:
      return 0.5f;
    case SurfaceKind::Wood:
      return 1.0f;
    case SurfaceKind::Cloth:
      return 0.25f;
  }
  return 1;
}

std::shared_ptr<const Image> surface_picture(SurfaceKind kind, uint64_t seed) {
  Random random(derive_seed(seed, "surface", static_cast<uint64_t>(kind)));
  const Noise rough(random.bits(), 16, 16), fine(random.bits(), 96, 96), broad(random.bits(), 4, 4);
  constexpr double kTurn = 2 * std::numbers::pi;
  switch (kind) {
    case SurfaceKind::Planks:
    case SurfaceKind::Wood: {
      const Colour wood = pick(
          random,
          {{.62, .45, .29}, {.48, .32, .19}, {.72, .58, .42}, {.36, .24, .16}, {.66, .60, .53}});
      // Rows of planks along v, each with its own tone, grain and joint.
      const int rows = kind == SurfaceKind::Planks ? 8 : 1;
      std::vector<double> tone, joint;
      for (int i = 0; i < rows; ++i) {
        tone.push_back(random.uniform(0.85, 1.1));
        joint.push_back(random.uniform());
      }
      const Noise grain(random.bits(), 12 * rows, 3), knots(random.bits(), 3 * rows, 5);
      return painted([&](double x, double y) {
        const auto row = static_cast<size_t>(x * rows);
        const double across = x * rows - static_cast<double>(row);
        const double along = std::fmod(y + joint[row], 1.0);
        double f = tone[row] * (1 + 0.10 * grain.at(x, y) +
                                0.05 * std::sin(kTurn * (9 * across + 2 * knots.at(x, y))));
        if (rows > 1 && (across < 0.025 || along < 0.006)) f *= 0.45;
        return times(wood, f);
      });
    }
    case SurfaceKind::Tiles: {
      const Colour tile = pick(
          random,
          {{.82, .82, .80}, {.60, .58, .55}, {.70, .62, .52}, {.42, .45, .48}, {.78, .74, .66}});
      const int count = random.below(2) == 0 ? 2 : 3;
      return painted([&](double x, double y) {
        const double u = x * count - std::floor(x * count), v = y * count - std::floor(y * count);
        if (std::min({u, 1 - u, v, 1 - v}) < 0.012 * count) return times(tile, 0.72);
        const double own =
            1 + 0.03 * broad.at(std::floor(x * count) / count, std::floor(y * count) / count);
        return times(tile, own + 0.03 * rough.at(x, y));
      });
    }
    case SurfaceKind::Carpet: {
      const Colour yarn = pick(
          random,
          {{.55, .50, .44}, {.40, .40, .42}, {.58, .40, .32}, {.32, .38, .44}, {.66, .62, .54}});
      return painted([&](double x, double y) {
        return times(yarn, 1 + 0.18 * fine.at(x, y) + 0.08 * rough.at(x, y));
      });
    }
    case SurfaceKind::Plaster: {
      const Colour paint = pick(
          random,
          {{.90, .89, .86}, {.86, .84, .78}, {.80, .84, .84}, {.88, .80, .70}, {.76, .80, .72}});
      return painted([&](double x, double y) {
        return times(paint, 1 + 0.012 * broad.at(x, y) + 0.012 * fine.at(x, y));
      });
    }
    case SurfaceKind::Wallpaper: {
      const Colour paper =
          pick(random, {{.84, .80, .70}, {.72, .78, .80}, {.82, .74, .70}, {.74, .76, .66}});
      const int stripes = 2 + static_cast<int>(random.below(4));
      const double depth = random.uniform(0.03, 0.10);
      const bool flowers = random.below(2) == 0;
      return painted([&](double x, double y) {
        const double wave = std::sin(kTurn * stripes * x);
        const double pattern =
            flowers ? wave * std::sin(kTurn * stripes * y) : std::clamp(4 * wave, -1.0, 1.0);
        return times(paper, 1 + depth * pattern + 0.015 * fine.at(x, y));
      });
    }
    case SurfaceKind::Cloth: {
      const Colour cloth = pick(
          random,
          {{.70, .30, .25}, {.25, .35, .55}, {.75, .72, .65}, {.30, .42, .32}, {.50, .48, .50}});
      return painted([&](double x, double y) {
        const double weave = std::sin(kTurn * 32 * x) * std::sin(kTurn * 32 * y);
        return times(cloth, 1 + 0.08 * weave + 0.08 * rough.at(x, y));
      });
    }
  }
  return nullptr;
}

}  // namespace pantomime::scene
