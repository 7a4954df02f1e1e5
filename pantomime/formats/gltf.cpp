#include "pantomime/formats/gltf.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/gltf_document.h"

namespace pantomime::formats {
namespace {

using motion::Clip;
using motion::Quat;
using motion::Vec3;
using nlohmann::json;

constexpr size_t kMaxPoses = 20'000'000;
constexpr double kMaxSeconds = 86400;

enum class Mode { Linear, Step, Cubic };
enum class Target { Translation, Rotation, Scale };

/// Keys of one property of one node.
struct Track {
  int node = 0;
  Target target = Target::Rotation;
  Mode mode = Mode::Linear;
  size_t width = 3;
  std::vector<float> times;  ///< [K] seconds, rising
  std::vector<float>
      values;  ///< [K * width]; Cubic: [K * 3 * width], in-tangent, value, out-tangent

  const float* key(size_t k) const {
    return &values[mode == Mode::Cubic ? (3 * k + 1) * width : k * width];
  }

  std::array<float, 4> at(float time) const {
    std::array<float, 4> out{};
    const size_t after =
        static_cast<size_t>(std::upper_bound(times.begin(), times.end(), time) - times.begin());
    const size_t k = after == 0 ? 0 : after - 1;
    const bool last = after == 0 || after == times.size();  // before the first or past the last key
    const float* a = key(k);
    std::copy_n(a, width, out.begin());
    if (last || mode == Mode::Step) return out;
    const float* b = key(k + 1);
    const float span = times[k + 1] - times[k], u = (time - times[k]) / span;
    if (mode == Mode::Linear && target == Target::Rotation) {
      const Quat q = motion::slerp(quat(a), quat(b), u);
      return {q.x, q.y, q.z, q.w};
    }
    if (mode == Mode::Linear) {
      for (size_t i = 0; i < width; ++i) out[i] = a[i] + u * (b[i] - a[i]);
      return out;
    }
    // Hermite's curve; tangents are per second.
    const float *leave = a + width, *arrive = b - width;
    const float u2 = u * u, u3 = u2 * u;
    for (size_t i = 0; i < width; ++i)
      out[i] = (2 * u3 - 3 * u2 + 1) * a[i] + span * (u3 - 2 * u2 + u) * leave[i] +
               (3 * u2 - 2 * u3) * b[i] + span * (u3 - u2) * arrive[i];
    return out;
  }
  static Quat quat(const float* v) { return motion::normalized(Quat{v[3], v[0], v[1], v[2]}); }
};

/// Place and orientation of a node in the scene, and how its parents scale it.
struct Placed {
  Vec3 position;
  Quat rotation;
  Vec3 scale{1, 1, 1};  ///< along its own axes; shear is left out
};

Placed below(const Placed& parent, const GltfTransform& local) {
  const Vec3 t = local.translation, s = parent.scale;
  return {parent.position + parent.rotation * Vec3{s.x * t.x, s.y * t.y, s.z * t.z},
          motion::normalized(parent.rotation * local.rotation),
          {s.x * local.scale.x, s.y * local.scale.y, s.z * local.scale.z}};
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& name, const GltfOptions& options)
      : document_(bytes, name, options.load), options_(options) {
    PANTOMIME_CHECK(!options.fps || (*options.fps >= 1 && *options.fps <= 1000),
                    "glTF: {} frames per second, expected 1 to 1000", *options.fps);
  }

  std::vector<GltfAnimation> read() {
    const json& animations = document_.list(document_.root(), "animations");
    std::vector<std::vector<Track>> all;
    for (const json& animation : animations) all.push_back(read_tracks(animation));
    choose_joints(all);
    const std::vector<std::string> names = document_.animation_names();
    std::vector<GltfAnimation> out;
    for (size_t i = 0; i < all.size(); ++i)
      if (!all[i].empty()) out.push_back({names[i], sample(all[i])});
    return out;
  }

  GltfRig rig() {
    if (document_.largest_skin().empty()) document_.bad("no skin, expected a rigged character");
    choose_joints({});
    GltfRig out;
    out.nodes = joints_;
    out.rest.skeleton = skeleton_;
    std::vector<GltfTransform> local(joints_.size());
    for (size_t j = 0; j < joints_.size(); ++j)
      if (joints_[j] >= 0) local[j] = document_.nodes()[static_cast<size_t>(joints_[j])].rest;
    const std::vector<Placed> placed = place(local);
    for (size_t j = 0; j < placed.size(); ++j) {
      const int parent = skeleton_.parents[j];
      out.rest.skeleton.offsets.push_back(
          parent < 0 ? Vec3{} : placed[j].position - placed[static_cast<size_t>(parent)].position);
      out.rotations.push_back(placed[j].rotation);
      out.scales.push_back(placed[j].scale);
    }
    out.rest.root_positions = {placed[0].position};
    out.rest.rotations.assign(placed.size(), Quat{});
    out.rest.validate();
    return out;
  }

 private:
  std::vector<Track> read_tracks(const json& animation) {
    const json& samplers = document_.list(animation, "samplers");
    const size_t accessors = document_.list(document_.root(), "accessors").size();
    std::vector<Track> out;
    std::set<std::pair<int, Target>> seen;
    for (const json& channel : document_.list(animation, "channels")) {
      if (!channel.is_object() || !channel.contains("target"))
        document_.bad("a channel without a target");
      const json& target = channel["target"];
      const std::string path = document_.text(target, "path");
      if (path == "weights" || !target.contains("node")) continue;
      Track track;
      track.node = static_cast<int>(document_.index(target, "node", document_.nodes().size()));
      track.target = path == "translation" ? Target::Translation
                     : path == "rotation"  ? Target::Rotation
                                           : Target::Scale;
      if (track.target == Target::Scale && path != "scale")
        document_.bad("a channel for another path than translation, rotation, scale or weights");
      if (!seen.insert({track.node, track.target}).second)
        document_.bad(fmt::format("two channels for the {} of node {}", path, track.node));
      track.width = track.target == Target::Rotation ? 4 : 3;
      const json& sampler = samplers[document_.index(channel, "sampler", samplers.size())];
      const std::string mode = document_.text(sampler, "interpolation");
      if (!mode.empty() && mode != "LINEAR" && mode != "STEP" && mode != "CUBICSPLINE")
        document_.bad("an interpolation other than LINEAR, STEP and CUBICSPLINE");
      track.mode = mode == "STEP" ? Mode::Step : mode == "CUBICSPLINE" ? Mode::Cubic : Mode::Linear;
      track.times = document_.numbers(document_.index(sampler, "input", accessors), 1);
      track.values = document_.numbers(document_.index(sampler, "output", accessors), track.width);
      const size_t each = track.width * (track.mode == Mode::Cubic ? 3 : 1);
      if (track.times.empty() || track.values.size() != each * track.times.size())
        document_.bad(fmt::format("{} times and {} values of node {}", track.times.size(),
                                  track.values.size() / each, track.node));
      for (size_t k = 0; k < track.times.size(); ++k)
        if (!(track.times[k] >= 0 && track.times[k] <= kMaxSeconds) ||
            (k > 0 && !(track.times[k] > track.times[k - 1])))
          document_.bad(fmt::format("times of node {} that don't rise from 0", track.node));
      out.push_back(std::move(track));
    }
    return out;
  }

  /// Nodes that become joints, parents first, and their names.
  void choose_joints(const std::vector<std::vector<Track>>& all) {
    const auto& nodes = document_.nodes();
    std::set<int> chosen;
    const auto with_parents = [&](int node) {
      for (; node >= 0 && chosen.insert(node).second;)
        node = nodes[static_cast<size_t>(node)].parent;
    };
    for (const int joint : document_.largest_skin()) with_parents(joint);
    if (chosen.empty()) {
      for (const auto& tracks : all)
        for (const Track& track : tracks) {
          int top = track.node;
          while (nodes[static_cast<size_t>(top)].parent >= 0)
            top = nodes[static_cast<size_t>(top)].parent;
          chosen.insert(top);
        }
      std::vector<int> open(chosen.begin(), chosen.end());
      while (!open.empty()) {
        const auto& children = nodes[static_cast<size_t>(open.back())].children;
        open.pop_back();
        for (const int child : children)
          if (chosen.insert(child).second) open.push_back(child);
      }
    }
    std::vector<int> tops;
    for (const int node : chosen)
      if (nodes[static_cast<size_t>(node)].parent < 0) tops.push_back(node);
    motion::Skeleton& skeleton = skeleton_;
    struct Step {
      int node, parent;
    };
    std::vector<Step> steps;
    if (tops.size() > 1) {  // several trees: the scene is what they hang on
      skeleton.names.push_back("scene");
      skeleton.parents.push_back(-1);
      joints_.push_back(-1);
    }
    const int above = tops.size() > 1 ? 0 : -1;
    for (auto it = tops.rbegin(); it != tops.rend(); ++it) steps.push_back({*it, above});
    std::set<std::string> taken(skeleton.names.begin(), skeleton.names.end());
    while (!steps.empty()) {
      const Step step = steps.back();
      steps.pop_back();
      const GltfNode& node = nodes[static_cast<size_t>(step.node)];
      std::string name = node.name.empty() ? fmt::format("node {}", step.node) : node.name;
      if (!taken.insert(name).second) {
        name += fmt::format(" ({})", step.node);
        if (!taken.insert(name).second) document_.bad("nodes with names that are too alike");
      }
      const int joint = static_cast<int>(skeleton.names.size());
      skeleton.names.push_back(name);
      skeleton.parents.push_back(step.parent);
      joints_.push_back(step.node);
      for (auto it = node.children.rbegin(); it != node.children.rend(); ++it)
        if (chosen.contains(*it)) steps.push_back({*it, joint});
    }
  }

  /// All joints with these transforms of the nodes.
  std::vector<Placed> place(const std::vector<GltfTransform>& local) const {
    std::vector<Placed> out(joints_.size());
    for (size_t j = 0; j < joints_.size(); ++j) {
      const int parent = skeleton_.parents[j];
      const Placed above = parent < 0 ? Placed{} : out[static_cast<size_t>(parent)];
      out[j] = joints_[j] < 0 ? above : below(above, local[j]);
    }
    return out;
  }

  double rate_of(const std::vector<Track>& tracks, double& seconds) const {
    const Track* most = &tracks[0];
    for (const Track& track : tracks) {
      seconds = std::max(seconds, static_cast<double>(track.times.back()));
      if (track.times.size() > most->times.size()) most = &track;
    }
    if (options_.fps) return *options_.fps;
    const auto& times = most->times;
    if (times.size() < 3) return motion::kFps;
    const double step = (static_cast<double>(times.back()) - static_cast<double>(times.front())) /
                        static_cast<double>(times.size() - 1);
    for (size_t k = 0; k < times.size(); ++k)
      if (std::abs(static_cast<double>(times[k]) - static_cast<double>(times[0]) -
                   step * static_cast<double>(k)) > 0.05 * step)
        return motion::kFps;
    const double fps = 1 / step, whole = std::round(fps);
    if (fps < 5 || fps > 1000) return motion::kFps;
    return std::abs(fps - whole) < 1e-3 * fps ? whole : fps;
  }

  /// Our own characters rest as they are bound, but their nodes' frames are the canonical joints':
  /// without any rotation they stand in the T-pose.
  bool is_our_own() const {
    const json& asset = document_.root()["asset"];
    const auto& names = skeleton_.names;
    return asset.is_object() && asset.value("generator", json()) == "Pantomime" &&
           std::all_of(motion::kJointNames.begin(), motion::kJointNames.end(),
                       [&](const auto& name) {
                         return std::find(names.begin(), names.end(), name) != names.end();
                       });
  }

  Clip sample(const std::vector<Track>& tracks) const {
    double seconds = 0;
    Clip clip;
    clip.fps = rate_of(tracks, seconds);
    clip.skeleton = skeleton_;
    const size_t joints = joints_.size();
    const auto frames = static_cast<size_t>(std::floor(seconds * clip.fps + 1e-3)) + 1;
    if (frames * joints > kMaxPoses)
      document_.bad(fmt::format("{} frames of {} joints, expected at most {} together", frames,
                                joints, kMaxPoses));
    std::map<int, size_t> joint_of;
    std::vector<GltfTransform> rest(joints);
    for (size_t j = 0; j < joints; ++j) {
      if (joints_[j] < 0) continue;
      joint_of[joints_[j]] = j;
      rest[j] = document_.nodes()[static_cast<size_t>(joints_[j])].rest;
    }
    std::vector<GltfTransform> zero = rest;
    if (is_our_own())
      for (GltfTransform& its : zero) its.rotation = {};
    const std::vector<Placed> at_rest = place(zero);
    for (size_t j = 0; j < joints; ++j) {
      const int parent = skeleton_.parents[j];
      clip.skeleton.offsets.push_back(
          parent < 0 ? Vec3{}
                     : at_rest[j].position - at_rest[static_cast<size_t>(parent)].position);
    }
    std::vector<Vec3> local_places(frames * joints);  // of joints in their parents' turned frames
    std::vector<Quat> world(joints);
    for (size_t f = 0; f < frames; ++f) {
      std::vector<GltfTransform> now = rest;
      const auto time = static_cast<float>(static_cast<double>(f) / clip.fps);
      for (const Track& track : tracks) {
        const auto joint = joint_of.find(track.node);
        if (joint == joint_of.end()) continue;  // a prop
        const std::array<float, 4> v = track.at(time);
        GltfTransform& its = now[joint->second];
        if (track.target == Target::Rotation)
          its.rotation = Track::quat(v.data());
        else
          (track.target == Target::Scale ? its.scale : its.translation) = Vec3{v[0], v[1], v[2]};
      }
      const std::vector<Placed> placed = place(now);
      clip.root_positions.push_back(placed[0].position);
      for (size_t j = 0; j < joints; ++j) {
        world[j] = motion::normalized(placed[j].rotation * motion::conjugate(at_rest[j].rotation));
        const int parent = skeleton_.parents[j];
        if (parent < 0) {
          clip.rotations.push_back(motion::canonical(world[j]));
          continue;
        }
        const auto p = static_cast<size_t>(parent);
        clip.rotations.push_back(
            motion::canonical(motion::normalized(motion::conjugate(world[p]) * world[j])));
        local_places[f * joints + j] =
            motion::conjugate(world[p]) * (placed[j].position - placed[p].position);
      }
    }
    keep_moving_joints(clip, local_places);
    clip.validate();
    return clip;
  }

  /// Joints that do not stay at their offset move.
  static void keep_moving_joints(Clip& clip, const std::vector<Vec3>& places) {
    const size_t joints = clip.joint_count(), frames = clip.frame_count();
    for (size_t j = 1; j < joints; ++j) {
      const Vec3 offset = clip.skeleton.offsets[j];
      const float slack = 1e-5f + 1e-4f * motion::length(offset);
      bool moves = false;
      for (size_t f = 0; f < frames && !moves; ++f)
        moves = motion::length(places[f * joints + j] - offset) > slack;
      if (moves) clip.moving_joints.push_back(static_cast<int>(j));
    }
    for (size_t f = 0; f < frames; ++f)
      for (const int j : clip.moving_joints)
        clip.translations.push_back(places[f * joints + static_cast<size_t>(j)]);
  }

  GltfDocument document_;
  const GltfOptions& options_;
  motion::Skeleton skeleton_;  ///< without offsets
  std::vector<int> joints_;    ///< [J] node, or -1 for the scene
};

}  // namespace

std::vector<GltfAnimation> parse_gltf(std::string_view bytes, const std::string& name,
                                      const GltfOptions& options) {
  return Reader(bytes, name, options).read();
}

GltfRig parse_gltf_rig(std::string_view bytes, const std::string& name,
                       const GltfOptions& options) {
  return Reader(bytes, name, options).rig();
}

std::function<std::string(const std::string&)> files_beside(const std::filesystem::path& scene) {
  return [scene](const std::string& uri) {
    const bool inside = std::filesystem::path(uri).is_relative() &&
                        uri.find("..") == std::string::npos && uri.find(':') == std::string::npos;
    if (!inside) throw ParseError(scene.string() + ": glTF: a buffer outside the scene's folder");
    return read_file(scene.parent_path() / uri);
  };
}

std::vector<GltfAnimation> read_gltf(const std::filesystem::path& path,
                                     const GltfOptions& options) {
  GltfOptions own = options;
  if (!own.load) own.load = files_beside(path);
  return parse_gltf(read_file(path), path.string(), own);
}

}  // namespace pantomime::formats
