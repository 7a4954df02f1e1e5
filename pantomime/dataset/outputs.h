// A finished clip in the formats that others read. Every function gives the bytes of one file, or
// of a piece that files are put together from; same clip, same bytes.
#pragma once

#include <string>
#include <vector>

#include "pantomime/dataset/clip_record.h"

namespace pantomime::dataset {

/// What holds for the whole data set.
struct Origin {
  std::string recipe;  ///< name
  uint64_t seed = 0;
  std::string model_hash;  ///< of the prior
  std::string model_licence;
};

/// One line of JSON: docs/DATASETS.md lists its keys.
std::string manifest_line(const ClipRecord& clip, const Origin& origin);

/// COCO's `images` and `annotations` of a clip: JSON objects, one a line, without commas between.
/// Image ids are 10000 clip + frame + 1, annotation ids 8 times that plus the person. Pixel
/// coordinates are COCO's (ours minus 0.5).
struct CocoLines {
  std::vector<std::string> images, annotations;
};
CocoLines coco_lines(const ClipRecord& clip);
/// A whole annotation file from all lines.
std::string coco_file(const std::vector<std::string>& images,
                      const std::vector<std::string>& annotations, const Origin& origin);

/// NTU RGB+D's text: all people in the first camera's axes (the sensor's: y up, x left, z ahead),
/// with depth and colour pixels of our picture and tracking state 2 visible, 1 hidden, 0 out of
/// frame.
std::string ntu_file(const ClipRecord& clip);

/// Arrays [F, P, 64, …] of all people: joints_3d (metres, world), joints_2d (pixels), states,
/// visible [F, P], part_visible [F, P, 25], boxes, intrinsics [F, 3, 3], distortion,
/// world_from_camera [F, 4, 4].
std::string joints_npz(const ClipRecord& clip);

/// AMASS file of the acting person.
std::string amass_file(const ClipRecord& clip, const Origin& origin);

/// A piece of a pickled list: one dict as PYSKL's annotations have it (2D, 17 COCO keypoints with
/// scores, or 3D, 25 NTU joints), without its frame.
enum class PysklKind { Coco2d, Ntu3d };
std::string pyskl_piece(const ClipRecord& clip, PysklKind kind);
/// The whole pickle: {"split": {"train": …, "val": …}, "annotations": […]}. Every fifth clip by its
/// number is for validation.
std::string pyskl_file(const std::vector<std::string>& keys,
                       const std::vector<std::string>& pieces);

}  // namespace pantomime::dataset
