// Who makes the motions of a data set. The data set's room knows no network: the program hands it
// an Actor that runs the prior; tests hand it one that plays recorded clips.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pantomime/body/character.h"
#include "pantomime/dataset/recipe.h"
#include "pantomime/motion/clip.h"

namespace pantomime::dataset {

/// Something done for a time.
struct ActPart {
  std::string label;
  double seconds = 0;
};

/// A seat or bed at the origin: who sits on it looks to +Z, the feet of who lies on it point there.
struct RestGoal {
  RestUse use = RestUse::Seat;
  RestWhen when = RestWhen::All;
  float height = 0.45f;  ///< metres, of its surface
  float width = 0.5f;    ///< metres across
  float front = 0.25f;   ///< seats: metres before who sits on it that it ends
  float side = 1;        ///< beds: +1 the person comes from its +X side, -1 from -X
};

/// A box on the floor to keep clear of: middle, size, metres.
struct Obstacle {
  float x = 0, z = 0, width = 0, depth = 0, height = 0;
};

struct ActRequest {
  std::vector<ActPart> parts;
  const body::Character* person = nullptr;
  uint64_t seed = 0;
  std::optional<RestGoal> rest;
  /// Not empty: the motion happens inside this polygon (x, z), clear of the obstacles, and begins
  /// at `start`.
  std::vector<std::array<float, 2>> floor;
  std::vector<Obstacle> obstacles;
  std::array<float, 2> start{0, 0};
};

struct ActResult {
  motion::Clip clip;  ///< on the person's bones, canonical, 30 frames per second
  double missed = 0;  ///< metres: the worst of what was asked for and not reached
};

class Actor {
 public:
  virtual ~Actor() = default;
  /// Labels that it knows.
  virtual std::vector<std::string> labels() const = 0;
  /// Same request, same clip, whatever was asked before. Safe to call from several threads.
  virtual ActResult act(const ActRequest& request) = 0;
  /// Hash and licence of what it learned from, for the manifest.
  virtual std::string model_hash() const = 0;
  virtual std::string model_licence() const = 0;
};

}  // namespace pantomime::dataset
