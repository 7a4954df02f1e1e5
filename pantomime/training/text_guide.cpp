#include "pantomime/training/text_guide.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/conditions/constraints.h"
#include "pantomime/library/facts.h"
#include "pantomime/training/losses.h"
#include "pantomime/training/optimiser.h"
#include "pantomime/training/steps.h"

namespace pantomime::training {

namespace {

constexpr std::array<std::pair<TextKind, const char*>, 3> kKinds = {
    {{TextKind::Adapter, "adapter"}, {TextKind::Free, "free"}, {TextKind::Probe, "probe"}}};

/// Forgets one piece of a sentence in eight, so that no single word is learnt by heart.
conditions::TextBatch with_gaps(const conditions::TextBatch& text, uint64_t seed, int64_t step) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(
      derive_seed(seed, "gaps", static_cast<uint64_t>(step)));
  const at::Tensor kept =
      at::rand(text.mask.sizes(), generator, at::TensorOptions(at::kFloat)) > 0.125;
  const at::Tensor mask = at::logical_and(text.mask, kept);
  return {text.states, at::where(mask.any(1, true), mask, text.mask)};
}

at::Tensor reading_loss(const conditions::TextReader& reader, const conditions::TextBatch& text,
                        const at::Tensor& facts) {
  return at::binary_cross_entropy_with_logits(reader.logits(text), facts);
}

std::shared_ptr<conditions::TextReader> train_reader(const TextData& data,
                                                     const TextGuideOptions& options,
                                                     TrainedText& trained, Progress& progress) {
  const uint64_t seed = derive_seed(options.seed, "read");
  auto reader = std::make_shared<conditions::TextReader>(
      conditions::TextReaderConfig{.facts = static_cast<int64_t>(data.facts().size())}, seed);
  Optimiser optimiser(reader->parameters(), OptimiserOptions{.weight_decay = 0.1, .average = 0.99});
  at::Tensor common = at::zeros({static_cast<int64_t>(data.facts().size())}, at::kFloat);
  progress.begin("learn to read", options.reading_steps);
  for (int64_t step = 0; step < options.reading_steps; ++step) {
    progress.check();
    const TextData::Read batch = data.draw_to_read(seed, step, options.reading_batch, false);
    common += batch.facts.mean(0) / static_cast<double>(options.reading_steps);
    const at::Tensor loss = reading_loss(*reader, with_gaps(batch.text, seed, step), batch.facts);
    loss.backward();
    optimiser.step(learning_rate(2e-3, step, options.reading_steps, 50, 0.5));
    if ((step + 1) % 10 == 0)
      progress.step(step + 1, fmt::format("loss {:.4f}", loss.item<double>()));
  }
  progress.end();
  reader->parameters().set_trainable(false);
  at::Tensor block = reader->parameters().block();
  block.copy_(optimiser.average());
  constexpr int64_t kBatches = 8;
  int64_t measured = 0;
  for (int64_t i = 0; i < kBatches; ++i) {
    const TextData::Read batch = data.draw_to_read(seed, i, options.reading_batch, true);
    if (batch.facts.size(0) == 0) break;
    trained.reading_loss += reading_loss(*reader, batch.text, batch.facts).item<double>();
    trained.blind_loss +=
        at::binary_cross_entropy(common.clamp(1e-4, 1 - 1e-4).expand_as(batch.facts), batch.facts)
            .item<double>();
    ++measured;
  }
  trained.reading_loss /= static_cast<double>(std::max<int64_t>(1, measured));
  trained.blind_loss /= static_cast<double>(std::max<int64_t>(1, measured));
  return reader;
}

int64_t index_of(const std::vector<std::string>& facts, const std::string& fact) {
  const auto at = std::lower_bound(facts.begin(), facts.end(), fact);
  return at != facts.end() && *at == fact ? at - facts.begin() : -1;
}

/// For each fact its contrary's index, its own where there is none.
std::vector<int64_t> contraries(const std::vector<std::string>& facts) {
  std::vector<int64_t> out;
  for (size_t i = 0; i < facts.size(); ++i) {
    const int64_t other = index_of(facts, library::opposite(facts[i]));
    out.push_back(other >= 0 ? other : static_cast<int64_t>(i));
  }
  return out;
}

/// [D] 1 where a feature turns a joint of the arms.
at::Tensor features_of_arms() {
  at::Tensor mask = at::zeros({features::kFeatureSize}, at::kFloat);
  const conditions::JointMask arms = conditions::parse_joints("arms");
  for (int j = 1; j < motion::kJointCount; ++j)
    if (arms[static_cast<size_t>(j)])
      mask.narrow(0, features::kJointRotations + 6 * (j - 1), 6).fill_(1);
  return mask;
}

}  // namespace

TextKind parse_text_kind(const std::string& name) {
  for (const auto& [kind, text] : kKinds)
    if (name == text) return kind;
  fail("guidance by text \"{}\": expected adapter, free or probe", name);
}

const char* name_of(TextKind kind) {
  for (const auto& [other, text] : kKinds)
    if (kind == other) return text;
  return "?";
}

TextGuide joined(TextGuide guide, const TextGuide& more) {
  PANTOMIME_CHECK(guide.prior_hash == more.prior_hash, "text: guides of two priors");
  if (!guide.reader && more.reader) {
    guide.reader = more.reader;
    guide.facts = more.facts;
  }
  if (!guide.adapter && !guide.cross && (more.adapter || more.cross)) {
    guide.adapter = more.adapter;
    guide.cross = more.cross;
    guide.network = more.network;
    guide.scale = more.scale;
    guide.contrast = more.contrast;
  }
  if (!guide.probe && more.probe) {
    guide.probe = more.probe;
    guide.probe_scale = more.probe_scale;
  }
  return guide;
}

std::vector<std::pair<std::string, double>> heard(const TextGuide& guide,
                                                  const std::vector<float>& states, double least) {
  if (!guide.reader) return {};
  const at::NoGradGuard no_grad;
  const at::Tensor chances =
      guide.reader->heard(conditions::text_batch({states}, guide.reader->config().words))[0];
  std::vector<std::pair<std::string, double>> out;
  for (size_t i = 0; i < guide.facts.size(); ++i)
    if (const double p = chances[static_cast<int64_t>(i)].item<double>(); p >= least)
      out.emplace_back(guide.facts[i], p);
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return out;
}

TrainedText train_text_guide(const TextData& data, const Prior& prior, const Guide* labels,
                             const TextGuideOptions& options,
                             const std::function<void(int64_t, double)>& on_log,
                             Progress& progress) {
  TrainedText trained;
  TextGuide& guide = trained.guide;
  guide.prior_hash = weights_hash(prior);
  guide.licence = prior.licence;
  guide.facts = data.facts();
  PANTOMIME_CHECK(!guide.facts.empty(), "text: no fact is true of {} windows", TextData::kFewest);
  guide.reader = train_reader(data, options, trained, progress);
  const uint64_t seed = derive_seed(options.seed, "text");
  guide.adapter = std::make_shared<conditions::TextAdapter>(
      conditions::TextAdapterConfig{.facts = static_cast<int64_t>(guide.facts.size())},
      prior.denoiser->config(), seed);
  if (labels != nullptr) {
    PANTOMIME_CHECK(labels->adapter && labels->kind == GuidanceKind::Adapter,
                    "text: a guide for labels that is no adapter");
    std::vector<int64_t> facts;
    for (const std::string& label : labels->labels)
      facts.push_back(index_of(guide.facts, "label " + label));
    guide.adapter->start_from(*labels->adapter, facts);
  }
  Optimiser optimiser(guide.adapter->parameters(), OptimiserOptions{.average = 0.995});
  run_steps(
      "train text", options.steps,
      [&](int64_t step) {
        const TextData::Drawn batch = data.draw(seed, step, options.batch, prior.normaliser);
        const at::Tensor &x0 = batch.motion.x, &mask = batch.motion.mask;
        const auto [t, x_t, generator] = with_noise(x0, seed, step);
        // Half of the clips are told what is true of them, so that rare facts are learnt whether a
        // sentence mentions them or not; the others what is heard.
        const at::Tensor truth =
            at::rand({options.batch, 1}, generator, at::TensorOptions(at::kFloat)) < 0.5;
        const diffusion::Steering steering =
            guide.adapter->steering(at::where(truth, batch.facts, guide.reader->heard(batch.text)),
                                    batch.text, mask.sum(1), x0.size(1));
        const at::Tensor estimate = prior.denoiser->estimate(x_t, t, mask, &steering);
        const at::Tensor loss = adapter_loss(estimate, x0, mask);
        loss.backward();
        optimiser.step(learning_rate(options.rate, step, options.steps, 50, 0.4));
        return loss.item<double>();
      },
      on_log, progress);
  take_average(guide.adapter->parameters(), optimiser);
  return trained;
}

at::Tensor generate_told(const Prior& prior, const TextGuide& guide,
                         const std::vector<std::vector<float>>& sentences,
                         const conditions::GenerateOptions& options,
                         const GuidanceStrength& strength,
                         const std::vector<conditions::Condition*>& also,
                         const std::vector<std::vector<float>>& arms) {
  PANTOMIME_CHECK(
      sentences.size() == options.seeds.size() && (arms.empty() || arms.size() == sentences.size()),
      "generate: {} sentences, {} for the arms, for {} seeds", sentences.size(), arms.size(),
      options.seeds.size());
  PANTOMIME_CHECK(guide.adapter || guide.cross || guide.probe, "text: a guide that holds nothing");
  const at::NoGradGuard no_grad;
  constexpr int64_t kStride = diffusion::Denoiser::kStride;
  const int64_t padded = (options.frames + kStride - 1) / kStride * kStride;
  const at::Tensor frames =
      at::full({static_cast<int64_t>(sentences.size())}, options.frames, at::kLong);
  const conditions::TextBatch text = conditions::text_batch(sentences);
  const double scale = strength.scale < 0 ? guide.scale : strength.scale;
  const double until = strength.until < 0 ? kGuideUntil : strength.until;
  const double contrast = strength.contrast < 0 ? guide.contrast : strength.contrast;
  std::vector<std::unique_ptr<conditions::Condition>> made;
  const auto follow = [&](const conditions::TextBatch& said, const at::Tensor& share) {
    if (guide.cross) {
      auto guidance =
          std::make_unique<conditions::LabelGuidance>(guide.cross->steering(said), scale, until);
      if (share.defined()) guidance->share(share);
      made.push_back(std::move(guidance));
    } else if (guide.adapter) {
      const at::Tensor facts = guide.reader->heard(said);
      auto guidance = std::make_unique<conditions::LabelGuidance>(
          guide.adapter->steering(facts, said, frames, padded), scale, until);
      const at::Tensor contrary = conditions::contrary_of(facts, contraries(guide.facts));
      if (contrast > 0 && (contrary - facts).abs().max().item<double>() > 0.2)
        guidance->contrast(guide.adapter->steering(contrary, said, frames, padded), contrast);
      if (share.defined()) guidance->share(share);
      made.push_back(std::move(guidance));
    }
  };
  const bool apart =
      std::any_of(arms.begin(), arms.end(), [](const auto& s) { return !s.empty(); });
  if (apart) {
    const conditions::TextBatch other = conditions::text_batch(arms);
    const at::Tensor mine = features_of_arms().view({1, 1, -1});
    const at::Tensor two = other.mask.any(1).to(at::kFloat).view({-1, 1, 1});
    follow(text, 1 - two * mine);
    follow(other, two * mine);
  } else {
    follow(text, {});
  }
  if (guide.probe) {
    at::Tensor towards = guide.probe->sentences(text);
    if (apart) towards = towards + guide.probe->sentences(conditions::text_batch(arms));
    made.push_back(std::make_unique<conditions::TextProbeGuidance>(
        *guide.probe, *prior.denoiser, towards, kProbeSharpness,
        strength.probe < 0 ? guide.probe_scale : strength.probe));
  }
  std::vector<conditions::Condition*> all;
  for (const auto& condition : made) all.push_back(condition.get());
  all.insert(all.end(), also.begin(), also.end());
  return generate(guide.cross ? *guide.network : *prior.denoiser, prior.normaliser, all, options);
}

}  // namespace pantomime::training
