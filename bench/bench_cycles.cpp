// One room for two renderers: bench/compare_cycles runs this and Blender's Cycles on it.
//
//   build/release/bench_cycles export DIR                       scene.obj, its textures, scene.json
//   build/release/bench_cycles render DIR SAMPLES THREADS       ours.png and a line of JSON
//
// A frame of ours is everything: the person skinned and moved, the trees adapted, all truth layers
// and a colour picture in which every pixel has SAMPLES samples, each with a shadow ray to the sun,
// one to a lamp or window, and one of ambient occlusion.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "bench_room.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/exchange.h"
#include "pantomime/formats/png.h"

namespace {

using namespace pantomime;
using nlohmann::ordered_json;

/// Everything on the stage as one body that does not move, so that the writers of bodies write it.
body::Character frozen(const bench::BenchRoom& room) {
  body::Character out;
  out.skeleton = motion::canonical_skeleton(motion::default_geometry());
  out.bind_positions.resize(motion::kJointCount);
  out.bind_rotations.resize(motion::kJointCount);
  const auto add = [&](const std::vector<body::Material>& materials) {
    out.materials.insert(out.materials.end(), materials.begin(), materials.end());
  };
  // In the order in which the stage numbers them.
  add(room.home.shell.materials);
  for (const scene::Placed& thing : room.home.things) add(thing.model->materials);
  add(room.person.materials);
  for (size_t i = 0; i < room.stage->scene().mesh_count(); ++i) {
    const render::Mesh& mesh = room.stage->scene().mesh(i);
    const size_t count = mesh.positions.size();
    body::SkinnedMesh& piece = out.meshes.emplace_back();
    piece.name = mesh.name;
    piece.material = mesh.material;
    piece.positions = mesh.positions;
    piece.normals = mesh.normals;
    piece.uvs = mesh.uvs;
    piece.uvs.resize(count);
    piece.normals.resize(count, {0, 1, 0});
    piece.triangles = mesh.triangles;
    piece.joints.resize(count);
    piece.weights.resize(count, {1, 0, 0, 0});
  }
  return out;
}

ordered_json json_of(motion::Vec3 v) {
  return {v.x, v.y, v.z};
}

void write_scene(const bench::BenchRoom& room, const std::filesystem::path& folder) {
  formats::write_files(
      folder, formats::to_pc2(frozen(room), body::bind_pose(room.person), {.name = "scene"}));
  const render::Camera& camera = room.camera;
  ordered_json lamps = ordered_json::array();
  for (const scene::Lamp& lamp : room.home.lamps)
    lamps.push_back({{"corner", json_of(lamp.corner)},
                     {"a", json_of(lamp.a)},
                     {"b", json_of(lamp.b)},
                     {"radiance", json_of(lamp.colour)}});
  const scene::Daylight& day = room.home.daylight;
  size_t triangles = 0;
  for (size_t i = 0; i < room.stage->scene().mesh_count(); ++i)
    triangles += room.stage->scene().mesh(i).triangles.size();
  const ordered_json out = {{"width", camera.width},
                            {"height", camera.height},
                            {"focal_length", camera.fx},
                            {"position", json_of(camera.position)},
                            {"right", json_of(camera.world_from_camera * motion::Vec3{1, 0, 0})},
                            {"down", json_of(camera.world_from_camera * motion::Vec3{0, 1, 0})},
                            {"forward", json_of(camera.world_from_camera * motion::Vec3{0, 0, 1})},
                            {"lamps", lamps},
                            {"towards_sun", json_of(day.towards_sun)},
                            {"sun", json_of(day.sun)},
                            {"sun_radius", room.stage->scene().key.radius},
                            {"outside", json_of(day.outside)},
                            {"triangles", triangles}};
  write_file(folder / "scene.json", out.dump(1) + "\n");
}

/// The fastest of some frames, by each clock alone: seconds that passed, and seconds of all
/// processors, which other programs on the machine don't add to.
template <class Frame>
ordered_json fastest(int frames, const Frame& frame) {
  double best = 1e9, best_processor = 1e9;
  for (int f = 0; f < frames; ++f) {
    const auto from = std::chrono::steady_clock::now();
    const std::clock_t processor = std::clock();
    frame(static_cast<size_t>(f));
    best_processor =
        std::min(best_processor, static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
    best = std::min(best, took.count());
  }
  return {{"s", best}, {"processor_s", best_processor}};
}

void render_scene(bench::BenchRoom& room, const std::filesystem::path& folder, int samples,
                  int threads) {
  constexpr int kTries = 5;
  render::Stage& stage = *room.stage;
  stage.show(0);
  render::RenderOptions options;
  options.samples = samples;
  options.contrast = 0;
  options.threads = threads;
  ordered_json out = {{"samples", samples}, {"threads", threads}};
  out["once_a_room"] = fastest(1, [&](size_t) { stage.map_light(render::kMapSamples, options); });
  formats::write_png(folder / "ours.png", stage.colour(room.camera, options));
  const auto frame = [&](const render::Camera& camera, size_t f) {
    stage.show(f % bench::kFrames);
    const render::FrameTruth truth = stage.truth(camera, camera);
    const Image picture = stage.colour(camera, options, &truth);
    if (picture.pixels.empty()) fail("no picture");
  };
  out["moving_camera"] = fastest(kTries, [&](size_t f) { frame(room.camera, f); });
  stage.show(0);
  stage.stand_still(room.camera, samples, options);
  out["still_camera"] = fastest(kTries, [&](size_t f) { frame(room.camera, f); });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  out["peak_MiB"] = usage.ru_maxrss / 1024;
  std::printf("%s\n", out.dump().c_str());
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  try {
    bench::BenchRoom room;
    if (arguments.size() == 2 && arguments[0] == "export")
      write_scene(room, arguments[1]);
    else if (arguments.size() == 4 && arguments[0] == "render")
      render_scene(room, arguments[1], std::stoi(arguments[2]), std::stoi(arguments[3]));
    else
      fail("expected: export DIR, or render DIR SAMPLES THREADS");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_cycles: %s\n", error.what());
    return 1;
  }
  return 0;
}
