#include "pantomime/render/home_scene.h"

#include <cmath>

namespace pantomime::render {

std::vector<int> add_model(Scene3d& scene, const scene::Model& model, const scene::Placed& place) {
  std::vector<int> materials, meshes;
  for (const body::Material& material : model.materials)
    materials.push_back(scene.add_material(material));
  const float c = std::cos(place.turn), s = std::sin(place.turn);
  for (const formats::ModelPiece& piece : model.pieces) {
    Mesh mesh;
    mesh.name = model.id;
    mesh.material = materials[static_cast<size_t>(piece.material)];
    mesh.object = place.object;
    mesh.uvs = piece.uvs;
    mesh.triangles = piece.triangles;
    for (const Vec3 p : piece.positions) mesh.positions.push_back(place.to_world(p));
    for (const Vec3 n : piece.normals)
      mesh.normals.push_back({c * n.x + s * n.z, n.y, -s * n.x + c * n.z});
    meshes.push_back(scene.add_mesh(std::move(mesh)));
  }
  return meshes;
}

void add_home(Scene3d& scene, const scene::Home& home) {
  add_model(scene, home.shell, {});
  for (const scene::Placed& thing : home.things) add_model(scene, *thing.model, thing);
  scene.lamps = home.lamps;
  scene.key.towards = home.daylight.towards_sun;
  scene.key.colour = home.daylight.sun;
  scene.key.radius = 0.01f;
  scene.key.openings = home.daylight.windows;
  scene.surroundings.sky = home.daylight.fill;
  scene.surroundings.ground = 0.8f * home.daylight.fill;
  scene.surroundings.zenith = scene.surroundings.horizon = home.daylight.outside;
  scene.surroundings.sky_view = home.daylight.sky;
  scene.surroundings.haze_from = 1e9f;
  scene.surroundings.haze_to = 2e9f;
}

}  // namespace pantomime::render
