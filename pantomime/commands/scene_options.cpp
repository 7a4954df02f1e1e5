#include "pantomime/commands/scene_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/base/text.h"
#include "pantomime/conditions/way.h"
#include "pantomime/library/motion_reader.h"
#include "pantomime/library/source_files.h"
#include "pantomime/motion/augment.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using motion::Vec3;

constexpr double kDegree = std::numbers::pi / 180;
constexpr int64_t kGettingDown = 60;  // frames from standing to lying
constexpr double kHighestStep = 0.5;  // metres; what is higher nobody steps over

double number(const std::string& option, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    fail("{}: \"{}\", expected a number", option, text);
  return value;
}

std::vector<double> numbers(const std::string& option, std::string_view text, size_t fewest,
                            size_t most) {
  std::vector<double> values;
  for (const std::string_view part : split_list(text, ',')) values.push_back(number(option, part));
  if (values.size() < fewest || values.size() > most)
    fail("{} {}: {} numbers, expected {}", option, text, values.size(),
         fewest == most ? fmt::format("{}", most) : fmt::format("{} to {}", fewest, most));
  return values;
}

motion::Joint joint_called(const std::string& text) {
  static const std::map<std::string, motion::Joint> kEveryday = {
      {"left hand", motion::kLeftWrist},
      {"right hand", motion::kRightWrist},
      {"left toe", motion::kLeftFoot},
      {"right toe", motion::kRightFoot}};
  if (const auto found = kEveryday.find(text); found != kEveryday.end()) return found->second;
  std::string name = text;
  for (char& c : name)
    if (c == ' ') c = '_';
  const auto joint = motion::find_joint(name);
  if (!joint)
    fail(
        "--reach \"{}\": no such joint, expected left hand, right hand, head, pelvis, left foot, "
        "… (docs/CONVENTIONS.md)",
        text);
  return static_cast<motion::Joint>(*joint);
}

}  // namespace

motion::Clip read_motion(const std::string& option, const fs::path& path) {
  const library::MotionReader reader({});
  std::optional<motion::Clip> clip;
  library::read_source_files(path, path.parent_path(), [&](library::SourceFile&& file) {
    const auto found = reader.parse(file);
    PANTOMIME_CHECK(found.size() == 1, "{} {}: {} motions, expected one", option, file.where,
                    found.size());
    const auto read = reader.canonical(found[0], file.where);
    clip = motion::on_floor(motion::resample(read.clip, motion::kFps), read.floor_offset);
    clip->fps = motion::kFps;
    return false;
  });
  PANTOMIME_CHECK(clip && clip->frame_count() > 0, "{} {}: holds no motion", option, path.string());
  return *clip;
}

void add_scene_options(CLI::App& app, SceneOptions& o) {
  app.add_option("--keep", o.keep,
                 "Frames of a motion file that stay: FILE@FROM:TO or FILE@SECOND; =SECOND where in "
                 "the file they are, if elsewhere")
      ->type_name("TEXT ...");
  app.add_option("--joints", o.joints,
                 "What of the kept frames stays: all, upper, lower, arms, legs, root, or joints");
  app.add_option("--places", o.places,
                 "Of the kept frames only where these joints are: head and hands, or joints");
  app.add_option("--path", o.path, "Where the pelvis is when: \"0=0,0; 2=1.5,0; 4=1.5,2\" (x, z)");
  app.add_option("--heading", o.heading, "Where it faces when, degrees: \"0=0; 4=90\" (90 is +X)");
  app.add_option("--reach", o.reach, "A joint at a point: \"right hand@2:2.5=0.3,1.2,0.5\"");
  app.add_option("--carry", o.carry, "Both hands so far apart: \"1:3=0.4\"");
  app.add_option("--sit", o.sit, "On a seat: \"2:4=X,Z,HEIGHT,ANGLE\"");
  app.add_option("--lie", o.lie, "On a bed: \"2:4=X,Z,HEIGHT,ANGLE\", feet towards the angle");
  app.add_option("--avoid", o.avoid, "A box to stay clear of: X,Z,WIDTH,DEPTH,HEIGHT[,ANGLE]");
  app.add_option("--step-over", o.step_over,
                 "Something low on the way: X,Z,WIDTH,DEPTH,HEIGHT[,ANGLE]");
  app.add_option("--hold", o.hold,
                 "Something is taken at one place and put down at another: \"right "
                 "hand@1:3=0.3,0.9,0.4; 0.3,0.9,1.5\"");
  app.add_option("--floor", o.floor, "Corners of the floor to stay on: \"-1,-1; 2,-1; 2,3\"");
  app.add_option("--edit", o.edit, "A motion file (at most 4.2 s) to change instead of making one")
      ->type_name("FILE");
  app.add_option("--change", o.change, "How much of it: 0.1 a little, 0.9 nearly all")
      ->check(CLI::Range(0.05, 0.99).description(""));
  app.add_flag("--loop", o.loop, "The end goes over into the begin");
}

Scene::Scene(const SceneOptions& o, int64_t frames)
    : frames_(frames),
      loop_(o.loop),
      tracked_(!o.places.empty()),
      joints_(conditions::parse_joints(tracked_ ? o.places : o.joints)) {
  if (tracked_ && o.joints != "all")
    fail("--places {} and --joints {}: expected one of them", o.places, o.joints);
  if (tracked_ && o.keep.empty()) fail("--places {}: expected --keep, too", o.places);
  for (const std::string& text : o.keep) read_keep(text);
  path_ = parse_list("--path", o.path, 2);
  heading_ = parse_list("--heading", o.heading, 1);
  for (const std::string& text : o.carry) carry_.push_back(parse_item("--carry", text, 1, 1));
  for (const std::string& text : o.sit) sit_.push_back(parse_item("--sit", text, 4, 4));
  for (const std::string& text : o.lie) lie_.push_back(parse_item("--lie", text, 4, 4));
  for (const std::string& text : o.reach) {
    const size_t at = text.find('@');
    if (at == std::string::npos) fail("--reach {}: expected JOINT@TIME=X,Y,Z", text);
    reach_.emplace_back(joint_called(text.substr(0, at)),
                        parse_item("--reach", text.substr(at + 1), 3, 3));
  }
  for (const std::string& text : o.avoid) avoid_.push_back(numbers("--avoid", text, 5, 6));
  for (const std::string& text : o.step_over) {
    step_over_.push_back(numbers("--step-over", text, 5, 6));
    if (step_over_.back()[4] > kHighestStep)
      fail("--step-over {}: {} m high, expected at most {} (--avoid goes around)", text,
           step_over_.back()[4], kHighestStep);
  }
  for (const std::string& text : o.hold) read_hold(text);
  if (!o.floor.empty())
    for (const std::string_view corner : split_list(o.floor, ';')) {
      const auto xz = numbers("--floor", corner, 2, 2);
      floor_.push_back({xz[0], xz[1]});
    }
  if (!floor_.empty() && floor_.size() < 3)
    fail("--floor {}: {} corners, expected at least 3", o.floor, floor_.size());
  empty_ = keeps_.empty() && path_.empty() && heading_.empty() && carry_.empty() && sit_.empty() &&
           lie_.empty() && reach_.empty() && avoid_.empty() && step_over_.empty() &&
           hold_.empty() && floor_.empty() && !loop_;
  find_start();
}

Scene::Span Scene::parse_span(const std::string& option, const std::string& text) const {
  const auto parts = split_list(text, ':');
  if (parts.empty() || parts.size() > 2)
    fail("{} \"{}\": expected a second, or FROM:TO", option, text);
  const auto frame = [&](std::string_view part) {
    const double second = number(option, part);
    const auto f = static_cast<int64_t>(std::lround(second * motion::kFps));
    if (second < 0 || f > frames_)
      fail("{}: second {}, the clip has {:.2f} (--seconds makes it longer)", option, part,
           static_cast<double>(frames_) / motion::kFps);
    return f;
  };
  Span span{frame(parts[0]), 0};
  span.first = std::min(span.first, frames_ - 1);
  span.last = parts.size() == 2 ? frame(parts[1]) : span.first + 1;
  if (span.last <= span.first) fail("{} \"{}\": ends before it begins", option, text);
  return span;
}

Scene::Listed Scene::parse_item(const std::string& option, const std::string& text, size_t fewest,
                                size_t most) const {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) fail("{} \"{}\": expected TIME=NUMBERS", option, text);
  return {parse_span(option, text.substr(0, equals)),
          numbers(option, text.substr(equals + 1), fewest, most)};
}

std::vector<Scene::Listed> Scene::parse_list(const std::string& option, const std::string& text,
                                             size_t count) const {
  std::vector<Listed> items;
  if (text.empty()) return items;
  for (const std::string_view part : split_list(text, ';')) {
    items.push_back(parse_item(option, std::string(part), count, count));
    if (items.size() > 1 && items.back().span.first <= items[items.size() - 2].span.first)
      fail("{}: times must grow, at \"{}\"", option, part);
  }
  return items;
}

void Scene::read_keep(const std::string& text) {
  const size_t at = text.rfind('@');
  if (at == std::string::npos) fail("--keep {}: expected FILE@FROM:TO or FILE@SECOND", text);
  const std::string when = text.substr(at + 1);
  const size_t equals = when.find('=');
  const Span span = parse_span("--keep", when.substr(0, equals));
  Keep keep{read_motion("--keep", text.substr(0, at)), span.first, span.last - span.first,
            span.first};
  const auto total = static_cast<int64_t>(keep.clip.frame_count());
  if (equals != std::string::npos)
    keep.first =
        static_cast<int64_t>(std::lround(number("--keep", when.substr(equals + 1)) * motion::kFps));
  else if (total == 1)
    keep.first = 0;  // a pose has no time
  if (keep.first < 0 || keep.first + keep.count > total)
    fail("--keep {}: seconds {:.2f} to {:.2f} of a file of {:.2f}", text,
         static_cast<double>(keep.first) / motion::kFps,
         static_cast<double>(keep.first + keep.count - 1) / motion::kFps,
         static_cast<double>(total) / motion::kFps);
  keeps_.push_back(std::move(keep));
}

void Scene::read_hold(const std::string& text) {
  const size_t at = text.find('@'), equals = text.find('=');
  if (at == std::string::npos || equals == std::string::npos || equals < at)
    fail("--hold {}: expected HAND@FROM:TO=X,Y,Z; X,Y,Z", text);
  const motion::Joint hand = joint_called(text.substr(0, at));
  if (hand != motion::kLeftWrist && hand != motion::kRightWrist)
    fail("--hold \"{}\": expected left hand or right hand", text.substr(0, at));
  const Span span = parse_span("--hold", text.substr(at + 1, equals - at - 1));
  if (span.last - span.first < 2) fail("--hold {}: expected FROM:TO", text);
  std::vector<Vec3> places;
  for (const std::string_view place : split_list(std::string_view(text).substr(equals + 1), ';')) {
    const auto xyz = numbers("--hold", place, 3, 3);
    places.push_back(
        {static_cast<float>(xyz[0]), static_cast<float>(xyz[1]), static_cast<float>(xyz[2])});
  }
  if (places.size() != 2) fail("--hold {}: {} places, expected two", text, places.size());
  hold_.push_back({hand, span, places[0], places[1]});
}

void Scene::find_start() {
  const bool rooted = tracked_ || joints_[motion::kPelvis];
  for (const Keep& keep : keeps_)
    if (keep.at == 0 && rooted) {
      world_ = conditions::world_of(keep.clip, static_cast<size_t>(keep.first));
      return;
    }
  if (!heading_.empty() && heading_[0].span.first == 0)
    world_.turn = heading_[0].numbers[0] * kDegree;
  if (!path_.empty()) {
    const Listed& first = path_[0];
    if (first.span.first == 0)
      world_.shift = {static_cast<float>(first.numbers[0]), 0,
                      static_cast<float>(first.numbers[1])};
    if (heading_.empty() || heading_[0].span.first != 0)
      for (const Listed& next : path_) {
        const double dx = next.numbers[0] - static_cast<double>(world_.shift.x),
                     dz = next.numbers[1] - static_cast<double>(world_.shift.z);
        if (std::hypot(dx, dz) < 0.1) continue;
        world_.turn = std::atan2(dx, dz);
        break;
      }
    return;
  }
  // Nobody says where a kept pose is: it faces as the clip does at its begin.
  anchored_ = keeps_.empty() || tracked_ || !rooted;
  if (!anchored_)
    world_.turn = conditions::world_of(keeps_[0].clip, static_cast<size_t>(keeps_[0].first)).turn;
}

Vec3 Scene::inside(double x, double y, double z) const {
  return world_.inverse()({static_cast<float>(x), static_cast<float>(y), static_cast<float>(z)});
}

motion::Clip Scene::in_world(const motion::Clip& clip) const {
  return anchored_ ? conditions::placed(clip, world_) : clip;
}

std::vector<HeldObject> Scene::held(const motion::Clip& clip) const {
  std::vector<HeldObject> objects;
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const size_t frames = clip.frame_count();
  for (const Hold& hold : hold_) {
    const auto hand = [&](size_t f) { return f * motion::kJointCount + hold.hand; };
    const auto first = static_cast<size_t>(hold.span.first),
               last = std::min(static_cast<size_t>(hold.span.last), frames) - 1;
    HeldObject object{hold.hand == motion::kLeftWrist ? "left hand" : "right hand",
                      hold.span.first,
                      static_cast<int64_t>(last),
                      {},
                      {}};
    // As the hand had it when it was taken.
    const motion::Quat grip = motion::conjugate(pose.rotations[hand(first)]);
    for (size_t f = 0; f < frames; ++f) {
      const size_t at = hand(std::clamp(f, first, last));
      object.positions.push_back(pose.positions[at]);
      object.rotations.push_back(motion::normalized(pose.rotations[at] * grip));
    }
    objects.push_back(std::move(object));
  }
  return objects;
}

void Scene::stand_before(conditions::Constraints& out, const motion::Skeleton& body) const {
  // What comes later has a begin of its own.
  constexpr int64_t kSitting = 36, kStanding = 30, kLatest = 128;
  if (std::any_of(keeps_.begin(), keeps_.end(), [](const Keep& keep) { return keep.at == 0; }))
    return;
  int64_t until = kLatest;
  for (const Listed& item : sit_) until = std::min(until, item.span.first - kSitting);
  for (const Listed& item : lie_) until = std::min(until, item.span.first - kGettingDown);
  if (until < kLatest && until > 0) conditions::stand(out, body, 0, std::min(until, kStanding));
}

conditions::Constraints Scene::constraints(const motion::Skeleton& body) const {
  conditions::Constraints out(frames_);
  out.loop = loop_;
  int64_t placed = -1;  // frame that later kept ones are placed from, when nobody says where
  for (const Keep& keep : keeps_) {
    const bool same = keep.clip.skeleton.offsets == body.offsets;
    const motion::Clip clip =
        conditions::placed(same ? keep.clip : motion::on_body(keep.clip, body), world_.inverse());
    if (tracked_) {
      conditions::track(out, clip, keep.first, keep.count, keep.at, joints_);
      continue;
    }
    conditions::keep(out, clip, keep.first, keep.count, keep.at, joints_, anchored_);
    if (anchored_ || !joints_[motion::kPelvis]) continue;
    const Vec3& root = clip.root_positions[static_cast<size_t>(keep.first)];
    const Vec3& at = keeps_[0].clip.root_positions[static_cast<size_t>(keeps_[0].first)];
    const Vec3 first = inside(at.x, at.y, at.z);
    if (placed < 0)
      placed = keep.at;
    else if (keep.at > placed)
      out.places.push_back({keep.at, root.x - first.x, root.z - first.z, 0, placed});
  }
  const auto angle = [&](double degrees) { return degrees * kDegree - world_.turn; };
  for (const Listed& item : path_)
    for (int64_t f = item.span.first; f < item.span.last; ++f) {
      const Vec3 p = inside(item.numbers[0], 0, item.numbers[1]);
      out.places.push_back({f, p.x, p.z, 0});
    }
  // Between two of them about the shortest way around the boxes, at a steady pace.
  std::vector<conditions::Box> boxes;
  for (const std::vector<double>& n : avoid_)
    boxes.push_back({n[0], n[1], n[2], n[3], n[4], (n.size() > 5 ? n[5] : 0) * kDegree});
  for (size_t i = 1; i < path_.size(); ++i) {
    constexpr int64_t kEvery = 6;
    constexpr double kAbout = 0.15;
    const Listed &a = path_[i - 1], &b = path_[i];
    const conditions::Way way({a.numbers[0], a.numbers[1]}, {b.numbers[0], b.numbers[1]}, boxes);
    const int64_t begin = a.span.last - 1, gap = b.span.first - begin;
    for (int64_t f = begin + kEvery; f + kEvery / 2 < b.span.first; f += kEvery) {
      const auto [x, z] = way.at(static_cast<double>(f - begin) / static_cast<double>(gap));
      const Vec3 p = inside(x, 0, z);
      out.places.push_back({.frame = f, .x = p.x, .z = p.z, .tolerance = kAbout, .firm = false});
    }
    // Who is told a way only goes forwards along it.
    if (!heading_.empty() || way.length() < 0.3) continue;
    for (double u = 0.25; u < 1; u += 0.25) {
      const auto [ax, az] = way.at(u - 0.08);
      const auto [bx, bz] = way.at(u + 0.08);
      const Vec3 from = inside(ax, 0, az), to = inside(bx, 0, bz);
      const int64_t f = begin + std::lround(u * static_cast<double>(gap));
      out.goals.push_back(
          conditions::face(f, f + 1, {std::atan2(to.x - from.x, to.z - from.z)}, 0.2));
    }
  }
  for (const Listed& item : heading_)
    if (item.span.first > 0 || item.span.last > 1)
      out.goals.push_back(
          conditions::face(item.span.first, item.span.last, {angle(item.numbers[0])}));
  for (const auto& [joint, item] : reach_)
    out.goals.push_back(
        conditions::reach({.joint = joint,
                           .first = item.span.first,
                           .last = item.span.last,
                           .points = {inside(item.numbers[0], item.numbers[1], item.numbers[2])},
                           .highest = conditions::highest_of(body, joint)}));
  for (const Hold& hold : hold_)
    for (const bool taken : {true, false}) {
      const Vec3& p = taken ? hold.from : hold.to;
      const int64_t f = taken ? hold.span.first : hold.span.last - 1;
      out.goals.push_back(conditions::reach({.joint = hold.hand,
                                             .first = f,
                                             .last = f + 1,
                                             .points = {inside(p.x, p.y, p.z)},
                                             .highest = conditions::highest_of(body, hold.hand)}));
    }
  for (const Listed& item : carry_)
    out.goals.push_back(conditions::hold_apart(motion::kLeftWrist, motion::kRightWrist,
                                               item.span.first, item.span.last, item.numbers[0]));
  for (conditions::Box box : boxes) {
    const Vec3 p = inside(box.x, 0, box.z);
    box.x = p.x, box.z = p.z, box.turn -= world_.turn;
    out.goals.push_back(conditions::avoid(box));
  }
  for (const std::vector<double>& n : step_over_) {
    const Vec3 p = inside(n[0], 0, n[1]);
    out.goals.push_back(conditions::step_over(
        {p.x, p.z, n[2], n[3], n[4], (n.size() > 5 ? n[5] : 0) * kDegree - world_.turn}));
  }
  if (!floor_.empty()) {
    std::vector<std::array<double, 2>> corners;
    for (const auto& [x, z] : floor_) {
      const Vec3 p = inside(x, 0, z);
      corners.push_back({p.x, p.z});
    }
    out.goals.push_back(conditions::stay_inside(std::move(corners)));
  }
  stand_before(out, body);
  // Seats, beds and steps ask for heights: nobody is to fly there.
  int64_t on_feet = step_over_.empty() && sit_.empty() && lie_.empty() ? 0 : frames_;
  for (const Listed& item : lie_) on_feet = std::min(on_feet, item.span.first - kGettingDown);
  if (on_feet > 0) out.goals.push_back(conditions::grounded(body, 0, on_feet));
  for (const Listed& item : sit_) {
    const Vec3 p = inside(item.numbers[0], 0, item.numbers[1]);
    conditions::sit(out, {p.x, p.z, item.numbers[2], angle(item.numbers[3])}, item.span.first,
                    item.span.last);
  }
  for (const Listed& item : lie_) {
    const Vec3 p = inside(item.numbers[0], 0, item.numbers[1]);
    conditions::lie(out, {p.x, p.z, item.numbers[2], angle(item.numbers[3])}, item.span.first,
                    item.span.last);
  }
  return out;
}

std::string gait_of(const conditions::Constraints& constraints) {
  constexpr double kWalks = 0.5, kRuns = 2.2;  // m/s
  if (constraints.known.any().item<bool>() || !constraints.leads_on()) return "";
  const double pace = constraints.pace();
  return pace < kWalks ? "" : pace < kRuns ? "walk" : "run";
}

}  // namespace pantomime::commands
