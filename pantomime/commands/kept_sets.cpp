#include "pantomime/commands/kept_sets.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
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
  formats::Safetensors file;
  file.arrays["clips"] = training::to_array(at::cat(made.set.clips), training::Storage::Float);
  file.metadata = {{"frames", frames.dump()},
                   {"labels", json(made.set.labels).dump()},
                   {"cost", json{made.cost.ms, made.cost.gflop, made.cost.peak_mb}.dump()}};
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

}  // namespace

GeneratedSet KeptSets::get(const json& facts, const std::function<GeneratedSet()>& make) const {
  if (folder_.empty()) return make();
  const fs::path path = folder_ / (sha256_hex(facts.dump()).substr(0, 24) + ".safetensors");
  if (fs::exists(path)) return read_set(path);
  GeneratedSet made = make();
  fs::create_directories(folder_);
  write_set(path, made);
  return made;
}

void KeptSets::forget() const {
  if (!folder_.empty()) fs::remove_all(folder_);
}

}  // namespace pantomime::commands
