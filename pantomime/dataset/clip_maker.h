// Makes one clip of a data set: an action, a person, a room, a camera, rendered with all its truth.
#pragma once

#include "pantomime/base/progress.h"
#include "pantomime/body/body_assets.h"
#include "pantomime/dataset/actor.h"
#include "pantomime/dataset/clip_record.h"
#include "pantomime/dataset/occluder.h"

namespace pantomime::dataset {

/// Everything that all clips share. Read only, except for the textures, which lock themselves.
struct Studio {
  const Recipe& recipe;
  const scene::Furnishings& furnishings;
  const body::BodyAssets* assets;  ///< null: plain bodies
  Actor& actor;
  OccluderFinder occluders;
  Studio(const Recipe& r, const scene::Furnishings& f, const body::BodyAssets* a, Actor& act)
      : recipe(r), furnishings(f), assets(a), actor(act), occluders(f) {}
};

/// The clip number `index` of a data set with this seed: a pure function of recipe, seed, index and
/// action. Throws Error naming the clip when nothing fits after many attempts, Cancelled when
/// `progress` is stopped.
ClipRecord make_clip(Studio& studio, uint64_t seed, int64_t index, const Action& action,
                     const Progress& progress);

/// When something happens in a motion: for those who sit or lie down or get up, from the first to
/// the last movement of the pelvis up or down; else of the joints. A tenth of the highest speed
/// counts as movement; the peak is the fastest moment. Who rests all the time has it from 0 to the
/// end.
Phases find_phases(const motion::Clip& clip, const Action& action);

}  // namespace pantomime::dataset
