#include "pantomime/dataset/clip_maker.h"

#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/body/grip.h"
#include "pantomime/body/person.h"
#include "pantomime/body/plain_body.h"
#include "pantomime/dataset/coco_rle.h"
#include "pantomime/dataset/layers.h"
#include "pantomime/dataset/placing.h"
#include "pantomime/formats/png.h"
#include "pantomime/motion/dynamics.h"
#include "pantomime/render/sensor.h"
#include "pantomime/render/video.h"
#include "pantomime/scene/held.h"

namespace pantomime::dataset {
namespace {

constexpr float kAir = 0.09f;          // metres that joints keep from things: the flesh around them
constexpr float kAirAtRest = 0.06f;    // the same beside seats and beds
constexpr float kOnSeat = 0.12f;       // metres from the middle of a pelvis to the edge it sits on
constexpr float kWristToPalm = 0.09f;  // metres, down from a wrist whose arm hangs
constexpr double kMissed = 0.13;       // metres by which a motion may miss its seat
constexpr double kVisibleMiss = 0.025;  // between wanted and found visible fraction: good enough
constexpr int kHomes = 30, kCameras = 5;
/// Light of what stands still before a camera that does, in samples of the others: it is paid once.
constexpr int kStillSamples = 3;
/// Of those samples, and of a frame's, that ask for the light of lamps and sky.
constexpr int kStillSoft = 4, kSoft = 1;

/// Somebody who is on the stage.
struct Player {
  body::Character character;
  motion::Clip clip;  // in the room, at the data set's rate
  motion::WorldPose pose;
  std::string label;
};

class ClipMaker {
 public:
  ClipMaker(Studio& studio, uint64_t seed, int64_t index, const Action& action,
            const Progress& progress)
      : studio_(studio),
        recipe_(studio.recipe),
        action_(action),
        progress_(progress),
        record_{.seed = derive_seed(seed, "clip", static_cast<uint64_t>(index))},
        random_(record_.seed) {
    record_.index = index;
    record_.key = numbered_name(recipe_.name, index);
    record_.action = action.name;
    record_.number = action.number;
    record_.fps = recipe_.fps;
    record_.width = recipe_.width;
    record_.height = recipe_.height;
    if (random_.uniform() < recipe_.occluded)
      record_.requested_visible = random_.uniform(recipe_.visible.low, recipe_.visible.high);
    record_.noise = static_cast<float>(random_.uniform(recipe_.noise.low, recipe_.noise.high));
  }

  ClipRecord make() {
    players_.push_back({.character = somebody(0)});
    for (int attempt = 0; attempt < kHomes; ++attempt) {
      progress_.check();
      if (furnish(attempt) && perform(attempt) && shoot()) {
        render();
        describe();
        return std::move(record_);
      }
    }
    fail("{} ({}): no room, motion and camera fit together in {} attempts", record_.key,
         action_.name, kHomes);
  }

 private:
  uint64_t seed_of(const char* use, uint64_t number = 0) const {
    return derive_seed(record_.seed, use, number);
  }

  body::Character somebody(uint64_t number) const {
    if (studio_.assets == nullptr)
      return body::plain_character(motion::default_geometry(), seed_of("person", number));
    for (uint64_t attempt = 0;; ++attempt) {
      const body::PersonDescription person =
          body::sample_person(*studio_.assets, seed_of("person", 1000 * number + attempt));
      const bool fits = person.shape.age >= recipe_.age.low && person.shape.age <= recipe_.age.high;
      if (fits || attempt == 999) return body::make_character(*studio_.assets, person);
    }
  }

  bool furnish(int attempt) {
    Random random(seed_of("room", static_cast<uint64_t>(attempt)));
    scene::HomeOptions options;
    options.day = random.uniform() < recipe_.day;
    record_.home_seed = seed_of("home", static_cast<uint64_t>(attempt));
    // A bed stands in a bedroom; nobody sits down in a room without a seat.
    for (int i = 0; i < 20; ++i) {
      options.kind =
          action_.rest == RestUse::Bed ? scene::RoomKind::Bedroom : choose(recipe_.rooms, random);
      home_ = scene::make_home(studio_.furnishings, options, record_.home_seed);
      if (action_.rest == RestUse::None) return true;
      if (!(action_.rest == RestUse::Bed ? home_.beds : home_.seats).empty()) return true;
      record_.home_seed = derive_seed(record_.home_seed, "next");
    }
    return false;
  }

  double seconds() {
    if (seconds_ == 0) seconds_ = random_.uniform(action_.seconds.low, action_.seconds.high);
    return seconds_;
  }
  const std::string& label() {
    if (players_[0].label.empty())
      players_[0].label =
          action_.labels[random_.below(static_cast<uint32_t>(action_.labels.size()))];
    return players_[0].label;
  }

  bool perform(int attempt) {
    players_.resize(1);
    const bool found = action_.rest == RestUse::None ? act_on_floor(attempt) : act_on_rest(attempt);
    if (!found) return false;
    join(attempt);
    for (Player& player : players_) {
      player.clip = motion::resample(player.clip, recipe_.fps);
      player.pose = motion::forward_kinematics(player.clip);
    }
    hold();
    return true;
  }

  /// Free motion, brought to where it fits; where it fits nowhere, motion that knows the room.
  bool act_on_floor(int attempt) {
    ActRequest request;
    request.parts = {{label(), seconds()}};
    request.person = &players_[0].character;
    request.seed = seed_of("motion", static_cast<uint64_t>(attempt));
    ActResult anywhere = studio_.actor.act(request);
    if (travel(anywhere.clip) < action_.travel || falls_over(anywhere.clip)) return false;
    const FreeSpace space(home_);
    Random random(seed_of("place", static_cast<uint64_t>(attempt)));
    if (const auto place = find_place(home_, space, body_points(anywhere.clip), kAir, random)) {
      players_[0].clip = place->apply(anywhere.clip);
      record_.missed = anywhere.missed;
      return true;
    }
    if (attempt < kHomes / 2) return false;  // other motions and other rooms may fit together
    request.seed = seed_of("motion in room", static_cast<uint64_t>(attempt));
    const float x = home_.width / 2 - 0.15f, z = home_.depth / 2 - 0.15f;
    request.floor = {{-x, -z}, {x, -z}, {x, z}, {-x, z}};
    for (const scene::Placed& thing : home_.things) {
      const scene::Footprint box = thing.footprint();
      if (thing.position.y > 1.9f || box.height < 0.03f) continue;
      request.obstacles.push_back({(box.low_x + box.high_x) / 2, (box.low_z + box.high_z) / 2,
                                   box.high_x - box.low_x, box.high_z - box.low_z, box.height});
    }
    float most = 0;
    for (float at_x = -x; at_x < x; at_x += 0.1f)
      for (float at_z = -z; at_z < z; at_z += 0.1f)
        if (const float free = home_.clearance(at_x, at_z); free > most) {
          most = free;
          request.start = {at_x, at_z};
        }
    ActResult result = studio_.actor.act(request);
    if (space.margin(body_points(result.clip), {}, 0.02f) < 0.02f ||
        travel(result.clip) < action_.travel || falls_over(result.clip))
      return false;
    players_[0].clip = std::move(result.clip);
    record_.missed = result.missed;
    return true;
  }

  /// Metres from the first to the farthest place of the pelvis.
  static double travel(const motion::Clip& clip) {
    double most = 0;
    for (const Vec3 p : clip.root_positions)
      most = std::max<double>(
          most, std::hypot(p.x - clip.root_positions[0].x, p.z - clip.root_positions[0].z));
    return most;
  }

  /// Whether somebody who hardly moves stands as nobody can: the prior leans too far now and then.
  static bool falls_over(const motion::Clip& clip) {
    constexpr float kSlow = 0.25f;    // m/s of the centre of mass
    constexpr float kOver = 0.08f;    // metres outside of the feet
    constexpr double kHeldFor = 0.4;  // seconds
    const motion::Dynamics dynamics = motion::dynamics_of(clip);
    const std::vector<float> over = motion::overhang(clip, motion::forward_kinematics(clip));
    size_t frames = 0;
    for (size_t f = 0; f < over.size(); ++f)
      if (over[f] > kOver && dynamics.speed[f] < kSlow) ++frames;
    return static_cast<double>(frames) > kHeldFor * clip.fps;
  }

  /// About where somebody is who sits on a seat at the origin, and who stands before it.
  std::vector<Vec3> about_a_seat(float height) const {
    std::vector<Vec3> points;
    for (const float side : {-1.0f, 1.0f}) {
      points.push_back({0.13f * side, height, 0.42f});         // knee
      points.push_back({0.13f * side, 0.05f, 0.50f});          // foot
      points.push_back({0.18f * side, height + 0.55f, 0.0f});  // shoulder
      if (action_.when == RestWhen::All) continue;
      for (const float y : {0.05f, 0.5f, 0.9f, 1.3f}) points.push_back({0.2f * side, y, 0.5f});
    }
    return points;
  }

  /// Where a motion about the origin comes to when it moves `forward` metres towards the front.
  static FloorPlace on_rest(const scene::Rest& rest, float forward) {
    return {rest.facing, rest.position.x + forward * std::sin(rest.facing),
            rest.position.z + forward * std::cos(rest.facing)};
  }

  bool act_on_rest(int attempt) {
    const bool bed = action_.rest == RestUse::Bed;
    std::vector<scene::Rest> rests = bed ? home_.beds : home_.seats;
    Random random(seed_of("rest", static_cast<uint64_t>(attempt)));
    for (size_t i = rests.size(); i > 1; --i)
      std::swap(rests[i - 1], rests[random.below(static_cast<uint32_t>(i))]);
    const FreeSpace space(home_);
    for (size_t r = 0; r < std::min<size_t>(rests.size(), 3); ++r) {
      const scene::Rest& rest = rests[r];
      const scene::Placed& thing = home_.things[rest.thing];
      // Nobody sits deeper than the thigh is long.
      const float thigh = length(players_[0].character.skeleton.offsets[motion::kLeftKnee]);
      const float usual = bed ? 0 : std::max(0.0f, rest.front + kShin - thigh);
      // A motion is dear: none is made where the legs would be in a table.
      if (!bed && space.margin(about_a_seat(rest.position.y), on_rest(rest, usual), 0.02f,
                               rest.thing) < 0.02f)
        continue;
      ActRequest request;
      request.person = &players_[0].character;
      request.seed = seed_of("motion", static_cast<uint64_t>(10 * attempt) + r);
      request.rest = {.use = action_.rest,
                      .when = action_.when,
                      .height = rest.position.y,
                      .width = thing.model->size.x,
                      .front = rest.front - usual,
                      .side = random.below(2) == 0 ? 1.0f : -1.0f};
      const double first = 1.5;
      if (action_.when == RestWhen::All)
        request.parts = {{label(), seconds()}};
      else if (action_.when == RestWhen::Begin)
        request.parts = {{label(), first}, {action_.before, seconds() - first}};
      else
        request.parts = {{action_.before, first}, {label(), seconds() - first}};
      ActResult result = studio_.actor.act(request);
      if (result.missed > kMissed || sinks(result.clip, rest.position.y)) continue;
      const float forward =
          bed ? 0 : legs_out_of_seat(result.clip, rest.position.y, rest.front, thing.model->size.x);
      if (forward > std::max(0.0f, rest.front - kOnSeat)) continue;
      const FloorPlace place = on_rest(rest, forward);
      if (space.margin(body_points(result.clip), place, kAirAtRest, rest.thing) < kAirAtRest)
        continue;
      players_[0].clip = place.apply(result.clip);
      record_.missed = result.missed;
      return true;
    }
    return false;
  }

  /// Whether the pelvis goes through what it should rest on.
  bool sinks(const motion::Clip& clip, float height) const {
    const float most = action_.rest == RestUse::Bed ? 0.10f : 0.14f;
    return std::any_of(clip.root_positions.begin(), clip.root_positions.end(),
                       [&](Vec3 p) { return p.y < height - most; });
  }

  /// Another person, now and then.
  void join(int attempt) {
    Random random(seed_of("others", static_cast<uint64_t>(attempt)));
    if (random.uniform() >= recipe_.others) return;
    static const std::array<const char*, 3> kQuiet = {"stand idle", "gesture", "drink"};
    Player other{.character = somebody(1)};
    other.label = kQuiet[random.below(3)];
    ActRequest request;
    request.parts = {{other.label, seconds()}};
    request.person = &other.character;
    request.seed = seed_of("other motion");
    const ActResult result = studio_.actor.act(request);
    FreeSpace space(home_);
    space.add_person(body_points(players_[0].clip));
    const auto place = find_place(home_, space, body_points(result.clip), kAir, random);
    if (!place) return;
    other.clip = place->apply(result.clip);
    players_.push_back(std::move(other));
  }

  /// Something in the hand of the one who acts.
  void hold() {
    record_.objects.clear();
    held_.clear();
    if (action_.holds.empty()) return;
    Random random(seed_of("held"));
    const std::string& name =
        action_.holds[random.below(static_cast<uint32_t>(action_.holds.size()))];
    if (name.empty()) return;
    const bool left = random.below(10) < 3;
    Player& player = players_[0];
    ObjectRecord object{name, render::kFirstHeld, false, {}, {}};
    const size_t wrist = left ? motion::kLeftWrist : motion::kRightWrist;
    std::vector<float> heights;
    for (size_t f = 0; f < player.clip.frame_count(); ++f)
      heights.push_back(player.pose.positions[f * motion::kJointCount + wrist].y);
    std::nth_element(heights.begin(), heights.begin() + std::ssize(heights) / 2, heights.end());
    held_.push_back(scene::make_held(name, random, heights[heights.size() / 2] - kWristToPalm));
    if (!palm_) {  // the same thing in every attempt: the hand closes once
      palm_ = scene::open_palm(left);
      if (held_[0].radius > 0)
        palm_ = body::close_hand(player.character, left, held_[0].radius).value_or(*palm_);
    }
    for (size_t f = 0; f < player.clip.frame_count(); ++f) {
      const size_t at = f * motion::kJointCount;
      const Vec3 ahead = player.pose.rotations[at] * Vec3{0, 0, 1};
      Vec3 position;
      motion::Quat rotation;
      scene::place_held(held_[0], left, *palm_, player.pose.positions[at + wrist],
                        player.pose.rotations[at + wrist], std::atan2(ahead.x, ahead.z), position,
                        rotation);
      object.positions.push_back(position);
      object.rotations.push_back(rotation);
    }
    record_.objects.push_back(std::move(object));
  }

  size_t frame_count() const { return players_[0].clip.frame_count(); }

  /// A stage with everybody on it.
  std::unique_ptr<render::Stage> set_stage() {
    auto stage = std::make_unique<render::Stage>(home_);
    for (const Player& player : players_) stage->add_person(player.character, player.pose);
    for (size_t i = 0; i < held_.size(); ++i)
      stage->add_thing(*held_[i].model,
                       {record_.objects[i].positions, record_.objects[i].rotations});
    return stage;
  }

  SightLines look(render::Stage& stage, const CameraShot& shot) const {
    constexpr size_t kLooks = 8;
    constexpr int kWidth = 128;
    SightLines lines;
    const size_t frames = frame_count();
    for (size_t k = 0; k < std::min(kLooks, frames); ++k) {
      const size_t f = frames <= kLooks ? k : (2 * k + 1) * frames / (2 * kLooks);
      const render::Camera small = render::resized(shot.cameras[f], kWidth);
      stage.show(f);
      lines.add(small, stage.truth(small, small));
    }
    return lines;
  }

  /// A camera, and something before it if that was asked for.
  bool shoot() {
    std::unique_ptr<render::Stage> stage = set_stage();
    std::vector<Vec3> everybody;
    for (const Player& player : players_)
      everybody.insert(everybody.end(), player.pose.positions.begin(), player.pose.positions.end());
    const double wanted = record_.requested_visible;
    double best = 1e9;
    std::optional<scene::Placed> occluder;
    for (uint64_t attempt = 0; attempt < kCameras; ++attempt) {
      progress_.check();
      Random random(derive_seed(record_.home_seed, "camera", attempt));
      auto shot = find_camera(recipe_, home_, players_[0].pose.positions, random);
      if (!shot) continue;
      const SightLines lines = look(*stage, *shot);
      const double seen = lines.visible();
      if (wanted < 0) {
        if (seen < recipe_.least_visible) continue;
        record_.shot = std::move(*shot);
        break;
      }
      double miss = std::abs(seen - wanted);
      std::optional<OccluderFinder::Choice> choice;
      if (seen > wanted + kVisibleMiss)
        choice = studio_.occluders.find(home_, lines, shot->cameras, everybody, wanted, random);
      if (choice) miss = std::min(miss, std::abs(choice->visible - wanted));
      if (miss >= best) continue;
      best = miss;
      record_.shot = std::move(*shot);
      occluder.reset();
      if (choice && std::abs(choice->visible - wanted) <= miss) occluder = choice->thing;
      if (best < kVisibleMiss) break;
    }
    if (record_.shot.cameras.empty() || (wanted >= 0 && best > 2 * kVisibleMiss)) {
      record_.shot = {};
      return false;
    }
    if (occluder) {
      occluder_ = *occluder;
      const int object = stage->add_still(*occluder_.model, occluder_);
      record_.objects.push_back({occluder_.model->id,
                                 object,
                                 true,
                                 {occluder_.position},
                                 {motion::from_axis_angle({0, 1, 0}, occluder_.turn)}});
      record_.credits.push_back(occluder_.model->credit);
    }
    stage_ = std::move(stage);
    return true;
  }

  void render() {
    const size_t frames = frame_count();
    stage_->show(frames / 2);
    Random random(seed_of("exposure"));
    constexpr float kGrey = 0.22f;  // of a room in a picture, linear
    record_.exposure = render::auto_exposure(stage_->scene(), record_.shot.cameras[frames / 2],
                                             kGrey, render::kFirstPerson) *
                       static_cast<float>(random.uniform(0.85, 1.2));
    render::RenderOptions options;
    options.samples = recipe_.samples;
    options.contrast = 0;  // rooms have no even surfaces to save on
    options.exposure = record_.exposure;
    options.seed = seed_of("still");
    options.soft_samples = std::min(kStillSoft, kStillSamples * recipe_.samples);
    if (record_.shot.move == CameraMove::Fixed)
      stage_->stand_still(record_.shot.cameras[0], kStillSamples * recipe_.samples, options);
    else
      stage_->map_light(render::kMapSamples, options);
    options.soft_samples = kSoft;
    std::vector<Image> pictures;
    for (size_t f = 0; f < frames; ++f) {
      progress_.check();
      const render::Camera& camera = record_.shot.cameras[f];
      stage_->show(f);
      const render::FrameTruth truth =
          stage_->truth(camera, record_.shot.cameras[std::min(f + 1, frames - 1)]);
      options.seed = seed_of("frame", f);
      FloatImage light;
      if (recipe_.wants_layer("light")) options.light = &light;
      Image picture = stage_->colour(camera, options, &truth);
      render::add_noise(picture, record_.noise, seed_of("noise", f));
      keep(f, camera, truth, picture, light);
      if (recipe_.wants_format("video")) pictures.push_back(std::move(picture));
    }
    if (!pictures.empty()) record_.video = film(pictures);
  }

  void keep(size_t f, const render::Camera& camera, const render::FrameTruth& truth,
            const Image& picture, const FloatImage& light) {
    FrameRecord frame{camera, {}};
    for (const render::PersonTruth& person : truth.people) {
      PersonFrame& kept = frame.people.emplace_back();
      kept.visible_pixels = person.visible_pixels;
      kept.amodal_pixels = person.amodal_pixels;
      kept.whole_pixels = person.whole_pixels;
      kept.box = person.box;
      kept.amodal_box = person.amodal_box;
      kept.parts = person.parts;
      kept.joints = person.joints;
      std::vector<uint8_t> modal(truth.surfaces.objects.size());
      for (size_t i = 0; i < modal.size(); ++i)
        modal[i] = truth.surfaces.objects[i] == person.object ? 1 : 0;
      kept.modal_rle = to_rle(modal, recipe_.width, recipe_.height);
      kept.amodal_rle = to_rle(person.amodal, recipe_.width, recipe_.height);
    }
    record_.frames.push_back(std::move(frame));
    const auto add = [&](const char* field, std::string bytes) {
      record_.files.push_back({fmt::format("{:04d}.{}", f, field), std::move(bytes)});
    };
    add("jpg", formats::to_jpeg(picture, recipe_.jpeg_quality));
    if (recipe_.wants_layer("depth")) add("depth.png", depth_png(truth));
    if (recipe_.wants_layer("normals")) add("normals.png", normals_png(truth, camera));
    if (recipe_.wants_layer("flow")) add("flow.png", flow_png(truth));
    if (recipe_.wants_layer("parts")) add("parts.png", parts_png(truth));
    if (recipe_.wants_layer("instances")) add("instances.png", instances_png(truth));
    if (recipe_.wants_layer("amodal")) add("amodal.png", amodal_png(truth));
    if (recipe_.wants_layer("light")) add("light.exr", light_exr(light, truth));
  }

  std::string film(const std::vector<Image>& pictures) const {
    const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                       fmt::format("pantomime-{}-{}.mp4", ::getpid(), record_.key);
    render::write_video(path,
                        {.width = recipe_.width, .height = recipe_.height, .fps = recipe_.fps},
                        [&](const render::PushFrame& push) {
                          for (const Image& picture : pictures) push(picture);
                        });
    std::string bytes = read_file(path);
    std::filesystem::remove(path);
    return bytes;
  }

  void describe() {
    record_.phases = find_phases(players_[0].clip, action_);
    record_.room = home_.kind;
    record_.day = home_.daylight.day;
    if (home_.daylight.sky.sky) record_.sky = home_.daylight.sky.sky->id();
    for (Player& player : players_) {
      record_.people.push_back(
          {player.character.description, player.label, std::move(player.clip)});
      add_credits(player.character.credits);
    }
    add_credits(home_.credits());
  }

  void add_credits(const std::vector<body::Credit>& credits) {
    for (const body::Credit& credit : credits) {
      const bool known =
          std::any_of(record_.credits.begin(), record_.credits.end(), [&](const body::Credit& c) {
            return c.item == credit.item && c.licence == credit.licence;
          });
      if (!known) record_.credits.push_back(credit);
    }
  }

  Studio& studio_;
  const Recipe& recipe_;
  const Action& action_;
  const Progress& progress_;
  ClipRecord record_;
  Random random_;
  double seconds_ = 0;
  scene::Home home_;
  std::vector<Player> players_;
  std::vector<scene::HeldModel> held_;
  std::optional<Vec3> palm_;  // where in the wrist's frame it is held
  scene::Placed occluder_;
  std::unique_ptr<render::Stage> stage_;
};

}  // namespace

ClipRecord make_clip(Studio& studio, uint64_t seed, int64_t index, const Action& action,
                     const Progress& progress) {
  return ClipMaker(studio, seed, index, action, progress).make();
}

}  // namespace pantomime::dataset
