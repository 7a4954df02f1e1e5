#include "pantomime/commands/evaluation_rows.h"

#include <ATen/ATen.h>

#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/motion/foot_lock.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::commands {
namespace {

using nlohmann::json;

constexpr size_t kBatch = 32;

GeneratedSet generated(const RowPlan& plan, const training::Prior& model,
                       const training::Guide* chosen, const std::vector<std::string>& wanted,
                       int64_t frames, uint64_t seed, Progress& progress) {
  // Classifier-free guidance has a network of its own.
  const diffusion::Denoiser& network =
      chosen && chosen->kind == training::GuidanceKind::Free ? *chosen->network : *model.denoiser;
  GeneratedSet made;
  const double before = network.flops_done();
  double seconds = 0;
  reset_peak_memory();
  progress.begin(plan.name, static_cast<int64_t>(wanted.size()));
  for (size_t first = 0; first < wanted.size(); first += kBatch) {
    const size_t last = std::min(first + kBatch, wanted.size());
    conditions::GenerateOptions generate{.frames = frames};
    generate.sampler.steps = plan.steps;
    generate.sampler.method = diffusion::parse_method(plan.sampler);
    generate.sampler.progress = &progress;
    std::vector<int64_t> labels;
    for (size_t i = first; i < last; ++i) {
      generate.seeds.push_back(derive_seed(seed, "evaluate", i));
      labels.push_back(chosen ? chosen->index_of(wanted[i]) : -1);
    }
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor x =
        chosen ? training::generate_labelled(model, *chosen, labels, generate,
                                             {.scale = plan.scale, .until = plan.until})
               : conditions::generate(*model.denoiser, model.normaliser, {}, generate);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (size_t i = first; i < last; ++i) {
      made.set.clips.push_back(
          features::encode(finished(x[static_cast<int64_t>(i - first)], plan.foot_lock)));
      made.set.labels.push_back(chosen ? wanted[i] : "");
    }
    progress.step(static_cast<int64_t>(last));
    progress.check();
  }
  progress.end();
  const auto clips = static_cast<double>(wanted.size());
  made.cost = {1000 * seconds / clips, (network.flops_done() - before) / clips / 1e9,
               peak_memory_mb()};
  return made;
}

}  // namespace

metrics::MotionSet real_set(const training::MotionData& data,
                            const std::vector<std::string>& labels, int64_t most, int64_t frames) {
  metrics::MotionSet set;
  for (const std::string& label : labels) {
    std::vector<size_t> windows;
    for (size_t i = 0; i < data.windows().size(); ++i) {
      const training::MotionData::Window& w = data.windows()[i];
      if (w.label >= 0 && data.labels()[static_cast<size_t>(w.label)] == label)
        windows.push_back(i);
    }
    const auto count = std::min<size_t>(windows.size(), static_cast<size_t>(most));
    for (size_t k = 0; k < count; ++k) {
      const training::MotionData::Window& w = data.windows()[windows[k * windows.size() / count]];
      at::Tensor part = data.clip(w.clip).narrow(0, w.first, std::min(w.count, frames)).clone();
      features::face_forward_(part);
      set.clips.push_back(part);
      set.labels.push_back(label);
    }
  }
  return set;
}

motion::Clip finished(const at::Tensor& sample, bool foot_lock) {
  const motion::Clip clip = motion::on_floor(features::decode(sample));
  return foot_lock ? motion::lock_feet(clip) : clip;
}

double peak_memory_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

void reset_peak_memory() {
  // "5" resets the high-water mark (man 5 proc); where that is not allowed the mark stays.
  std::ofstream("/proc/self/clear_refs") << "5";
}

struct RowMaker::Impl {
  KeptSets kept;
  Context& context;
  std::map<std::string, training::Prior> priors;
  std::map<std::pair<std::string, std::string>, training::Guide> guides;
  std::map<std::pair<std::string, std::string>, std::string> guide_hashes;  ///< of their files
};

RowMaker::RowMaker(KeptSets kept, Context& context)
    : impl_(new Impl{std::move(kept), context, {}, {}, {}}) {}
RowMaker::~RowMaker() = default;

const training::Prior& RowMaker::prior(const std::string& name) {
  const auto at = impl_->priors.find(name);
  if (at != impl_->priors.end()) return at->second;
  return impl_->priors.emplace(name, open_prior({.prior = name})).first->second;
}

const training::Guide& RowMaker::guide(const RowPlan& plan) {
  const std::pair key(plan.prior, plan.guidance);
  const auto at = impl_->guides.find(key);
  if (at != impl_->guides.end()) return at->second;
  const ModelOptions model{.prior = plan.prior, .guidance = plan.guidance};
  impl_->guide_hashes[key] = sha256_hex(read_file(guide_path(model)));
  return impl_->guides.emplace(key, open_guide(model, prior(plan.prior))).first->second;
}

GeneratedSet RowMaker::make(const RowPlan& plan, const std::vector<std::string>& wanted,
                            int64_t frames, uint64_t seed) {
  Context& context = impl_->context;
  const training::Prior& model = prior(plan.prior);
  const training::Guide* chosen = plan.guidance == "none" ? nullptr : &guide(plan);
  const std::string models =
      model.hash + (chosen ? impl_->guide_hashes.at({plan.prior, plan.guidance}) : "");
  const json facts = {models,     plan.guidance, plan.sampler,   plan.steps, plan.scale,
                      plan.until, wanted,        plan.foot_lock, frames,     seed};
  return impl_->kept.get(facts, [&] {
    return generated(plan, model, chosen, wanted, frames, seed, context.terminal);
  });
}

}  // namespace pantomime::commands
