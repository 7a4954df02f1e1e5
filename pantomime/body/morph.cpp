#include "pantomime/body/morph.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/random.h"

namespace pantomime::body {

namespace {

/// Adds weight * delta of one target to points [V * 3].
void add_target(const Target& target, float weight, std::vector<float>& points) {
  const float step = weight * kTargetStep;
  const int16_t* delta = target.deltas.data();
  for (size_t r = 0; r < target.runs.size(); r += 2) {
    float* p = &points[3 * size_t{target.runs[r]}];
    const size_t n = 3 * size_t{target.runs[r + 1]};
    for (size_t i = 0; i < n; ++i) p[i] += step * static_cast<float>(delta[i]);
    delta += n;
  }
}

void add_targets(const BodyAssets& assets, const std::vector<TargetWeight>& targets,
                 std::vector<float>& points) {
  // Corners of the axes at which nothing moves have no target.
  for (const TargetWeight& t : targets)
    if (const auto index = assets.find_target(t.target))
      add_target(assets.targets()[*index], static_cast<float>(t.weight), points);
}

float height_of(const BodyAssets& assets, const std::vector<float>& points) {
  float low = points[1], high = points[1];
  for (size_t i = 0; i < assets.body_point_count(); ++i) {
    low = std::min(low, points[3 * i + 1]);
    high = std::max(high, points[3 * i + 1]);
  }
  return high - low;
}

/// Points without any height target, and what the two ends of the height axis add to them.
struct HeightAxis {
  std::vector<float> middle, shortest, tallest;
};

std::vector<TargetWeight> only_height(const BodyShape& shape, double height) {
  BodyShape s = shape;
  s.height = height;
  std::vector<TargetWeight> out = shape_targets(s);
  std::erase_if(
      out, [](const TargetWeight& t) { return !t.target.starts_with("macrodetails/height/"); });
  return out;
}

HeightAxis height_axis(const BodyAssets& assets, const BodyShape& shape) {
  BodyShape s = shape;
  s.height = 0.5;
  HeightAxis out;
  out.middle.assign(assets.base().begin(), assets.base().end());
  add_targets(assets, shape_targets(s), out.middle);
  add_targets(assets, face_targets(assets, shape.face), out.middle);
  out.shortest.assign(out.middle.size(), 0.f);
  out.tallest.assign(out.middle.size(), 0.f);
  add_targets(assets, only_height(shape, 0), out.shortest);
  add_targets(assets, only_height(shape, 1), out.tallest);
  return out;
}

std::vector<float> at_height(const HeightAxis& axis, double height) {
  const bool tall = height > 0.5;
  const auto weight = static_cast<float>(std::abs(2 * height - 1));
  const std::vector<float>& add = tall ? axis.tallest : axis.shortest;
  std::vector<float> out(axis.middle.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = axis.middle[i] + weight * add[i];
  return out;
}

double solve_height(const BodyAssets& assets, const HeightAxis& axis, double stature) {
  auto stature_at = [&](double h) {
    return static_cast<double>(height_of(assets, at_height(axis, h)));
  };
  const double low = stature_at(0), high = stature_at(1);
  PANTOMIME_CHECK(stature >= low && stature <= high,
                  "person: height={}m, with the other settings {:.2f} to {:.2f} m can be made",
                  stature, low, high);
  // The stature is close to linear on either half of the axis: regula falsi lands in a few steps.
  const double middle = stature_at(0.5);
  double a = stature < middle ? 0 : 0.5, b = a + 0.5;
  double fa = (a == 0 ? low : middle) - stature, fb = (b == 1 ? high : middle) - stature;
  double h = a;
  for (int i = 0; i < 40 && fb - fa > 1e-9; ++i) {
    h = std::clamp(a - fa * (b - a) / (fb - fa), a, b);
    const double f = stature_at(h) - stature;
    if (std::abs(f) < 2e-5) break;
    (f < 0 ? a : b) = h;
    (f < 0 ? fa : fb) = f;
  }
  return h;
}

}  // namespace

std::vector<TargetWeight> face_targets(const BodyAssets& assets, uint64_t seed) {
  std::vector<TargetWeight> out;
  size_t index = 0;
  for (const Detail& d : assets.details()) {
    // The average face frowns a little; faces at rest don't.
    double w = d.name == "eyebrows/eyebrows-angle" ? 0.5 : 0.;
    if (seed != 0) {
      // Left and right sides are two details of one name: same draw, plus a little of their own.
      Random common(derive_seed(seed, d.name)), own(derive_seed(seed, d.name, 1 + index++));
      w += std::clamp(0.11 * common.normal() + 0.012 * own.normal(), -0.3, 0.3);
    }
    const int target = w < 0 ? d.less : d.more;
    if (w == 0 || target < 0) continue;
    out.push_back({std::string(assets.targets()[static_cast<size_t>(target)].name), std::abs(w)});
  }
  return out;
}

BodyShape with_height_solved(const BodyAssets& assets, const BodyShape& shape) {
  if (shape.stature == 0) return shape;
  BodyShape out = shape;
  out.height = solve_height(assets, height_axis(assets, shape), shape.stature);
  out.stature = 0;
  return out;
}

std::vector<Vec3> morph(const BodyAssets& assets, const BodyShape& shape) {
  std::vector<float> points;
  if (shape.stature != 0) {
    const HeightAxis axis = height_axis(assets, shape);
    points = at_height(axis, solve_height(assets, axis, shape.stature));
  } else {
    points.assign(assets.base().begin(), assets.base().end());
    add_targets(assets, shape_targets(shape), points);
    add_targets(assets, face_targets(assets, shape.face), points);
  }
  float ground = points[1];
  for (size_t i = 0; i < assets.body_point_count(); ++i)
    ground = std::min(ground, points[3 * i + 1]);
  std::vector<Vec3> out(assets.point_count());
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = {points[3 * i], points[3 * i + 1] - ground, points[3 * i + 2]};
  return out;
}

float stature_of(const BodyAssets& assets, const std::vector<Vec3>& points) {
  float low = points[0].y, high = points[0].y;
  for (size_t i = 0; i < assets.body_point_count(); ++i) {
    low = std::min(low, points[i].y);
    high = std::max(high, points[i].y);
  }
  return high - low;
}

}  // namespace pantomime::body
