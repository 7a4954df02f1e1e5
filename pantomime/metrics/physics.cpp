#include "pantomime/metrics/physics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pantomime/base/error.h"

namespace pantomime::metrics {
namespace {

using motion::Vec3;

constexpr std::array<size_t, 2> kToes = {motion::kLeftFoot, motion::kRightFoot};
constexpr double kFps = motion::kFps;

void check_path(const JointPath& path, const char* what) {
  PANTOMIME_CHECK(path.joints >= motion::kJointCount && path.frames() >= 1 &&
                      path.positions.size() == path.frames() * path.joints,
                  "{}: {} positions of {} joints, expected at least one frame of {}", what,
                  path.positions.size(), path.joints, motion::kJointCount);
}

double horizontal_step(const JointPath& path, size_t f, size_t j) {
  const Vec3 d = path.at(f + 1, j) - path.at(f, j);
  return std::hypot(static_cast<double>(d.x), static_cast<double>(d.z));
}

double lowest_joint(const JointPath& path, size_t f) {
  double lowest = std::numeric_limits<double>::infinity();
  for (size_t j = 0; j < path.joints; ++j)
    lowest = std::min(lowest, static_cast<double>(path.at(f, j).y));
  return lowest;
}

/// Third difference, metres per frame cubed. In double: it is small against positions.
std::array<double, 3> third_difference(const JointPath& path, size_t f, size_t j) {
  const Vec3 a = path.at(f, j), b = path.at(f + 1, j), c = path.at(f + 2, j), d = path.at(f + 3, j);
  auto third = [](double p, double q, double r, double s) { return s - 3 * r + 3 * q - p; };
  return {third(a.x, b.x, c.x, d.x), third(a.y, b.y, c.y, d.y), third(a.z, b.z, c.z, d.z)};
}

}  // namespace

std::vector<JointPath> paths_of(std::span<const std::vector<Vec3>> positions) {
  std::vector<JointPath> paths;
  for (const std::vector<Vec3>& one : positions) paths.push_back({one});
  return paths;
}

double skating_ratio(const JointPath& path) {
  check_path(path, "skating ratio");
  PANTOMIME_CHECK(path.frames() >= 2, "skating ratio: one frame, expected at least 2");
  constexpr double kHeight = 0.05, kSpeed = 0.50;
  constexpr size_t kReach = 2;  // frames before and after: a window of 5
  const size_t steps = path.frames() - 1;
  std::vector<bool> skates(steps, false);
  for (const size_t toe : kToes) {
    std::vector<double> speed(steps);
    for (size_t f = 0; f < steps; ++f) speed[f] = horizontal_step(path, f, toe) * kFps;
    for (size_t f = 0; f < steps; ++f) {
      double sum = 0;
      for (size_t g = f > kReach ? f - kReach : 0; g < std::min(steps, f + kReach + 1); ++g)
        sum += speed[g];
      const double average = sum / (2 * kReach + 1);
      const bool low = path.at(f, toe).y < kHeight && path.at(f + 1, toe).y < kHeight;
      if (low && speed[f] > kSpeed && average > kSpeed) skates[f] = true;
    }
  }
  return static_cast<double>(std::count(skates.begin(), skates.end(), true)) /
         static_cast<double>(steps);
}

double slide_mm(const JointPath& path) {
  check_path(path, "slide");
  constexpr double kStill = 0.01, kNear = 0.02;
  double lowest = std::numeric_limits<double>::infinity();
  for (size_t f = 0; f < path.frames(); ++f)
    for (const size_t toe : kToes)
      lowest = std::min(lowest, static_cast<double>(path.at(f, toe).y));
  double sum = 0;
  size_t count = 0;
  for (size_t f = 0; f + 1 < path.frames(); ++f) {
    for (const size_t toe : kToes) {
      const double moved = motion::length(path.at(f + 1, toe) - path.at(f, toe));
      if (moved >= kStill && path.at(f, toe).y >= lowest + kNear) continue;
      sum += horizontal_step(path, f, toe);
      ++count;
    }
  }
  return count > 0 ? 1000 * sum / static_cast<double>(count) : 0;
}

double penetration_mm(const JointPath& path) {
  check_path(path, "penetration");
  double sum = 0;
  for (size_t f = 0; f < path.frames(); ++f) sum += std::max(0.0, -lowest_joint(path, f));
  return 1000 * sum / static_cast<double>(path.frames());
}

double floating_mm(const JointPath& path) {
  check_path(path, "floating");
  constexpr double kStanding = 0.02, kTolerance = 0.005;
  double sum = 0;
  for (size_t f = 0; f < path.frames(); ++f)
    sum += std::max(0.0, lowest_joint(path, f) - kStanding - kTolerance);
  return 1000 * sum / static_cast<double>(path.frames());
}

Jerk jerk_of(const JointPath& path) {
  check_path(path, "jerk");
  Jerk jerk;
  if (path.frames() < 4) return jerk;
  const size_t count = path.frames() - 3;
  for (size_t f = 0; f < count; ++f) {
    double sum = 0;
    for (size_t j = 0; j < path.joints; ++j) {
      const auto d = third_difference(path, f, j);
      const double size = std::hypot(d[0], d[1], d[2]) * kFps * kFps * kFps;
      sum += size;
      if (j == 0) jerk.root += size / static_cast<double>(count);
    }
    const double mean = sum / static_cast<double>(path.joints);
    jerk.mean += mean / static_cast<double>(count);
    jerk.by_phase[f % 4] += mean;
    ++jerk.frames_in_phase[f % 4];
  }
  for (size_t p = 0; p < 4; ++p)
    if (jerk.frames_in_phase[p] > 0)
      jerk.by_phase[p] /= static_cast<double>(jerk.frames_in_phase[p]);
  return jerk;
}

std::vector<float> frame_jerks(const JointPath& path) {
  check_path(path, "jerk");
  std::vector<float> values;
  for (size_t f = 0; f + 3 < path.frames(); ++f) {
    double sum = 0;
    for (size_t j = 0; j < path.joints; ++j) {
      const auto d = third_difference(path, f, j);
      sum += std::hypot(d[0], d[1], d[2]) * kFps * kFps * kFps;
    }
    values.push_back(static_cast<float>(sum / static_cast<double>(path.joints)));
  }
  return values;
}

double phase_imbalance(const std::array<double, 4>& by_phase) {
  const double mean = (by_phase[0] + by_phase[1] + by_phase[2] + by_phase[3]) / 4;
  return mean > 0 ? *std::max_element(by_phase.begin(), by_phase.end()) / mean : 1;
}

double bone_deviation_mm(const JointPath& path) {
  check_path(path, "bone length");
  double total = 0;
  size_t bones = 0;
  for (size_t j = 1; j < motion::kJointCount; ++j) {
    const auto parent = static_cast<size_t>(motion::kJointParents[j]);
    double mean = 0, squares = 0;  // Welford: lengths differ in the last digits only
    for (size_t f = 0; f < path.frames(); ++f) {
      const Vec3 a = path.at(f, j), b = path.at(f, parent);
      const double length =
          std::hypot(static_cast<double>(a.x) - b.x, static_cast<double>(a.y) - b.y,
                     static_cast<double>(a.z) - b.z);
      const double delta = length - mean;
      mean += delta / static_cast<double>(f + 1);
      squares += delta * (length - mean);
    }
    total += std::sqrt(squares / static_cast<double>(path.frames()));
    ++bones;
  }
  return 1000 * total / static_cast<double>(bones);
}

namespace {

/// m(f) of FlowMDM.
std::vector<double> jerk_profile(std::span<const JointPath> windows) {
  PANTOMIME_CHECK(!windows.empty() && windows[0].frames() >= 4,
                  "transition jerk: expected at least one window of at least 4 frames");
  std::vector<double> mean(windows[0].frames() - 3, 0.0);
  for (const JointPath& window : windows) {
    check_path(window, "transition jerk");
    PANTOMIME_CHECK(window.frames() == windows[0].frames(),
                    "transition jerk: windows of {} and {} frames, expected the same",
                    windows[0].frames(), window.frames());
    for (size_t f = 0; f < mean.size(); ++f) {
      double most = 0;
      for (size_t j = 0; j < window.joints; ++j) {
        const auto d = third_difference(window, f, j);
        most = std::max(most, std::abs(d[0]) + std::abs(d[1]) + std::abs(d[2]));
      }
      mean[f] += most / static_cast<double>(windows.size());
    }
  }
  return mean;
}

}  // namespace

TransitionJerk transition_jerk(std::span<const JointPath> windows, double reference) {
  TransitionJerk result;
  for (const double m : jerk_profile(windows)) {
    result.peak = std::max(result.peak, m);
    result.area += std::abs(m - reference);
  }
  return result;
}

double mean_jerk_profile(std::span<const JointPath> windows) {
  const std::vector<double> profile = jerk_profile(windows);
  double sum = 0;
  for (const double m : profile) sum += m;
  return sum / static_cast<double>(profile.size());
}

Physics measure_physics(const JointPath& path) {
  return {.skating = skating_ratio(path),
          .slide_mm = slide_mm(path),
          .penetration_mm = penetration_mm(path),
          .floating_mm = floating_mm(path),
          .bone_mm = bone_deviation_mm(path),
          .jerk = jerk_of(path)};
}

Physics measure_physics(const motion::Clip& clip) {
  PANTOMIME_CHECK(
      clip.joint_count() == motion::kJointCount && std::abs(clip.fps - motion::kFps) < 1e-6,
      "physics: {} joints at {} frames per second, expected {} at {}", clip.joint_count(), clip.fps,
      motion::kJointCount, motion::kFps);
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  return measure_physics(JointPath{pose.positions});
}

}  // namespace pantomime::metrics
