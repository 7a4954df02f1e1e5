// Checks of check_quality() that ask whether time runs as it did.
#include <algorithm>
#include <array>
#include <cmath>

#include "pantomime/motion/median.h"
#include "pantomime/motion/quality_checks.h"

namespace pantomime::motion::checks {
namespace {

constexpr double kGravity = 9.81;

/// Flights that are falls by their shape, whatever the acceleration.
void free_fall(const Subject& s, std::vector<Finding>& out) {
  constexpr size_t kShortest = 5;   // frames, for a parabola and its misfit
  constexpr double kMisfit = 0.05;  // of several falls; one alone has to fit better
  constexpr double kAlone = 0.03, kHeight = 0.05;
  constexpr double kSlowest = -0.35;  // 4 times too slow and a bit; standing on a chair has less
  std::vector<double> falls;
  std::vector<Stretch> where;
  double best = 1;
  for (const Stretch& run : runs_of(s.frames(), kShortest, [&](size_t f) {
         return s.clearance[f] > s.limits.float_height;
       })) {
    const Fall fall = fit_fall(s, run.first, run.last);
    if (fall.misfit > kMisfit || fall.height < kHeight || fall.acceleration > kSlowest) continue;
    falls.push_back(fall.acceleration);
    where.push_back(run);
    best = std::min(best, fall.misfit);
  }
  if (falls.empty() || (falls.size() == 1 && best > kAlone)) return;
  const double acceleration = median(falls);
  if (acceleration >= s.limits.least_fall && acceleration <= s.limits.most_fall) return;
  for (const Stretch& run : where)
    out.push_back({.defect = Defect::kFrameRate,
                   .severity = falls.size() > 1 ? Severity::kSerious : Severity::kNote,
                   .first = whole(run.first),
                   .last = whole(run.last),
                   .measured = acceleration,
                   .low = s.limits.least_fall,
                   .high = s.limits.most_fall,
                   .measure = "acceleration in free fall, m/s²"});
}

/// A step: where one foot is furthest ahead of the other.
struct Step {
  size_t frame;
  double ahead;  ///< metres between the ankles along the way the hips face, left ahead positive
};

std::vector<Step> steps_of(const Subject& s, double threshold) {
  std::vector<Step> steps;
  int side = 0;
  Step best{0, 0};
  for (size_t f = 0; f < s.frames(); ++f) {
    const Vec3 hips = s.at(f, kLeftHip) - s.at(f, kRightHip);
    const Vec3 forward = normalized(Vec3{-hips.z, 0, hips.x});
    const double ahead = dot(forward, s.at(f, kLeftAnkle) - s.at(f, kRightAnkle));
    const int now = ahead > threshold ? 1 : ahead < -threshold ? -1 : 0;
    if (now != 0 && now != side) {
      if (side != 0) steps.push_back(best);
      side = now;
      best = {f, ahead};
    } else if (side != 0 && side * ahead > side * best.ahead) {
      best = {f, ahead};
    }
  }
  return steps;
}

/// Steps a second of walking and running, which legs of some length can't choose freely.
void cadence(const Subject& s, std::vector<Finding>& out) {
  constexpr size_t kFewest = 5;           // extremes, so four steps
  constexpr double kShortestStep = 0.12;  // of the leg
  constexpr double kUneven = 0.35;        // standard deviation of the steps' times, of their mean
  constexpr double kSlowForItsLength = 0.6;
  const auto& offsets = s.clip.skeleton.offsets;
  const double leg = length(offsets[kLeftKnee]) + length(offsets[kLeftAnkle]) + 0.08;
  const std::vector<Step> steps = steps_of(s, kShortestStep * leg);
  if (steps.size() < kFewest) return;
  const size_t count = steps.size() - 1;
  const size_t first = steps.front().frame, last = steps.back().frame;
  const double mean = static_cast<double>(last - first) / static_cast<double>(count);
  double squares = 0;
  std::vector<double> lengths;
  for (size_t i = 0; i < count; ++i) {
    const double time = static_cast<double>(steps[i + 1].frame - steps[i].frame) - mean;
    squares += time * time;
    lengths.push_back(std::abs(steps[i].ahead));
  }
  if (std::sqrt(squares / static_cast<double>(count)) > kUneven * mean) return;
  const double step = median(lengths), rate = kFps / mean;
  double way = 0;
  for (size_t f = first; f < last; ++f) {
    const Vec3 moved = s.at(f + 1, kPelvis) - s.at(f, kPelvis);
    way += std::hypot(moved.x, moved.z);
  }
  way /= static_cast<double>(count);
  // Walking goes as far as the feet reach; running further; marching on the spot is no gait.
  if (way < 0.6 * step || way > 6 * step) return;
  // Kuo 2001: people choose steps of length l ~ v^0.42 at speed v, all in units of leg and
  // gravity; so the length says which rate to expect.
  const double relative = std::pow(step / leg / 1.12, 1 / 0.42) / (step / leg);
  const double expected = relative / std::sqrt(leg / kGravity);
  const bool slow = rate < s.limits.least_steps && rate < kSlowForItsLength * expected;
  if (rate <= s.limits.most_steps && !slow) return;
  // Slow steps may be meant: a dancer's, a fighter's.
  out.push_back({.defect = Defect::kFrameRate,
                 .severity = slow ? Severity::kNote : Severity::kSerious,
                 .first = whole(first),
                 .last = whole(last) + 1,
                 .measured = rate,
                 .low = s.limits.least_steps,
                 .high = s.limits.most_steps,
                 .measure = "steps a second"});
}

void accelerations(const Subject& s, std::vector<Finding>& out) {
  constexpr size_t kWindow = 30;
  if (s.frames() < kWindow + 2) return;
  std::vector<double> squares;
  for (size_t f = 0; f + 2 < s.frames(); ++f) {
    const Vec3 a = s.at(f, kPelvis), b = s.at(f + 1, kPelvis), c = s.at(f + 2, kPelvis);
    const double v = length((a - b) + (c - b)) * kFps * kFps;
    squares.push_back(v * v);
  }
  std::vector<double> windows;
  for (size_t f = 0; f + kWindow <= squares.size(); ++f) {
    double sum = 0;
    for (size_t k = f; k < f + kWindow; ++k) sum += squares[k];
    windows.push_back(std::sqrt(sum / kWindow));
  }
  const double typical = median(windows);
  if (typical <= s.limits.pelvis_acceleration) return;
  out.push_back({.defect = Defect::kFrameRate,
                 .first = 0,
                 .last = whole(s.frames()),
                 .joint = kPelvis,
                 .measured = typical,
                 .high = s.limits.pelvis_acceleration,
                 .measure = "typical acceleration of the pelvis, m/s²"});
}

}  // namespace

Fall fit_fall(const Subject& s, size_t first, size_t last) {
  const size_t count = last - first;
  if (count < 4) return {};
  std::vector<double> height(count);
  for (size_t i = 0; i < count; ++i) height[i] = s.centres[first + i].y;
  // Least squares on 1, t, t² with t centred: 1 and t² against each other, t apart.
  const double middle = static_cast<double>(count - 1) / 2;
  double t2 = 0, t4 = 0, y0 = 0, y1 = 0, y2 = 0;
  const auto time = [&](size_t i) { return (static_cast<double>(i) - middle) / kFps; };
  for (size_t i = 0; i < count; ++i) {
    const double t = time(i), y = height[i];
    t2 += t * t, t4 += t * t * t * t, y0 += y, y1 += t * y, y2 += t * t * y;
  }
  const auto n = static_cast<double>(count);
  const double c2 = (n * y2 - t2 * y0) / (n * t4 - t2 * t2);
  const double c1 = y1 / t2, c0 = (y0 - c2 * t2) / n;
  double residual = 0;
  for (size_t i = 0; i < count; ++i) {
    const double t = time(i), miss = height[i] - (c0 + c1 * t + c2 * t * t);
    residual += miss * miss;
  }
  const double end = time(count - 1);
  Fall fall{.acceleration = 2 * c2, .misfit = 1, .height = std::abs(c2) * end * end};
  if (fall.height > 1e-6) fall.misfit = std::sqrt(residual / n) / fall.height;
  return fall;
}

void frame_rate(const Subject& s, std::vector<Finding>& out) {
  free_fall(s, out);
  cadence(s, out);
  accelerations(s, out);
}

}  // namespace pantomime::motion::checks
