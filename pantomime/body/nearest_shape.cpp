#include "pantomime/body/nearest_shape.h"

#include <algorithm>
#include <cmath>

#include "pantomime/body/rig.h"

namespace pantomime::body {

GeometryModel::GeometryModel(const BodyAssets& assets) : assets_(&assets) {
  std::vector<bool> wanted(assets.point_count(), false);
  auto want = [&](const Regressor& r) {
    for (const uint32_t p : r.points) wanted[p] = true;
  };
  for (const Regressor& r : assets.joint_regressors()) want(r);
  for (const std::string_view side : {"left_", "right_"})
    for (const std::string_view finger : {"index_knuckle", "middle_knuckle", "little_knuckle"})
      want(assets.landmark(std::string(side) + std::string(finger)));
  std::vector<uint32_t> slot(assets.point_count(), 0);
  for (uint32_t p = 0; p < wanted.size(); ++p)
    if (wanted[p]) {
      slot[p] = static_cast<uint32_t>(used_.size());
      used_.push_back(p);
    }
  moves_.resize(assets.targets().size());
  for (size_t t = 0; t < moves_.size(); ++t) {
    const Target& target = assets.targets()[t];
    const int16_t* delta = target.deltas.data();
    for (size_t r = 0; r < target.runs.size(); r += 2) {
      const uint32_t first = target.runs[r], end = first + target.runs[r + 1];
      const auto from = std::lower_bound(used_.begin(), used_.end(), first);
      for (auto it = from; it != used_.end() && *it < end; ++it) {
        if (moves_[t].empty()) moves_[t].resize(used_.size());
        const int16_t* d = delta + 3 * size_t{*it - first};
        moves_[t][slot[*it]] =
            kTargetStep *
            Vec3{static_cast<float>(d[0]), static_cast<float>(d[1]), static_cast<float>(d[2])};
      }
      delta += 3 * size_t{target.runs[r + 1]};
    }
  }
}

motion::Geometry GeometryModel::geometry(const BodyShape& shape) const {
  std::vector<Vec3> at(used_.size());
  for (size_t i = 0; i < used_.size(); ++i) {
    const float* p = &assets_->base()[3 * size_t{used_[i]}];
    at[i] = {p[0], p[1], p[2]};
  }
  for (const TargetWeight& t : shape_targets(shape)) {
    const auto index = assets_->find_target(t.target);
    if (!index || moves_[*index].empty()) continue;
    const auto weight = static_cast<float>(t.weight);
    for (size_t i = 0; i < at.size(); ++i) at[i] += weight * moves_[*index][i];
  }
  std::vector<Vec3> points(assets_->point_count());
  for (size_t i = 0; i < used_.size(); ++i) points[used_[i]] = at[i];
  return motion::geometry_of(bind_joints(*assets_, points).skeleton.offsets);
}

namespace {

/// One axis that the fit may move.
struct Axis {
  double BodyShape::*member = nullptr;  ///< or a length axis
  size_t length = 0;
  double low = 0, high = 1, rest = 0.5;
  double step;  ///< for derivatives; also the unit of the pull to `rest`
  double pull;  ///< metres that a shift by one `step` must gain to be worth it

  double& of(BodyShape& s) const { return member != nullptr ? s.*member : s.lengths[length]; }
};

std::vector<Axis> free_axes(const ShapeHints& hints) {
  std::vector<Axis> out = {
      {&BodyShape::height, 0, 0.05, 0.95, 0.5, 0.02, 2e-5},
      {&BodyShape::proportions, 0, 0, 1, 0.5, 0.05, 1e-4},
      {&BodyShape::weight, 0, 0.05, 0.95, 0.5, 0.05, 4e-4},
      {&BodyShape::muscle, 0, 0.05, 0.95, 0.5, 0.05, 4e-4},
  };
  if (!hints.sex) out.push_back({&BodyShape::sex, 0, 0, 1, 0.5, 0.05, 1e-4});
  if (!hints.age) out.push_back({&BodyShape::age, 0, 3, 80, 30, 1.0, 1e-4});
  for (size_t i = 0; i < kLengthKeys.size(); ++i)
    out.push_back({nullptr, i, -1, 1, 0, 0.05, 1.5e-4});
  return out;
}

using Row = std::vector<double>;

/// What of a geometry counts for the fit. Limbs count in full. How sources share the trunk out over
/// spine joints and collars, and how far forward they put them, is a matter of the rig more than of
/// the person: there the sums count, the single numbers little.
Row features(const motion::Geometry& g) {
  Row out;
  auto put = [&](double weight, double v) { out.push_back(weight * v); };
  double height = 0;
  for (size_t i = 0; i < 5; ++i) {
    height += static_cast<double>(g[2 * i]);
    put(0.2, static_cast<double>(g[2 * i]));
    put(0.05, static_cast<double>(g[2 * i + 1]));
  }
  put(1, height - static_cast<double>(g[19]));                      // head above the hips
  put(1, static_cast<double>(g[10]) + static_cast<double>(g[13]));  // half the shoulders' width
  for (const size_t i : {10u, 11u, 13u, 14u}) put(0.2, static_cast<double>(g[i]));
  for (const size_t i : {12u, 15u, 20u}) put(0.05, static_cast<double>(g[i]));
  for (const size_t i : {16u, 17u, 21u, 22u}) put(1, static_cast<double>(g[i]));
  put(0.5, static_cast<double>(g[18]));
  put(0.2, static_cast<double>(g[19]));
  for (const size_t i : {23u, 24u, 25u}) put(0.2, static_cast<double>(g[i]));
  return out;
}

/// Differences of the features (metres), then the pulls of the axes.
Row residual(const GeometryModel& model, const Row& wanted, const std::vector<Axis>& axes,
             BodyShape shape) {
  Row out = features(model.geometry(shape));
  for (size_t i = 0; i < out.size(); ++i) out[i] -= wanted[i];
  for (const Axis& a : axes) out.push_back(a.pull * (a.of(shape) - a.rest) / a.step);
  return out;
}

double square(const Row& r) {
  double sum = 0;
  for (const double v : r) sum += v * v;
  return sum;
}

/// Solves (A + damping diag A) x = b for symmetric positive A by Cholesky's method.
Row solve(std::vector<Row> a, Row b, double damping) {
  const size_t n = b.size();
  for (size_t i = 0; i < n; ++i) a[i][i] = a[i][i] * (1 + damping) + 1e-18;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      a[i][j] = i == j ? std::sqrt(std::max(sum, 1e-30)) : sum / a[j][j];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

double fit(const GeometryModel& model, const Row& wanted, const std::vector<Axis>& axes,
           BodyShape& shape) {
  Row r = residual(model, wanted, axes, shape);
  double error = square(r), damping = 1e-3;
  for (int round = 0; round < 25; ++round) {
    std::vector<Row> columns;
    for (const Axis& a : axes) {
      BodyShape moved = shape;
      double& v = a.of(moved);
      const double before = v;
      v = before + a.step <= a.high ? before + a.step : before - a.step;
      const Row other = residual(model, wanted, axes, moved);
      Row column(r.size());
      for (size_t i = 0; i < r.size(); ++i) column[i] = (other[i] - r[i]) / (v - before);
      columns.push_back(std::move(column));
    }
    std::vector<Row> a(axes.size(), Row(axes.size()));
    Row b(axes.size());
    for (size_t i = 0; i < axes.size(); ++i) {
      for (size_t j = 0; j < axes.size(); ++j)
        for (size_t k = 0; k < r.size(); ++k) a[i][j] += columns[i][k] * columns[j][k];
      for (size_t k = 0; k < r.size(); ++k) b[i] -= columns[i][k] * r[k];
    }
    bool better = false;
    for (int attempt = 0; attempt < 6 && !better; ++attempt) {
      const Row step = solve(a, b, damping);
      BodyShape next = shape;
      for (size_t i = 0; i < axes.size(); ++i) {
        double& v = axes[i].of(next);
        v = std::clamp(v + step[i], axes[i].low, axes[i].high);
      }
      const Row trial = residual(model, wanted, axes, next);
      const double trial_error = square(trial);
      if (trial_error < error) {
        better = error - trial_error > 1e-9 * error;
        shape = next, r = trial, error = trial_error;
        damping = std::max(damping * 0.3, 1e-9);
        if (!better) return error;
      } else {
        damping *= 8;
      }
    }
    if (!better) break;
  }
  return error;
}

}  // namespace

NearestShape nearest_shape(const GeometryModel& model, const motion::Geometry& geometry,
                           const ShapeHints& hints) {
  for (const float v : geometry)
    PANTOMIME_CHECK(std::isfinite(v),
                    "nearest shape: the geometry has a number that is not finite");
  const std::vector<Axis> axes = free_axes(hints);
  const Row wanted = features(geometry);
  NearestShape best;
  double least = 1e30;
  // The axes have kinks at their anchors: start on either side of them.
  for (const double age : {8., 16., 30., 60.}) {
    for (const double sex : {0., 1.}) {
      BodyShape shape;
      shape.age = hints.age.value_or(age);
      shape.sex = hints.sex.value_or(sex);
      const double error = fit(model, wanted, axes, shape);
      if (error < least) least = error, best.shape = shape;
      if (hints.sex) break;
    }
    if (hints.age) break;
  }
  best.geometry = model.geometry(best.shape);
  for (size_t i = 0; i < geometry.size(); ++i) {
    const float d = std::abs(best.geometry[i] - geometry[i]);
    best.mean_error += d / static_cast<float>(geometry.size());
    best.worst_error = std::max(best.worst_error, d);
  }
  return best;
}

}  // namespace pantomime::body
