#include "pantomime/commands/kept_sets.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/safetensors.h"
#include "pantomime/training/model_file.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A set is one array [sum of F, D]; how many frames each clip has stands beside.
void write_set(const fs::path& path, const GeneratedSet& made) {
  json frames = json::array();
  for (const at::Tensor& clip : made.set.clips) frames.push_back(clip.size(0));
  const at::Tensor all = made.set.clips.empty() ? at::zeros({0, 1}) : at::cat(made.set.clips);
  formats::Safetensors file;
  file.arrays["clips"] = training::to_array(all, training::Storage::Float);
  file.metadata = {{"frames", frames.dump()},
                   {"labels", json(made.set.labels).dump()},
                   {"cost", json{made.cost.ms, made.cost.gflop, made.cost.peak_mb}.dump()}};
  fs::create_directories(path.parent_path());
  formats::write_safetensors(path, file);
}

GeneratedSet read_set(const fs::path& path) {
  const formats::Safetensors file = formats::read_safetensors(path);
  const std::string where = path.string();
  GeneratedSet made;
  const at::Tensor all = training::to_tensor(file.arrays.at("clips"), where);
  int64_t first = 0;
  for (const int64_t frames : json::parse(training::metadata(file, "frames", where))) {
    made.set.clips.push_back(all.narrow(0, first, frames).clone());
    first += frames;
  }
  made.set.labels = json::parse(training::metadata(file, "labels", where));
  const json cost = json::parse(training::metadata(file, "cost", where));
  made.cost = {cost.at(0), cost.at(1), cost.at(2)};
  return made;
}

constexpr size_t kClipRow = 3 + 4 * motion::kJointCount;

/// [F, kClipRow]: position of the root, rotations of the joints.
at::Tensor packed(const motion::Clip& clip) {
  PANTOMIME_CHECK(clip.joint_count() == motion::kJointCount && clip.moving_joints.empty(),
                  "kept clips: a clip of {} joints, expected a canonical one", clip.joint_count());
  at::Tensor rows =
      at::empty({static_cast<int64_t>(clip.frame_count()), static_cast<int64_t>(kClipRow)});
  float* to = rows.data_ptr<float>();
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    const motion::Vec3& p = clip.root_positions[f];
    for (const float v : {p.x, p.y, p.z}) *to++ = v;
    for (size_t j = 0; j < motion::kJointCount; ++j) {
      const motion::Quat& q = clip.rotation(f, j);
      for (const float v : {q.w, q.x, q.y, q.z}) *to++ = v;
    }
  }
  return rows;
}

motion::Clip unpacked(const at::Tensor& rows, const motion::Skeleton& skeleton) {
  motion::Clip clip{.skeleton = skeleton};
  const at::Tensor all = rows.contiguous();
  const float* from = all.data_ptr<float>();
  for (int64_t f = 0; f < rows.size(0); ++f) {
    clip.root_positions.push_back({from[0], from[1], from[2]});
    from += 3;
    for (size_t j = 0; j < motion::kJointCount; ++j, from += 4)
      clip.rotations.push_back({from[0], from[1], from[2], from[3]});
  }
  return clip;
}

}  // namespace

KeptSets KeptSets::about(const json& facts) const {
  KeptSets more = *this;
  more.about_ += facts.dump();
  return more;
}

GeneratedSet KeptSets::get(const json& facts, const std::function<GeneratedSet()>& make) const {
  if (folder_.empty()) return make();
  const std::string name = sha256_hex(about_ + facts.dump()).substr(0, 24);
  const fs::path path = folder_ / (name + ".safetensors");
  if (fs::exists(path)) return read_set(path);
  GeneratedSet made = make();
  write_set(path, made);
  return made;
}

GeneratedClips KeptSets::clips(const json& facts, const std::vector<motion::Skeleton>& skeletons,
                               const std::function<GeneratedClips()>& make) const {
  const GeneratedSet kept = get(facts, [&] {
    const GeneratedClips made = make();
    GeneratedSet set{.cost = made.cost};
    for (const motion::Clip& clip : made.clips) set.set.clips.push_back(packed(clip));
    return set;
  });
  PANTOMIME_CHECK(kept.set.clips.size() == skeletons.size(), "kept clips: {}, expected {}",
                  kept.set.clips.size(), skeletons.size());
  GeneratedClips clips{.cost = kept.cost};
  for (size_t i = 0; i < skeletons.size(); ++i)
    clips.clips.push_back(unpacked(kept.set.clips[i], skeletons[i]));
  return clips;
}

void KeptSets::forget() const {
  if (!folder_.empty()) fs::remove_all(folder_);
}

}  // namespace pantomime::commands
