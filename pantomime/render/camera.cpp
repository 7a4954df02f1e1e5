#include "pantomime/render/camera.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/render/pixel_rays.h"

namespace pantomime::render {
namespace {

constexpr float kBodyRadius = 0.13f;  // metres of flesh, hair and clothes around a joint
constexpr float kCrown = 0.16f;       // metres from the head joint to the middle of the hair

/// Camera position (in camera axes) nearest along the view at which all spheres lie in the picture.
/// For each of the four border planes only the outermost sphere counts, so it is a closed form.
Vec3 nearest_position(const std::vector<Vec3>& points, float slope_x, float slope_y) {
  // |x - c_x| + r * sqrt(1 + k^2) <= k (z - c_z) for every point.
  auto one_axis = [&](auto coordinate, float k, float& centre) {
    float low = -1e30f, high = 1e30f;
    const float reach = kBodyRadius * std::sqrt(1 + k * k);
    for (const Vec3 p : points) {
      low = std::max(low, coordinate(p) + reach - k * p.z);
      high = std::min(high, coordinate(p) - reach + k * p.z);
    }
    centre = 0.5f * (low + high);
    return (high - low) / (2 * k);
  };
  Vec3 camera;
  const float z_x = one_axis([](Vec3 p) { return p.x; }, slope_x, camera.x);
  const float z_y = one_axis([](Vec3 p) { return p.y; }, slope_y, camera.y);
  camera.z = std::min(z_x, z_y);
  return camera;
}

float mean_depth(const std::vector<Vec3>& points, Vec3 camera) {
  double sum = 0;
  for (const Vec3 p : points) sum += p.z - camera.z;
  return static_cast<float>(sum / static_cast<double>(points.size()));
}

}  // namespace

std::optional<Projected> project(const Camera& camera, Vec3 point) {
  const Vec3 p = conjugate(camera.world_from_camera) * (point - camera.position);
  if (!(p.z >= 1e-3f)) return std::nullopt;
  float x = p.x / p.z, y = p.y / p.z;
  if (!camera.is_pinhole()) {
    const float square = x * x + y * y;
    if (1 + square * (3 * camera.k1 + 5 * camera.k2 * square) <= 0) return std::nullopt;
    const float grown = 1 + square * (camera.k1 + camera.k2 * square);
    x *= grown;
    y *= grown;
  }
  return Projected{camera.cx + camera.fx * x, camera.cy + camera.fy * y, p.z};
}

float Camera::grown(float seen) const {
  // Newton's method for r (1 + k1 r^2 + k2 r^4) = seen; r = seen / grown.
  float r = seen;
  for (int i = 0; i < 8; ++i) {
    const float square = r * r;
    const float slope = 1 + square * (3 * k1 + 5 * k2 * square);
    if (slope < 0.05f) break;
    const float step = (r * (1 + square * (k1 + k2 * square)) - seen) / slope;
    r -= step;
    if (std::abs(step) < 1e-7f) break;
  }
  return r > 1e-9f ? seen / r : 1;
}

Vec3 Camera::ray(float u, float v) const {
  const float x = (u - cx) / fx, y = (v - cy) / fy;
  const float shrunk = is_pinhole() ? 1 : 1 / grown(std::sqrt(x * x + y * y));
  return world_from_camera * Vec3{shrunk * x, shrunk * y, 1};
}

PixelRays::PixelRays(const Camera& camera)
    : camera_(camera),
      pinhole_(camera.is_pinhole()),
      inverse_fx_(1 / camera.fx),
      inverse_fy_(1 / camera.fy),
      position_(camera.position),
      forward_(camera.world_from_camera * Vec3{0, 0, 1}),
      corner_(camera.world_from_camera * Vec3{-camera.cx / camera.fx, -camera.cy / camera.fy, 0}),
      across_(camera.world_from_camera * Vec3{1 / camera.fx, 0, 0}),
      down_(camera.world_from_camera * Vec3{0, 1 / camera.fy, 0}) {
  if (pinhole_) return;
  // As far as the picture's corners; what lies beyond is asked for seldom.
  float most = 0;
  for (const float u : {0.0f, static_cast<float>(camera.width)})
    for (const float v : {0.0f, static_cast<float>(camera.height)}) {
      const float x = (u - camera.cx) / camera.fx, y = (v - camera.cy) / camera.fy;
      most = std::max(most, x * x + y * y);
    }
  steps_ = static_cast<float>(kSteps) / (1.001f * most);
  for (size_t i = 0; i <= kSteps; ++i)
    shrunk_[i] = 1 / camera.grown(std::sqrt(static_cast<float>(i) / steps_));
}

Camera look_at(Vec3 position, Vec3 target, float vertical_fov, int width, int height) {
  PANTOMIME_CHECK(width >= 1 && height >= 1, "camera: {} x {} pixels, expected at least 1 x 1",
                  width, height);
  PANTOMIME_CHECK(vertical_fov > 0 && vertical_fov < std::numbers::pi_v<float>,
                  "camera: vertical field of view {} rad, expected between 0 and pi", vertical_fov);
  Camera camera;
  camera.width = width;
  camera.height = height;
  camera.fx = camera.fy = 0.5f * static_cast<float>(height) / std::tan(0.5f * vertical_fov);
  camera.cx = 0.5f * static_cast<float>(width);
  camera.cy = 0.5f * static_cast<float>(height);
  camera.position = position;
  const Vec3 forward = normalized(target - position, {0, 0, 1});
  const Vec3 up = std::abs(forward.y) > 0.9999f ? Vec3{0, 0, 1} : Vec3{0, 1, 0};
  const Vec3 right = normalized(cross(forward, up));
  camera.world_from_camera =
      motion::from_matrix(motion::Mat3::from_columns(right, cross(forward, right), forward));
  return camera;
}

Camera resized(const Camera& camera, int width) {
  const float scale = static_cast<float>(width) / static_cast<float>(camera.width);
  Camera out = camera;
  out.width = width;
  out.height =
      std::max(1, static_cast<int>(std::lround(scale * static_cast<float>(camera.height))));
  out.fx *= scale, out.fy *= scale, out.cx *= scale, out.cy *= scale;
  return out;
}

std::vector<Vec3> smoothed(std::span<const Vec3> path, float sigma) {
  std::vector<Vec3> out(path.begin(), path.end());
  if (!(sigma > 0)) return out;
  const auto radius = static_cast<ptrdiff_t>(std::ceil(3 * sigma));
  const auto count = static_cast<ptrdiff_t>(path.size());
  for (ptrdiff_t i = 0; i < count; ++i) {
    Vec3 sum;
    float total = 0;
    for (ptrdiff_t k = -radius; k <= radius; ++k) {
      const float d = static_cast<float>(k) / sigma;
      const float weight = std::exp(-0.5f * d * d);
      sum += weight * path[static_cast<size_t>(std::clamp<ptrdiff_t>(i + k, 0, count - 1))];
      total += weight;
    }
    out[static_cast<size_t>(i)] = (1 / total) * sum;
  }
  return out;
}

std::vector<Camera> frame_clip(const motion::Clip& clip, const FramingOptions& options) {
  clip.validate();
  PANTOMIME_CHECK(options.margin >= 0 && options.margin < 0.45f,
                  "camera: margin {}, expected 0 to 0.45", options.margin);
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const size_t frames = clip.frame_count(), joints = clip.joint_count();
  const Vec3 towards_camera =
      motion::heading(clip.rotations.front()) *
      Vec3{std::sin(options.azimuth) * std::cos(options.elevation), std::sin(options.elevation),
           std::cos(options.azimuth) * std::cos(options.elevation)};
  Camera camera = look_at(towards_camera, {}, options.vertical_fov, options.width, options.height);
  const Quat camera_from_world = conjugate(camera.world_from_camera);
  const float inside = 1 - 2 * options.margin;
  const float slope_x = inside * 0.5f * static_cast<float>(options.width) / camera.fx;
  const float slope_y = inside * 0.5f * static_cast<float>(options.height) / camera.fy;

  std::vector<Vec3> path = clip.root_positions;
  for (Vec3& p : path) p.y = 0;
  path = smoothed(path, options.smoothing * static_cast<float>(clip.fps));
  std::vector<Vec3> still, moving;
  for (size_t i = 0; i < frames * joints; ++i) {
    still.push_back(camera_from_world * pose.positions[i]);
    moving.push_back(camera_from_world * (pose.positions[i] - path[i / joints]));
  }
  if (const auto head = clip.skeleton.find("head")) {
    for (size_t f = 0; f < frames; ++f) {
      const size_t h = f * joints + static_cast<size_t>(*head);
      const Vec3 crown = pose.positions[h] + pose.rotations[h] * Vec3{0, kCrown, 0};
      still.push_back(camera_from_world * crown);
      moving.push_back(camera_from_world * (crown - path[f]));
    }
  }
  const Vec3 fixed = nearest_position(still, slope_x, slope_y);
  const Vec3 following = nearest_position(moving, slope_x, slope_y);
  CameraMode mode = options.mode;
  if (mode == CameraMode::kAuto)
    mode = mean_depth(still, fixed) <= 1.3f * mean_depth(moving, following) ? CameraMode::kFixed
                                                                            : CameraMode::kFollow;
  std::vector<Camera> cameras(frames, camera);
  for (size_t f = 0; f < frames; ++f)
    cameras[f].position = mode == CameraMode::kFixed
                              ? camera.world_from_camera * fixed
                              : path[f] + camera.world_from_camera * following;
  return cameras;
}

}  // namespace pantomime::render
