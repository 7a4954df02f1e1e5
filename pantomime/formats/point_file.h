// Any file of points that a pose solver can make motion of: which kind it is, and who is in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/axes.h"
#include "pantomime/motion/point_recording.h"

namespace pantomime::formats {

/// C3D; NTU's .skeleton; JSON of MediaPipe or OpenPose; CSV with a row a frame; HumanML3D's arrays.
enum class PointKind { C3d, Ntu, Video, Csv, HumanMl3d };

/// What a file is, by its name alone (any case): *.c3d, *.skeleton, *_keypoints.json and JSON named
/// after landmarks, poses or MediaPipe, *.npy in folders new_joint_vecs and new_joints.
std::optional<PointKind> point_kind(std::string_view path);
/// The same where the content may decide: any JSON of landmarks or keypoints, any CSV with columns
/// NAME_x, NAME_y, NAME_z or x0, y0, z0, any NumPy array of shape [F, 263] or [F, 22, 3]. `begin`:
/// the file's first bytes, 4 KiB will do.
std::optional<PointKind> point_kind(std::string_view path, std::string_view begin);

struct PointFileOptions {
  double fps = 30;       ///< where the file doesn't say it
  double aspect = 1;     ///< width over height of the picture
  bool picture = false;  ///< CSV: x and z are widths of the picture, y heights, from the top
};

/// One person in a file.
struct PointsOfPerson {
  std::string name;  ///< part of a path; empty when the file can have only one
  motion::PointRecording points;
  /// How its axes lie; absent: as the point set says.
  std::optional<motion::Axes> axes;
  bool metric = true;  ///< false: in some unit of a picture, see motion/person_scale.h
};

/// Everybody in a file. Throws ParseError as the kind's reader does, and for keypoints that are
/// flat: a pose in space can't be told from them.
std::vector<PointsOfPerson> parse_point_file(std::string_view bytes, const std::string& name,
                                             PointKind kind, const PointFileOptions& options = {});

}  // namespace pantomime::formats
