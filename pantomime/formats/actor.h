// HumanAct12 and UESTC in the layout of ACTOR (and of MDM after it): one pickle with all sequences.
// Source: Petrovich et al., "Action-Conditioned 3D Human Motion Synthesis with Transformer VAE",
// ICCV 2021; Guo et al., "Action2Motion", 2020 (HumanAct12); Ji et al., 2018 (UESTC).
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::formats {

struct ActorOptions {
  double fps = 20;        ///< the file doesn't say; HumanAct12: 20, UESTC: 30
  size_t root_joint = 0;  ///< which of "joints3D" the pelvis is, where there are more than 24
};

/// One sequence.
struct ActorSequence {
  motion::Clip clip;    ///< canonical 22 joints, average bones; y up
  int64_t action = -1;  ///< "y"; -1: not said
  /// [F] turns of SMPL's joints 22 and 23, the hands, in the wrists' frames; the clip has none.
  std::vector<std::array<motion::Quat, 2>> hands;
};

/// HumanAct12's twelve coarse actions, by number.
extern const std::array<std::string_view, 12> kHumanAct12Actions;

/// Reads a dict of lists: "poses" (or "pose"), arrays [F, 72] or [F, 24, 3] of SMPL's rotation
/// vectors; and, when there, "joints3D" (or "joints3d"), arrays [F, 24 or more, 3], of which joint
/// 0 (or `root_joint`) is the path of the pelvis (metres), and "y", numbers of actions. A single
/// array [N, F, 72] stands for a list, too. The files are in a camera's axes, y down and z away:
/// half a turn about x brings them to ours. Throws ParseError for anything that is not so, or not
/// finite. Nothing in the file is run, see pickle.h.
std::vector<ActorSequence> parse_actor(std::string_view pickle, const std::string& name,
                                       const ActorOptions& options = {});
std::vector<ActorSequence> read_actor(const std::filesystem::path& path,
                                      const ActorOptions& options = {});

}  // namespace pantomime::formats
