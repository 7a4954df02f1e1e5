#include <ATen/ATen.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/training/judge_trainer.h"
#include "pantomime/training/model_file.h"

namespace pantomime::training {

using nlohmann::json;

void write_judge(const std::filesystem::path& path, const metrics::Judge& judge) {
  formats::Safetensors file;
  for (const auto& [name, shape] :
       metrics::judge_shapes(judge.config, static_cast<int64_t>(judge.labels.size()))) {
    const auto it = judge.weights.find(name);
    PANTOMIME_CHECK(it != judge.weights.end() && it->second.sizes() == at::IntArrayRef(shape),
                    "{}: the judge's tensor \"{}\" is missing or has another shape", path.string(),
                    name);
    file.arrays["judge." + name] = to_array(it->second, Storage::Float);
  }
  file.metadata = {{"pantomime.format", std::to_string(kModelFormat)},
                   {"pantomime.kind", "judge"},
                   {"pantomime.config", json{{"kind", metrics::name_of(judge.config.kind)},
                                             {"width", judge.config.width},
                                             {"blocks", judge.config.blocks},
                                             {"features", judge.config.features}}
                                            .dump()},
                   {"pantomime.features", features::kFeatureLayout},
                   {"pantomime.fps", "30"},
                   {"pantomime.skeleton", "smpl22"},
                   {"pantomime.labels", json(judge.labels).dump()},
                   {"pantomime.licence", judge.licence},
                   {"pantomime.recipe", judge.recipe}};
  formats::write_safetensors(path, file);
}

JudgeFile open_judge_file(const std::filesystem::path& path, const char* kind) {
  const std::string bytes = read_file(path);
  JudgeFile judge{.where = path.string(), .hash = sha256_hex(bytes)};
  judge.file = formats::parse_safetensors(bytes, judge.where);
  check_kind(judge.file, kind, judge.where);
  const std::string& format = metadata(judge.file, "pantomime.format", judge.where);
  int version = 0;
  std::from_chars(format.data(), format.data() + format.size(), version);
  PANTOMIME_CHECK(version >= 1 && version <= kModelFormat,
                  "{}: made by another pantomime (format {}, this reads 1 to {})", judge.where,
                  format, kModelFormat);
  judge.licence = metadata(judge.file, "pantomime.licence", judge.where);
  judge.recipe = metadata(judge.file, "pantomime.recipe", judge.where);
  return judge;
}

const std::string& JudgeFile::config() const {
  return metadata(file, "pantomime.config", where);
}

metrics::JudgeWeights JudgeFile::take(
    const std::vector<std::pair<std::string, std::vector<int64_t>>>& shapes) const {
  metrics::JudgeWeights weights;
  for (const auto& [name, shape] : shapes) {
    const auto it = file.arrays.find("judge." + name);
    PANTOMIME_CHECK(it != file.arrays.end(), "{}: no tensor \"judge.{}\"", where, name);
    PANTOMIME_CHECK(it->second.shape == shape,
                    "{}: tensor \"judge.{}\" has another shape than expected", where, name);
    weights[name] = to_tensor(it->second, where + ": judge." + name);
  }
  return weights;
}

metrics::Judge read_judge(const std::filesystem::path& path) {
  const JudgeFile open = open_judge_file(path, "judge");
  metrics::Judge judge;
  try {
    const json config = json::parse(open.config());
    // Judges of before there were two kinds don't say theirs.
    judge.config = {metrics::parse_judge_kind(config.value("kind", "convolution")),
                    config.at("width"), config.at("blocks"), config.at("features")};
    judge.labels = json::parse(metadata(open.file, "pantomime.labels", open.where))
                       .get<std::vector<std::string>>();
  } catch (const json::exception& error) {
    fail("{}: {}", open.where, error.what());
  }
  judge.weights =
      open.take(metrics::judge_shapes(judge.config, static_cast<int64_t>(judge.labels.size())));
  judge.licence = open.licence;
  judge.recipe = open.recipe;
  judge.hash = open.hash;
  return judge;
}

}  // namespace pantomime::training
