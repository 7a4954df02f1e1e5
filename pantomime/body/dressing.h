// Clothes, shoes, hair and eyes fitted to a body, and the body made to stay under them.
#pragma once

#include <span>
#include <vector>

#include "pantomime/body/body_assets.h"
#include "pantomime/body/rig.h"

namespace pantomime::body {

/// Points [P] of an item on a body: each is tied to three points of the body,
///   p = w0 a + w1 b + w2 c + scale * offset   (scale: per axis, see Item::scale_a).
std::vector<Vec3> fit(const Item& item, std::span<const Vec3> body_points);

/// Unit normals [P] of points joined by a surface; corners are weighted by their angle, so that the
/// way a quad was cut makes no difference.
std::vector<Vec3> point_normals(const Surface& surface, std::span<const Vec3> points);

/// The mesh of the visible body under `items`: faces that are never seen are left out, skin under
/// cloth lies a few millimetres deeper so that it stays inside when the body bends.
SkinnedMesh body_mesh(const BodyAssets& assets, std::span<const Vec3> body_points,
                      std::span<const Item* const> items);

/// The mesh of `items[index]`, itself hidden and sunk under the items further out.
SkinnedMesh item_mesh(const BodyAssets& assets, std::span<const Vec3> body_points,
                      std::span<const Item* const> items, size_t index);

}  // namespace pantomime::body
