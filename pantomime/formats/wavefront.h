// Wavefront OBJ models with their MTL materials, as furniture catalogues hold them.
// Source: Wavefront Technologies, "Advanced Visualizer" file formats, appendix B1 (OBJ) and MTL.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/body/character.h"

namespace pantomime::formats {

using motion::Vec3;

/// All triangles of one material.
struct ModelPiece {
  int material = 0;                                ///< index into Model3d::materials
  std::vector<Vec3> positions;                     ///< [V] units and axes of the file
  std::vector<Vec3> normals;                       ///< [V] unit
  std::vector<std::array<float, 2>> uvs;           ///< [V] v = 0 at the picture's top; or empty
  std::vector<std::array<uint32_t, 3>> triangles;  ///< counter-clockwise seen from outside
};

struct Model3d {
  std::vector<ModelPiece> pieces;
  std::vector<body::Material> materials;
};

/// Content of a file that the model names (an MTL file, a picture), relative to the model's folder;
/// empty when there is none.
using SideFile = std::function<std::string(const std::string& name)>;
/// A picture that a material names; null when there is none or it can't be read.
using SidePicture = std::function<std::shared_ptr<const Image>(const std::string& name)>;

/// Faces with more than three corners are cut into a fan. Corners without a normal get the mean of
/// the faces around them that lean less than 60 degrees. Colours of materials are taken as sRGB.
/// Lines, curves and groups are skipped. Throws ParseError naming file and line for an index that
/// does not exist, a number that is none, or more than 4 million vertices or triangles.
Model3d parse_obj(std::string_view text, const std::string& name, const SideFile& materials,
                  const SidePicture& pictures);

}  // namespace pantomime::formats
