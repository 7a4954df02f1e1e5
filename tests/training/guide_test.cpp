#include "pantomime/training/guide.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pantomime/base/error.h"
#include "pantomime/conditions/geometry.h"
#include "small_prior.h"

namespace pantomime::training {
namespace {

/// Two labels that differ in an obvious way: arms up or down for the whole clip.
library::Library two_labels(const std::filesystem::path& path) {
  library::Library library(path, library::Library::Mode::Write);
  for (int i = 0; i < 12; ++i) {
    motion::Clip clip = test::random_clip(static_cast<uint64_t>(i), 64);
    const bool up = i % 2 == 0;
    for (size_t f = 0; f < clip.frame_count(); ++f)
      for (const motion::Joint j : {motion::kLeftShoulder, motion::kRightShoulder}) {
        const float side = j == motion::kLeftShoulder ? 1.0f : -1.0f;
        clip.rotation(f, j) = motion::from_axis_angle({0, 0, 1}, side * (up ? 1.3f : -1.3f));
      }
    library.put(made_clip(i, 64, up ? "up" : "down"), clip);
  }
  return library;
}

/// Mean height of the wrists above the shoulders.
double wrists_above_shoulders(const at::Tensor& sample) {
  const motion::Clip clip = features::decode(sample);
  const auto world = forward_kinematics(clip);
  double sum = 0;
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    const auto* p = &world.positions[f * motion::kJointCount];
    sum += p[motion::kLeftWrist].y + p[motion::kRightWrist].y - p[motion::kLeftShoulder].y -
           p[motion::kRightShoulder].y;
  }
  return sum / static_cast<double>(clip.frame_count());
}

class Guides : public OnSmallPrior<Guides> {
 public:
  static void set_up_suite() {
    TrainOptions options;
    options.network = {.features = features::kFeatureSize, .width = 64, .layers = 2, .heads = 2};
    options.steps = 250;
    options.batch = 12;
    options.window = 64;
    options.optimiser.average = 0.97;
    learn(two_labels(*folder_ / "l.db"), options);
  }
};

TEST_F(Guides, EveryKindRaisesTheRightArmsAndSurvivesItsFile) {
  Progress quiet;
  const std::string before = weights_hash(*prior_);
  for (const GuidanceKind kind :
       {GuidanceKind::Adapter, GuidanceKind::Probe, GuidanceKind::Classifier, GuidanceKind::Free}) {
    Guide guide = train_guide(
        *data_, *prior_,
        {.kind = kind, .steps = 120, .batch = 12, .rate = 3e-3, .fewest_windows = 1}, {}, quiet);
    EXPECT_EQ(guide.labels, (std::vector<std::string>{"down", "up"}));
    write_guide(*folder_ / "guide.safetensors", guide, Storage::Float);
    const Guide back = read_guide(*folder_ / "guide.safetensors", *prior_);
    conditions::GenerateOptions options{.frames = 64, .seeds = {1, 2, 3, 4, 5, 6, 7, 8}};
    options.sampler.steps = 8;
    const std::vector<int64_t> labels = {0, 0, 0, 0, 1, 1, 1, 1};
    const at::Tensor x = generate_labelled(*prior_, guide, labels, options);
    EXPECT_TRUE(at::allclose(generate_labelled(*prior_, back, labels, options), x, 1e-4, 1e-4))
        << name_of(kind);
    double down = 0, up = 0;
    for (int64_t i = 0; i < 4; ++i) {
      down += wrists_above_shoulders(x[i]);
      up += wrists_above_shoulders(x[i + 4]);
    }
    // The separate classifier is there for the comparison; it need not work well.
    if (kind != GuidanceKind::Classifier) {
      EXPECT_GT(up, down + 0.4) << name_of(kind);
    }
    if (kind == GuidanceKind::Probe) {
      guide.kind = GuidanceKind::Particles;
      options.sampler.steps = 16;
      std::vector<motion::Geometry> bodies;
      for (uint64_t seed = 0; seed < 8; ++seed)
        bodies.push_back(motion::geometry_of(test::random_clip(seed, 2).skeleton.offsets));
      conditions::GeometryCondition geometry(bodies, prior_->normaliser, 1e9);
      const at::Tensor p =
          generate_labelled(*prior_, guide, labels, options, {.particles = 6}, {&geometry});
      ASSERT_EQ(p.size(0), 8);
      for (int64_t i = 0; i < 8; ++i) {
        const auto got = motion::geometry_of(features::decode(p[i]).skeleton.offsets);
        EXPECT_NEAR(got[0], bodies[static_cast<size_t>(i)][0], 1e-4) << "each clip has its body";
      }
      double difference = 0;
      for (int64_t i = 0; i < 4; ++i)
        difference += wrists_above_shoulders(p[i + 4]) - wrists_above_shoulders(p[i]);
      EXPECT_GT(difference, 0.4);
    }
  }
  EXPECT_EQ(weights_hash(*prior_), before) << "the prior is frozen";
}

TEST_F(Guides, BelongToOnePriorAndKnowTheirLabels) {
  Progress quiet;
  const Guide guide = train_guide(
      *data_, *prior_, {.kind = GuidanceKind::Probe, .steps = 10, .batch = 4, .fewest_windows = 1},
      {}, quiet);
  write_guide(*folder_ / "g.safetensors", guide, Storage::Float);
  Prior other = *prior_;
  other.denoiser = std::make_shared<diffusion::Denoiser>(prior_->denoiser->config(),
                                                         prior_->normaliser.spectrum, 5);
  EXPECT_THROW(read_guide(*folder_ / "g.safetensors", other), Error);
  EXPECT_EQ(guide.index_of("up"), 1);
  // Strength: what is asked for, else what the guide brings, else the default of its kind.
  EXPECT_GT(with_defaults(read_guide(*folder_ / "g.safetensors", *prior_), {}).scale, 0);
  Guide strong = guide;
  strong.scale = 7.25;
  write_guide(*folder_ / "strong.safetensors", strong, Storage::Float);
  const Guide back = read_guide(*folder_ / "strong.safetensors", *prior_);
  EXPECT_EQ(with_defaults(back, {}).scale, 7.25);
  EXPECT_EQ(with_defaults(back, {.scale = 0.5}).scale, 0.5);
  try {
    guide.index_of("fly");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "label \"fly\": this prior knows down, up");
  }
}

}  // namespace
}  // namespace pantomime::training
