// How fast pictures of a moving person come out. Run: build/release/bench_render
#include <benchmark/benchmark.h>

#include "../tests/render/capsule_person.h"
#include "pantomime/render/preview.h"
#include "pantomime/render/renderer.h"
#include "pantomime/render/video.h"

namespace {

using namespace pantomime;

struct Stage {
  body::Character person = test::capsule_person(12);
  motion::Clip clip = test::walking_clip(60);
  motion::WorldPose pose = motion::forward_kinematics(clip);
  render::Scene3d scene;
  render::PosedCharacter posed{scene, person, 1};
  render::Camera camera;
  explicit Stage(int width, int height) {
    scene.add_mesh(render::floor_mesh(scene, 0, 0, 0, 30, 0.5f, 220, 190));
    render::FramingOptions framing;
    framing.width = width;
    framing.height = height;
    camera = render::frame_clip(clip, framing)[0];
    posed.pose(scene, pose, 0);
    scene.commit();
  }
};

void frames_per_second(benchmark::State& state) {
  state.counters["frames/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void skin_and_build(benchmark::State& state) {
  Stage stage(480, 480);
  size_t f = 0;
  for (auto _ : state) {
    stage.posed.pose(stage.scene, stage.pose, f++ % 60);
    stage.scene.commit();
  }
  frames_per_second(state);
}
BENCHMARK(skin_and_build)->Unit(benchmark::kMillisecond);

void colour(benchmark::State& state) {
  Stage stage(480, 480);
  render::RenderOptions options;
  options.samples = static_cast<int>(state.range(0));
  options.occlusion_rays = static_cast<int>(state.range(1));
  options.threads = 1;
  for (auto _ : state) benchmark::DoNotOptimize(render_colour(stage.scene, stage.camera, options));
  frames_per_second(state);
}
BENCHMARK(colour)->Args({1, 0})->Args({1, 1})->Args({4, 1})->Args({16, 1})->Unit(
    benchmark::kMillisecond);

void truth(benchmark::State& state) {
  Stage stage(640, 480);
  for (auto _ : state) benchmark::DoNotOptimize(render_truth(stage.scene, stage.camera));
  frames_per_second(state);
}
BENCHMARK(truth)->Unit(benchmark::kMillisecond);

/// Two seconds of a walk, rendered and encoded, as `pantomime generate --format mp4` does it.
void preview_video(benchmark::State& state) {
  const body::Character person = test::capsule_person(12);
  const motion::Clip clip = test::walking_clip(60);
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "bench_render.mp4";
  for (auto _ : state) {
    render::PreviewOptions options;
    options.threads = static_cast<int>(state.range(0));
    Progress silent;
    render::VideoOptions video;
    video.width = options.framing.width;
    video.height = options.framing.height;
    render::write_video(path, video, [&](const render::PushFrame& push) {
      render::render_preview(person, clip, options, push, silent);
    });
  }
  std::filesystem::remove(path);
  state.counters["frames/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 60, benchmark::Counter::kIsRate);
}
BENCHMARK(preview_video)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
