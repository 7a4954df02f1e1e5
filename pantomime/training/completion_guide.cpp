#include "pantomime/training/completion_guide.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/motion/skeleton.h"
#include "pantomime/training/losses.h"
#include "pantomime/training/optimiser.h"
#include "pantomime/training/steps.h"

namespace pantomime::training {

using conditions::Constraints;
using conditions::JointMask;
using motion::Clip;
using nlohmann::json;

namespace {

/// Joints as points (or of those some axes) in some frames, evenly `every` frames apart.
void reach_as_is(Constraints& c, const Clip& clip, const std::vector<motion::Joint>& joints,
                 int64_t every, std::array<bool, 3> axes = {true, true, true}) {
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  for (const motion::Joint joint : joints)
    for (int64_t f = 0; f < c.frames; f += every)
      c.goals.push_back(conditions::reach(
          {.joint = joint,
           .first = f,
           .last = f + 1,
           .points = {pose.positions[static_cast<size_t>(f * motion::kJointCount + joint)]},
           .axes = axes}));
}

JointMask random_joints(Random& random) {
  constexpr std::array<const char*, 6> kGroups = {"upper", "lower",    "arms",
                                                  "legs",  "left arm", "right arm"};
  if (random.uniform() < 0.7)
    return conditions::parse_joints(kGroups[random.below(kGroups.size())]);
  JointMask mask{};
  const double share = random.uniform();
  for (bool& on : mask) on = random.uniform() < share;
  return mask;
}

void add_task(Constraints& c, const Clip& clip, Random& random) {
  const JointMask all = conditions::parse_joints("all");
  const int64_t frames = c.frames;
  const auto number = [&](int64_t least, int64_t most) {
    return least + static_cast<int64_t>(
                       random.below(static_cast<uint32_t>(std::max<int64_t>(1, most - least + 1))));
  };
  const auto keep = [&](int64_t first, int64_t count, const JointMask& joints) {
    conditions::keep(c, clip, first, std::min(count, frames - first), first, joints);
  };
  const int64_t longest = std::max<int64_t>(4, 2 * frames / 3);
  switch (random.below(10)) {
    case 0:
      keep(0, number(2, longest), all);
      break;
    case 1: {
      const int64_t count = number(1, longest);
      keep(frames - std::min(count, frames), count, all);
      break;
    }
    case 2:
    case 3: {
      keep(0, number(1, longest / 2), all);
      const int64_t count = std::min(number(1, longest / 2), frames);
      keep(frames - count, count, all);
      break;
    }
    case 4: {
      for (int64_t f = number(0, 20); f < frames; f += number(8, 60)) keep(f, 1, all);
      if (random.uniform() < 0.5) keep(0, 1, all);
      break;
    }
    case 5:
      keep(0, frames, random_joints(random));
      break;
    case 6: {
      constexpr std::array<motion::Joint, 5> kEnds = {motion::kHead, motion::kLeftWrist,
                                                      motion::kRightWrist, motion::kLeftFoot,
                                                      motion::kRightFoot};
      std::vector<motion::Joint> joints(kEnds.begin(), kEnds.begin() + 3);
      if (random.uniform() < 0.4) {
        joints.clear();
        for (const motion::Joint j : kEnds)
          if (random.uniform() < 0.5) joints.push_back(j);
      }
      reach_as_is(c, clip, joints, number(1, random.uniform() < 0.5 ? 1 : 8));
      break;
    }
    case 7:
      for (int64_t f = number(1, 30); f < frames; f += number(4, 40)) {
        const motion::Vec3& p = clip.root_positions[static_cast<size_t>(f)];
        c.places.push_back({f, p.x, p.z});
      }
      // How high, without where: seats and beds ask for it.
      if (random.uniform() < 0.5)
        reach_as_is(c, clip, {motion::kPelvis}, number(1, 40), {false, true, false});
      break;
    case 8: {
      const int64_t first = number(0, frames - 1);
      keep(first, number(1, frames), random_joints(random));
      break;
    }
    default:
      break;
  }
}

}  // namespace

Constraints random_task(const Clip& clip, Random& random) {
  Constraints c(static_cast<int64_t>(clip.frame_count()));
  add_task(c, clip, random);
  if (random.uniform() < 0.15) add_task(c, clip, random);
  return c;
}

CompletionGuide train_completion(const MotionData& data, const Prior& prior,
                                 const CompletionOptions& options,
                                 const std::function<void(int64_t, double)>& on_log,
                                 Progress& progress) {
  CompletionGuide guide;
  guide.prior_hash = weights_hash(prior);
  guide.licence = prior.licence;
  const uint64_t seed = derive_seed(options.seed, "completion");
  guide.adapter = std::make_shared<conditions::CompletionAdapter>(
      conditions::CompletionAdapterConfig{}, prior.denoiser->config(), seed);
  Optimiser optimiser(guide.adapter->parameters(), OptimiserOptions{.average = 0.995});
  run_steps(
      "train completion", options.steps,
      [&](int64_t step) {
        const Batch batch = data.draw(seed, step, options.batch, prior.normaliser);
        const at::Tensor &x0 = batch.x, &mask = batch.mask;
        at::Tensor hints = at::zeros({x0.size(0), x0.size(1), conditions::kHintSize}, at::kFloat);
        const at::Tensor counts = mask.sum(1);
        for (int64_t b = 0; b < x0.size(0); ++b) {
          const int64_t count = counts[b].item<int64_t>();
          Random random(derive_seed(seed, "task", static_cast<uint64_t>(step * options.batch + b)));
          const Clip clip = features::decode(prior.normaliser.restore(x0[b].narrow(0, 0, count)));
          hints[b]
              .narrow(0, 0, count)
              .copy_(conditions::hints_of(random_task(clip, random), prior.normaliser));
        }
        const auto [t, x_t, generator] = with_noise(x0, seed, step);
        const diffusion::Steering steering = guide.adapter->steering(hints);
        const at::Tensor estimate = prior.denoiser->estimate(x_t, t, mask, &steering);
        const at::Tensor loss =
            motion_loss(estimate, x0, mask, t, prior.normaliser, LossWeights{}).total;
        loss.backward();
        optimiser.step(learning_rate(options.rate, step, options.steps, 50, 0.4));
        return loss.item<double>();
      },
      on_log, progress);
  take_average(guide.adapter->parameters(), optimiser);
  return guide;
}

void write_completion(const std::filesystem::path& path, const CompletionGuide& guide,
                      Storage storage) {
  formats::Safetensors file;
  const auto& c = guide.adapter->config();
  put_parameters(file, "completion.", guide.adapter->parameters(), storage);
  file.metadata = {{"pantomime.format", std::to_string(kModelFormat)},
                   {"pantomime.kind", "completion guide"},
                   {"pantomime.config", json{{"width", c.width}, {"rank", c.rank}}.dump()},
                   {"pantomime.licence", guide.licence},
                   {"pantomime.prior", guide.prior_hash}};
  formats::write_safetensors(path, file);
}

CompletionGuide read_completion(const std::filesystem::path& path, const Prior& prior) {
  const std::string where = path.string();
  const formats::Safetensors file = formats::read_safetensors(path);
  check_kind(file, "completion guide", where);
  CompletionGuide guide;
  guide.prior_hash = metadata(file, "pantomime.prior", where);
  guide.licence = metadata(file, "pantomime.licence", where);
  check_belongs(guide.prior_hash, prior, "train-guide --guidance completion", where);
  try {
    const json c = json::parse(metadata(file, "pantomime.config", where));
    guide.adapter = std::make_shared<conditions::CompletionAdapter>(
        conditions::CompletionAdapterConfig{.width = c.at("width"), .rank = c.at("rank")},
        prior.denoiser->config(), 0);
  } catch (const json::exception& error) {
    fail("{}: {}", where, error.what());
  }
  take_parameters(file, "completion.", guide.adapter->parameters(), where);
  guide.adapter->parameters().set_trainable(false);
  return guide;
}

}  // namespace pantomime::training
