// Animations of glTF 2.0 files (.glb, .gltf) as clips on their own skeletons. glb.h writes.
// Source: Khronos, glTF 2.0 specification, ISO/IEC 12113:2022.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::formats {

struct GltfOptions {
  /// Frames per second of the clips. Absent: that of the keys where they lie evenly, else 30.
  std::optional<double> fps;
  /// Gives a file that the scene names by a relative path, e.g. "walk.bin". Absent: such scenes are
  /// refused. read_gltf() looks in the scene's folder and below it.
  std::function<std::string(const std::string& uri)> load;
};

/// One animation. Joints are the nodes of the largest skin and what they hang on, or, without a
/// skin, all nodes of the trees in which something is animated. The scene's rest pose (the nodes'
/// own transforms) is the clip's zero pose: rotations tell how far a joint is turned from it. (Only
/// in characters that Pantomime wrote it is the T-pose, which their nodes' frames tell.)
/// Positions are exact, also under scaled nodes; joints that are moved or scaled are
/// Clip::moving_joints.
struct GltfAnimation {
  std::string name;
  motion::Clip clip;
};

/// Reads all animations: LINEAR, STEP and CUBICSPLINE; times and values as floats or as normalised
/// whole numbers; buffers inside, as base64, or beside. Morph weights are left out. A scene without
/// animations gives an empty list. Throws ParseError for a broken structure, what points outside
/// its buffer, sparse accessors, mirroring nodes, times that do not rise, numbers that are not
/// finite, or animations of more than 20 million poses of joints.
std::vector<GltfAnimation> parse_gltf(std::string_view bytes, const std::string& name,
                                      const GltfOptions& options = {});
std::vector<GltfAnimation> read_gltf(const std::filesystem::path& path,
                                     const GltfOptions& options = {});
/// The skeleton of the largest skin in the scene's rest pose.
struct GltfRig {
  motion::Clip rest;                    ///< one frame; joints as in GltfAnimation, zero pose
  std::vector<int> nodes;               ///< [J] node of each joint; -1: the scene
  std::vector<motion::Quat> rotations;  ///< [J] world_from_node at rest
  std::vector<motion::Vec3> scales;     ///< [J] by which a node scales what hangs on it
};

/// Throws ParseError as parse_gltf(), and for a scene without a skin.
GltfRig parse_gltf_rig(std::string_view bytes, const std::string& name,
                       const GltfOptions& options = {});
/// A GltfOptions::load that reads files in the scene's folder and below it, and nothing else.
std::function<std::string(const std::string& uri)> files_beside(const std::filesystem::path& scene);

}  // namespace pantomime::formats
