#include "pantomime/training/text_guide.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/library/facts.h"
#include "pantomime/training/losses.h"
#include "pantomime/training/optimiser.h"

namespace pantomime::training {

using nlohmann::json;

namespace {

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

}  // namespace

std::vector<std::pair<std::string, double>> heard(const TextGuide& guide,
                                                  const std::vector<float>& states, double least) {
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
  double sum = 0;
  progress.begin("train text", options.steps);
  for (int64_t step = 0; step < options.steps; ++step) {
    progress.check();
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
    sum += loss.item<double>();
    optimiser.step(learning_rate(options.rate, step, options.steps, 50, 0.4));
    if ((step + 1) % 10 == 0) {
      if (on_log) on_log(step + 1, sum / 10);
      progress.step(step + 1, fmt::format("loss {:.4f}", sum / 10));
      sum = 0;
    }
  }
  progress.end();
  at::Tensor block = guide.adapter->parameters().block();
  block.copy_(optimiser.average());
  guide.adapter->parameters().set_trainable(false);
  return trained;
}

void write_text_guide(const std::filesystem::path& path, const TextGuide& guide, Storage storage) {
  formats::Safetensors file;
  const auto& c = guide.adapter->config();
  const auto& r = guide.reader->config();
  const json config = {
      {"adapter", {{"words", c.words}, {"width", c.width}, {"code", c.code}, {"rank", c.rank}}},
      {"reader", {{"width", r.width}, {"queries", r.queries}, {"hidden", r.hidden}}},
      {"scale", guide.scale},
      {"contrast", guide.contrast}};
  put_parameters(file, "text.", guide.adapter->parameters(), storage);
  put_parameters(file, "reader.", guide.reader->parameters(), storage);
  file.metadata = {{"pantomime.format", std::to_string(kModelFormat)},
                   {"pantomime.kind", "text guide"},
                   {"pantomime.config", config.dump()},
                   {"pantomime.facts", json(guide.facts).dump()},
                   {"pantomime.licence", guide.licence},
                   {"pantomime.prior", guide.prior_hash}};
  formats::write_safetensors(path, file);
}

TextGuide read_text_guide(const std::filesystem::path& path, const Prior& prior) {
  const std::string where = path.string();
  const formats::Safetensors file = formats::read_safetensors(path);
  check_kind(file, "text guide", where);
  TextGuide guide;
  guide.prior_hash = metadata(file, "pantomime.prior", where);
  guide.licence = metadata(file, "pantomime.licence", where);
  check_belongs(guide.prior_hash, prior, "train-text", where);
  try {
    const json c = json::parse(metadata(file, "pantomime.config", where));
    guide.scale = c.at("scale");
    guide.contrast = c.at("contrast");
    guide.facts =
        json::parse(metadata(file, "pantomime.facts", where)).get<std::vector<std::string>>();
    const auto facts = static_cast<int64_t>(guide.facts.size());
    const json &a = c.at("adapter"), &r = c.at("reader");
    guide.adapter = std::make_shared<conditions::TextAdapter>(
        conditions::TextAdapterConfig{.facts = facts,
                                      .words = a.at("words"),
                                      .width = a.at("width"),
                                      .code = a.at("code"),
                                      .rank = a.at("rank")},
        prior.denoiser->config(), 0);
    guide.reader = std::make_shared<conditions::TextReader>(
        conditions::TextReaderConfig{.words = a.at("words"),
                                     .width = r.at("width"),
                                     .queries = r.at("queries"),
                                     .hidden = r.at("hidden"),
                                     .facts = facts},
        0);
  } catch (const json::exception& error) {
    fail("{}: {}", where, error.what());
  }
  take_parameters(file, "text.", guide.adapter->parameters(), where);
  take_parameters(file, "reader.", guide.reader->parameters(), where);
  guide.reader->parameters().set_trainable(false);
  guide.adapter->parameters().set_trainable(false);
  return guide;
}

at::Tensor generate_told(const Prior& prior, const TextGuide& guide,
                         const std::vector<std::vector<float>>& sentences,
                         const conditions::GenerateOptions& options,
                         const GuidanceStrength& strength,
                         const std::vector<conditions::Condition*>& also) {
  PANTOMIME_CHECK(sentences.size() == options.seeds.size(), "generate: {} sentences for {} seeds",
                  sentences.size(), options.seeds.size());
  const at::NoGradGuard no_grad;
  constexpr int64_t kStride = diffusion::Denoiser::kStride;
  const int64_t padded = (options.frames + kStride - 1) / kStride * kStride;
  const at::Tensor frames =
      at::full({static_cast<int64_t>(sentences.size())}, options.frames, at::kLong);
  const conditions::TextBatch text =
      conditions::text_batch(sentences, guide.adapter->config().words);
  const at::Tensor facts = guide.reader->heard(text);
  conditions::LabelGuidance guidance(guide.adapter->steering(facts, text, frames, padded),
                                     strength.scale < 0 ? guide.scale : strength.scale,
                                     strength.until < 0 ? kGuideUntil : strength.until);
  const double contrast = strength.contrast < 0 ? guide.contrast : strength.contrast;
  const at::Tensor contrary = conditions::contrary_of(facts, contraries(guide.facts));
  if (contrast > 0 && (contrary - facts).abs().max().item<double>() > 0.2)
    guidance.contrast(guide.adapter->steering(contrary, text, frames, padded), contrast);
  std::vector<conditions::Condition*> all = {&guidance};
  all.insert(all.end(), also.begin(), also.end());
  return generate(*prior.denoiser, prior.normaliser, all, options);
}

}  // namespace pantomime::training
