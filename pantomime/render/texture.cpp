#include "pantomime/render/texture.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"

namespace pantomime::render {
namespace {

std::array<float, 256> srgb_table() {
  std::array<float, 256> table{};
  for (size_t i = 0; i < table.size(); ++i) {
    const double c = static_cast<double>(i) / 255;
    table[i] = static_cast<float>(c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
  }
  return table;
}

std::array<float, 256> plain_table() {
  std::array<float, 256> table{};
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<float>(i) * (1.0f / 255);
  return table;
}

const std::array<float, 256> kLinear = srgb_table(), kPlain = plain_table();

// Fine enough that dark steps (slope 12.92 * 255 per unit) are a fifth of an 8-bit step apart.
constexpr size_t kEncodeSteps = 1 << 14;

std::vector<uint8_t> encode_table() {
  std::vector<uint8_t> table(kEncodeSteps + 1);
  for (size_t i = 0; i <= kEncodeSteps; ++i) {
    const double c = static_cast<double>(i) / kEncodeSteps;
    const double s = c <= 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - 0.055;
    table[i] = static_cast<uint8_t>(std::lround(255 * s));
  }
  return table;
}

const std::vector<uint8_t> kEncoded = encode_table();

}  // namespace

float linear_from_srgb(uint8_t value) {
  return kLinear[value];
}

uint8_t srgb_from_linear(float value) {
  if (!(value > 0)) return 0;
  const float at = std::min(value, 1.0f) * static_cast<float>(kEncodeSteps) + 0.5f;
  return kEncoded[static_cast<size_t>(at)];
}

Texture::Texture(const Image& image, Kind kind) : kind_(kind) {
  PANTOMIME_CHECK(image.width >= 1 && image.height >= 1 && image.channels >= 1 &&
                      image.channels <= 4 &&
                      image.pixels.size() == static_cast<size_t>(image.width) *
                                                 static_cast<size_t>(image.height) *
                                                 static_cast<size_t>(image.channels),
                  "texture: {} x {} pixels with {} channels in {} bytes", image.width, image.height,
                  image.channels, image.pixels.size());
  Level full{image.width, image.height, {}};
  const size_t count = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  const auto channels = static_cast<size_t>(image.channels);
  full.texels.resize(4 * count);
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* p = &image.pixels[i * channels];
    uint8_t* q = &full.texels[4 * i];
    q[0] = p[0];
    q[1] = channels >= 3 ? p[1] : p[0];
    q[2] = channels >= 3 ? p[2] : p[0];
    q[3] = channels == 4 ? p[3] : channels == 2 ? p[1] : 255;
    has_alpha_ |= q[3] < 255;
  }
  levels_.push_back(std::move(full));
  while (levels_.back().width > 1 || levels_.back().height > 1) {
    const Level& from = levels_.back();
    Level to{std::max(1, from.width / 2), std::max(1, from.height / 2), {}};
    to.texels.resize(4 * static_cast<size_t>(to.width) * static_cast<size_t>(to.height));
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x) {
        std::array<float, 4> sum{};
        for (int k = 0; k < 4; ++k) {
          const int sx = std::min(2 * x + (k & 1), from.width - 1);
          const int sy = std::min(2 * y + (k >> 1), from.height - 1);
          const uint8_t* p =
              &from.texels[4 * (static_cast<size_t>(sy) * static_cast<size_t>(from.width) +
                                static_cast<size_t>(sx))];
          // Hidden colours of clear texels must not bleed into their neighbours.
          const float a = std::max(static_cast<float>(p[3]), 1e-3f);
          for (size_t c = 0; c < 3; ++c)
            sum[c] += a * (kind == Kind::kColour ? kLinear[p[c]] : static_cast<float>(p[c]));
          sum[3] += a;
        }
        uint8_t* q = &to.texels[4 * (static_cast<size_t>(y) * static_cast<size_t>(to.width) +
                                     static_cast<size_t>(x))];
        for (size_t c = 0; c < 3; ++c) {
          const float mean = sum[c] / sum[3];
          q[c] = kind == Kind::kColour ? srgb_from_linear(mean)
                                       : static_cast<uint8_t>(std::clamp(mean + 0.5f, 0.f, 255.f));
        }
        q[3] = static_cast<uint8_t>(std::clamp(sum[3] / 4 + 0.5f, 0.0f, 255.0f));
      }
    levels_.push_back(std::move(to));
  }
}

const Texture::Level& Texture::nearest_level(float texels) const {
  // Also false for NaN: then the full size.
  if (!(texels > std::numbers::sqrt2_v<float>)) return levels_[0];
  // The exponent of sqrt(2) * texels is log2(texels) rounded to the nearest.
  const uint32_t bits = std::bit_cast<uint32_t>(texels * std::numbers::sqrt2_v<float>);
  const size_t level = (bits >> 23) - 127;
  return levels_[std::min(level, levels_.size() - 1)];
}

namespace {

/// The four texels around a point and how much each counts.
struct Taps {
  std::array<size_t, 4> at;
  std::array<float, 4> weight;
};

/// Whole part downwards. A cast, because std::floor is a function call on plain x86-64.
int floor_to_int(float x) {
  const int i = static_cast<int>(x);
  return i - (x < static_cast<float>(i) ? 1 : 0);
}

Taps taps(float u, float v, int width, int height) {
  if (!(std::abs(u) < 1e6f) || !(std::abs(v) < 1e6f)) return {{0, 0, 0, 0}, {1, 0, 0, 0}};
  auto wrapped = [](int i, int size) { return i < 0 ? i + size : i >= size ? i - size : i; };
  // The whole part goes first, so that large coordinates of repeating textures stay exact.
  const float x = (u - static_cast<float>(floor_to_int(u))) * static_cast<float>(width) - 0.5f;
  const float y = (v - static_cast<float>(floor_to_int(v))) * static_cast<float>(height) - 0.5f;
  const int ix = floor_to_int(x), iy = floor_to_int(y);
  const float ax = x - static_cast<float>(ix), ay = y - static_cast<float>(iy);
  const auto x0 = static_cast<size_t>(wrapped(ix, width));
  const auto x1 = static_cast<size_t>(wrapped(ix + 1, width));
  const auto stride = static_cast<size_t>(width);
  const size_t y0 = static_cast<size_t>(wrapped(iy, height)) * stride;
  const size_t y1 = static_cast<size_t>(wrapped(iy + 1, height)) * stride;
  return {{4 * (y0 + x0), 4 * (y0 + x1), 4 * (y1 + x0), 4 * (y1 + x1)},
          {(1 - ax) * (1 - ay), ax * (1 - ay), (1 - ax) * ay, ax * ay}};
}

}  // namespace

std::array<float, 4> Texture::sample(float u, float v, float texels) const {
  const Level& l = nearest_level(texels);
  const Taps t = taps(u, v, l.width, l.height);
  const std::array<float, 256>& values = kind_ == Kind::kColour ? kLinear : kPlain;
  std::array<float, 4> out{};
  for (size_t k = 0; k < 4; ++k) {
    const uint8_t* p = &l.texels[t.at[k]];
    for (size_t c = 0; c < 3; ++c) out[c] += t.weight[k] * values[p[c]];
    out[3] += t.weight[k] * kPlain[p[3]];
  }
  return out;
}

float Texture::alpha(float u, float v, float texels) const {
  const Level& l = nearest_level(texels);
  const Taps t = taps(u, v, l.width, l.height);
  float out = 0;
  for (size_t k = 0; k < 4; ++k)
    out += t.weight[k] * static_cast<float>(l.texels[t.at[k] + 3]) * (1.0f / 255);
  return out;
}

std::shared_ptr<const Texture> TextureStore::get(const std::shared_ptr<const Image>& image,
                                                 Texture::Kind kind) {
  if (!image) return nullptr;
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[{image.get(), kind}];
  if (!entry.texture) entry = {image, std::make_shared<const Texture>(*image, kind)};
  return entry.texture;
}

}  // namespace pantomime::render
