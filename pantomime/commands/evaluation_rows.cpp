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
  const auto make = [&](size_t first, const conditions::GenerateOptions& generate) {
    if (!chosen) return conditions::generate(*model.denoiser, model.normaliser, {}, generate);
    std::vector<int64_t> labels;
    for (size_t i = 0; i < generate.seeds.size(); ++i)
      labels.push_back(chosen->index_of(wanted[first + i]));
    return training::generate_labelled(model, *chosen, labels, generate,
                                       {.scale = plan.scale, .until = plan.until});
  };
  GeneratedSet made = generate_batches({.name = plan.name,
                                        .stream = "evaluate",
                                        .count = wanted.size(),
                                        .frames = frames,
                                        .seed = seed,
                                        .steps = plan.steps,
                                        .sampler = plan.sampler,
                                        .foot_lock = plan.foot_lock},
                                       network, make, progress);
  made.set.labels = chosen ? wanted : std::vector<std::string>(wanted.size());
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

GeneratedSet generate_batches(
    const BatchPlan& plan, const diffusion::Denoiser& network,
    const std::function<at::Tensor(size_t first, const conditions::GenerateOptions&)>& make,
    Progress& progress) {
  GeneratedSet made;
  const double before = network.flops_done();
  std::chrono::duration<double> took{0};
  reset_peak_memory();
  progress.begin(plan.name, static_cast<int64_t>(plan.count));
  for (size_t first = 0; first < plan.count; first += kBatch) {
    const size_t last = std::min(first + kBatch, plan.count);
    conditions::GenerateOptions generate{.frames = plan.frames};
    generate.sampler.steps = plan.steps;
    generate.sampler.method = diffusion::parse_method(plan.sampler);
    generate.sampler.progress = &progress;
    for (size_t i = first; i < last; ++i)
      generate.seeds.push_back(derive_seed(plan.seed, plan.stream, i));
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor x = make(first, generate);
    took += std::chrono::steady_clock::now() - start;
    for (int64_t i = 0; i < x.size(0); ++i)
      made.set.clips.push_back(features::encode(finished(x[i], plan.foot_lock)));
    progress.step(static_cast<int64_t>(last));
    progress.check();
  }
  progress.end();
  const auto clips = static_cast<double>(plan.count);
  made.cost = {1000 * took.count() / clips, (network.flops_done() - before) / clips / 1e9,
               peak_memory_mb()};
  return made;
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
