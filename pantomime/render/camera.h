// A pinhole camera, and where to put it so that a motion is seen.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::render {

using motion::Quat;
using motion::Vec3;

/// Pinhole, with a lens that may bend rays a little. Camera axes as in OpenCV: x right, y down, z
/// forward. Pixel (i, j) covers [i, i+1) x [j, j+1) with (0, 0) the top left corner of the picture,
/// so its centre is at (i + 0.5, j + 0.5); COCO's and OpenCV's pixel coordinates are ours minus
/// 0.5.
struct Camera {
  int width = 640, height = 480;
  float fx = 600, fy = 600;  ///< focal lengths, pixels
  float cx = 320, cy = 240;  ///< where the optical axis meets the picture, pixels
  /// Radial distortion of OpenCV's model: a point at distance r of the axis (at depth 1) is seen at
  /// r (1 + k1 r^2 + k2 r^4). Within +-0.3 the borders of usual pictures stay invertible.
  float k1 = 0, k2 = 0;
  Vec3 position;           ///< metres, world
  Quat world_from_camera;  ///< turns camera axes into the world's

  /// Direction in the world through a point of the picture, not normalised: its part along the
  /// optical axis is 1, so position + depth * ray is the point at that depth.
  Vec3 ray(float u, float v) const;
  /// How much farther from the axis than without a lens something is seen at distance `seen` of it,
  /// both at depth 1. 1 for a pinhole.
  float grown(float seen) const;
  bool is_pinhole() const { return k1 == 0 && k2 == 0; }
  bool operator==(const Camera&) const = default;
};

/// Pixels [left, right) x [top, bottom); empty when right <= left.
struct PixelBox {
  int left = 0, top = 0, right = 0, bottom = 0;
  bool empty() const { return right <= left || bottom <= top; }
  bool holds(int x, int y) const { return x >= left && x < right && y >= top && y < bottom; }
  bool operator==(const PixelBox&) const = default;
};

/// A point in the picture.
struct Projected {
  float u = 0, v = 0;  ///< pixels
  float depth = 0;     ///< metres along the optical axis, positive
};

/// Where a world point is seen; nothing when it lies behind the camera, nearer than 1 mm, or so far
/// aside that the lens model folds over. Points
/// outside the picture have u, v outside [0, width) x [0, height).
std::optional<Projected> project(const Camera& camera, Vec3 point);

/// A camera at `position` that sees `target` in the middle, upright. `vertical_fov` in radians, in
/// (0, pi). Looking straight up or down, the picture's top points to +Z.
Camera look_at(Vec3 position, Vec3 target, float vertical_fov, int width, int height);

/// The same view in a picture of another width (and the height that follows).
Camera resized(const Camera& camera, int width);

enum class CameraMode {
  kAuto,    ///< fixed when that shows the person large enough, else following
  kFixed,   ///< stands still, the whole motion in the picture
  kFollow,  ///< moves along with the person, smoothly
};

struct FramingOptions {
  int width = 480, height = 480;
  CameraMode mode = CameraMode::kAuto;
  float vertical_fov = 0.6f;  ///< radians
  float azimuth = 0.6f;       ///< radians about +Y, from the first frame's heading to the camera
  float elevation = 0.18f;    ///< radians, how far the camera looks down
  float margin = 0.08f;       ///< part of the picture left free on each side
  float smoothing = 0.5f;     ///< seconds, standard deviation of the following camera's path
};

/// One camera for each frame of a clip, so that everything within 0.13 m of a joint or of the crown
/// of the head stays in the picture. The view is relative to the heading of the first frame. Throws
/// Error for an empty clip.
std::vector<Camera> frame_clip(const motion::Clip& clip, const FramingOptions& options = {});

/// `path` smoothed by a Gaussian of `sigma` frames; the ends are held.
std::vector<Vec3> smoothed(std::span<const Vec3> path, float sigma);

}  // namespace pantomime::render
