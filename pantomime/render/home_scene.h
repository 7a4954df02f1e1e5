// A furnished room as the renderer sees it.
#pragma once

#include "pantomime/render/scene3d.h"
#include "pantomime/scene/home.h"

namespace pantomime::render {

/// Adds the shell (object 0), all things (their own object ids) and the light of a home. Call
/// before people are added; the scene should be `mixed`.
void add_home(Scene3d& scene, const scene::Home& home);

/// Adds one model; returns the numbers of its meshes.
std::vector<int> add_model(Scene3d& scene, const scene::Model& model, const scene::Placed& place);

}  // namespace pantomime::render
