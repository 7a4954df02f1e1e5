#include "pantomime/training/guide.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/training/losses.h"
#include "pantomime/training/optimiser.h"
#include "pantomime/training/steps.h"

namespace pantomime::training {
namespace {

using conditions::LabelAdapter;
using conditions::Probe;
using diffusion::Denoiser;
using nlohmann::json;

constexpr std::array<std::pair<GuidanceKind, const char*>, 5> kNames = {
    {{GuidanceKind::Adapter, "adapter"},
     {GuidanceKind::Probe, "probe"},
     {GuidanceKind::Particles, "particles"},
     {GuidanceKind::Classifier, "classifier"},
     {GuidanceKind::Free, "free"}}};

/// The separate classifier's own small backbone: half the width and layers of the prior.
std::shared_ptr<Denoiser> classifier_backbone(const Prior& prior, uint64_t seed) {
  diffusion::DenoiserConfig config = prior.denoiser->config();
  config.width /= 2;
  config.layers = std::max<int64_t>(1, config.layers / 2);
  config.heads = std::max<int64_t>(1, config.heads / 2);
  return std::make_shared<Denoiser>(config, prior.normaliser.spectrum, seed);
}

/// Maps the data's label numbers to those of a guide (-1: not used).
at::Tensor renumber(const at::Tensor& labels, const std::vector<std::string>& from,
                    const std::vector<std::string>& to) {
  at::Tensor out = at::full_like(labels, -1);
  for (int64_t b = 0; b < labels.size(0); ++b) {
    const int64_t index = labels.data_ptr<int64_t>()[b];
    if (index < 0) continue;
    const auto it = std::find(to.begin(), to.end(), from[static_cast<size_t>(index)]);
    if (it != to.end()) out.data_ptr<int64_t>()[b] = it - to.begin();
  }
  return out;
}

/// Where accuracy still rises and motion doesn't suffer yet (tried on other seeds than are
/// reported).
double default_scale(GuidanceKind kind) {
  switch (kind) {
    case GuidanceKind::Adapter:
      return 3;
    case GuidanceKind::Probe:
      return 20;
    case GuidanceKind::Particles:
      return 2;
    case GuidanceKind::Classifier:
      return 10;
    default:
      return 4;
  }
}

}  // namespace

std::shared_ptr<Denoiser> copy_of(const Denoiser& network, bool trainable) {
  auto copy = std::make_shared<Denoiser>(network.config(), network.spectrum(), 0);
  copy->parameters().copy_from(network.parameters());
  copy->parameters().set_trainable(trainable);
  return copy;
}

GuidanceKind parse_guidance(const std::string& name) {
  for (const auto& [kind, text] : kNames)
    if (name == text) return kind;
  fail("guidance \"{}\": expected adapter, probe, particles, classifier or free", name);
}

const char* name_of(GuidanceKind kind) {
  for (const auto& [other, text] : kNames)
    if (kind == other) return text;
  return "?";
}

GuidanceStrength with_defaults(const Guide& guide, GuidanceStrength given) {
  if (given.scale < 0) given.scale = guide.scale;
  if (given.scale < 0) given.scale = default_scale(guide.kind);
  if (given.until < 0) given.until = kGuideUntil;
  return given;
}

int64_t Guide::index_of(const std::string& label) const {
  const auto it = std::find(labels.begin(), labels.end(), label);
  if (it == labels.end()) fail("label \"{}\": this prior knows {}", label, fmt::join(labels, ", "));
  return it - labels.begin();
}

LabelChoice choose_labels(const MotionData& data, int64_t fewest_windows) {
  LabelChoice choice;
  for (const auto& [label, count] : data.label_counts()) {
    if (count.first >= fewest_windows)
      choice.used.push_back(label);
    else
      choice.too_few.push_back(fmt::format("{}: {} windows", label, count.first));
  }
  return choice;
}

Guide train_guide(const MotionData& data, const Prior& prior, const GuideOptions& options,
                  const std::function<void(int64_t, double)>& on_log, Progress& progress) {
  Guide guide;
  guide.kind = options.kind == GuidanceKind::Particles ? GuidanceKind::Probe : options.kind;
  guide.labels = choose_labels(data, options.fewest_windows).used;
  guide.prior_hash = weights_hash(prior);
  guide.licence = prior.licence;
  PANTOMIME_CHECK(guide.labels.size() >= 2,
                  "guide: {} labels have at least {} windows, at least 2 are needed",
                  guide.labels.size(), options.fewest_windows);
  const auto count = static_cast<int64_t>(guide.labels.size());
  const uint64_t seed = derive_seed(options.seed, name_of(guide.kind));
  const diffusion::DenoiserConfig& config = prior.denoiser->config();
  struct Trained {
    diffusion::Parameters* parameters;
    double pace = 1;  ///< share of the learning rate
  };
  std::vector<Trained> trained;
  switch (guide.kind) {
    case GuidanceKind::Free:
      guide.network = copy_of(*prior.denoiser, true);
      guide.adapter = std::make_shared<LabelAdapter>(
          conditions::LabelAdapterConfig{.labels = count, .rank = 0}, config, seed);
      // What knows labels starts from nothing, the copy of the prior is nearly there.
      trained = {{&guide.network->parameters(), 0.4}, {&guide.adapter->parameters()}};
      break;
    case GuidanceKind::Adapter:
      guide.adapter = std::make_shared<LabelAdapter>(
          conditions::LabelAdapterConfig{.labels = count}, config, seed);
      trained = {{&guide.adapter->parameters()}};
      break;
    case GuidanceKind::Classifier: {
      guide.network = classifier_backbone(prior, seed);
      const int64_t layers = guide.network->config().layers;
      guide.probe = std::make_shared<Probe>(
          conditions::ProbeConfig{.labels = count, .layers = {layers / 2, layers - 1}},
          guide.network->config(), seed);
      trained = {{&guide.network->parameters()}, {&guide.probe->parameters()}};
      break;
    }
    default: {
      const int64_t l = config.layers;
      guide.probe = std::make_shared<Probe>(
          conditions::ProbeConfig{.labels = count, .layers = {3 * l / 8, 5 * l / 8, 7 * l / 8}},
          config, seed);
      trained = {{&guide.probe->parameters()}};
    }
  }
  std::vector<Optimiser> optimisers;
  optimisers.reserve(trained.size());
  for (const Trained& t : trained)
    optimisers.emplace_back(*t.parameters, OptimiserOptions{.average = 0.995});

  const auto step_of = [&](int64_t step) {
    const Batch batch = data.draw(seed, step, options.batch, prior.normaliser);
    at::Tensor labels = renumber(batch.labels, data.labels(), guide.labels);
    const at::Tensor known = labels.ge(0).nonzero().squeeze(1);
    if (known.numel() == 0) return 0.0;
    const at::Tensor x0 = batch.x.index_select(0, known), mask = batch.mask.index_select(0, known);
    labels = labels.index_select(0, known);
    const auto [t, x_t, generator] = with_noise(x0, seed, step);
    at::Tensor loss;
    if (guide.probe) {
      const Denoiser& backbone = guide.network ? *guide.network : *prior.denoiser;
      loss = at::cross_entropy_loss(guide.probe->logits(backbone, x_t, t, mask), labels);
    } else {
      if (guide.kind == GuidanceKind::Free)
        labels = at::where(
            at::rand({labels.size(0)}, generator, at::TensorOptions(at::kFloat)) < options.dropout,
            at::full_like(labels, -1), labels);
      const Denoiser& network = guide.network ? *guide.network : *prior.denoiser;
      const diffusion::Steering steering = guide.adapter->steering(labels);
      const at::Tensor estimate = network.estimate(x_t, t, mask, &steering);
      loss = adapter_loss(estimate, x0, mask);
    }
    loss.backward();
    const double rate = learning_rate(options.rate, step, options.steps, 50, 0.4);
    for (size_t i = 0; i < trained.size(); ++i) optimisers[i].step(trained[i].pace * rate);
    return loss.item<double>();
  };
  run_steps(fmt::format("train {}", name_of(guide.kind)), options.steps, step_of, on_log, progress);
  for (size_t i = 0; i < trained.size(); ++i) take_average(*trained[i].parameters, optimisers[i]);
  if (guide.network) guide.network->freeze();
  return guide;
}

void write_guide(const std::filesystem::path& path, const Guide& guide, Storage storage) {
  formats::Safetensors file;
  json config = json::object();
  if (guide.adapter) {
    const auto& c = guide.adapter->config();
    config["adapter"] = {{"code", c.code}, {"rank", c.rank}};
    put_parameters(file, "adapter.", guide.adapter->parameters(), storage);
  }
  if (guide.probe) {
    config["probe"] = {{"hidden", guide.probe->config().hidden},
                       {"layers", guide.probe->config().layers}};
    put_parameters(file, "probe.", guide.probe->parameters(), storage);
  }
  if (guide.network) {
    const auto& c = guide.network->config();
    config["network"] = {{"width", c.width}, {"layers", c.layers}, {"heads", c.heads}};
    put_parameters(file, "network.", guide.network->parameters(), storage);
  }
  if (guide.scale >= 0) config["scale"] = guide.scale;
  file.metadata = {{"pantomime.format", std::to_string(kModelFormat)},
                   {"pantomime.kind", "guide"},
                   {"pantomime.guidance", name_of(guide.kind)},
                   {"pantomime.labels", json(guide.labels).dump()},
                   {"pantomime.config", config.dump()},
                   {"pantomime.licence", guide.licence},
                   {"pantomime.prior", guide.prior_hash}};
  formats::write_safetensors(path, file);
}

Guide read_guide(const std::filesystem::path& path, const Prior& prior) {
  const std::string where = path.string();
  const formats::Safetensors file = formats::read_safetensors(path);
  check_kind(file, "guide", where);
  Guide guide;
  guide.kind = parse_guidance(metadata(file, "pantomime.guidance", where));
  guide.prior_hash = metadata(file, "pantomime.prior", where);
  guide.licence = metadata(file, "pantomime.licence", where);
  check_belongs(guide.prior_hash, prior, "train-guide", where);
  try {
    guide.labels =
        json::parse(metadata(file, "pantomime.labels", where)).get<std::vector<std::string>>();
    const auto count = static_cast<int64_t>(guide.labels.size());
    const json config = json::parse(metadata(file, "pantomime.config", where));
    guide.scale = config.value("scale", guide.scale);
    const diffusion::DenoiserConfig& base = prior.denoiser->config();
    if (config.contains("network")) {
      diffusion::DenoiserConfig c = base;
      c.width = config["network"].at("width");
      c.layers = config["network"].at("layers");
      c.heads = config["network"].at("heads");
      guide.network = std::make_shared<Denoiser>(c, prior.normaliser.spectrum, 0);
      take_parameters(file, "network.", guide.network->parameters(), where);
      guide.network->freeze();
    }
    if (config.contains("adapter")) {
      guide.adapter = std::make_shared<LabelAdapter>(
          conditions::LabelAdapterConfig{.labels = count,
                                         .code = config["adapter"].at("code"),
                                         .rank = config["adapter"].at("rank")},
          base, 0);
      take_parameters(file, "adapter.", guide.adapter->parameters(), where);
      guide.adapter->parameters().set_trainable(false);
    }
    if (config.contains("probe")) {
      guide.probe = std::make_shared<Probe>(
          conditions::ProbeConfig{
              .labels = count,
              .hidden = config["probe"].at("hidden"),
              .layers = config["probe"].at("layers").get<std::vector<int64_t>>()},
          guide.network ? guide.network->config() : base, 0);
      take_parameters(file, "probe.", guide.probe->parameters(), where);
      guide.probe->parameters().set_trainable(false);
    }
  } catch (const json::exception& error) {
    fail("{}: {}", where, error.what());
  }
  PANTOMIME_CHECK(guide.adapter || guide.probe, "{}: neither an adapter nor a probe inside", where);
  return guide;
}

at::Tensor generate_labelled(const Prior& prior, const Guide& guide,
                             const std::vector<int64_t>& labels,
                             const conditions::GenerateOptions& options,
                             const GuidanceStrength& given,
                             const std::vector<conditions::Condition*>& also) {
  auto with = [&](conditions::Condition& label) {
    std::vector<conditions::Condition*> all = {&label};
    all.insert(all.end(), also.begin(), also.end());
    return all;
  };
  PANTOMIME_CHECK(labels.size() == options.seeds.size(), "generate: {} labels for {} seeds",
                  labels.size(), options.seeds.size());
  const auto [scale, until, particles, contrast, probe] = with_defaults(guide, given);
  const at::Tensor wanted = at::tensor(labels, at::kLong);
  const at::NoGradGuard no_grad;
  switch (guide.kind) {
    case GuidanceKind::Adapter: {
      conditions::LabelGuidance guidance(*guide.adapter, wanted, scale, until);
      return generate(*prior.denoiser, prior.normaliser, with(guidance), options);
    }
    case GuidanceKind::Free: {
      conditions::LabelGuidance guidance(*guide.adapter, wanted, scale, until);
      return generate(*guide.network, prior.normaliser, with(guidance), options);
    }
    case GuidanceKind::Classifier: {
      conditions::ProbeGuidance guidance(*guide.probe, *guide.network, wanted, scale);
      return generate(*prior.denoiser, prior.normaliser, with(guidance), options);
    }
    case GuidanceKind::Probe: {
      conditions::ProbeGuidance guidance(*guide.probe, *prior.denoiser, wanted, scale);
      return generate(*prior.denoiser, prior.normaliser, with(guidance), options);
    }
    case GuidanceKind::Particles:
      break;
  }
  conditions::GenerateOptions many = options;
  many.sampler.method = diffusion::Method::Ddpm;
  many.seeds.clear();
  std::vector<int64_t> rows;
  for (size_t i = 0; i < options.seeds.size(); ++i)
    for (int64_t p = 0; p < particles; ++p) {
      many.seeds.push_back(derive_seed(options.seeds[i], "particle", static_cast<uint64_t>(p)));
      rows.push_back(labels[i]);
    }
  conditions::ParticleSteering guidance(*guide.probe, *prior.denoiser, at::tensor(rows, at::kLong),
                                        particles, scale, options.seeds[0]);
  const at::Tensor all = generate(*prior.denoiser, prior.normaliser, with(guidance), many);
  return all.index_select(0, at::tensor(guidance.best(), at::kLong));
}

}  // namespace pantomime::training
