#include "pantomime/conditions/goal.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

#include "pantomime/base/error.h"
#include "pantomime/motion/clip.h"
#include "pantomime/motion/contacts.h"
#include "pantomime/motion/fit_to_body.h"

namespace pantomime::conditions {
namespace {

using features::WorldJoints;

/// Frames of a goal that lies in [first, last) as far as they are in a part of the clip.
struct Part {
  int64_t skip;         ///< of the goal's frames
  int64_t first, last;  ///< in the part
};
std::optional<Part> part_of(int64_t first, int64_t last, int64_t begin, int64_t count, int64_t at) {
  const int64_t from = std::max(first, begin), to = std::min(last, begin + count);
  if (from >= to) return std::nullopt;
  return Part{from - first, from - begin + at, to - begin + at};
}

/// Values of those frames, when there is one for each.
template <typename Value>
std::vector<Value> some(const std::vector<Value>& values, const Part& part) {
  if (values.size() == 1) return std::vector<Value>(1, values.front());
  return {values.begin() + part.skip, values.begin() + part.skip + (part.last - part.first)};
}

std::vector<int64_t> frames_between(int64_t first, int64_t last) {
  PANTOMIME_CHECK(first >= 0 && last > first, "goal: frames {} to {}", first, last);
  std::vector<int64_t> frames(static_cast<size_t>(last - first));
  std::iota(frames.begin(), frames.end(), first);
  return frames;
}

/// One of x, y, z of a joint, [M].
at::Tensor coordinate(const WorldJoints& joints, int joint, int axis, int64_t first, int64_t last) {
  return joints.positions[0].narrow(0, first, last - first).select(1, joint).select(1, axis);
}

at::Tensor numbers(const std::vector<double>& values, const at::Tensor& like) {
  return at::tensor(values, at::kDouble).to(like.options());
}

std::string span_of(int64_t first, int64_t last) {
  const auto at = [](int64_t f) { return static_cast<double>(f) / motion::kFps; };
  return last == first + 1 ? fmt::format("at {:.2f} s", at(first))
                           : fmt::format("from {:.2f} to {:.2f} s", at(first), at(last - 1));
}

Box box_in(Box box, const Placement& placement) {
  const motion::Vec3 p = placement({static_cast<float>(box.x), 0, static_cast<float>(box.z)});
  box.x = p.x, box.z = p.z, box.turn += placement.turn;
  for (double* v : {&box.width, &box.depth, &box.height}) *v *= placement.ratio;
  return box;
}

/// Places [..., 3] on the floor along the box's own axes, from its middle.
std::pair<at::Tensor, at::Tensor> along(const Box& box, const at::Tensor& p) {
  const double c = std::cos(box.turn), s = std::sin(box.turn);
  const at::Tensor dx = p.select(-1, 0) - box.x, dz = p.select(-1, 2) - box.z;
  return {c * dx - s * dz, s * dx + c * dz};
}

class Reach : public Goal {
 public:
  explicit Reach(const ReachOptions& options) : o_(options) {
    frames_ = frames_between(o_.first, o_.last);
    PANTOMIME_CHECK(o_.points.size() == 1 || o_.points.size() == frames_.size(),
                    "goal: {} points for {} frames", o_.points.size(), frames_.size());
  }
  std::vector<Ask> ask(const WorldJoints& joints) const override {
    std::vector<Ask> asks;
    for (int axis = 0; axis < 3; ++axis) {
      if (!o_.axes[static_cast<size_t>(axis)]) continue;
      const at::Tensor is = coordinate(joints, o_.joint, axis, o_.first, o_.last);
      std::vector<double> wanted;
      for (size_t i = 0; i < frames_.size(); ++i) {
        const motion::Vec3& p = o_.points[o_.points.size() == 1 ? 0 : i];
        wanted.push_back(axis == 0 ? p.x : axis == 1 ? std::min<double>(p.y, o_.highest) : p.z);
      }
      asks.push_back({frames_, is - numbers(wanted, is)});
    }
    return asks;
  }
  std::vector<Aim> aims() const override {
    std::vector<Aim> aims;
    for (size_t i = 0; i < frames_.size(); ++i) {
      motion::Vec3 p = o_.points[o_.points.size() == 1 ? 0 : i];
      p.y = static_cast<float>(std::min<double>(p.y, o_.highest));
      aims.push_back({o_.joint, frames_[i], p, o_.axes});
    }
    return aims;
  }
  double tolerance() const override { return o_.tolerance; }
  bool leads() const override { return o_.leads; }
  double beyond() const override {
    double most = 0;
    for (const motion::Vec3& p : o_.points)
      if (o_.axes[1]) most = std::max(most, p.y - o_.highest);
    return most;
  }
  std::string describe() const override {
    std::string name(motion::kJointNames[static_cast<size_t>(o_.joint)]);
    for (char& c : name)
      if (c == '_') c = ' ';
    const motion::Vec3& p = o_.points.back();
    return fmt::format("{} at ({:.2f}, {:.2f}, {:.2f}) {}", name, p.x, p.y, p.z,
                       span_of(o_.first, o_.last));
  }
  std::shared_ptr<const Goal> placed(const Placement& placement) const override {
    ReachOptions o = o_;
    for (motion::Vec3& p : o.points) p = placement(p);
    o.highest *= placement.ratio;
    return std::make_shared<Reach>(o);
  }
  std::shared_ptr<const Goal> within(int64_t first, int64_t count, int64_t at) const override {
    const auto part = part_of(o_.first, o_.last, first, count, at);
    if (!part) return nullptr;
    ReachOptions o = o_;
    o.first = part->first, o.last = part->last, o.points = some(o_.points, *part);
    return std::make_shared<Reach>(o);
  }

 private:
  ReachOptions o_;
  std::vector<int64_t> frames_;
};

class Face : public Goal {
 public:
  Face(int64_t first, int64_t last, std::vector<double> angles, double tolerance)
      : frames_(frames_between(first, last)), angles_(std::move(angles)), tolerance_(tolerance) {
    PANTOMIME_CHECK(angles_.size() == 1 || angles_.size() == frames_.size(),
                    "goal: {} angles for {} frames", angles_.size(), frames_.size());
  }
  std::vector<Ask> ask(const WorldJoints& joints) const override {
    // Where the pelvis' z axis points on the floor, turned back by the wanted angle.
    const at::Tensor forward = joints.rotations[0]
                                   .narrow(0, frames_[0], static_cast<int64_t>(frames_.size()))
                                   .select(1, motion::kPelvis)
                                   .select(2, 2);
    std::vector<double> angles = angles_;
    if (angles.size() == 1) angles.assign(frames_.size(), angles_[0]);
    const at::Tensor a = numbers(angles, forward);
    const at::Tensor fx = forward.select(1, 0), fz = forward.select(1, 2);
    return {{frames_, at::atan2(fx * a.cos() - fz * a.sin(), fx * a.sin() + fz * a.cos())}};
  }
  double tolerance() const override { return tolerance_; }
  bool is_angle() const override { return true; }
  std::string describe() const override {
    return fmt::format("facing {:.0f} degrees {}", angles_.back() * 180 / std::numbers::pi,
                       span_of(frames_.front(), frames_.back() + 1));
  }
  std::shared_ptr<const Goal> placed(const Placement& placement) const override {
    std::vector<double> angles = angles_;
    for (double& angle : angles) angle += placement.turn;
    return std::make_shared<Face>(frames_.front(), frames_.back() + 1, angles, tolerance_);
  }
  std::shared_ptr<const Goal> within(int64_t first, int64_t count, int64_t at) const override {
    const auto part = part_of(frames_.front(), frames_.back() + 1, first, count, at);
    if (!part) return nullptr;
    return std::make_shared<Face>(part->first, part->last, some(angles_, *part), tolerance_);
  }

 private:
  std::vector<int64_t> frames_;
  std::vector<double> angles_;
  double tolerance_;
};

class HoldApart : public Goal {
 public:
  HoldApart(motion::Joint a, motion::Joint b, std::vector<int64_t> frames, double distance,
            double tolerance)
      : a_(a), b_(b), frames_(std::move(frames)), distance_(distance), tolerance_(tolerance) {}
  std::vector<Ask> ask(const WorldJoints& joints) const override {
    const at::Tensor p =
        joints.positions[0].narrow(0, frames_[0], static_cast<int64_t>(frames_.size()));
    return {{frames_, (p.select(1, a_) - p.select(1, b_)).norm(2, 1) - distance_}};
  }
  double tolerance() const override { return tolerance_; }
  std::string describe() const override {
    return fmt::format("{} and {} {:.2f} m apart {}", motion::kJointNames[static_cast<size_t>(a_)],
                       motion::kJointNames[static_cast<size_t>(b_)], distance_,
                       span_of(frames_.front(), frames_.back() + 1));
  }
  std::shared_ptr<const Goal> placed(const Placement& placement) const override {
    return std::make_shared<HoldApart>(a_, b_, frames_, placement.ratio * distance_, tolerance_);
  }
  std::shared_ptr<const Goal> within(int64_t first, int64_t count, int64_t at) const override {
    const auto part = part_of(frames_.front(), frames_.back() + 1, first, count, at);
    if (!part) return nullptr;
    return std::make_shared<HoldApart>(a_, b_, frames_between(part->first, part->last), distance_,
                                       tolerance_);
  }

 private:
  motion::Joint a_, b_;
  std::vector<int64_t> frames_;
  double distance_, tolerance_;
};

class Avoid : public Goal {
  static constexpr double kStep = 0.5;  // metres; what is higher nobody steps over

 public:
  Avoid(const Box& box, double margin) : box_(box), margin_(margin) {}
  std::vector<Ask> ask(const WorldJoints& joints) const override {
    const at::Tensor p = joints.positions[0];  // [F, J, 3]
    const auto [u, v] = along(box_, p);        // [F, J]
    // How deep inside, from the side that the pelvis is nearest to in this frame.
    const at::Tensor root_u = u.select(1, motion::kPelvis).detach().unsqueeze(1);
    const at::Tensor root_v = v.select(1, motion::kPelvis).detach().unsqueeze(1);
    const double half_u = box_.width / 2 + margin_, half_v = box_.depth / 2 + margin_;
    const at::Tensor over_u = half_u - u * at::where(root_u >= 0, 1.0, -1.0);
    const at::Tensor over_v = half_v - v * at::where(root_v >= 0, 1.0, -1.0);
    const at::Tensor by_u = half_u - root_u.abs() < half_v - root_v.abs();
    at::Tensor out = at::where(by_u, over_u, over_v);
    const at::Tensor up = box_.height + margin_ - p.select(2, 1);
    if (box_.height < kStep) out = at::minimum(out, up);
    const at::Tensor inside =
        at::logical_and(at::logical_and(u.abs() < half_u, v.abs() < half_v), up > 0);
    const at::Tensor deep = at::where(inside, out, at::zeros_like(out)).clamp_min(0);
    std::vector<Ask> asks;
    const auto frames = frames_between(0, p.size(0));
    for (int64_t j = 0; j < motion::kJointCount; ++j)
      if (deep.select(1, j).max().item<double>() > 0) asks.push_back({frames, deep.select(1, j)});
    return asks;
  }
  double tolerance() const override { return 5e-3; }
  std::string describe() const override {
    return fmt::format("clear of the box at ({:.2f}, {:.2f})", box_.x, box_.z);
  }
  std::shared_ptr<const Goal> placed(const Placement& placement) const override {
    return std::make_shared<Avoid>(box_in(box_, placement), margin_ * placement.ratio);
  }
  std::shared_ptr<const Goal> within(int64_t, int64_t, int64_t) const override {
    return std::make_shared<Avoid>(*this);
  }

 private:
  Box box_;
  double margin_;
};

class StepOver : public Goal {
  static constexpr double kStands = 0.35;                 // m/s; a foot that is slower stands
  static constexpr double kRamp = 0.35, kSteepest = 0.1;  // metres over which feet come up

 public:
  StepOver(const Box& box, double margin) : box_(box), margin_(margin) {}
  std::vector<Ask> ask(const WorldJoints& joints) const override {
    const at::Tensor p = joints.positions[0];  // [F, J, 3]
    const auto frames = frames_between(0, p.size(0));
    const double top = box_.height + margin_;
    std::vector<Ask> asks;
    for (const auto& leg :
         {std::array{motion::kLeftAnkle, motion::kLeftFoot, motion::kLeftKnee},
          std::array{motion::kRightAnkle, motion::kRightFoot, motion::kRightKnee}}) {
      const at::Tensor ramp = ramps(p.select(1, leg[0]).detach());
      for (const motion::Joint j : leg) {
        const at::Tensor q = p.select(1, j);
        const auto [u, v] = sides(q);
        const at::Tensor deep = at::maximum(u, v).neg();  // from the nearest side
        const at::Tensor far = (u.clamp_min(0).square() + v.clamp_min(0).square() + 1e-12).sqrt();
        const at::Tensor near = (1 - far / ramp.clamp_min(kSteepest)).clamp(0, 1);
        const at::Tensor lift = top * near * near * (3 - 2 * near) - q.select(1, 1);
        const at::Tensor stands_in_it =
            at::logical_and(at::maximum(u, v).detach() < 0, q.select(1, 1).detach() < top);
        const at::Tensor residual = at::where(ramp > 0, lift.clamp_min(0),
                                              at::where(stands_in_it, deep, at::zeros_like(deep)));
        if (residual.abs().max().item<double>() > 0) asks.push_back({frames, residual});
      }
    }
    return asks;
  }
  double tolerance() const override { return 1e-2; }
  std::string describe() const override {
    return fmt::format("over the box at ({:.2f}, {:.2f})", box_.x, box_.z);
  }
  std::shared_ptr<const Goal> placed(const Placement& placement) const override {
    return std::make_shared<StepOver>(box_in(box_, placement), margin_ * placement.ratio);
  }
  std::shared_ptr<const Goal> within(int64_t, int64_t, int64_t) const override {
    return std::make_shared<StepOver>(*this);
  }

 private:
  /// How far points [F, 3] are beyond the box's sides and its margin, metres; negative: inside.
  std::pair<at::Tensor, at::Tensor> sides(const at::Tensor& q) const {
    const auto [u, v] = along(box_, q);
    return {u.abs() - (box_.width / 2 + margin_), v.abs() - (box_.depth / 2 + margin_)};
  }

  /// [F] metres before and behind the box in which a foot comes up and down where its step leads
  /// over it: as far as the foot stands away, so that it leaves the floor and lands as it would; 0
  /// where it stands or steps elsewhere. `ankle` [F, 3].
  at::Tensor ramps(const at::Tensor& ankle) const {
    const int64_t count = ankle.size(0);
    const at::Tensor q = ankle.to(at::kDouble).contiguous();
    const auto [u, v] = sides(q);
    const at::Tensor us = u.contiguous(), vs = v.contiguous();
    const auto far = [&](int64_t f) {
      const double a = us.data_ptr<double>()[f], b = vs.data_ptr<double>()[f];
      return a < 0 && b < 0 ? 0 : std::hypot(std::max(a, 0.0), std::max(b, 0.0));
    };
    const auto moves = [&](int64_t f) {
      const int64_t a = std::max<int64_t>(f - 1, 0), b = std::min(f + 1, count - 1);
      const double* at = q.data_ptr<double>();
      const double way = std::hypot(at[3 * b] - at[3 * a], at[3 * b + 2] - at[3 * a + 2]);
      return b > a && way * motion::kFps >= kStands * static_cast<double>(b - a);
    };
    // In whole steps of 5 cm, so that it stays while a solver moves the pose a little.
    const auto whole = [](double metres) { return 0.05 * std::round(metres / 0.05); };
    at::Tensor out = at::zeros({count}, at::kDouble);
    for (int64_t first = 0, last = 0; first < count; first = last + 1) {
      for (last = first; last < count && moves(last);) ++last;
      int64_t enters = first, leaves = last;  // of the step [first, last)
      while (enters < last && far(enters) > 0) ++enters;
      while (leaves > enters && far(leaves - 1) > 0) --leaves;
      if (enters == last) continue;
      for (int64_t f = first; f < last; ++f)
        out[f] = std::clamp(whole(f < leaves ? far(first) : far(last - 1)), kSteepest, kRamp);
    }
    return out.to(ankle.options());
  }

  Box box_;
  double margin_;
};

class Grounded : public Goal {
 public:
  using Heights = std::array<double, motion::kFootPointCount>;

  Grounded(const Heights& rest, int64_t first, int64_t last, double tolerance)
      : rest_(rest), frames_(frames_between(first, last)), tolerance_(tolerance) {}
  std::vector<Ask> ask(const WorldJoints& joints) const override {
    std::vector<at::Tensor> heights;
    for (size_t p = 0; p < rest_.size(); ++p)
      heights.push_back(
          coordinate(joints, motion::kFootPointJoints[p], 1, frames_.front(), frames_.back() + 1) -
          rest_[p]);
    const at::Tensor lowest = std::get<0>(at::stack(heights).min(0));
    // What is good enough asks for nothing.
    return {
        {frames_, at::where(lowest.detach().abs() > tolerance_, lowest, at::zeros_like(lowest))}};
  }
  double tolerance() const override { return tolerance_; }
  std::string describe() const override {
    return "a foot on the floor " + span_of(frames_.front(), frames_.back() + 1);
  }
  std::shared_ptr<const Goal> placed(const Placement& placement) const override {
    Heights rest = rest_;
    for (double& height : rest) height *= placement.ratio;
    return std::make_shared<Grounded>(rest, frames_.front(), frames_.back() + 1, tolerance_);
  }
  std::shared_ptr<const Goal> within(int64_t first, int64_t count, int64_t at) const override {
    const auto part = part_of(frames_.front(), frames_.back() + 1, first, count, at);
    if (!part) return nullptr;
    return std::make_shared<Grounded>(rest_, part->first, part->last, tolerance_);
  }

 private:
  Heights rest_;
  std::vector<int64_t> frames_;
  double tolerance_;
};

class StayInside : public Goal {
 public:
  StayInside(std::vector<std::array<double, 2>> corners, double margin)
      : corners_(std::move(corners)), margin_(margin) {
    PANTOMIME_CHECK(corners_.size() >= 3, "goal: a floor of {} corners, expected at least 3",
                    corners_.size());
  }
  std::vector<Ask> ask(const WorldJoints& joints) const override {
    std::vector<Ask> asks;
    const auto frames = frames_between(0, joints.positions.size(1));
    for (const int j : {motion::kPelvis, motion::kLeftFoot, motion::kRightFoot}) {
      const at::Tensor p = joints.positions[0].select(1, j);
      const at::Tensor outside = (margin_ - depth(p.select(1, 0), p.select(1, 2))).clamp_min(0);
      if (outside.max().item<double>() > 0) asks.push_back({frames, outside});
    }
    return asks;
  }
  double tolerance() const override { return 5e-3; }
  std::string describe() const override {
    return fmt::format("inside a floor of {} corners", corners_.size());
  }
  std::shared_ptr<const Goal> placed(const Placement& placement) const override {
    auto corners = corners_;
    for (auto& corner : corners) {
      const motion::Vec3 p =
          placement({static_cast<float>(corner[0]), 0, static_cast<float>(corner[1])});
      corner = {p.x, p.z};
    }
    return std::make_shared<StayInside>(corners, margin_ * placement.ratio);
  }
  std::shared_ptr<const Goal> within(int64_t, int64_t, int64_t) const override {
    return std::make_shared<StayInside>(*this);
  }

 private:
  /// Distance to the nearest edge, negative outside (even-odd rule), [F].
  at::Tensor depth(const at::Tensor& x, const at::Tensor& z) const {
    at::Tensor nearest, inside = at::zeros(x.sizes(), at::kBool);
    for (size_t i = 0; i < corners_.size(); ++i) {
      const auto [ax, az] = corners_[i];
      const auto [bx, bz] = corners_[(i + 1) % corners_.size()];
      const double ex = bx - ax, ez = bz - az, size = ex * ex + ez * ez;
      const at::Tensor u = (((x - ax) * ex + (z - az) * ez) / size).clamp(0, 1);
      const at::Tensor d = ((x - ax - u * ex).square() + (z - az - u * ez).square() + 1e-12).sqrt();
      nearest = nearest.defined() ? at::minimum(nearest, d) : d;
      const at::Tensor crosses = at::logical_xor(az > z, bz > z);
      if (ez != 0)
        inside = at::logical_xor(inside, at::logical_and(crosses, x < (z - az) / ez * ex + ax));
    }
    return at::where(inside, nearest, -nearest);
  }

  std::vector<std::array<double, 2>> corners_;
  double margin_;
};

}  // namespace

double highest_of(const motion::Skeleton& body, motion::Joint joint) {
  double height = motion::leg_length(body);
  for (int j = joint; j > motion::kPelvis; j = body.parents[static_cast<size_t>(j)])
    height += motion::length(body.offsets[static_cast<size_t>(j)]);
  return height;
}

std::shared_ptr<const Goal> reach(const ReachOptions& options) {
  return std::make_shared<Reach>(options);
}
std::shared_ptr<const Goal> face(int64_t first, int64_t last, std::vector<double> angles,
                                 double tolerance) {
  return std::make_shared<Face>(first, last, std::move(angles), tolerance);
}
std::shared_ptr<const Goal> hold_apart(motion::Joint a, motion::Joint b, int64_t first,
                                       int64_t last, double distance, double tolerance) {
  return std::make_shared<HoldApart>(a, b, frames_between(first, last), distance, tolerance);
}
std::shared_ptr<const Goal> avoid(const Box& box, double margin) {
  return std::make_shared<Avoid>(box, margin);
}
std::shared_ptr<const Goal> step_over(const Box& box, double margin) {
  return std::make_shared<StepOver>(box, margin);
}
std::shared_ptr<const Goal> grounded(const motion::Skeleton& body, int64_t first, int64_t last,
                                     double tolerance) {
  Grounded::Heights rest{};
  const auto heights = motion::rest_heights(body);
  std::copy(heights.begin(), heights.end(), rest.begin());
  return std::make_shared<Grounded>(rest, first, last, tolerance);
}
std::shared_ptr<const Goal> stay_inside(std::vector<std::array<double, 2>> corners, double margin) {
  return std::make_shared<StayInside>(std::move(corners), margin);
}

}  // namespace pantomime::conditions
