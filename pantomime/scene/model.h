// Things that stand in a room.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pantomime/body/character.h"
#include "pantomime/formats/wavefront.h"

namespace pantomime::scene {

using motion::Vec3;

/// A thing in its own frame: it stands on y = 0 in the middle of x and z, its front looks to +Z.
struct Model {
  std::string id;       ///< "couch2"
  std::string role;     ///< what it is used for: "sofa", "chair", …
  Vec3 size;            ///< metres: width, height, depth
  float elevation = 0;  ///< metres above the floor
  std::vector<formats::ModelPiece> pieces;
  std::vector<body::Material> materials;
  body::Credit credit;

  size_t triangle_count() const;
};

/// A flat surface to sit or lie on, measured from the triangles: the height, in [low, high], around
/// which most of the area that faces up lies, with nothing more than 5 cm above its middle third.
/// To 3 cm, rather above than below. 0 when less than a tenth of the footprint is such a surface.
float surface_height(const Model& model, float low, float high);
/// z, metres, of the front edge of the surface at `height` (as surface_height gives it) near x: of
/// what faces up within 4 cm of it. Half the depth when nothing does.
float surface_front(const Model& model, float height, float x);

/// Adds a box with its texture in metres: one repeat of the picture is `texture_size` metres.
/// `low`, `high`: opposite corners.
void add_box(Model& model, int material, Vec3 low, Vec3 high, float texture_size = 1);
/// Adds a body of revolution about the y axis: points (radius, height) from the bottom up.
void add_lathe(Model& model, int material, const std::vector<std::array<float, 2>>& profile,
               int segments = 24);
/// A rectangle from a corner along two edges, seen from the side of cross(a, b); its texture
/// repeats every `texture_size` metres.
void add_rectangle(Model& model, int material, Vec3 corner, Vec3 a, Vec3 b, float texture_size = 1);

}  // namespace pantomime::scene
