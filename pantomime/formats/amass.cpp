#include "pantomime/formats/amass.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/npz.h"
#include "pantomime/motion/axes.h"

namespace pantomime::formats {
namespace {

using motion::kJointCount;
using motion::Quat;
using motion::Vec3;

constexpr int64_t kBodyNumbers = 3 * kJointCount;
constexpr int64_t kSmplhNumbers = 156;

/// Rotation from AMASS's axes (Z up) to ours. "Forward" only fixes which way x stays x.
Quat ours_from_amass() {
  return motion::canonical_from({motion::Axis::PlusZ, motion::Axis::MinusY, 1.0});
}

const NpyArray& wanted(const Npz& arrays, const std::string& key, const std::string& file) {
  const auto it = arrays.find(key);
  if (it == arrays.end())
    throw ParseError(fmt::format("{}: no array \"{}\", expected AMASS", file, key));
  return it->second;
}

std::vector<double> finite_numbers(const NpyArray& array, const std::string& what) {
  if (array.type == NpyType::Text) throw ParseError(what + ": text, expected numbers");
  std::vector<double> out = doubles_of(array, what);
  const auto bad =
      std::find_if_not(out.begin(), out.end(), [](double v) { return std::abs(v) < 1e6; });
  if (bad != out.end())
    throw ParseError(fmt::format("{}: {} at position {}, expected a size below a million", what,
                                 *bad, bad - out.begin()));
  return out;
}

double frame_rate(const Npz& arrays, const std::string& file) {
  for (const char* key : {"mocap_framerate", "mocap_frame_rate"}) {
    const auto it = arrays.find(key);
    if (it == arrays.end()) continue;
    const std::vector<double> values = finite_numbers(it->second, file + "/" + key);
    if (values.size() != 1 || values[0] < 1 || values[0] > 1000)
      throw ParseError(fmt::format("{}/{}: expected one number from 1 to 1000", file, key));
    return values[0];
  }
  throw ParseError(fmt::format("{}: no array \"mocap_framerate\", expected AMASS", file));
}

std::string text_of(const Npz& arrays, const std::string& key) {
  const auto it = arrays.find(key);
  if (it == arrays.end() || it->second.texts.size() != 1) return {};
  return it->second.texts[0];
}

motion::Skeleton skeleton_of(const Npz& arrays, const AmassOptions& options,
                             const std::string& file) {
  if (options.geometry) return motion::canonical_skeleton(*options.geometry);
  const auto it = arrays.find("pantomime_offsets");
  if (it == arrays.end()) return motion::canonical_skeleton(motion::default_geometry());
  const std::vector<double> numbers = finite_numbers(it->second, file + "/pantomime_offsets");
  if (it->second.shape != std::vector<int64_t>{kJointCount, 3})
    throw ParseError(file + "/pantomime_offsets: expected shape (22, 3)");
  std::vector<Vec3> offsets;
  for (size_t j = 0; j < kJointCount; ++j)
    offsets.push_back({static_cast<float>(numbers[3 * j]), static_cast<float>(numbers[3 * j + 1]),
                       static_cast<float>(numbers[3 * j + 2])});
  return motion::canonical_skeleton(std::span<const Vec3>(offsets));
}

Vec3 vector_at(const std::vector<double>& numbers, size_t at) {
  return {static_cast<float>(numbers[at]), static_cast<float>(numbers[at + 1]),
          static_cast<float>(numbers[at + 2])};
}

/// Rotation vectors of the root and the 21 body joints, from one array or two.
struct Turns {
  size_t frames = 0;
  std::vector<double> root, body;                         ///< body empty: it stands in root
  size_t root_width = 0, body_width = 0, body_first = 0;  ///< in numbers

  Vec3 at(size_t f, size_t j) const {
    return j == 0
               ? vector_at(root, f * root_width)
               : vector_at(body.empty() ? root : body, f * body_width + body_first + 3 * (j - 1));
  }
};

/// Numbers a frame of an array [F, N] or [F, N / 3, 3]; 0 for any other shape.
int64_t numbers_per_frame(const NpyArray& array) {
  const auto& shape = array.shape;
  if (shape.size() == 2) return shape[1] % 3 == 0 ? shape[1] : 0;
  return shape.size() == 3 && shape[2] == 3 ? array.count() / std::max<int64_t>(shape[0], 1) : 0;
}

Turns turns_of(const Npz& arrays, const std::string& name) {
  Turns out;
  if (arrays.contains("poses") || !arrays.contains("pose_body")) {
    const NpyArray& poses = wanted(arrays, "poses", name);
    const int64_t width = numbers_per_frame(poses);
    if (width < kBodyNumbers || poses.shape[0] < 1)
      throw ParseError(name + "/poses: expected shape (frames, 66 or more, a multiple of 3)");
    out.frames = static_cast<size_t>(poses.shape[0]);
    out.root = finite_numbers(poses, name + "/poses");
    out.root_width = out.body_width = static_cast<size_t>(width);
    out.body_first = 3;
    return out;
  }
  const NpyArray& root = wanted(arrays, "root_orient", name);
  const NpyArray& body = wanted(arrays, "pose_body", name);
  const int64_t width = numbers_per_frame(body);
  if (width < kBodyNumbers - 3 || body.shape[0] < 1)
    throw ParseError(name + "/pose_body: expected shape (frames, 63 or more, a multiple of 3)");
  if (numbers_per_frame(root) != 3 || root.shape[0] != body.shape[0])
    throw ParseError(fmt::format("{}/root_orient: expected shape ({}, 3)", name, body.shape[0]));
  out.frames = static_cast<size_t>(body.shape[0]);
  out.root = finite_numbers(root, name + "/root_orient");
  out.body = finite_numbers(body, name + "/pose_body");
  out.root_width = 3;
  out.body_width = static_cast<size_t>(width);
  return out;
}

}  // namespace

Amass parse_amass(std::string_view bytes, const std::string& name, const AmassOptions& options) {
  // Only these: newer files also hold pickled objects, which are never opened.
  const Npz arrays = parse_npz(
      bytes, name,
      {.only = {"poses", "root_orient", "pose_body", "trans", "mocap_framerate", "mocap_frame_rate",
                "betas", "gender", "surface_model_type", "pantomime_offsets", "pantomime_settings"},
       .objects = NpyObjects::LeaveOut});
  const Turns turns = turns_of(arrays, name);
  const NpyArray& trans = wanted(arrays, "trans", name);
  if (trans.shape != std::vector<int64_t>{static_cast<int64_t>(turns.frames), 3})
    throw ParseError(fmt::format("{}/trans: expected shape ({}, 3)", name, turns.frames));
  const std::vector<double> places = finite_numbers(trans, name + "/trans");

  Amass out;
  out.gender = text_of(arrays, "gender");
  out.model = text_of(arrays, "surface_model_type");
  out.settings = text_of(arrays, "pantomime_settings");
  if (const auto it = arrays.find("betas"); it != arrays.end())
    out.betas = finite_numbers(it->second, name + "/betas");
  out.clip.skeleton = skeleton_of(arrays, options, name);
  out.clip.fps = frame_rate(arrays, name);
  const Quat turn = ours_from_amass();
  for (size_t f = 0; f < turns.frames; ++f) {
    out.clip.root_positions.push_back(turn * (vector_at(places, 3 * f) + options.pelvis_at_rest));
    for (size_t j = 0; j < kJointCount; ++j) {
      const Quat q = motion::from_rotation_vector(turns.at(f, j));
      out.clip.rotations.push_back(motion::normalized(j == 0 ? turn * q : q));
    }
  }
  return out;
}

Amass read_amass(const std::filesystem::path& path, const AmassOptions& options) {
  return parse_amass(read_file(path), path.string(), options);
}

std::string to_amass(const Amass& motion, const AmassOptions& options) {
  const motion::Clip& clip = motion.clip;
  clip.validate();
  PANTOMIME_CHECK(clip.joint_count() == kJointCount && clip.moving_joints.empty() &&
                      std::equal(clip.skeleton.names.begin(), clip.skeleton.names.end(),
                                 motion::kJointNames.begin()),
                  "AMASS: expected the canonical 22 joints");
  const auto frames = static_cast<int64_t>(clip.frame_count());
  const Quat turn = motion::conjugate(ours_from_amass());
  std::vector<double> poses, trans;
  poses.reserve(clip.frame_count() * kSmplhNumbers);
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    const Vec3 at = turn * clip.root_positions[f] - options.pelvis_at_rest;
    trans.insert(trans.end(), {at.x, at.y, at.z});
    for (size_t j = 0; j < kJointCount; ++j) {
      const Quat q = j == 0 ? turn * clip.rotation(f, j) : clip.rotation(f, j);
      const Vec3 v = motion::to_rotation_vector(motion::normalized(q));
      poses.insert(poses.end(), {v.x, v.y, v.z});
    }
    poses.insert(poses.end(), kSmplhNumbers - kBodyNumbers, 0.0);
  }
  std::vector<float> offsets;
  for (const Vec3 o : clip.skeleton.offsets) offsets.insert(offsets.end(), {o.x, o.y, o.z});
  std::vector<double> betas = motion.betas;
  if (betas.empty()) betas.assign(16, 0.0);

  Npz arrays;
  arrays["poses"] = npy_of({frames, kSmplhNumbers}, std::span<const double>(poses));
  arrays["trans"] = npy_of({frames, 3}, std::span<const double>(trans));
  arrays["mocap_framerate"] = npy_of(clip.fps);
  arrays["betas"] = npy_of({static_cast<int64_t>(betas.size())}, std::span<const double>(betas));
  arrays["gender"] = npy_of(motion.gender.empty() ? std::string("neutral") : motion.gender);
  arrays["pantomime_offsets"] = npy_of({kJointCount, 3}, std::span<const float>(offsets));
  if (!motion.settings.empty()) arrays["pantomime_settings"] = npy_of(motion.settings);
  return to_npz(arrays);
}

void write_amass(const std::filesystem::path& path, const Amass& motion,
                 const AmassOptions& options) {
  write_file(path, to_amass(motion, options));
}

}  // namespace pantomime::formats
