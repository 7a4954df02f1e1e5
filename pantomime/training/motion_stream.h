// Motion of any length, a window at a time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pantomime/conditions/constraints.h"
#include "pantomime/training/completion_guide.h"
#include "pantomime/training/guide.h"
#include "pantomime/training/text_guide.h"

namespace pantomime::training {

struct StreamOptions {
  diffusion::SampleOptions sampler;
  /// Ancestral steps where something must hold: fresh noise lets the prior make up its mind anew
  /// about what is free (feet slide half as much as with deterministic steps, docs/CONDITIONS.md).
  bool renoise = true;
  GuidanceStrength strength, text_strength;
  bool foot_lock = true;
  /// Clips to be changed (GenerateOptions::begin), [B, F, D] in the real bodies' size; only for a
  /// single window of F frames.
  at::Tensor begin = {};
  double change = 0.6;
  /// What was done before pulls: windows that go on are guided by labels so many times as strongly.
  double against_before = 2;
  /// Instead of holding goals at every step: so many rounds of looking for noise whose clip meets
  /// them (conditions/noise_search.h); what is left is corrected at the end as ever. For a single
  /// window; 0: not.
  int noise_rounds = 0;
  /// Clips that are told where to go are looked at so often, roughly, for a begin on good feet
  /// (conditions/seed_choice.h); 1: not.
  int tries = 1;
  int64_t longest = 128;   ///< frames the prior makes at once: what it was trained on
  int64_t memory = 24;     ///< frames of a window that are the end of the window before
  int64_t lookahead = 16;  ///< frames made and thrown away: motion that goes on ends otherwise
};

/// Goals that were missed in a window: what was asked for, and by how much (metres or radians).
using Missed = std::vector<std::pair<std::string, double>>;

/// What somebody is to do: an action, or what a sentence says; neither: anything.
struct Told {
  int64_t label = -1;                            ///< index of the guide's labels
  const std::vector<float>* sentence = nullptr;  ///< states [T, 512] of an encoded sentence
  const std::vector<float>* arms = nullptr;      ///< another one, for the arms; null: the same
};
/// Of whom all may be null.
struct Guides {
  const Guide* label = nullptr;
  const TextGuide* text = nullptr;
  const CompletionGuide* completion = nullptr;  ///< heeds what is given
};

/// Several clips, made in step. A window goes on from the last frames of the one before, which are
/// kept exactly (conditions/constraints.h), so memory doesn't grow with the length. Each clip's
/// world is the one in which its first frame stands over the origin and faces +Z.
class MotionStream {
 public:
  /// One body and one seed per clip.
  MotionStream(const Prior& prior, const Guides& guides, std::vector<motion::Skeleton> bodies,
               std::vector<uint64_t> seeds, const StreamOptions& options);

  struct Window {
    motion::Clip clip;  ///< the new frames
    Missed missed;
  };
  /// The next `frames` (at most most_frames()) of all clips; `more`: others follow. `told`: one a
  /// clip, all labels or all sentences (or nothing); empty: nothing. `wanted`: constraints on these
  /// frames and, if they go on, on up to StreamOptions::lookahead more, one a clip, in the clip's
  /// world and the real body's size; empty: none.
  std::vector<Window> next(int64_t frames, const std::vector<Told>& told,
                           const std::vector<conditions::Constraints>& wanted = {},
                           bool more = true);
  /// Of one call; the only call may ask for StreamOptions::longest.
  int64_t most_frames() const { return options_.longest - options_.memory - options_.lookahead; }

 private:
  at::Tensor sample(const std::vector<Told>& told, const conditions::GenerateOptions& options,
                    const std::vector<conditions::Condition*>& also) const;

  const Prior& prior_;
  Guides guides_;
  std::vector<motion::Skeleton> bodies_;
  std::vector<uint64_t> seeds_;
  StreamOptions options_;
  std::vector<motion::Clip> last_;  ///< the last frames of each clip in its world, at most `memory`
  uint64_t windows_ = 0;
};

/// Lengths of windows for so many frames: as even as can be, none longer than `most`.
std::vector<int64_t> window_lengths(int64_t frames, int64_t most);

}  // namespace pantomime::training
