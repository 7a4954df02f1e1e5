// GLB (binary glTF 2.0): a skinned, textured, animated character in one file that browsers, Blender
// and game engines open.
// Source: Khronos, glTF 2.0 specification, ISO/IEC 12113:2022.
#pragma once

#include <filesystem>
#include <string>

#include "pantomime/body/character.h"
#include "pantomime/motion/clip.h"

namespace pantomime::formats {

/// How see-through materials (hair, lashes, lace) are drawn. Mask: a pixel is there or not; right
/// in any drawing order. Blend: soft edges, but viewers sort whole meshes, so locks may vanish
/// behind others. Auto: Blend for pictures that are soft for the most part (eyebrows, lashes: one
/// layer on the face), Mask for the rest.
enum class GlbAlpha { Auto, Mask, Blend };

struct GlbOptions {
  std::string title = "motion";  ///< name of the scene and of the animation
  std::string settings = "{}";   ///< JSON object kept in asset.extras (command, settings, prior)
  int max_texture = 2048;        ///< larger textures are halved until they fit, 16 … 16384
  int jpeg_quality = 90;         ///< of pictures without transparency, 1 … 100
  GlbAlpha alpha = GlbAlpha::Auto;
  float alpha_cutoff = 0.5f;  ///< for Mask: coverage from which a pixel is there
};

/// The character moving as the clip says. Joints are nodes with the clip's bone offsets (so a
/// viewer's joints are where forward_kinematics puts them); their rest pose is the bind pose;
/// animation keys lie at the clip's own frame rate. Credits go into asset.copyright and, one by
/// one, into asset.extras.credits. Vertices that no triangle uses are left out. Same input, same
/// bytes. Throws Error when the clip's joints are not the character's, arrays disagree, or settings
/// is not a JSON object.
std::string to_glb(const body::Character& character, const motion::Clip& clip,
                   const GlbOptions& options = {});
/// A skeleton alone: nodes and animation, no mesh; any skeleton, end sites become nodes too.
std::string to_glb(const motion::Clip& clip, const GlbOptions& options = {});

void write_glb(const std::filesystem::path& path, const body::Character& character,
               const motion::Clip& clip, const GlbOptions& options = {});

}  // namespace pantomime::formats
