#include "pantomime/training/completion_guide.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "small_prior.h"

namespace pantomime::training {
namespace {

constexpr int64_t kFrames = 64;

/// People who wander about and swing their limbs.
library::Library wanderers(const std::filesystem::path& path) {
  library::Library library(path, library::Library::Mode::Write);
  for (int i = 0; i < 10; ++i) {
    library.put(made_clip(i, kFrames, "wander"),
                test::random_clip(static_cast<uint64_t>(i), kFrames));
  }
  return library;
}

class Completion : public OnSmallPrior<Completion> {
 public:
  static void set_up_suite() {
    TrainOptions options;
    options.network = {.features = features::kFeatureSize, .width = 32, .layers = 2, .heads = 2};
    options.steps = 60;
    options.batch = 8;
    options.window = kFrames;
    options.optimiser.average = 0.95;
    learn(wanderers(*folder_ / "l.db"), options);
  }

 protected:
  static CompletionGuide trained(int64_t steps, std::vector<int64_t>* logged = nullptr) {
    Progress quiet;
    return train_completion(
        *data_, *prior_, {.steps = steps, .batch = 6, .rate = 4e-3},
        [&](int64_t step, double loss) {
          EXPECT_TRUE(std::isfinite(loss));
          if (logged != nullptr) logged->push_back(step);
        },
        quiet);
  }

  /// Estimates of noisy clips whose first and last quarter are given, with the guide or without.
  struct Estimates {
    at::Tensor truth, plain, told;
  };
  static Estimates estimates(const CompletionGuide& guide) {
    const at::NoGradGuard guard;
    const Batch batch = data_->draw(77, 0, 16, prior_->normaliser);
    std::vector<conditions::Constraints> given;
    for (int64_t b = 0; b < 16; ++b) {
      const motion::Clip clip = features::decode(prior_->normaliser.restore(batch.x[b]));
      given.emplace_back(kFrames);
      const auto all = conditions::parse_joints("all");
      conditions::keep(given.back(), clip, 0, 16, 0, all);
      conditions::keep(given.back(), clip, 48, 16, 48, all);
    }
    torch::manual_seed(3);
    const at::Tensor t = torch::full({16}, 0.8), noise = torch::randn_like(batch.x);
    const diffusion::Schedule schedule;
    const at::Tensor x = schedule.alpha(0.8) * batch.x + schedule.sigma(0.8) * noise;
    const diffusion::Steering steering = guide.adapter->steering(given, prior_->normaliser);
    return {batch.x, prior_->denoiser->estimate(x, t, batch.mask),
            prior_->denoiser->estimate(x, t, batch.mask, &steering)};
  }
};

TEST_F(Completion, LearnsToHeedWhatIsGiven) {
  const std::string hash = weights_hash(*prior_);
  std::vector<int64_t> logged;
  const CompletionGuide guide = trained(120, &logged);
  EXPECT_EQ(logged.size(), 12u);
  EXPECT_EQ(logged.back(), 120);
  EXPECT_EQ(weights_hash(*prior_), hash) << "the prior must not change";
  const Estimates e = estimates(guide);
  const auto error = [&](const at::Tensor& x) {
    return (x - e.truth).narrow(1, 0, 16).square().mean().item<double>();
  };
  EXPECT_LT(error(e.told), 0.95 * error(e.plain));
}

TEST_F(Completion, IsReadAsItWasWritten) {
  const CompletionGuide guide = trained(10), again = trained(10);
  write_completion(*folder_ / "a.safetensors", guide, Storage::Float);
  write_completion(*folder_ / "b.safetensors", again, Storage::Float);
  EXPECT_EQ(read_file(*folder_ / "a.safetensors"), read_file(*folder_ / "b.safetensors"))
      << "same seed, same bytes";
  const CompletionGuide read = read_completion(*folder_ / "a.safetensors", *prior_);
  EXPECT_EQ(read.licence, prior_->licence);
  EXPECT_TRUE(at::equal(estimates(read).told, estimates(guide).told));

  Prior other = *prior_;
  other.denoiser = std::make_shared<diffusion::Denoiser>(prior_->denoiser->config(),
                                                         prior_->normaliser.spectrum, 9);
  EXPECT_THROW(read_completion(*folder_ / "a.safetensors", other), Error);
}

}  // namespace
}  // namespace pantomime::training
