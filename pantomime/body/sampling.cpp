#include <algorithm>
#include <cmath>

#include "pantomime/base/random.h"
#include "pantomime/body/person.h"

namespace pantomime::body {

namespace {

/// Two decimals: a description that people can read and change.
double rounded(double v) {
  return std::round(100 * v) / 100;
}

double draw(Random& random, double mean, double spread, double low, double high) {
  return rounded(std::clamp(mean + spread * random.normal(), low, high));
}

/// Whole years: the people at home are of all ages.
double draw_age(Random& random) {
  struct Band {
    double share;
    uint32_t first, last;
  };
  constexpr Band bands[] = {
      {0.10, 4, 11}, {0.07, 12, 17}, {0.48, 18, 49}, {0.20, 50, 69}, {1, 70, 89}};
  double u = random.uniform();
  for (const Band& band : bands) {
    if (u < band.share) return band.first + random.below(band.last - band.first + 1);
    u -= band.share;
  }
  return bands[4].first;
}

/// Mostly one origin, with some of the others in it.
std::array<double, 3> draw_ethnicity(Random& random) {
  const uint32_t main = random.below(3);
  const double share = random.uniform() < 0.7 ? 1 : rounded(random.uniform(0.55, 0.95));
  const double split = random.uniform();
  std::array<double, 3> out{};
  const size_t b = (main + 1) % 3, c = (main + 2) % 3;
  out[main] = share;
  out[b] = rounded((1 - share) * split);
  out[c] = rounded(1 - share - out[b]);
  out[main] = rounded(1 - out[b] - out[c]);
  return out;
}

}  // namespace

PersonDescription sample_person(const BodyAssets& assets, uint64_t seed) {
  PersonDescription person;
  BodyShape& s = person.shape;
  Random random(derive_seed(seed, "person"));
  s.sex = random.below(2) == 0 ? 0 : 1;
  s.age = draw_age(random);
  const bool adult = s.age >= 18;
  const double decades = std::max(0., s.age - 25) / 10;
  s.height = adult ? draw(random, 0.485, 0.055, 0.33, 0.65) : draw(random, 0.5, 0.05, 0.38, 0.62);
  s.weight = draw(random, 0.5 + 0.03 * std::min(decades, 4.), 0.15, 0.12, 0.95);
  s.muscle = draw(random, (s.sex == 1 ? 0.56 : 0.48) - 0.03 * decades, 0.12, 0.15, 0.9);
  s.proportions = draw(random, 0.6, 0.15, 0.25, 0.95);
  s.ethnicity = draw_ethnicity(random);
  s.cup = draw(random, 0.5, 0.15, 0.1, 0.9);
  s.firmness = draw(random, 0.6 - 0.05 * decades, 0.1, 0.1, 0.9);
  s.face = 1 + random.below(999999);
  if (s.sex == 1) s.cup = s.firmness = 0.5;  // these move nothing then: keep them out of the text
  return complete(assets, person);
}

}  // namespace pantomime::body
