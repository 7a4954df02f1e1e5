// Annotated frames of a furnished room: one core, 640 x 480, a textured, clothed person.
//
//   build/release/bench_stage
//
// Needs the body (tools/fetch_body) and the furniture (tools/setup). Every frame has moved the
// person, adapted the trees, all truth (depth, normals, flow, parts, instances, amodal masks,
// joints) and a colour picture of one sample with soft shadows. `rays` is the ceiling: the same
// pixels through the same trees and nothing else; a frame of one sample asks for two to three rays
// a pixel.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "bench_room.h"
#include "pantomime/dataset/layers.h"
#include "pantomime/formats/png.h"
#include "pantomime/render/pixel_rays.h"

namespace {

using namespace pantomime;

using bench::BenchRoom;
using bench::kFrames;

BenchRoom& set() {
  static BenchRoom one;
  return one;
}

void tell_memory(benchmark::State& state) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
  state.counters["fps"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void frame(benchmark::State& state, bool still, bool files) {
  BenchRoom& s = set();
  render::RenderOptions options;
  options.samples = static_cast<int>(state.range(0));
  options.occlusion_rays = 0;
  options.contrast = 0;
  if (still)
    s.stage->stand_still(s.camera, 16, options);
  else
    s.stage->map_light(render::kMapSamples, options);
  size_t f = 0, bytes = 0;
  for (auto _ : state) {
    render::Camera camera = s.camera, next = s.camera;
    if (!still) {  // a moving camera is never the one that stood still
      camera.position.y += 1e-3f * static_cast<float>(f + 1);
      next.position.y += 1e-3f * static_cast<float>(f + 2);
    }
    s.stage->show(f % kFrames);
    const render::FrameTruth truth = s.stage->truth(camera, next);
    const Image picture = s.stage->colour(camera, options, &truth);
    benchmark::DoNotOptimize(picture.pixels.data());
    if (files)
      bytes += formats::to_jpeg(picture).size() + dataset::depth_png(truth).size() +
               dataset::normals_png(truth, camera).size() + dataset::flow_png(truth).size() +
               dataset::parts_png(truth).size() + dataset::instances_png(truth).size() +
               dataset::amodal_png(truth).size();
    ++f;
  }
  if (files)
    state.counters["KiB_a_frame"] = static_cast<double>(bytes / std::max<size_t>(f, 1)) / 1024;
  tell_memory(state);
}

void still_camera(benchmark::State& state) {
  frame(state, true, false);
}
void moving_camera(benchmark::State& state) {
  frame(state, false, false);
}
void still_camera_with_files(benchmark::State& state) {
  frame(state, true, true);
}

void rays(benchmark::State& state) {
  BenchRoom& s = set();
  const render::PixelRays pixels(s.camera);
  for (auto _ : state)
    for (int y = 0; y < s.camera.height; y += render::kBlockHeight)
      for (int x = 0; x < s.camera.width; x += render::kBlockWidth) {
        alignas(32) render::HitPacket packet;
        render::LaneMask valid;
        for (size_t i = 0; i < render::kPacket; ++i) {
          valid[i] = -1;
          pixels.start(packet, i,
                       pixels.direction(static_cast<float>(x + render::lane_x(i)) + 0.5f,
                                        static_cast<float>(y + render::lane_y(i)) + 0.5f));
        }
        s.stage->scene().rays().intersect({&s.stage->scene()}, valid, packet);
        benchmark::DoNotOptimize(packet.ray.tfar[0]);
      }
  state.counters["Mray/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * s.camera.width * s.camera.height / 1e6,
      benchmark::Counter::kIsRate);
}

BENCHMARK(rays)->Unit(benchmark::kMillisecond);
BENCHMARK(still_camera)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond);
BENCHMARK(moving_camera)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond);
BENCHMARK(still_camera_with_files)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
