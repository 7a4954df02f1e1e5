#include "pantomime/formats/actor.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/pickle.h"

namespace pantomime::formats {

using motion::kJointCount;
using motion::Quat;
using motion::Vec3;

const std::array<std::string_view, 12> kHumanAct12Actions = {
    "warm up", "walk",   "run",
    "jump",    "drink",  "lift dumbbell",
    "sit",     "eat",    "turn steering wheel",
    "phone",   "boxing", "throw"};

namespace {

constexpr int64_t kSmplJoints = 24;
constexpr Quat kUpright{0, 1, 0, 0};  // half a turn about x

/// Numbers [F, width] of sequence `i`.
struct Rows {
  int64_t frames = 0, width = 0;
  std::vector<double> values;
};

/// A list of arrays, or an array of one more dimension.
class Sequences {
 public:
  Sequences(PickleValue value, std::string key) : value_(value), key_(std::move(key)) {
    if (value_.kind() != PickleKind::Array) return;
    whole_ = value_.array(key_);
    if (whole_->shape.size() < 3)
      throw ParseError(key_ + ": expected an array [sequences, frames, numbers]");
  }
  size_t size() const { return whole_ ? static_cast<size_t>(whole_->shape[0]) : value_.size(); }
  Rows rows(size_t i) const {
    const std::string what = fmt::format("{}[{}]", key_, i);
    NpyArray array;
    if (whole_) {
      array = rows_of(*whole_, static_cast<int64_t>(i), 1);
      array.shape.erase(array.shape.begin());
    } else {
      array = value_.at(i, key_).array(what);
    }
    Rows out;
    if (array.type == NpyType::Text || array.shape.size() < 2 || array.shape[0] < 1)
      throw ParseError(what + ": expected numbers [frames, …]");
    out.frames = array.shape[0];
    out.width = array.count() / out.frames;
    out.values = doubles_of(array, what);
    if (!std::all_of(out.values.begin(), out.values.end(),
                     [](double v) { return std::abs(v) < 1e4; }))
      throw ParseError(what + ": a number that is not finite or beyond 10000");
    return out;
  }

 private:
  PickleValue value_;
  std::string key_;
  std::optional<NpyArray> whole_;
};

std::optional<PickleValue> find(PickleValue root, std::initializer_list<const char*> keys) {
  PickleValue value = root;
  for (const char* key : keys)
    if (root.find(key, value)) return value;
  return std::nullopt;
}

Vec3 vector_at(const Rows& rows, size_t f, size_t at) {
  const double* v = &rows.values[f * static_cast<size_t>(rows.width) + at];
  return {static_cast<float>(v[0]), static_cast<float>(v[1]), static_cast<float>(v[2])};
}

}  // namespace

std::vector<ActorSequence> parse_actor(std::string_view pickle, const std::string& name,
                                       const ActorOptions& options) {
  PANTOMIME_CHECK(options.fps >= 1 && options.fps <= 1000,
                  "{} frames per second, expected 1 to 1000", options.fps);
  const Pickle parsed(pickle, name);
  const auto poses_value = find(parsed.root(), {"poses", "pose"});
  if (!poses_value)
    throw ParseError(name + ": no \"poses\", expected a dict of lists as ACTOR has it");
  const Sequences poses(*poses_value, name + ": poses");
  std::optional<Sequences> joints;
  if (const auto value = find(parsed.root(), {"joints3D", "joints3d"}))
    joints.emplace(*value, name + ": joints3D");
  const auto actions = find(parsed.root(), {"y"});
  std::optional<NpyArray> action_array;
  if (actions && actions->kind() == PickleKind::Array) action_array = actions->array("y");
  const size_t action_count = !actions       ? poses.size()
                              : action_array ? static_cast<size_t>(action_array->count())
                                             : actions->size();
  if (poses.size() == 0) throw ParseError(name + ": no sequences");
  if ((joints && joints->size() != poses.size()) || action_count != poses.size())
    throw ParseError(fmt::format("{}: {} poses, but {} joints and {} actions", name, poses.size(),
                                 joints ? joints->size() : poses.size(), action_count));
  const std::vector<double> numbers =
      action_array ? doubles_of(*action_array, name + ": y") : std::vector<double>{};

  std::vector<ActorSequence> out;
  // One array may be in the lists many times over.
  size_t numbers_left = pickle.size() / 2;
  const auto count = [&](const Rows& rows) {
    if (rows.values.size() > numbers_left)
      throw ParseError(name + ": sequences hold more numbers than the file has");
    numbers_left -= rows.values.size();
  };
  for (size_t i = 0; i < poses.size(); ++i) {
    const Rows turns = poses.rows(i);
    count(turns);
    if (turns.width != 3 * kSmplJoints)
      throw ParseError(
          fmt::format("{}: poses[{}] has {} numbers a frame, expected 72", name, i, turns.width));
    Rows places;
    if (joints) {
      places = joints->rows(i);
      count(places);
      if (places.frames != turns.frames || places.width < 3 * kJointCount)
        throw ParseError(fmt::format("{}: joints3D[{}]: expected {} frames of 24 joints", name, i,
                                     turns.frames));
    }
    // Files with SMPL's own 24 joints begin with the pelvis.
    const size_t root = places.width > 3 * kSmplJoints ? 3 * options.root_joint : 0;
    if (joints && root + 3 > static_cast<size_t>(places.width))
      throw ParseError(fmt::format("{}: joints3D[{}]: no joint {}", name, i, options.root_joint));
    ActorSequence sequence;
    sequence.clip.skeleton = motion::canonical_skeleton(motion::default_geometry());
    sequence.clip.fps = options.fps;
    for (size_t f = 0; f < static_cast<size_t>(turns.frames); ++f) {
      sequence.clip.root_positions.push_back(joints ? kUpright * vector_at(places, f, root)
                                                    : Vec3{});
      for (size_t j = 0; j < kJointCount; ++j) {
        const Quat q = motion::from_rotation_vector(vector_at(turns, f, 3 * j));
        sequence.clip.rotations.push_back(motion::normalized(j == 0 ? kUpright * q : q));
      }
      sequence.hands.push_back(
          {motion::from_rotation_vector(vector_at(turns, f, 3 * kJointCount)),
           motion::from_rotation_vector(vector_at(turns, f, 3 * kJointCount + 3))});
    }
    const std::string what = fmt::format("y[{}]", i);
    if (action_array) {
      if (!(std::abs(numbers[i]) < 1e9))
        throw ParseError(name + ": " + what + ": no number of an action");
      sequence.action = static_cast<int64_t>(numbers[i]);
    } else if (actions) {
      sequence.action = actions->at(i, what).whole(what);
    }
    out.push_back(std::move(sequence));
  }
  return out;
}

std::vector<ActorSequence> read_actor(const std::filesystem::path& path,
                                      const ActorOptions& options) {
  return parse_actor(read_file(path), path.string(), options);
}

}  // namespace pantomime::formats
