// Body points as JSON: what MediaPipe Pose and OpenPose find in videos.
// Source: MediaPipe's Pose Landmarker guide (33 landmarks); OpenPose's output documentation
// (BODY_25 and COCO keypoints).
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pantomime/motion/point_recording.h"

namespace pantomime::formats {

/// In what the places of points are given.
enum class PointUnit {
  Metres,       ///< in space
  ImageWidths,  ///< x and z in widths of the picture, y brought to the same by its shape
  Pixels,       ///< flat: z is 0
};

struct PointsFromVideo {
  /// Right-handed, y up, x to the right of the picture, z towards the camera: who faces the camera
  /// looks along +z. Lengths in `unit`, whatever the header of PointRecording says.
  motion::PointRecording points;
  PointUnit unit = PointUnit::Metres;
};

struct VideoPointOptions {
  double fps = 30;    ///< when the file says nothing
  size_t person = 0;  ///< which one, when there are several in a frame
  double aspect = 1;  ///< width over height of the picture, for ImageWidths
};

extern const std::array<std::string_view, 33> kMediaPipeNames;
extern const std::array<std::string_view, 25> kBody25Names;        ///< OpenPose BODY_25
extern const std::array<std::string_view, 18> kOpenPoseCocoNames;  ///< OpenPose COCO

/// Reads MediaPipe's landmarks, as people save them: a list of frames, or an object with "frames"
/// and perhaps "fps". A frame is a list of 33 landmarks, or an object that has one under
/// pose_world_landmarks, worldLandmarks or the like (metres), else under pose_landmarks, landmarks
/// or the like (picture); also inside {"landmark": […]} and inside a list of people. A landmark is
/// {x, y, z, visibility or presence} or [x, y, z, visibility]. null or an empty list: nobody was
/// seen. Throws ParseError naming the frame for another structure or number of landmarks, numbers
/// that are not finite, or frames of different units.
PointsFromVideo parse_mediapipe(std::string_view json, const std::string& name,
                                const VideoPointOptions& options = {});

/// Reads OpenPose's keypoints: one text a frame, in order, each with its name for errors
/// (NAME_000000000000_keypoints.json …). Points in space (pose_keypoints_3d) are taken where there
/// are any, else those of the picture. Throws ParseError for another structure, other numbers of
/// points than 25 or 18, numbers that are not finite, or frames of different kinds.
PointsFromVideo parse_openpose(const std::vector<std::pair<std::string, std::string>>& frames,
                               const VideoPointOptions& options = {});
/// All *_keypoints.json of a folder, by name; or a file with a list of frames.
PointsFromVideo read_openpose(const std::filesystem::path& path,
                              const VideoPointOptions& options = {});

}  // namespace pantomime::formats
