#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/training/judge_trainer.h"
#include "pantomime/training/model_file.h"
#include "pantomime/training/text_judge_trainer.h"

namespace pantomime::training {

using nlohmann::json;

void write_text_judge(const std::filesystem::path& path, const metrics::TextJudge& judge) {
  formats::Safetensors file;
  for (const auto& [name, shape] : metrics::text_judge_shapes(judge.config)) {
    const auto it = judge.weights.find(name);
    PANTOMIME_CHECK(it != judge.weights.end() && it->second.sizes() == at::IntArrayRef(shape),
                    "{}: the text judge's tensor \"{}\" is missing or has another shape",
                    path.string(), name);
    file.arrays["judge." + name] = to_array(it->second, Storage::Float);
  }
  const metrics::TextJudgeConfig& c = judge.config;
  file.metadata = {{"pantomime.format", std::to_string(kModelFormat)},
                   {"pantomime.kind", "text judge"},
                   {"pantomime.config", json{{"width", c.width},
                                             {"blocks", c.blocks},
                                             {"words", c.words},
                                             {"reading", c.reading},
                                             {"queries", c.queries},
                                             {"space", c.space}}
                                            .dump()},
                   {"pantomime.fps", "30"},
                   {"pantomime.skeleton", "smpl22"},
                   {"pantomime.licence", judge.licence},
                   {"pantomime.recipe", judge.recipe}};
  formats::write_safetensors(path, file);
}

metrics::TextJudge read_text_judge(const std::filesystem::path& path) {
  const JudgeFile open = open_judge_file(path, "text judge");
  metrics::TextJudge judge;
  try {
    const json c = json::parse(open.config());
    judge.config = {.width = c.at("width"),
                    .blocks = c.at("blocks"),
                    .words = c.at("words"),
                    .reading = c.at("reading"),
                    .queries = c.at("queries"),
                    .space = c.at("space")};
  } catch (const json::exception& error) {
    fail("{}: {}", open.where, error.what());
  }
  judge.weights = open.take(metrics::text_judge_shapes(judge.config));
  judge.licence = open.licence;
  judge.recipe = open.recipe;
  judge.hash = open.hash;
  return judge;
}

}  // namespace pantomime::training
