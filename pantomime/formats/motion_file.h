// Any motion file that becomes clips: which kind it is, and its motion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::formats {

enum class MotionKind { Bvh, Amc, Amass, Gltf, Actor };

/// What a file is, by its name (any case); nothing when it is no motion. Bodies' shapes that lie
/// beside AMASS motion (shape.npz, *_stagei.npz) are none.
std::optional<MotionKind> motion_kind(std::string_view path);
/// True for kinds of which one file holds several clips.
bool has_parts(MotionKind kind);
/// True for the skeleton that AMC files need beside them.
bool is_skeleton_name(std::string_view path);

/// A file's bytes, and what it can't be read without.
struct MotionBytes {
  std::string_view bytes;
  std::string name;           ///< for errors, and for its kind
  std::string_view skeleton;  ///< of an AMC file: its ASF file
  std::string skeleton_name;
};

struct MotionFileOptions {
  double amc_fps = 120;   ///< AMC files don't say their frame rate
  double actor_fps = 20;  ///< nor do ACTOR's pickles (HumanAct12; UESTC has 30)
};

/// The motion of a file.
struct MotionOfFile {
  motion::Clip clip;
  /// Empty: the clip is on the file's own skeleton and needs a mapping. Else the clip is canonical,
  /// and this is what stands in a mapping's place ("amass").
  std::string mapping;
};

/// One clip of a file with parts.
struct MotionPart {
  std::string name;  ///< part of a path: "Walk", "run/0007"; unique within the file
  MotionOfFile motion;
};

/// All clips of a file of a kind that has parts; errors as parse_motion().
std::vector<MotionPart> parse_parts(const MotionBytes& file, const MotionFileOptions& options = {});

/// Reads a file of one clip by its kind. Throws ParseError as the kind's reader does, and for an
/// AMC file without a skeleton or a name of no kind.
MotionOfFile parse_motion(const MotionBytes& file, const MotionFileOptions& options = {});

}  // namespace pantomime::formats
