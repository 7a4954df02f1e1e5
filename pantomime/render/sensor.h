// What stands between the light of a scene and the bytes of a picture: exposure and noise.
#pragma once

#include "pantomime/base/image.h"
#include "pantomime/render/camera.h"
#include "pantomime/render/scene3d.h"

namespace pantomime::render {

/// Exposure at which the middle half of what the camera sees has a mean brightness of `grey`
/// (linear): the geometric mean of a small picture without its darkest and brightest quarter.
/// `object`: somebody whom the camera looks for, as phones do: moves the exposure towards what
/// shows that object well, by a factor of at most 1.7; -1: nobody. Within [0.2, 12]; the same for
/// any number of threads.
float auto_exposure(const Scene3d& scene, const Camera& camera, float grey = 0.22f,
                    int object = -1);

/// Adds a sensor's noise to a picture, in linear light: variance = shot * light + read^2, each
/// channel by itself. `level` 0: none, 1: a phone at night (shot 0.0016, read 0.008). Same seed,
/// same bytes.
void add_noise(Image& image, float level, uint64_t seed);

}  // namespace pantomime::render
