// How well and how fast points become a skeleton. Run: build/release/bench_pose_solver
//   --data DIR      the shared data (default: ../shared/data beside the checkout)
//   --only PART     synthetic, paired, solvers (when Ceres is installed) or pictures
//   --strips DIR    also draws solved recordings of real sensors there
//   --clips N       of motion capture for `synthetic` (24)
//   --set NAME      only this set for `synthetic`
//   --smoothness S  of the solver for `synthetic` (1)
#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>

#include "../tests/motion/synthetic_points.h"
#include "bench_pose_data.h"
#include "pantomime/formats/point_set_file.h"
#include "pantomime/motion/point_tracks.h"
#include "pantomime/motion/pose_smoother.h"
#include "pantomime/motion/pose_solver.h"
#include "pantomime/motion/pose_start.h"
#include "pantomime/render/image_file.h"
#include "pantomime/render/skeleton_strip.h"

#ifdef PANTOMIME_CERES
#include "bench_pose_ceres.h"
#endif

namespace {

using namespace pantomime;
using namespace pantomime::motion;

namespace fs = std::filesystem;

/// Of this process: other programs on the machine don't count.
double seconds_now() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Errors {
  double sum = 0, squares = 0;
  size_t count = 0;
  std::vector<float> all;
  void add(double error) {
    sum += error, squares += error * error, ++count;
    all.push_back(static_cast<float>(error));
  }
  double mean_cm() const { return count == 0 ? 0 : 100 * sum / static_cast<double>(count); }
  double percentile_cm(double share) {
    if (all.empty()) return 0;
    const auto at =
        all.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(all.size() - 1));
    std::nth_element(all.begin(), at, all.end());
    return 100.0 * static_cast<double>(*at);
  }
};

/// The joint that a point stands for when it is used as it comes, or -1.
int raw_joint(const BodyPoint& point) {
  constexpr float kNear = 0.07f;
  return length(point.offset) < kNear ? point.joint : -1;
}

Vec3 place(const PointRecording& recording, size_t frame, size_t point) {
  const float* at = &recording.positions[3 * (frame * recording.point_count() + point)];
  return {at[0], at[1], at[2]};
}

void synthetic(const fs::path& data, const std::vector<PointSet>& sets, size_t count,
               const std::string& only, double smoothness) {
  const std::vector<Clip> clips = bench::clean_clips(data, count, 10);
  double seconds = 0;
  for (const Clip& clip : clips) seconds += clip.seconds();
  fmt::print("Synthetic sensors on {} clips of motion capture ({:.0f} s); errors in cm\n\n",
             clips.size(), seconds);
  fmt::print(
      "| set | faults | raw | seen | 95 % | lost | 95 % | lost, straight line | all 22 joints | x "
      "real time "
      "|\n");
  fmt::print("|---|---|---|---|---|---|---|---|---|---|\n");
  struct Case {
    std::string name;
    test::SensorFaults faults;
  };
  const test::SensorFaults noise = {.jitter = 0.01f, .drift = 0.01f, .person = 0.5f};
  test::SensorFaults alone = noise, together = noise;
  alone.lost_seconds = together.lost_seconds = 0.5f;
  together.lost_by_joint = true;
  const std::vector<Case> cases = {{"none", {}},
                                   {"noise", noise},
                                   {"noise, each point lost 0.5 s", alone},
                                   {"noise, joints with all points lost 0.5 s", together}};
  for (const char* name : {"kinect_v1", "kinect_v2", "humanml3d", "coco17", "plug_in_gait"}) {
    if (!only.empty() && only != name) continue;
    const PointSet& set = formats::point_set_named(sets, name);
    std::map<int, std::pair<Errors, Errors>> by_joint;  // seen and lost, of the last case
    for (const Case& c : cases) {
      by_joint.clear();
      Errors raw, seen, lost, line, all;
      double spent = 0;
      const Quat ours = canonical_from(set.axes);
      for (size_t i = 0; i < clips.size(); ++i) {
        test::SensorFaults faults = c.faults;
        faults.seed = i + 1;
        const test::SyntheticPoints points = test::points_of(clips[i], set, faults);
        const double begin = seconds_now();
        const PoseSolution solution = solve_pose(points.recording, set, {.smoothness = smoothness});
        spent += seconds_now() - begin;
        const WorldPose truth = forward_kinematics(clips[i]);
        const WorldPose solved = forward_kinematics(solution.clip);
        // Where the solved body has the sensor's points, against where they truly were.
        for (size_t f = 0; f < clips[i].frame_count(); ++f)
          for (size_t p = 0; p < set.points.size(); ++p) {
            const size_t at = f * kJointCount + static_cast<size_t>(set.points[p].joint);
            const Vec3 point =
                solved.positions[at] + solved.rotations[at] * solution.body.point_offsets[p];
            const Vec3 clean = points.clean[f * set.points.size() + p];
            const bool is_lost = points.lost[f * set.points.size() + p];
            (is_lost ? lost : seen).add(length(point - clean));
            auto& own = by_joint[set.points[p].joint];
            (is_lost ? own.second : own.first).add(length(point - clean));
            if (is_lost) {
              // What a straight line in time between the last and the next place would give.
              size_t from = f, to = f;
              while (from > 0 && points.lost[from * set.points.size() + p]) --from;
              while (to + 1 < clips[i].frame_count() && points.lost[to * set.points.size() + p])
                ++to;
              const Vec3 a = place(points.recording, from, p), b = place(points.recording, to, p);
              const auto u = static_cast<float>(f - from) / static_cast<float>(to - from);
              if (!points.lost[from * set.points.size() + p] &&
                  !points.lost[to * set.points.size() + p])
                line.add(length(ours * lerp(a, b, u) - clean));
            }
            if (!is_lost) raw.add(length(ours * place(points.recording, f, p) - clean));
          }
        for (size_t k = 0; k < truth.positions.size(); ++k)
          all.add(length(truth.positions[k] - solved.positions[k]));
      }
      fmt::print(
          "| {} | {} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.1f} |\n",
          name, c.name, raw.mean_cm(), seen.mean_cm(), seen.percentile_cm(0.95), lost.mean_cm(),
          lost.percentile_cm(0.95), line.mean_cm(), all.mean_cm(), seconds / spent);
    }
    fmt::print("| | of it, seen and lost, by joint:");
    for (const auto& [joint, errors] : by_joint)
      fmt::print(" {} {:.1f}, {:.1f};", kJointNames[static_cast<size_t>(joint)],
                 errors.first.mean_cm(), errors.second.mean_cm());
    fmt::print("\n");
  }
}

using Cloud = std::vector<Eigen::Vector3d>;

Eigen::Vector3d widen(Vec3 v) {
  return {v.x, v.y, v.z};
}

/// Errors between two clouds after the rigid motion (with `scaled` also the size) that brings the
/// first nearest to the second.
void aligned_errors(const Cloud& from, const Cloud& to, bool scaled, Errors& out,
                    Cloud* differences = nullptr) {
  Eigen::Matrix3Xd a(3, from.size()), b(3, to.size());
  for (size_t i = 0; i < from.size(); ++i) {
    a.col(static_cast<Eigen::Index>(i)) = from[i];
    b.col(static_cast<Eigen::Index>(i)) = to[i];
  }
  const Eigen::Matrix4d t = Eigen::umeyama(a, b, scaled);
  for (size_t i = 0; i < from.size(); ++i) {
    const Eigen::Vector3d difference =
        t.topLeftCorner<3, 3>() * from[i] + t.topRightCorner<3, 1>() - to[i];
    out.add(difference.norm());
    if (differences != nullptr) differences->push_back(difference);
  }
}

/// Of the squared error of a joint in a recording: what is the same in all frames, what changes
/// over more than about a second (less the former), and all.
struct ErrorParts {
  double constant = 0, slow = 0, all = 0;

  void add(const Cloud& differences, const std::vector<int>& joints, double fps) {
    std::map<int, Cloud> by_joint;
    for (size_t i = 0; i < joints.size(); ++i) by_joint[joints[i]].push_back(differences[i]);
    const auto half = static_cast<std::ptrdiff_t>(fps / 2);
    for (const auto& [joint, errors] : by_joint) {
      Eigen::Vector3d mean = Eigen::Vector3d::Zero();
      for (const auto& error : errors) mean += error / static_cast<double>(errors.size());
      const auto frames = static_cast<std::ptrdiff_t>(errors.size());
      for (std::ptrdiff_t f = 0; f < frames; ++f) {
        const std::ptrdiff_t first = std::max<std::ptrdiff_t>(0, f - half),
                             last = std::min(frames - 1, f + half);
        Eigen::Vector3d near = Eigen::Vector3d::Zero();
        for (std::ptrdiff_t k = first; k <= last; ++k) near += errors[static_cast<size_t>(k)];
        near /= static_cast<double>(last - first + 1);
        constant += mean.squaredNorm();
        slow += (near - mean).squaredNorm();
        all += errors[static_cast<size_t>(f)].squaredNorm();
      }
    }
  }
  void print(std::string_view name) const {
    fmt::print(
        "{}: of the squared error {:.0f} % is a constant shift of a joint over its "
        "recording, {:.0f} % more lasts about a second, root mean square of the rest {:.2f} "
        "of the whole\n",
        name, 100 * constant / all, 100 * slow / all,
        std::sqrt(std::max(0.0, all - constant - slow) / all));
  }
};

BodyFit subject_body(const std::vector<const PointRecording*>& recordings, const PointSet& set) {
  std::vector<const PointRecording*> some;
  const size_t step = std::max<size_t>(1, recordings.size() / 20);
  for (size_t i = 0; i < recordings.size(); i += step) some.push_back(recordings[i]);
  return fit_body(some, set, {.frames = 60, .iterations = 24});
}

void draw(const fs::path& folder, const std::string& name, const Clip& clip,
          const std::string& label) {
  if (folder.empty()) return;
  std::vector<render::LabelledClip> rows;
  render::StripOptions options;
  options.cell_width = 110;
  options.cell_height = 170;
  options.figures = 12;
  options.label = label;
  options.view = render::StripView::kThreeQuarter;
  render::write_png(folder / (name + ".png"), render::skeleton_strip(on_floor(clip), options));
  options.view = render::StripView::kSide;
  render::write_png(folder / (name + "_side.png"), render::skeleton_strip(on_floor(clip), options));
}

void paired(const fs::path& data, const std::vector<PointSet>& sets, const fs::path& strips) {
  const PointSet& kinect_set = formats::point_set_named(sets, "ui_prmd_kinect");
  const PointSet& vicon_set = formats::point_set_named(sets, "plug_in_gait");
  const auto kinect =
      bench::read_recordings(data / "ui_prmd", "kinect", "kinect_joints", "kinect_sequences", 3);
  const auto vicon = bench::read_recordings(data / "ui_prmd", "vicon_markers", "vicon_markers",
                                            "vicon_sequences", 3);
  std::map<std::string, const bench::NamedRecording*> markers;
  std::map<std::string, std::vector<const PointRecording*>> by_subject_k, by_subject_v;
  for (const auto& one : vicon) {
    markers[one.name] = &one;
    by_subject_v[one.subject].push_back(&one.points);
  }
  for (const auto& one : kinect) by_subject_k[one.subject].push_back(&one.points);
  std::map<std::string, BodyFit> body_k, body_v;
  const double begin_fit = seconds_now();
  for (const auto& [subject, recordings] : by_subject_k)
    body_k[subject] = subject_body(recordings, kinect_set);
  for (const auto& [subject, recordings] : by_subject_v)
    body_v[subject] = subject_body(recordings, vicon_set);
  const double fitting = seconds_now() - begin_fit;
  struct Sums {
    Errors raw, solved, raw_scaled, solved_scaled;
  };
  std::map<std::string, Sums> rows;
  std::map<int, Sums> by_joint;
  double seconds = 0, spent_k = 0, spent_v = 0;
  size_t pairs = 0, sound_pairs = 0, index = 0;
  Errors marker_misfit;
  ErrorParts raw_parts, solved_parts;  // of sound pairs
  for (const auto& one : kinect) {
    if (index++ % 10 != 0 || !markers.contains(one.name)) continue;
    const PointRecording& other = markers[one.name]->points;
    double begin = seconds_now();
    PoseOptions options;
    options.body = body_k[one.subject];
    const PoseSolution solved = solve_pose(one.points, kinect_set, options);
    spent_k += seconds_now() - begin;
    begin = seconds_now();
    options.body = body_v[one.subject];
    const PoseSolution truth = solve_pose(other, vicon_set, options);
    spent_v += seconds_now() - begin;
    seconds += solved.clip.seconds();
    ++pairs;
    for (const auto& point : truth.report.points) marker_misfit.add(point.misfit);
    const WorldPose a = forward_kinematics(solved.clip), b = forward_kinematics(truth.clip);
    const size_t frames = solved.clip.frame_count(), theirs = truth.clip.frame_count();
    Cloud raw_cloud, solved_cloud, truth_cloud;
    std::vector<int> joints;
    for (size_t f = 0; f < frames; ++f) {
      const double at = static_cast<double>(f) / static_cast<double>(frames - 1) *
                        static_cast<double>(theirs - 1);
      const auto before = std::min(static_cast<size_t>(at), theirs - 2);
      const auto u = static_cast<float>(at - static_cast<double>(before));
      for (size_t p = 0; p < kinect_set.points.size(); ++p) {
        const int joint = raw_joint(kinect_set.points[p]);
        if (joint < kLeftHip || joint == kSpine1 || joint == kSpine2 || joint == kSpine3 ||
            joint == kNeck)
          continue;
        const auto j = static_cast<size_t>(joint);
        const auto& names = one.points.names;
        const auto column = static_cast<size_t>(
            std::find(names.begin(), names.end(), kinect_set.points[p].name) - names.begin());
        PANTOMIME_CHECK(column < names.size(), "{}: no {}", one.name, kinect_set.points[p].name);
        raw_cloud.push_back(widen(place(one.points, f, column)));
        solved_cloud.push_back(widen(a.positions[f * kJointCount + j]));
        truth_cloud.push_back(widen(lerp(b.positions[before * kJointCount + j],
                                         b.positions[(before + 1) * kJointCount + j], u)));
        joints.push_back(joint);
      }
    }
    // The published positions put knees far over the hips in many deep bends: no person, no pair.
    bool sound = true;
    for (size_t f = 0; f < frames; ++f)
      for (const bool left : {true, false}) {
        const auto& names = one.points.names;
        const auto at = [&](const char* name) {
          const auto column =
              std::find(names.begin(), names.end(), (left ? "Left" : "Right") + std::string(name)) -
              names.begin();
          return place(one.points, f, static_cast<size_t>(column));
        };
        sound = sound && at("LowerLeg").y < at("UpperLeg").y + 0.05f;
      }
    sound_pairs += sound ? 1 : 0;
    Sums own;
    Cloud raw_differences, solved_differences;
    aligned_errors(raw_cloud, truth_cloud, false, own.raw, &raw_differences);
    aligned_errors(solved_cloud, truth_cloud, false, own.solved, &solved_differences);
    if (sound) {
      raw_parts.add(raw_differences, joints, one.points.fps);
      solved_parts.add(solved_differences, joints, one.points.fps);
    }
    aligned_errors(raw_cloud, truth_cloud, true, own.raw_scaled);
    aligned_errors(solved_cloud, truth_cloud, true, own.solved_scaled);
    for (size_t i = 0; i < joints.size(); ++i) {
      for (const std::string& key :
           {one.action, std::string("all"), std::string(sound ? "all sound" : "all unsound")}) {
        rows[key].raw.add(static_cast<double>(own.raw.all[i]));
        rows[key].solved.add(static_cast<double>(own.solved.all[i]));
        rows[key].raw_scaled.add(static_cast<double>(own.raw_scaled.all[i]));
        rows[key].solved_scaled.add(static_cast<double>(own.solved_scaled.all[i]));
      }
      if (!sound) continue;
      by_joint[joints[i]].raw.add(static_cast<double>(own.raw.all[i]));
      by_joint[joints[i]].solved.add(static_cast<double>(own.solved.all[i]));
      by_joint[joints[i]].raw_scaled.add(static_cast<double>(own.raw_scaled.all[i]));
      by_joint[joints[i]].solved_scaled.add(static_cast<double>(own.solved_scaled.all[i]));
    }
    if (pairs % 13 == 1) {
      draw(strips, one.name + "_kinect", solved.clip, one.name + " " + one.action + ", Kinect");
      draw(strips, one.name + "_vicon", truth.clip, one.name + " " + one.action + ", Vicon");
    }
  }
  fmt::print(
      "\nUI-PRMD, {} pairs ({:.0f} s): Kinect against solved Vicon, mean joint error in cm\n\n",
      pairs, seconds);
  fmt::print(
      "| | raw | solved | raw, sizes aligned | solved, sizes aligned |\n|---|---|---|---|---|\n");
  const auto print = [](std::string_view key, const Sums& sums) {
    fmt::print("| {} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |\n", key, sums.raw.mean_cm(),
               sums.solved.mean_cm(), sums.raw_scaled.mean_cm(), sums.solved_scaled.mean_cm());
  };
  for (const auto& [key, sums] : rows) print(key, sums);
  fmt::print("\nOf these {} are sound (no knee over its hip). By joint, sound pairs only:\n\n",
             sound_pairs);
  fmt::print(
      "| | raw | solved | raw, sizes aligned | solved, sizes aligned |\n|---|---|---|---|---|\n");
  for (const auto& [joint, sums] : by_joint) print(kJointNames[static_cast<size_t>(joint)], sums);
  fmt::print("\n");
  raw_parts.print("Raw");
  solved_parts.print("Solved");
  fmt::print(
      "\nMarkers stay {:.2f} cm from the solved body. Bodies of 8 people fitted in {:.1f} s; "
      "Kinect solved at {:.1f} x, markers at {:.1f} x real time.\n",
      marker_misfit.mean_cm(), fitting, seconds / spent_k, seconds / spent_v);
}

#ifdef PANTOMIME_CERES
/// The same problem from the same first guess: the block-banded solver against Ceres.
void solvers(const fs::path& data, const std::vector<PointSet>& sets) {
  fmt::print(
      "\nOwn solver against Ceres (sparse normal equations, one thread), same problem and "
      "start, seconds of computing\n\n");
  fmt::print("| set | frames | first cost | own cost | its | s | Ceres' cost | its | s |\n");
  fmt::print("|---|---|---|---|---|---|---|---|---|\n");
  const std::vector<Clip> clips = bench::clean_clips(data, 4, 8);
  for (const char* name : {"kinect_v2", "humanml3d", "plug_in_gait"})
    for (const Clip& clip : clips) {
      const PointSet& set = formats::point_set_named(sets, name);
      const auto recording =
          test::points_of(clip, set, {.jitter = 0.01f, .drift = 0.01f, .person = 0.5f}).recording;
      const PointTracks tracks = point_tracks(recording, set);
      const BodyFit body = fit_body({&recording}, set);
      std::array<Eigen::Vector3d, kJointCount> offsets;
      for (size_t j = 0; j < kJointCount; ++j) offsets[j] = widen(body.offsets[j]);
      std::vector<AttachedPoint> points;
      for (const size_t p : tracks.points)
        points.push_back({set.points[p].joint, widen(body.point_offsets[p])});
      PoseProblem problem(PoseModel(turning_joints(set, tracks.points)), offsets, points,
                          recording.fps);
      problem.observed = tracks.observed;
      for (size_t i = 0; i < problem.observed.size(); ++i)
        problem.observed[i].weight /=
            std::max(0.001f, body.misfit[tracks.points[i % tracks.points.size()]]);
      std::vector<Pose> own = first_poses(problem), theirs = own;
      const double first = motion_cost(problem, own, 0, own.size());
      double begin = seconds_now();
      const int iterations = smooth_poses(problem, own, {.alone = 0});
      const double own_seconds = seconds_now() - begin;
      begin = seconds_now();
      const auto summary = bench::solve_with_ceres(problem, theirs);
      const double their_seconds = seconds_now() - begin;
      fmt::print("| {} | {} | {:.0f} | {:.1f} | {} | {:.2f} | {:.1f} | {} | {:.2f} |\n", name,
                 own.size(), first, motion_cost(problem, own, 0, own.size()), iterations,
                 own_seconds, motion_cost(problem, theirs, 0, theirs.size()),
                 summary.iterations.size(), their_seconds);
    }
}
#endif

/// Takes of real sensors, drawn for people to look at.
void pictures(const fs::path& data, const std::vector<PointSet>& sets, const fs::path& strips) {
  if (strips.empty()) return;
  struct Source {
    const char *folder, *set;
    size_t values, every;
  };
  for (const Source& source :
       {Source{"utd_mhad", "kinect_v1", 3, 97}, Source{"utkinect", "kinect_v1", 3, 29},
        Source{"msr_action3d", "kinect_v1", 4, 83}}) {
    const PointSet& set = formats::point_set_named(sets, source.set);
    const auto all = bench::read_recordings(data / source.folder, "skeletons", "joints",
                                            "sequences", source.values);
    for (size_t i = source.every / 2; i < all.size(); i += source.every) {
      const PoseSolution solved = solve_pose(all[i].points, set);
      draw(strips, fmt::format("{}_{}", source.folder, i), solved.clip,
           fmt::format("{} {} {} ({} frames, {} iterations)", source.folder, all[i].name,
                       all[i].action, solved.clip.frame_count(), solved.report.iterations));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 12);  // tables row by row, also into a file
  try {
    std::map<std::string, std::string> given = {
        {"--data", (resource_path("configs").parent_path() / "../shared/data").string()},
        {"--only", ""},
        {"--strips", ""},
        {"--clips", "24"},
        {"--set", ""},
        {"--smoothness", "1"}};
    for (int i = 1; i < argc; i += 2) {
      PANTOMIME_CHECK(i + 1 < argc && given.contains(argv[i]), "unknown option \"{}\"", argv[i]);
      given[argv[i]] = argv[i + 1];
    }
    const auto sets = formats::load_point_sets(resource_path("configs/points"));
    const std::string only = given["--only"];
    if (only.empty() || only == "synthetic")
      synthetic(given["--data"], sets, std::stoul(given["--clips"]), given["--set"],
                std::stod(given["--smoothness"]));
    if (only.empty() || only == "paired") paired(given["--data"], sets, given["--strips"]);
#ifdef PANTOMIME_CERES
    if (only.empty() || only == "solvers") solvers(given["--data"], sets);
#endif
    if (only.empty() || only == "pictures") pictures(given["--data"], sets, given["--strips"]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_pose_solver: {}\n", error.what());
    return 1;
  }
  return 0;
}
