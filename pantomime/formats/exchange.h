// A character in motion for other programs: USD text, OBJ files and PC2 mesh caches. glb.h has
// glTF.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "pantomime/body/character.h"
#include "pantomime/motion/clip.h"

namespace pantomime::formats {

/// File names and contents; the first part of a name may be a folder ("textures/skin.png").
using FileSet = std::map<std::string, std::string>;

/// Writes all files of a set below a folder, which is made. When one can't be written, none of
/// them is left.
void write_files(const std::filesystem::path& folder, const FileSet& files);

/// How to write meshes.
struct ExchangeOptions {
  std::string name = "motion";        ///< of the main file, without its ending
  std::string textures = "textures";  ///< folder of the textures, beside the main file
  int max_texture = 2048;             ///< larger textures are halved until they fit, 16 … 16384
};

/// USD as text (NAME.usda) with its textures: a SkelRoot with one Skeleton (22 joints, bind pose of
/// the character), a SkelAnimation with the clip's rotations and translations, the meshes with
/// their weights, and UsdPreviewSurface materials. Y up, metres, one time code a frame. Source:
/// OpenUSD, "UsdSkel schemas" and "UsdPreviewSurface specification". Same input, same bytes. Throws
/// Error when the clip's joints are not the character's, or arrays of a mesh disagree.
FileSet to_usd(const body::Character& character, const motion::Clip& clip,
               const ExchangeOptions& options = {});
/// A skeleton alone, any skeleton; moving joints move.
std::string to_usd(const motion::Clip& clip);

/// One mesh file a frame: NAME_00000.obj …, NAME.mtl and textures. All files have the same vertices
/// in the same order (meshes one after the other), so programs can tell what moved.
FileSet to_obj_sequence(const body::Character& character, const motion::Clip& clip,
                        const ExchangeOptions& options = {});

/// NAME.obj in the bind pose, and NAME.pc2, a point cache (version 1) that moves its vertices: a
/// sample a frame, metres, y up. 3ds Max, Blender and MeshLab read them together. Throws Error for
/// caches beyond 2 GiB.
FileSet to_pc2(const body::Character& character, const motion::Clip& clip,
               const ExchangeOptions& options = {});

}  // namespace pantomime::formats
