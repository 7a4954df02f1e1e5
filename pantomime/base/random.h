// Seeds and random numbers that are the same on every machine, compiler and thread count.
#pragma once

#include <cstdint>
#include <string_view>

namespace pantomime {

/// A child seed: mixes a seed with a name and a number, so that every use draws from a stream of
/// its own and adding one use changes no other. Source: SplitMix64 finaliser, Steele et al. 2014.
uint64_t derive_seed(uint64_t seed, std::string_view name, uint64_t index = 0);

/// PCG32 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
/// Algorithms"), 64-bit state, one stream.
class Random {
 public:
  explicit Random(uint64_t seed);
  uint32_t bits();                          ///< uniform over all 32-bit values
  double uniform();                         ///< in [0, 1), 53 bits
  double uniform(double low, double high);  ///< in [low, high)
  /// Unbiased integer in [0, count); count must be positive.
  uint32_t below(uint32_t count);
  /// Standard normal (Box-Muller, no cached half so the stream position is always 2 draws).
  double normal();

 private:
  uint64_t state_;
};

}  // namespace pantomime
