// The body that fits given bones best.
#pragma once

#include <optional>

#include "pantomime/body/body_assets.h"
#include "pantomime/body/shape.h"

namespace pantomime::body {

/// Bone geometry of shapes without making their meshes: joints are linear in the targets, so only
/// the targets' effects on the joints are kept. Agrees with geometry_of(assets, shape).
class GeometryModel {
 public:
  explicit GeometryModel(const BodyAssets& assets);  ///< reads all targets once, about 50 ms
  /// `shape.stature` is ignored. Takes about 0.1 ms.
  motion::Geometry geometry(const BodyShape& shape) const;

 private:
  const BodyAssets* assets_;
  std::vector<uint32_t> used_;            ///< points of the body that joints and knuckles hang on
  std::vector<std::vector<Vec3>> moves_;  ///< [targets][used], empty where nothing moves
};

struct NearestShape {
  BodyShape shape;
  motion::Geometry geometry;  ///< of that shape
  float mean_error = 0;       ///< metres, mean |difference| over the 26 numbers of the geometry
  float worst_error = 0;      ///< metres
};

/// What is known beside the bones.
struct ShapeHints {
  std::optional<double> sex;  ///< 0 female … 1 male; absent: fitted
  std::optional<double> age;  ///< years; absent: fitted
};

/// Least squares over sex and age (unless given), height, weight, muscle, proportions and the
/// length axes (damped Gauss-Newton with numerical derivatives from several starts, a weak pull to
/// the average person keeps free axes quiet). Deterministic; about 0.1 s.
NearestShape nearest_shape(const GeometryModel& model, const motion::Geometry& geometry,
                           const ShapeHints& hints = {});

}  // namespace pantomime::body
