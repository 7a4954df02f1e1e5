#include "pantomime/metrics/cheats.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"

namespace pantomime::metrics {
namespace {

at::Tensor frozen(const at::Tensor& clip) {
  at::Tensor x = clip.narrow(0, clip.size(0) / 2, 1).expand({clip.size(0), -1}).clone();
  x.narrow(1, features::kRootVelocity, 2).zero_();
  features::face_forward_(x);
  return x;
}

at::Tensor teleported(const at::Tensor& clip) {
  at::Tensor x = clip.clone();
  constexpr double kJump = 1.0;  // metres, in one frame
  x[x.size(0) / 2].narrow(0, features::kRootVelocity + 1, 1).add_(kJump * motion::kFps);
  return x;
}

at::Tensor limbs_swapped(const at::Tensor& clip) {
  at::Tensor x = clip.clone();
  for (int64_t j = 1; j < motion::kJointCount; ++j)
    x.narrow(1, features::kJointRotations + 6 * (j - 1), 6)
        .copy_(clip.narrow(
            1, features::kJointRotations + 6 * (motion::kMirrorJoint[static_cast<size_t>(j)] - 1),
            6));
  return x;
}

}  // namespace

const char* name_of(Cheat cheat) {
  switch (cheat) {
    case Cheat::FrozenPose:
      return "cheat: frozen pose";
    case Cheat::Copy:
      return "cheat: copied training clips";
    case Cheat::Mean:
      return "cheat: mean motion";
    case Cheat::Teleport:
      return "cheat: teleporting root";
    case Cheat::LimbSwap:
      return "cheat: limbs swapped";
  }
  fail("cheat {}: unknown", static_cast<int>(cheat));
}

MotionSet cheated(Cheat cheat, const MotionSet& real) {
  MotionSet set;
  set.labels = real.labels;
  std::map<std::string, at::Tensor> means;
  if (cheat == Cheat::Mean) {
    std::map<std::string, std::vector<at::Tensor>> members;
    for (size_t i = 0; i < real.clips.size(); ++i) members[real.labels[i]].push_back(real.clips[i]);
    for (const auto& [label, clips] : members) {
      int64_t frames = clips[0].size(0);
      for (const at::Tensor& clip : clips) frames = std::min(frames, clip.size(0));
      std::vector<at::Tensor> parts;
      for (const at::Tensor& clip : clips) parts.push_back(clip.narrow(0, 0, frames));
      // Through a clip and back: the mean of two rotations is none before it is made one.
      means[label] = features::encode(features::decode(at::stack(parts).mean(0)));
    }
  }
  for (size_t i = 0; i < real.clips.size(); ++i) {
    const at::Tensor& clip = real.clips[i];
    set.clips.push_back(cheat == Cheat::FrozenPose ? frozen(clip)
                        : cheat == Cheat::Mean     ? means.at(real.labels[i])
                        : cheat == Cheat::Teleport ? teleported(clip)
                        : cheat == Cheat::LimbSwap ? limbs_swapped(clip)
                                                   : clip);
  }
  return set;
}

}  // namespace pantomime::metrics
