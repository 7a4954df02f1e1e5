// What joints should do: differentiable residuals on forward kinematics.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pantomime/conditions/placement.h"
#include "pantomime/features/kinematics.h"
#include "pantomime/motion/skeleton.h"

namespace pantomime::conditions {

/// One number per frame that should be zero. A frame's number may depend on the pose in that frame
/// only, which is what makes its gradient cheap.
struct Ask {
  std::vector<int64_t> frames;  ///< [M], each once
  at::Tensor residual;          ///< [M] metres or radians; exactly 0 where nothing is asked
};

/// A joint at a point in one frame, as far as its axes x, y, z are asked for.
struct Aim {
  motion::Joint joint;
  int64_t frame;
  motion::Vec3 point;  ///< metres
  std::array<bool, 3> axes;
};

class Goal {
 public:
  virtual ~Goal() = default;
  /// `joints` of one clip, [1, F, …].
  virtual std::vector<Ask> ask(const features::WorldJoints& joints) const = 0;
  /// Deviation that is as good as none, in the residual's unit.
  virtual double tolerance() const { return 1e-3; }
  /// True when residuals are radians; otherwise they are metres.
  virtual bool is_angle() const { return false; }
  /// How far away what is asked for is beyond what ask() aims at, in the residual's unit.
  virtual double beyond() const { return 0; }
  /// What of it can be told to a network beforehand (completion_adapter.h).
  virtual std::vector<Aim> aims() const { return {}; }
  /// Whether the body goes where the goal is before joints bend towards it.
  virtual bool leads() const { return false; }
  /// For messages: "left wrist at (0.3, 1.2, 0.5) from 1.5 s on".
  virtual std::string describe() const = 0;
  /// The same goal in another world.
  virtual std::shared_ptr<const Goal> placed(const Placement& placement) const = 0;
  /// What it asks for in frames [first, first + count), which become frames `at` and following;
  /// null when that is nothing.
  virtual std::shared_ptr<const Goal> within(int64_t first, int64_t count, int64_t at) const = 0;
};

using Goals = std::vector<std::shared_ptr<const Goal>>;

/// A joint at a point, in frames [first, last).
struct ReachOptions {
  motion::Joint joint = motion::kRightWrist;
  int64_t first = 0, last = 1;
  std::vector<motion::Vec3> points;              ///< one for all frames, or one a frame; metres
  std::array<bool, 3> axes{{true, true, true}};  ///< which of x, y, z are asked for
  double tolerance = 1e-3;
  /// Metres that the joint can be above the floor; what is asked for above it counts as missed. A
  /// solver that is asked for more would make the body fly.
  double highest = 1e9;
  /// The body goes along, step by step, as one follows one's head; else it stands and reaches out.
  bool leads = false;
};
/// Height of a joint when the body stands on the floor and stretches everything towards the
/// ceiling.
double highest_of(const motion::Skeleton& body, motion::Joint joint);
std::shared_ptr<const Goal> reach(const ReachOptions& options);

/// The pelvis faces `angle` (radians about +Y, 0 = +Z, positive towards +X), one for all frames of
/// [first, last) or one a frame.
std::shared_ptr<const Goal> face(int64_t first, int64_t last, std::vector<double> angles,
                                 double tolerance = 0.005);

/// Two joints stay `distance` metres apart: both hands carry one thing.
std::shared_ptr<const Goal> hold_apart(motion::Joint a, motion::Joint b, int64_t first,
                                       int64_t last, double distance, double tolerance = 2e-3);

/// A box that stands on the floor.
struct Box {
  double x = 0, z = 0;          ///< metres, its middle
  double width = 1, depth = 1;  ///< metres along its own x and z
  double height = 2;            ///< metres
  double turn = 0;              ///< radians about +Y
};
/// No joint is inside the box or nearer than `margin` metres to it (bodies have flesh around
/// joints).
std::shared_ptr<const Goal> avoid(const Box& box, double margin = 0.12);

/// Legs go over something low (at most 0.5 m high), `margin` metres clear of it: what swings is
/// lifted, a foot that stands is put down beside it. Ask for a way across it too
/// (Constraints::places).
std::shared_ptr<const Goal> step_over(const Box& box, double margin = 0.06);

/// In every frame of [first, last) some foot of `body` is on the floor: the lowest point of both is
/// neither above nor below it. Who is asked to be higher there can neither fly nor hop.
std::shared_ptr<const Goal> grounded(const motion::Skeleton& body, int64_t first, int64_t last,
                                     double tolerance = 0.015);

/// The pelvis and the feet stay over a polygon of corners (x, z), `margin` metres from its edges.
std::shared_ptr<const Goal> stay_inside(std::vector<std::array<double, 2>> corners,
                                        double margin = 0.1);

}  // namespace pantomime::conditions
