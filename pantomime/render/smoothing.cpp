// Smooths the light of lamps and sky over the pixels that show the same surface.
#include <algorithm>
#include <cmath>

#include "pantomime/render/colour_pass.h"

namespace pantomime::render {
namespace {

constexpr int kReach = 3;                                                  // pixels to each side
constexpr std::array<float, kReach + 1> kBell = {1, 0.88f, 0.61f, 0.32f};  // of two pixels
constexpr int kManySamples = 4;
constexpr int kWidthOfGap = 213;  // pixels of the picture for each between the looks
constexpr float kThick = 0.025f;  // metres off the surface's plane at which something is another

/// How much of a neighbour's light belongs to a surface. Source of the form: Dammertz et al. 2010,
/// "Edge-Avoiding A-Trous Wavelet Transform".
float kinship(const SoftLight::Guide& here, const SoftLight::Guide& there) {
  const float turned = dot(here.normal, there.normal);
  if (turned <= 0) return 0;
  const float off = std::abs(dot(here.normal, there.position - here.position));
  const float square = turned * turned, fourth = square * square;
  return fourth * fourth * std::max(0.0f, 1 - off / kThick);
}

/// One direction of the filter: `step` entries from one to the next, of which `before` and `after`
/// lie in the picture.
Vec3 blend(const SoftLight& soft, const std::vector<Vec3>& from, size_t at, ptrdiff_t step,
           int before, int after) {
  Vec3 sum = from[at];
  float total = 1;
  for (int k = -std::min(kReach, before); k <= std::min(kReach, after); ++k) {
    if (k == 0) continue;
    const auto other = static_cast<size_t>(static_cast<ptrdiff_t>(at) + k * step);
    const float weight =
        kBell[static_cast<size_t>(std::abs(k))] * kinship(soft.guides[at], soft.guides[other]);
    sum += weight * from[other];
    total += weight;
  }
  return (1 / total) * sum;
}

/// Rows first, then columns: a bilateral filter falls apart like this only nearly, but seven looks
/// twice cost a fraction of forty-nine. Then once more with `gap` pixels between the looks, which
/// reaches so much farther.
void spread(SoftLight& soft, int width, int height, int gap, std::vector<Vec3>& light) {
  if (soft.light.empty()) return;
  const size_t pixels = soft.light.size();
  std::vector<Vec3> found(pixels), rows(pixels);
  for (size_t i = 0; i < pixels; ++i)
    if (soft.asked[i] > 0) found[i] = (1 / soft.asked[i]) * soft.light[i];
  const auto each = [&](const auto& use) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const size_t at =
            static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x);
        if (soft.guides[at].normal != Vec3{0, 0, 0}) use(at, x, y);
      }
  };
  for (int pass = 0; pass < (gap > 1 ? 2 : 1); ++pass) {
    const int step = pass == 0 ? 1 : gap;
    each([&](size_t at, int x, int) {
      rows[at] = blend(soft, found, at, step, x / step, (width - 1 - x) / step);
    });
    each([&](size_t at, int, int y) {
      found[at] = blend(soft, rows, at, ptrdiff_t{step} * width, y / step, (height - 1 - y) / step);
    });
  }
  const auto take = [&](size_t at, Vec3 colour, Vec3 all) {
    light[at] += Vec3{colour.x * all.x, colour.y * all.y, colour.z * all.z};
  };
  each([&](size_t at, int, int) { take(at, soft.colour[at], found[at]); });
  for (size_t at = 0; at < soft.beside.size(); ++at) {
    if (soft.beside[at] == 0) continue;
    const auto [x, y] = kNeighbours[soft.beside[at] - 1u];
    take(at, soft.beside_colour[at],
         found[static_cast<size_t>(static_cast<ptrdiff_t>(at) + x + ptrdiff_t{y} * width)]);
  }
}

}  // namespace

std::vector<uint8_t> ColourPass::rest_wanted(Film& film) const {
  constexpr float kTurned = 0.9f, kAway = 0.02f;  // cosine; metres off the plane
  std::vector<uint8_t> wanted = film.busy;
  const auto& guides = film.fresh.guides;
  const auto compare = [&](size_t a, size_t b) {
    const SoftLight::Guide &one = guides[a], &other = guides[b];
    const bool none = one.normal == Vec3{0, 0, 0};
    if (none && other.normal == Vec3{0, 0, 0}) return;
    if (!none && dot(one.normal, other.normal) > kTurned &&
        std::abs(dot(one.normal, other.position - one.position)) < kAway)
      return;
    wanted[a] = wanted[b] = 1;
  };
  const auto width = static_cast<size_t>(film.width), height = static_cast<size_t>(film.height);
  for (size_t y = 0; y < height; ++y)
    for (size_t x = 0; x < width; ++x) {
      const size_t at = y * width + x;
      if (x + 1 < width) compare(at, at + 1);
      if (y + 1 < height) compare(at, at + width);
    }
  const auto all = static_cast<float>(options_.samples);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] != 0) continue;
    film.light[i] = all * film.light[i];
    film.fresh.colour[i] = all * film.fresh.colour[i];
    if (!film.taken.colour.empty()) film.taken.colour[i] = all * film.taken.colour[i];
  }
  return wanted;
}

void ColourPass::smooth(Film& film) const {
  // Of few samples some grain is left that is as coarse as the filter.
  // In small pictures a pixel is a large piece of the room.
  const int gap =
      options_.soft_samples < kManySamples ? std::clamp(film.width / kWidthOfGap, 1, 3) : 1;
  spread(film.fresh, film.width, film.height, gap, film.light);
  spread(film.taken, film.width, film.height, gap, film.light);
}

}  // namespace pantomime::render
