#include "pantomime/body/tints.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"

namespace pantomime::body {

namespace {

constexpr std::array<HairColour, 8> kHairColours = {{
    {"black", {0.075f, 0.065f, 0.06f}},
    {"dark_brown", {0.16f, 0.105f, 0.075f}},
    {"brown", {0.29f, 0.19f, 0.125f}},
    {"light_brown", {0.43f, 0.31f, 0.21f}},
    {"blond", {0.66f, 0.53f, 0.35f}},
    {"red", {0.48f, 0.21f, 0.1f}},
    {"grey", {0.52f, 0.51f, 0.5f}},
    {"white", {0.82f, 0.81f, 0.79f}},
}};

}  // namespace

std::span<const HairColour> hair_colours() {
  return kHairColours;
}

const HairColour& find_hair_colour(std::string_view name) {
  std::string names;
  for (const HairColour& c : kHairColours) {
    if (c.name == name) return c;
    names += (names.empty() ? "" : ", ") + std::string(c.name);
  }
  fail("person: hair_colour={}, expected one of {}", name, names);
}

std::shared_ptr<const Image> dyed(const Image& hair, const HairColour& colour) {
  auto out = std::make_shared<Image>(hair);
  const size_t step = static_cast<size_t>(hair.channels);
  if (step < 3) return out;
  auto brightness = [&](size_t i) {
    return 0.299 * hair.pixels[i] + 0.587 * hair.pixels[i + 1] + 0.114 * hair.pixels[i + 2];
  };
  double coverage = 0, sum = 0;
  for (size_t i = 0; i < hair.pixels.size(); i += step) {
    const double a = step == 4 ? hair.pixels[i + 3] / 255. : 1;
    coverage += a;
    sum += a * brightness(i);
  }
  const double mean = coverage > 0 ? std::max(sum / coverage, 1.) : 1;
  // The square root, and no more contrast than a quarter, keep the strands and highlights of very
  // dark pictures from turning to glitter.
  auto relative = [&](size_t i) { return std::sqrt(brightness(i) / mean); };
  double middle = 0, square = 0;
  for (size_t i = 0; i < hair.pixels.size(); i += step) {
    const double a = (step == 4 ? hair.pixels[i + 3] / 255. : 1) / std::max(coverage, 1e-9);
    middle += a * relative(i);
    square += a * relative(i) * relative(i);
  }
  const double spread = std::sqrt(std::max(square - middle * middle, 0.));
  const double contrast = spread > 0.25 ? 0.25 / spread : 1;
  for (size_t i = 0; i < hair.pixels.size(); i += step) {
    const double shade = std::clamp(1 + contrast * (relative(i) - middle), 0., 1.5);
    for (size_t c = 0; c < 3; ++c) {
      const double v = 255 * static_cast<double>(colour.srgb[c]) * shade;
      out->pixels[i + c] = static_cast<uint8_t>(std::lround(std::min(v, 255.)));
    }
  }
  return out;
}

std::shared_ptr<const Image> browned(const Image& eye) {
  auto out = std::make_shared<Image>(eye);
  if (eye.channels < 3) return out;
  for (size_t i = 0; i < eye.pixels.size(); i += static_cast<size_t>(eye.channels)) {
    const int red = eye.pixels[i], green = eye.pixels[i + 1];
    // How much redder than brown: the white of the eye with its veins stays as it is.
    const double excess = std::clamp((red - 1.6 * green) / std::max(red, 1) * 3, 0., 1.);
    out->pixels[i + 1] = static_cast<uint8_t>(std::max<double>(green, excess * 0.6 * red));
    out->pixels[i + 2] =
        static_cast<uint8_t>(std::max<double>(eye.pixels[i + 2], excess * 0.35 * red));
  }
  return out;
}

}  // namespace pantomime::body
