// From a shape to the points of a body.
#pragma once

#include <vector>

#include "pantomime/body/body_assets.h"
#include "pantomime/body/shape.h"

namespace pantomime::body {

/// Points [V] of the body in metres, in the assets' rest pose, soles at y = 0:
///   v = base + sum over targets of weight * delta.
/// A stature, if the shape asks for one, is met by solving the height axis. Throws Error when that
/// can't be done with the other axes as they are (it names the reachable range).
std::vector<Vec3> morph(const BodyAssets& assets, const BodyShape& shape);

/// The same shape with `stature` replaced by the height axis that gives it.
BodyShape with_height_solved(const BodyAssets& assets, const BodyShape& shape);

/// Height of the visible body in the rest pose, metres.
float stature_of(const BodyAssets& assets, const std::vector<Vec3>& points);

/// Weights of the face's detail targets drawn from a seed: normal with a small spread, the same on
/// both sides but for a slight asymmetry. Seed 0 gives the average face with a relaxed brow.
std::vector<TargetWeight> face_targets(const BodyAssets& assets, uint64_t seed);

}  // namespace pantomime::body
