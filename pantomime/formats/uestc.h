// UESTC's 40 exercises as ACTOR's folder holds them: motion by VIBE from videos of eight cameras,
// and lists of what each video shows. Source: Ji et al., "A Large-scale RGB-D Database for
// Arbitrary-view Human Action Recognition", ACM MM 2018; Petrovich et al., "Action-Conditioned 3D
// Human Motion Synthesis with Transformer VAE", ICCV 2021 (the layout, the division of people, the
// turn to the front).
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/formats/actor.h"

namespace pantomime::formats {

/// What the name of a video says: "a12_d3_p045_c2_color.avi".
struct UestcVideo {
  int64_t action = 0;   ///< 0 … 39
  int64_t view = 0;     ///< direction of the camera, eighths of a turn; 8: goes around
  int64_t subject = 0;  ///< 1 … 118
  int64_t side = 0;     ///< 1: the camera in front
};
std::vector<UestcVideo> parse_uestc_names(std::string_view text, const std::string& name);

/// True for the 51 people that ACTOR trains on.
bool uestc_trains(int64_t subject);

struct Uestc {
  std::vector<std::string> actions;      ///< names, small letters, by number
  std::vector<ActorSequence> sequences;  ///< 30 frames a second, turned to the front
  std::vector<int64_t> subjects;         ///< of each
};

/// The folder's vibe_cache_refined.pkl, info/names.txt, info/num_frames_min.txt (how many frames of
/// each are good), info/action_classes.txt and, when it is there, globtrans_usez.pkl (paths of
/// people), of which other videos than the front's are turned to it about the vertical; videos of
/// the camera that goes around are left out, and of training people those of less than 45 frames.
/// Throws ParseError or Error for lists that don't fit.
Uestc read_uestc(const std::filesystem::path& folder);
/// The same of a pickle's bytes that were read from `pickle`, in the folder that it lies in.
Uestc parse_uestc(std::string_view bytes, const std::filesystem::path& pickle);

}  // namespace pantomime::formats
