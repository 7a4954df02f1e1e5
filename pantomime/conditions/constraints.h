// What must hold in a generated clip: known values, places of the root, goals of joints.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pantomime/conditions/goal.h"
#include "pantomime/motion/clip.h"

namespace pantomime::conditions {

/// Joints whose rotations are kept: [22]; the pelvis stands for the whole root (rotation, height,
/// and place).
using JointMask = std::array<bool, motion::kJointCount>;
/// "all", "upper" (spine, head, arms), "lower" (pelvis and legs), "arms", "left arm", "right arm",
/// "legs", "root", "head and hands", or names of joints with commas. Throws Error that lists them.
JointMask parse_joints(std::string_view text);

/// For one clip, in real units, in the world in which the clip's first frame stands over the origin
/// and faces +Z.
struct Constraints {
  explicit Constraints(int64_t frame_count);

  int64_t frames;
  at::Tensor known;  ///< [F, D] bool: features that have a given value
  at::Tensor value;  ///< [F, D] float, real units

  /// Where the root is over the floor. The path is the sum of velocities, so this is linear too.
  struct Place {
    int64_t frame = 0;
    std::optional<double> x, z;  ///< metres; nothing: free
    double tolerance = 0;        ///< metres
    int64_t from = 0;            ///< x and z count from where the root is in this earlier frame
    /// It is held when feet push the finished clip's root about (motion/root_path.h). False for
    /// places that only say about where the way goes.
    bool firm = true;
  };
  std::vector<Place> places;
  /// The last kLoopFrames frames are the first ones again (but for where they are), so that the
  /// clip without them can be played over and over.
  bool loop = false;
  static constexpr int64_t kLoopFrames = 4;
  Goals goals;
  /// Bones [22] that the goals are meant for; empty: the estimate's own geometry.
  std::vector<motion::Vec3> offsets;

  bool empty() const;
  /// Whether the body is told where to go over the floor, and nothing else but where it faces or
  /// joints are on the way.
  bool leads_on() const;
  /// Metres per second along the places and points that lead, from the first frame to the last of
  /// them; 0 without any.
  double pace() const;
  /// Bones [1, 22, 3] that the goals are meant for: `offsets`, or those of the clip's own mean
  /// geometry. `raw` [1, F, D] is not normalised; what comes is of its type, and differentiable by
  /// it.
  at::Tensor bones(const at::Tensor& raw) const;
  /// True when heights are given, so that nobody may move the clip up or down any more.
  bool fixes_height() const;
  /// [F] 1 where the whole pose is known.
  std::vector<char> whole_frames() const;
  /// [F] 1 where firm places, kept steps or leading goals say where the root is over the floor;
  /// empty when that is so in no frame but the first.
  std::vector<char> placed_frames() const;
  /// The same in another world. Throws Error when a place with only one of x and z is to be turned.
  Constraints placed(const Placement& placement) const;
  /// What is asked for in frames [first, first + count), as constraints on a clip of `total` frames
  /// in which they begin at `at`. Places that count from an earlier frame must have it inside.
  Constraints within(int64_t first, int64_t count, int64_t at, int64_t total) const;
};

/// Keeps frames [first, first + count) of a canonical clip, whose world is the constraints' world,
/// as frames `at` and following. `placed`: where it is over the floor counts too. Throws Error when
/// they don't fit in.
void keep(Constraints& constraints, const motion::Clip& clip, int64_t first, int64_t count,
          int64_t at, const JointMask& joints, bool placed = true);

/// Of the same frames only where these joints are, as trackers on them tell; the rest of the body
/// follows.
void track(Constraints& constraints, const motion::Clip& clip, int64_t first, int64_t count,
           int64_t at, const JointMask& joints);

/// The body stands upright in frames [first, last): the pelvis is as high as legs that are nearly
/// stretched hold it. Who is to sit or lie later begins so; without it, samplers prefer to begin
/// seated, as clips of sitting people do.
void stand(Constraints& constraints, const motion::Skeleton& body, int64_t first, int64_t last);

/// The pelvis comes to rest over a seat `height` metres above the floor, facing `heading`
/// (radians), in frames [first, last).
struct Seat {
  double x = 0, z = 0, height = 0.45, heading = 0;
};
void sit(Constraints& constraints, const Seat& seat, int64_t first, int64_t last);

/// The body lies on its back on a bed: its middle over (x, z), its feet towards `heading`.
struct Bed {
  double x = 0, z = 0, height = 0.5, heading = 0;
};
void lie(Constraints& constraints, const Bed& bed, int64_t first, int64_t last);

}  // namespace pantomime::conditions
