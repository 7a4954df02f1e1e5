#include "pantomime/commands/condition_tasks.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pantomime/base/error.h"
#include "pantomime/commands/scene_options.h"

namespace pantomime::commands {

using conditions::Constraints;
using motion::Clip;
using motion::Vec3;

namespace {

/// Motion and places that are known from a clip that has them.
void add_given(std::vector<Task>& tasks, int64_t frames) {
  const auto all = conditions::parse_joints("all");
  const auto kept = [=](int64_t first, int64_t count) {
    return [=](Constraints& c, const Clip& clip) {
      conditions::keep(c, clip, first, count, first, all);
    };
  };
  const auto both = [=](Constraints& c, const Clip& clip, int64_t count) {
    conditions::keep(c, clip, 0, count, 0, all);
    conditions::keep(c, clip, frames - count, count, frames - count, all);
  };
  const auto joints = [=](const char* which) {
    return [=](Constraints& c, const Clip& clip) {
      conditions::keep(c, clip, 0, frames, 0, conditions::parse_joints(which));
    };
  };
  const int64_t end = frames - 1, middle = frames / 2;
  tasks.push_back({"begin: first second", kept(0, 30), {30}});
  tasks.push_back({"end: last second", kept(frames - 30, 30), {frames - 30}});
  tasks.push_back({"middle: first and last 0.8 s",
                   [=](auto& c, auto& clip) { both(c, clip, 24); },
                   {24, frames - 24}});
  tasks.push_back({"key poses: one a second",
                   [=](Constraints& c, const Clip& clip) {
                     for (int64_t f = 0; f < frames; f += 30)
                       conditions::keep(c, clip, f, 1, f, all);
                     conditions::keep(c, clip, end, 1, end, all);
                   },
                   {30, 60}});
  tasks.push_back({"one key pose", kept(middle, 1), {middle}});
  tasks.push_back({"upper body", joints("upper")});
  tasks.push_back({"legs and root", joints("lower")});
  tasks.push_back({"path: a place every 0.8 s", [=](Constraints& c, const Clip& clip) {
                     for (int64_t f = 24; f < frames; f += 24) {
                       const Vec3& p = clip.root_positions[static_cast<size_t>(f)];
                       c.places.push_back({f, p.x, p.z});
                     }
                   }});
}

/// Joints and directions that are known from a clip that has them.
void add_goals(std::vector<Task>& tasks, int64_t frames) {
  const auto at = [](int64_t f, motion::Joint joint) {
    return static_cast<size_t>(f * motion::kJointCount + joint);
  };
  const auto reach = [=](Constraints& c, const Clip& clip, int64_t f) {
    const auto pose = motion::forward_kinematics(clip);
    c.goals.push_back(conditions::reach({.joint = motion::kRightWrist,
                                         .first = f,
                                         .last = f + 1,
                                         .points = {pose.positions[at(f, motion::kRightWrist)]}}));
  };
  tasks.push_back({"head and hands, positions", [=](Constraints& c, const Clip& clip) {
                     conditions::track(c, clip, 0, frames, 0,
                                       conditions::parse_joints("head and hands"));
                   }});
  tasks.push_back({"heading: every 0.8 s", [=](Constraints& c, const Clip& clip) {
                     for (int64_t f = 24; f < frames; f += 24)
                       c.goals.push_back(conditions::face(
                           f, f + 1, {conditions::world_of(clip, static_cast<size_t>(f)).turn}));
                   }});
  tasks.push_back({"reach: a hand at a point at 2 s",
                   [=](Constraints& c, const Clip& clip) { reach(c, clip, 60); }});
  tasks.push_back(
      {"hold: a hand at two points at 1 and 2.5 s", [=](Constraints& c, const Clip& clip) {
         reach(c, clip, 30);
         reach(c, clip, 75);
       }});
  tasks.push_back({"carry: hands as far apart for 1 s", [=](Constraints& c, const Clip& clip) {
                     const auto pose = motion::forward_kinematics(clip);
                     const double apart = static_cast<double>(
                         motion::length(pose.positions[at(45, motion::kLeftWrist)] -
                                        pose.positions[at(45, motion::kRightWrist)]));
                     c.goals.push_back(conditions::hold_apart(motion::kLeftWrist,
                                                              motion::kRightWrist, 30, 60, apart));
                   }});
}

/// What `generate` is asked for in docs/CONDITIONS.md.
void add_scenes(std::vector<Task>& tasks, int64_t frames) {
  const auto scene = [&](const char* name, const char* label, const SceneOptions& options) {
    tasks.push_back({name,
                     [=](Constraints& c, const Clip& clip) {
                       c = Scene(options, frames).constraints(clip.skeleton);
                     },
                     {},
                     label});
  };
  scene("sit: on a seat from 2.2 s", "sit down", {.sit = {"2.2:3.2=0,-0.35,0.45,0"}});
  scene("lie: on a bed from 2.7 s", "lie down", {.lie = {"2.7:3.2=0,0.2,0.3,0"}});
  scene("step over: 0.25 m high on the way", "walk",
        {.path = "0=0,0; 3.15=0,2.6", .step_over = {"0,1.3,0.8,0.2,0.25"}});
  scene("avoid: a box on the way", "walk",
        {.path = "0=0,0; 3.15=0,3", .avoid = {"0,1.5,0.6,0.6,1"}});
  scene("floor: 1.6 m square", "walk", {.floor = "-0.8,-0.8; 0.8,-0.8; 0.8,0.8; -0.8,0.8"});
  scene("loop", "walk", {.loop = true});
}

}  // namespace

std::vector<Task> condition_tasks(int64_t frames) {
  PANTOMIME_CHECK(frames >= 96, "conditions: clips of {} frames, expected at least 96", frames);
  std::vector<Task> tasks;
  add_given(tasks, frames);
  add_goals(tasks, frames);
  add_scenes(tasks, frames);
  return tasks;
}

TaskErrors task_errors(const Constraints& wanted, const Clip& clip) {
  TaskErrors errors;
  for (const Constraints::Place& place : wanted.places) {
    if (place.tolerance > 0.05) continue;  // about there
    const Vec3& is = clip.root_positions[static_cast<size_t>(place.frame)];
    const Vec3 from =
        place.from == 0 ? Vec3{} : clip.root_positions[static_cast<size_t>(place.from)];
    errors.metres.push_back(
        std::hypot(place.x ? static_cast<double>(is.x - from.x) - *place.x : 0.0,
                   place.z ? static_cast<double>(is.z - from.z) - *place.z : 0.0));
  }
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const auto frames = static_cast<int64_t>(clip.frame_count());
  const auto doubles = at::TensorOptions(at::kDouble);
  features::WorldJoints joints{at::empty({1, frames, motion::kJointCount, 3}, doubles),
                               at::empty({1, frames, motion::kJointCount, 3, 3}, doubles)};
  double* to = joints.positions.data_ptr<double>();
  for (const Vec3& p : pose.positions)
    for (const float v : {p.x, p.y, p.z}) *to++ = v;
  to = joints.rotations.data_ptr<double>();
  for (const motion::Quat& q : pose.rotations)
    for (const auto& row : motion::to_matrix(q).m)
      for (const float v : row) *to++ = v;
  for (const auto& goal : wanted.goals) {
    double squares = 0;
    for (const conditions::Ask& ask : goal->ask(joints))
      squares += ask.residual.square().max().item<double>();
    if (goal->is_angle())
      errors.degrees.push_back(std::sqrt(squares) * 180 / std::numbers::pi);
    else
      errors.metres.push_back(std::sqrt(squares));
  }
  if (wanted.loop) {
    const auto total = static_cast<size_t>(frames);
    for (size_t k = 0; k < Constraints::kLoopFrames; ++k) {
      const size_t again = total - Constraints::kLoopFrames + k;
      const Clip a = conditions::placed(clip, conditions::world_of(clip, k).inverse()),
                 b = conditions::placed(clip, conditions::world_of(clip, again).inverse());
      const auto pa = motion::forward_kinematics(a), pb = motion::forward_kinematics(b);
      for (size_t j = 0; j < motion::kJointCount; ++j)
        errors.loop_mm =
            std::max(errors.loop_mm, 1000 * static_cast<double>(motion::length(
                                                pa.positions[k * motion::kJointCount + j] -
                                                pb.positions[again * motion::kJointCount + j])));
    }
  }
  return errors;
}

}  // namespace pantomime::commands
