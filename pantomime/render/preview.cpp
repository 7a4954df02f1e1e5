#include "pantomime/render/preview.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/base/random.h"
#include "pantomime/render/canvas.h"
#include "pantomime/render/sheet.h"

namespace pantomime::render {
namespace {

/// One person on a floor: what one thread needs to render any frame of a clip.
class Studio {
 public:
  Studio(const body::Character& character, std::shared_ptr<TextureStore> textures)
      : scene_(std::move(textures)), person_(scene_, character, 1) {
    floor_ = scene_.add_mesh(floor_mesh(scene_, 0, 0, 0, 60, 0.5f, 204, 190));
  }

  Image render(const motion::WorldPose& pose, size_t frame, const Camera& camera,
               const RenderOptions& options) {
    person_.pose(scene_, pose, frame);
    // The key light comes from beside the camera, so that a person is lit whichever way she faces.
    const Vec3 right = camera.world_from_camera * Vec3{1, 0, 0};
    const Vec3 back = camera.world_from_camera * Vec3{0, 0, -1};
    scene_.key.towards = 0.75f * Vec3{back.x, 0, back.z} - 0.6f * right + Vec3{0, 1.0f, 0};
    const Vec3 root = pose.positions[frame * motion::kJointCount];
    const float away = length(root - camera.position);
    scene_.surroundings.haze_from = away + 0.6f;
    scene_.surroundings.haze_to = 2.2f * away + 5;
    scene_.commit();
    return render_colour(scene_, camera, options);
  }

 private:
  Scene3d scene_;
  PosedCharacter person_;
  int floor_ = 0;
};

/// The clip as this character moves it. Throws Error when its skeleton is not the canonical one.
motion::Clip on_character(const body::Character& character, const motion::Clip& clip) {
  clip.validate();
  PANTOMIME_CHECK(clip.skeleton.names == character.skeleton.names,
                  "preview: the clip's joints are not the character's {} canonical joints",
                  character.skeleton.joint_count());
  return clip;
}

RenderOptions frame_options(uint64_t seed, size_t frame, int samples) {
  RenderOptions options;
  options.samples = samples;
  options.seed = derive_seed(seed, "frame", frame);
  return options;
}

}  // namespace

void render_preview(const body::Character& character, const motion::Clip& clip,
                    const PreviewOptions& options, const std::function<void(const Image&)>& frame,
                    Progress& progress) {
  const motion::Clip moved = motion::resample(on_character(character, clip), options.fps);
  const motion::WorldPose pose = motion::forward_kinematics(moved);
  const std::vector<Camera> cameras = frame_clip(moved, options.framing);
  const auto frames = static_cast<int64_t>(moved.frame_count());
  // Frames run side by side, one scene for each thread: skinning and tree building then scale too.
  const auto workers =
      static_cast<size_t>(std::min<int64_t>(resolve_threads(options.threads), frames));
  const auto textures = std::make_shared<TextureStore>();
  std::vector<Studio> studios;
  for (size_t i = 0; i < workers; ++i) studios.emplace_back(character, textures);
  progress.begin("render", frames);
  std::vector<Image> batch(workers);
  for (int64_t first = 0; first < frames; first += static_cast<int64_t>(workers)) {
    progress.check();
    const int64_t count = std::min<int64_t>(static_cast<int64_t>(workers), frames - first);
    parallel_for(count, static_cast<int>(workers), [&](int64_t i) {
      const auto f = static_cast<size_t>(first + i);
      batch[static_cast<size_t>(i)] = studios[static_cast<size_t>(i)].render(
          pose, f, cameras[f], frame_options(options.seed, f, options.samples));
    });
    for (int64_t i = 0; i < count; ++i) frame(batch[static_cast<size_t>(i)]);
    progress.step(first + count);
  }
  progress.end();
}

Image contact_sheet(const std::vector<SheetRow>& rows, const ContactSheetOptions& options,
                    Progress& progress) {
  PANTOMIME_CHECK(options.moments >= 1, "contact sheet: {} moments, expected at least 1",
                  options.moments);
  const auto textures = std::make_shared<TextureStore>();
  const auto moments = static_cast<size_t>(options.moments);
  std::vector<Image> strips(rows.size());
  progress.begin("contact sheet", static_cast<int64_t>(rows.size()));
  std::atomic<int64_t> done{0};
  parallel_for(static_cast<int64_t>(rows.size()), options.threads, [&](int64_t r) {
    progress.check();
    const SheetRow& row = rows[static_cast<size_t>(r)];
    PANTOMIME_CHECK(row.character != nullptr && row.clip != nullptr,
                    "contact sheet: row {} has no character or no clip", r);
    const motion::Clip clip = on_character(*row.character, *row.clip);
    const motion::WorldPose pose = motion::forward_kinematics(clip);
    FramingOptions framing;
    framing.width = options.picture_width;
    framing.height = options.picture_height;
    framing.mode = CameraMode::kFollow;
    framing.margin = 0.03f;
    framing.smoothing = 0.15f;
    const std::vector<Camera> cameras = frame_clip(clip, framing);
    Studio studio(*row.character, textures);
    std::vector<Image> pictures;
    for (size_t m = 0; m < moments; ++m) {
      const size_t last = clip.frame_count() - 1;
      const size_t f = moments == 1 ? last / 2 : m * last / (moments - 1);
      pictures.push_back(
          studio.render(pose, f, cameras[f], frame_options(options.seed, f, options.samples)));
    }
    const int width = options.picture_width * options.moments;
    PixelCanvas canvas(width, options.picture_height + 20);
    for (size_t m = 0; m < moments; ++m)
      canvas.picture(static_cast<int>(m) * options.picture_width, 0, pictures[m]);
    const TextStyle style{.size = 13, .bold = true};
    canvas.text({6, static_cast<float>(options.picture_height) + 14},
                fitted(row.caption, static_cast<float>(width) - 12, style), style);
    strips[static_cast<size_t>(r)] = canvas.image();
    ++done;
  });
  progress.step(done);
  progress.end();
  return tile(strips, options.columns, {}, options.title);
}

}  // namespace pantomime::render
