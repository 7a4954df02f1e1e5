#include "pantomime/base/random.h"

#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"

namespace pantomime {
namespace {

uint64_t mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

constexpr uint64_t kIncrement = 1442695040888963407u;
constexpr uint64_t kMultiplier = 6364136223846793005u;

}  // namespace

uint64_t derive_seed(uint64_t seed, std::string_view name, uint64_t index) {
  uint64_t hash = mix(seed);
  for (const char c : name) hash = mix(hash ^ static_cast<uint8_t>(c));
  if (name.empty()) hash = mix(hash);  // else seed and index could be exchanged
  return mix(hash ^ mix(index));
}

Random::Random(uint64_t seed) : state_(mix(seed) + kIncrement) {
  bits();
}

uint32_t Random::bits() {
  const uint64_t old = state_;
  state_ = old * kMultiplier + kIncrement;
  const auto shifted = static_cast<uint32_t>(((old >> 18) ^ old) >> 27);
  const auto turn = static_cast<uint32_t>(old >> 59);
  return (shifted >> turn) | (shifted << ((32 - turn) & 31));
}

double Random::uniform() {
  const uint64_t high = bits() >> 5;
  const uint64_t low = bits() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double Random::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

uint32_t Random::below(uint32_t count) {
  PANTOMIME_CHECK(count > 0, "random: below(0) has no answer");
  const uint32_t threshold = (0u - count) % count;
  for (;;) {
    const uint32_t value = bits();
    if (value >= threshold) return value % count;
  }
}

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace pantomime
