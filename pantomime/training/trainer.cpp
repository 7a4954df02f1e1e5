#include "pantomime/training/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/diffusion/sampler.h"
#include "pantomime/features/kinematics.h"

namespace pantomime::training {
namespace {

namespace fs = std::filesystem;
using diffusion::Denoiser;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Everything that changes what a run computes; a checkpoint goes on only under the same settings.
json settings(const TrainOptions& o, const MotionData& data) {
  return {{"width", o.network.width},
          {"layers", o.network.layers},
          {"heads", o.network.heads},
          {"expansion", o.network.expansion},
          {"target", diffusion::name_of(o.network.target)},
          {"skip", o.network.skip},
          {"batch", o.batch},
          {"window", o.window},
          {"rate", o.rate},
          {"warm_up", o.warm_up},
          {"vary", o.vary},
          {"seed", o.seed},
          {"bf16", o.bf16},
          {"weight_decay", o.optimiser.weight_decay},
          {"average", o.optimiser.average},
          {"clip", o.optimiser.clip},
          {"loss_fine", o.losses.fine},
          {"loss_velocity", o.losses.velocity},
          {"loss_kinematic", o.losses.kinematic},
          {"loss_position", o.losses.position},
          {"loss_joint_velocity", o.losses.joint_velocity},
          {"loss_contact", o.losses.contact},
          {"loss_floor", o.losses.floor},
          {"clips", data.clip_count()},
          {"frames", data.frame_count()}};
}

void write_checkpoint(const fs::path& path, const json& config, const Optimiser& optimiser,
                      const diffusion::Parameters& parameters) {
  const Optimiser::State state = optimiser.state();
  formats::Safetensors file;
  file.arrays["weights"] = to_array(parameters.block(), Storage::Float);
  file.arrays["average"] = to_array(state.average, Storage::Float);
  file.arrays["first"] = to_array(state.first, Storage::Float);
  file.arrays["second"] = to_array(state.second, Storage::Float);
  file.metadata = {{"pantomime.format", std::to_string(kModelFormat)},
                   {"pantomime.kind", "checkpoint"},
                   {"pantomime.settings", config.dump()},
                   {"pantomime.steps_trained", std::to_string(state.steps)}};
  formats::write_safetensors(path, file);
}

void read_checkpoint(const fs::path& path, const json& config, Optimiser& optimiser,
                     diffusion::Parameters& parameters) {
  const std::string where = path.string();
  const formats::Safetensors file = formats::read_safetensors(path);
  PANTOMIME_CHECK(metadata(file, "pantomime.kind", where) == "checkpoint", "{}: not a checkpoint",
                  where);
  const json then = json::parse(metadata(file, "pantomime.settings", where), nullptr, false);
  for (const auto& [key, value] : config.items())
    PANTOMIME_CHECK(
        then.is_object() && then.value(key, json()) == value,
        "{}: the run was started with {} = {}, now it is {}; use another folder or --force", where,
        key, then.is_object() ? then.value(key, json()).dump() : "?", value.dump());
  auto block = [&](const char* name) {
    const auto it = file.arrays.find(name);
    PANTOMIME_CHECK(it != file.arrays.end() &&
                        it->second.shape == std::vector<int64_t>{parameters.block().numel()},
                    "{}: {} is missing or has another size", where, name);
    return to_tensor(it->second, where);
  };
  at::Tensor weights = parameters.block();
  const at::NoGradGuard no_grad;
  weights.copy_(block("weights"));
  optimiser.restore({block("first"), block("second"), block("average"),
                     std::stoll(metadata(file, "pantomime.steps_trained", where))});
}

/// Keeps the lines of a CSV up to a step, so that a resumed run doesn't log steps twice.
void trim_log(const fs::path& path, const std::string& header, int64_t step) {
  std::string kept = header + "\n";
  if (fs::exists(path)) {
    const std::string text = read_file(path);
    size_t at = text.find('\n');
    while (at != std::string::npos && at + 1 < text.size()) {
      const size_t end = std::min(text.find('\n', at + 1), text.size());
      const std::string line = text.substr(at + 1, end - at - 1);
      if (!line.empty() && std::strtoll(line.c_str(), nullptr, 10) <= step) kept += line + "\n";
      at = end == text.size() ? std::string::npos : end;
    }
  }
  write_file(path, kept);
}

void append_line(const fs::path& path, const std::string& line) {
  std::ofstream file(path, std::ios::app);
  file << line << '\n';
  PANTOMIME_CHECK(file.good(), "{}: can't write", path.string());
}

Batch to_device(Batch batch, const at::Device& device) {
  if (!device.is_cpu()) {
    batch.x = batch.x.to(device);
    batch.mask = batch.mask.to(device);
  }
  return batch;
}

}  // namespace

double denoising_error_mm(const Denoiser& denoiser, const features::Normaliser& normaliser,
                          const Batch& batch, double t, uint64_t seed) {
  const at::NoGradGuard no_grad;
  const diffusion::Schedule schedule;
  const at::Tensor noise = at::normal(0.0, 1.0, batch.x.sizes(), diffusion::make_generator(seed),
                                      at::TensorOptions(at::kFloat))
                               .to(batch.x.device());
  const at::Tensor x_t = schedule.alpha(t) * batch.x + schedule.sigma(t) * noise;
  const at::Tensor times = at::full({batch.x.size(0)}, t, batch.x.options());
  const at::Tensor estimate = denoiser.estimate(x_t, times, batch.mask);
  const at::Tensor distance = (features::joint_positions(normaliser.restore(estimate)) -
                               features::joint_positions(normaliser.restore(batch.x)))
                                  .norm(2, -1);
  const at::Tensor m = batch.mask.to(at::kFloat);
  return 1000 * ((distance.mean(-1) * m).sum() / m.sum()).item<double>();
}

double matrix_product_gflops(int64_t rows, int64_t width, bool bf16, const std::string& device) {
  const at::NoGradGuard no_grad;
  const auto options =
      at::TensorOptions(bf16 ? at::kBFloat16 : at::kFloat).device(at::Device(device));
  double best = 0;
  for (const auto& [n, k] :
       {std::pair{4 * width, width}, std::pair{width, 4 * width}, std::pair{3 * width, width}}) {
    const at::Tensor a = at::ones({rows, k}, options), b = at::ones({n, k}, options);
    at::Tensor c = at::linear(a, b);
    for (int repeat = 0; repeat < 8; ++repeat) {
      const auto start = Clock::now();
      constexpr int kInner = 8;
      for (int i = 0; i < kInner; ++i) c = at::linear(a, b);
      c.sum().item<float>();  // waits for a GPU
      const double flops = 2.0 * kInner * static_cast<double>(rows * n * k);
      best = std::max(best, flops / seconds_since(start) / 1e9);
    }
  }
  return best;
}

Prior train(const MotionData& data, const MotionData* validation, const TrainOptions& options,
            const fs::path& folder, const TrainEvents& events, Progress& progress,
            const Prior* start) {
  fs::create_directories(folder);
  const at::Device device(options.device);
  const fs::path checkpoint = folder / "checkpoint.safetensors";
  const json config = settings(options, data);

  Prior prior;
  prior.normaliser = start != nullptr ? start->normaliser : data.fit_normaliser();
  prior.labels = data.labels();
  prior.licence = options.licence;
  prior.recipe = config.dump();
  prior.denoiser = std::make_shared<Denoiser>(options.network, prior.normaliser.spectrum,
                                              derive_seed(options.seed, "weights"));
  if (start != nullptr) {
    diffusion::Parameters& weights = prior.denoiser->parameters();
    weights.copy_from(start->denoiser->parameters());
    if (start->denoiser->config().target != options.network.target) {
      const at::NoGradGuard no_grad;  // what it has learnt to say is another thing
      for (const char* name : {"out.weight", "out.bias"}) weights[name].zero_();
    }
  }
  prior.denoiser->to(device);
  prior.denoiser->set_bf16(options.bf16);
  Denoiser& denoiser = *prior.denoiser;
  Optimiser optimiser(denoiser.parameters(), options.optimiser);
  if (fs::exists(checkpoint)) read_checkpoint(checkpoint, config, optimiser, denoiser.parameters());

  const features::Normaliser on_device = prior.normaliser.to(device);
  const fs::path log = folder / "train.csv", validation_log = folder / "validation.csv";
  trim_log(
      log,
      "step,loss,feature,velocity,kinematic,gradient,rate,seconds_per_step,waiting_share,gflops",
      optimiser.steps_done());
  trim_log(validation_log, "step,mm_at_0.02,mm_at_0.2,mm_at_0.5,mm_at_0.8", optimiser.steps_done());

  // A second network with the averaged weights, for validation and samples.
  auto averaged = [&] {
    Prior copy = prior;
    copy.denoiser = std::make_shared<Denoiser>(options.network, on_device.spectrum, 0);
    copy.denoiser->to(device);
    copy.denoiser->parameters().set_trainable(false);
    at::Tensor block = copy.denoiser->parameters().block();
    block.copy_(optimiser.average());
    copy.denoiser->freeze();
    copy.steps_trained = optimiser.steps_done();
    return copy;
  };
  auto save = [&] {
    write_checkpoint(checkpoint, config, optimiser, denoiser.parameters());
    prior.steps_trained = optimiser.steps_done();
    write_prior(folder / "prior.safetensors", prior, Storage::Float, optimiser.average());
  };

  LogRow row;
  int64_t since = 0;
  double waited = 0;
  auto row_start = Clock::now();
  progress.begin("train", options.steps);
  for (int64_t step = optimiser.steps_done(); step < options.steps; ++step) {
    const auto batch_start = Clock::now();
    const Batch batch = to_device(
        data.draw(options.seed, step, options.batch, prior.normaliser, options.vary), device);
    // Noise and times come from a stream of this step alone: nothing to save for a resumed run.
    const at::Generator generator =
        diffusion::make_generator(derive_seed(options.seed, "noise", static_cast<uint64_t>(step)));
    const auto floats = at::TensorOptions(at::kFloat);
    // Stratified times: one in each of B equal slices of [min, max].
    at::Tensor t =
        (at::arange(options.batch, floats) + at::rand({options.batch}, generator, floats)) /
        static_cast<double>(options.batch);
    t = (diffusion::Schedule::kMin + t * (diffusion::Schedule::kMax - diffusion::Schedule::kMin))
            .to(device);
    const at::Tensor noise = at::normal(0.0, 1.0, batch.x.sizes(), generator, floats).to(device);
    waited += seconds_since(batch_start);

    const at::Tensor a = diffusion::alpha_of(t).view({-1, 1, 1}),
                     s = diffusion::sigma_of(t).view({-1, 1, 1});
    const at::Tensor x_t = a * batch.x + s * noise;
    Losses losses;
    if (options.network.target == diffusion::Target::Clean) {
      losses = motion_loss(denoiser.estimate(x_t, t, batch.mask), batch.x, batch.mask, t, on_device,
                           options.losses);
    } else {
      const at::Tensor wanted =
          options.network.target == diffusion::Target::Noise ? noise : a * noise - s * batch.x;
      losses.total = feature_loss(denoiser.raw(x_t, t, batch.mask, nullptr), wanted, batch.mask);
      losses.feature = losses.total.item<double>();
    }
    losses.total.backward();
    row.rate = learning_rate(options.rate, step, options.steps, options.warm_up, options.decay);
    const double norm = optimiser.step(row.rate);
    row.loss += losses.total.item<double>();
    row.feature += losses.feature;
    row.velocity += losses.velocity;
    row.kinematic += losses.kinematic;
    row.gradient += norm;
    ++since;

    const int64_t done = step + 1;
    if (done % options.log_every == 0 || done == options.steps) {
      const auto n = static_cast<double>(since);
      const double total = seconds_since(row_start);
      row.step = done;
      for (double* v : {&row.loss, &row.feature, &row.velocity, &row.kinematic, &row.gradient})
        *v /= n;
      row.seconds_per_step = total / n;
      row.waiting_share = waited / total;
      row.gflops =
          3 * denoiser.forward_flops(options.batch, options.window) / row.seconds_per_step / 1e9;
      append_line(
          log,
          fmt::format("{},{:.6f},{:.6f},{:.6f},{:.6f},{:.4f},{:.3e},{:.4f},{:.4f},{:.1f}", row.step,
                      row.loss, row.feature, row.velocity, row.kinematic, row.gradient, row.rate,
                      row.seconds_per_step, row.waiting_share, row.gflops));
      if (events.on_log) events.on_log(row);
      progress.step(done,
                    fmt::format("loss {:.4f}  {:.2f} s/step", row.loss, row.seconds_per_step));
      row = {};
      since = 0, waited = 0;
      row_start = Clock::now();
    }
    const bool stop = progress.stopped();
    const bool last = done == options.steps;
    if (done % options.checkpoint_every == 0 || last || stop) save();
    if (validation != nullptr && (done % options.validate_every == 0 || last) && !stop) {
      const Prior mean = averaged();
      const Batch real = to_device(
          validation->draw(99, 0, std::min<int64_t>(options.batch, 64), prior.normaliser), device);
      ValidationRow v{.step = done};
      for (size_t i = 0; i < kValidationTimes.size(); ++i)
        v.error_mm[i] =
            denoising_error_mm(*mean.denoiser, on_device, real, kValidationTimes[i], i + 1);
      append_line(validation_log, fmt::format("{},{:.2f},{:.2f},{:.2f},{:.2f}", done, v.error_mm[0],
                                              v.error_mm[1], v.error_mm[2], v.error_mm[3]));
      if (events.on_validation) events.on_validation(v);
    }
    if (events.on_checkpoint && (done % options.checkpoint_every == 0 || last) && !stop)
      events.on_checkpoint(done, averaged());
    if (stop) throw Cancelled();
  }
  progress.end();
  return averaged();
}

}  // namespace pantomime::training
