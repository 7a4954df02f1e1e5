// The room that renderers are measured in: a furnished living room by day with a clothed, textured
// person in it, seen at 640 x 480. Needs the body (tools/fetch_body) and the furniture
// (tools/setup).
#pragma once

#include <memory>

#include "pantomime/base/bytes.h"
#include "pantomime/body/person.h"
#include "pantomime/formats/makehuman.h"
#include "pantomime/render/stage.h"

namespace pantomime::bench {

inline constexpr size_t kFrames = 30;

struct BenchRoom {
  body::BodyAssets assets = formats::open_body_assets(formats::body_assets_path());
  scene::Furnishings furnishings =
      scene::Furnishings::open(resource_path("configs/furniture.toml"));
  scene::Home home =
      scene::make_home(furnishings, {.kind = scene::RoomKind::LivingRoom, .day = true}, 11);
  body::Character person = body::make_character(assets, body::sample_person(assets, 1));
  motion::WorldPose pose;
  render::Camera camera;
  std::unique_ptr<render::Stage> stage;

  BenchRoom() {
    const motion::WorldPose bind = motion::forward_kinematics(body::bind_pose(person));
    for (size_t f = 0; f < kFrames; ++f) {
      for (const motion::Vec3 p : bind.positions)
        pose.positions.push_back(p + motion::Vec3{0.02f * static_cast<float>(f), 0, 0});
      pose.rotations.insert(pose.rotations.end(), bind.rotations.begin(), bind.rotations.end());
    }
    camera = render::look_at({home.width / 2 - 0.3f, 1.3f, home.depth / 2 - 0.3f}, {0, 0.8f, 0}, 1,
                             640, 480);
    stage = std::make_unique<render::Stage>(home);
    stage->add_person(person, pose);
    stage->show(0);
  }
};

}  // namespace pantomime::bench
