#include "pantomime/motion/signal.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pantomime::motion {

Signal smoothed(const Signal& signal, double seconds, double fps) {
  const double sigma = seconds * fps;
  const auto reach = static_cast<size_t>(std::ceil(3 * sigma));
  if (reach == 0 || signal.size() < 2) return signal;
  std::vector<double> weights(reach + 1);
  for (size_t i = 0; i <= reach; ++i) {
    const double x = static_cast<double>(i) / sigma;
    weights[i] = std::exp(-0.5 * x * x);
  }
  Signal result(signal.size());
  for (size_t f = 0; f < signal.size(); ++f) {
    const size_t first = f > reach ? f - reach : 0;
    const size_t last = std::min(signal.size() - 1, f + reach);
    double sum = 0, weight = 0;
    for (size_t i = first; i <= last; ++i) {
      const double w = weights[i > f ? i - f : f - i];
      sum += w * signal[i];
      weight += w;
    }
    result[f] = sum / weight;
  }
  return result;
}

Signal slope(const Signal& signal, double half_window, double fps) {
  Signal result(signal.size(), 0.0);
  if (signal.size() < 2) return result;
  const auto reach = static_cast<size_t>(std::max(1.0, std::round(half_window * fps)));
  for (size_t f = 0; f < signal.size(); ++f) {
    const size_t first = f > reach ? f - reach : 0;
    const size_t last = std::min(signal.size() - 1, f + reach);
    const double middle = 0.5 * static_cast<double>(first + last);
    double above = 0, below = 0;
    for (size_t i = first; i <= last; ++i) {
      const double x = static_cast<double>(i) - middle;
      above += x * signal[i];
      below += x * x;
    }
    result[f] = above / below * fps;
  }
  return result;
}

Signal unwrapped(const Signal& angles) {
  constexpr double kTurn = 2 * std::numbers::pi;
  Signal result = angles;
  for (size_t f = 1; f < result.size(); ++f) {
    const double step = angles[f] - angles[f - 1];
    result[f] = result[f - 1] + (step - kTurn * std::round(step / kTurn));
  }
  return result;
}

std::vector<bool> held_above(const Signal& signal, double on, double off) {
  std::vector<bool> flags(signal.size());
  bool held = !signal.empty() && signal[0] > 0.5 * (on + off);
  for (size_t f = 0; f < signal.size(); ++f) {
    held = held ? signal[f] >= off : signal[f] > on;
    flags[f] = held;
  }
  return flags;
}

std::vector<Stretch> stretches(const std::vector<bool>& flags, size_t gap, size_t shortest) {
  std::vector<Stretch> found;
  for (size_t f = 0; f < flags.size();) {
    if (!flags[f]) {
      ++f;
      continue;
    }
    size_t end = f;
    while (end < flags.size() && flags[end]) ++end;
    if (!found.empty() && f - found.back().last < gap) {
      found.back().last = end;
    } else {
      found.push_back({f, end});
    }
    f = end;
  }
  std::erase_if(found, [&](const Stretch& s) { return s.frames() < shortest; });
  return found;
}

std::vector<Swing> swings(const Signal& signal, double least) {
  // Turning points: an extreme is one once the signal has moved away from it by `least`.
  std::vector<size_t> points;
  size_t high = 0, low = 0;
  int direction = 0;  // 0: not known yet
  for (size_t f = 0; f < signal.size(); ++f) {
    if (signal[f] > signal[high]) high = f;
    if (signal[f] < signal[low]) low = f;
    if (direction >= 0 && signal[high] - signal[f] >= least) {
      if (direction == 0 || points.empty()) points.push_back(high);
      direction = -1;
      if (points.back() != high) points.push_back(high);
      low = f;
      high = f;
    } else if (direction <= 0 && signal[f] - signal[low] >= least) {
      if (direction == 0 || points.empty()) points.push_back(low);
      direction = 1;
      if (points.back() != low) points.push_back(low);
      high = f;
      low = f;
    }
  }
  if (direction == 0) return {};
  points.push_back(direction > 0 ? high : low);
  std::vector<Swing> result;
  for (size_t i = 0; i + 1 < points.size(); ++i)
    result.push_back({points[i], points[i + 1], signal[points[i + 1]] - signal[points[i]]});
  return result;
}

}  // namespace pantomime::motion
