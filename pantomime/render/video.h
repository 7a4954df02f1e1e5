// MP4 videos (H.264), written frame by frame.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "pantomime/base/image.h"

namespace pantomime::render {

struct VideoOptions {
  int width = 0, height = 0;  ///< pixels, even (the colours have half the resolution)
  double fps = 30;
  int quality = 20;                 ///< x264's constant rate factor: 0 lossless … 51 worst
  std::string preset = "veryfast";  ///< x264's speed preset
  std::string comment{};            ///< kept in the file, e.g. the settings that made it
  std::string encoder = "libx264";  ///< FFmpeg's name of an H.264 encoder
};

/// Takes the next frame: an RGB (or RGBA, or grey) picture of the video's size.
using PushFrame = std::function<void(const Image&)>;

/// Writes `path` atomically: calls `produce` once, which hands over all frames in order. The index
/// is at the front of the file, so browsers play it while loading; same frames and options give the
/// same bytes. Throws Error naming the path: no such encoder, odd or wrong size, no frames, disk
/// full; then no file is left. Exceptions of `produce` pass through.
void write_video(const std::filesystem::path& path, const VideoOptions& options,
                 const std::function<void(const PushFrame&)>& produce);

}  // namespace pantomime::render
