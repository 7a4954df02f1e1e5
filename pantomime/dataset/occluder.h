// Something put between the camera and a person, so that a wanted part of the person stays visible.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "pantomime/base/random.h"
#include "pantomime/body/cover.h"
#include "pantomime/render/stage.h"
#include "pantomime/scene/furnishings.h"

namespace pantomime::dataset {

using motion::Vec3;

/// What a camera sees of a person in a few frames, as rays: found once, asked for every candidate.
class SightLines {
 public:
  /// Adds a frame: `truth` of person 0 seen by `camera`, which should be small.
  void add(const render::Camera& camera, const render::FrameTruth& truth);
  /// Mean visible part of the person over the frames.
  double visible() const;

 private:
  friend class OccluderFinder;
  struct Ray {
    Vec3 direction;  // unit
    float reach;     // metres to the person
  };
  struct Frame {
    Vec3 from;
    std::vector<Ray> seen;  // rays that reach the person
    int64_t whole = 0;
  };
  std::vector<Frame> frames_;
};

/// Candidates: every tall enough thing of a home's furnishings. Made once, used by many threads.
class OccluderFinder {
 public:
  explicit OccluderFinder(const scene::Furnishings& furnishings);

  struct Choice {
    scene::Placed thing;
    double visible = 1;  ///< what would then be visible on average
  };
  /// The thing and place that come nearest to `wanted`. It stands on free floor, `clear` metres
  /// away from `people` (points of everybody in the room) and from the camera's way.
  std::optional<Choice> find(const scene::Home& home, const SightLines& lines,
                             const std::vector<render::Camera>& cameras,
                             const std::vector<Vec3>& people, double wanted, Random& random) const;

 private:
  struct Candidate {
    std::shared_ptr<const scene::Model> model;
    std::shared_ptr<body::Occluders> surface;
  };
  double visible_behind(const Candidate& candidate, const scene::Placed& place,
                        const SightLines& lines) const;
  std::vector<Candidate> candidates_;
};

}  // namespace pantomime::dataset
