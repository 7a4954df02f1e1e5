// Tangent frames for normal maps.
#pragma once

#include <array>
#include <vector>

#include "pantomime/body/character.h"

namespace pantomime::formats {

/// Tangents [V] as glTF wants them: x y z point to where the picture's columns grow, at right
/// angles to the normal; w is 1 or -1 so that w * cross(normal, tangent) points to the top of the
/// picture. Each vertex takes the mean over its triangles, weighted by their angle there; where
/// pictures give no direction (no area), any direction at right angles. Source: Lengyel, "Computing
/// Tangent Space Basis Vectors for an Arbitrary Mesh", 2001.
std::vector<std::array<float, 4>> tangents(const body::SkinnedMesh& mesh);

}  // namespace pantomime::formats
