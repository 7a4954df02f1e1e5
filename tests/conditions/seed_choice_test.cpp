#include "pantomime/conditions/seed_choice.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <set>

#include "pantomime/features/features.h"
#include "pantomime/motion/retarget.h"
#include "tests/motion/synthetic_walk.h"

namespace pantomime::conditions {
namespace {

constexpr int64_t kFrames = 60;

/// Somebody who walks, or is drawn along with feet that don't step.
at::Tensor goes(bool walks) {
  const motion::Clip walk = motion::face_forward(test::synthetic_walk({.seconds = 2}));
  if (walks) return features::encode(walk);
  motion::Clip drawn = walk;
  for (size_t f = 0; f < drawn.frame_count(); ++f)
    for (size_t j = 0; j < motion::kJointCount; ++j) drawn.rotation(f, j) = walk.rotation(0, j);
  return features::encode(drawn);
}

Constraints led() {
  Constraints constraints(kFrames);
  constraints.places.push_back({.frame = 50, .x = 0, .z = 1.8});
  return constraints;
}

TEST(SeedChoice, TakesTheFirstThatWalks) {
  std::vector<uint64_t> asked;  // of the first clip
  const std::vector<uint64_t> seeds = {7, 8};
  const auto make = [&](const std::vector<uint64_t>& now) {
    asked.push_back(now[0]);
    return torch::stack({goes(asked.size() >= 3), goes(asked.size() >= 2)});
  };
  const auto chosen = seeds_that_stand(seeds, {led(), led()}, 8, make);
  ASSERT_EQ(asked.size(), 3u);  // then both walk
  EXPECT_EQ(asked[0], 7u);
  EXPECT_EQ(std::set<uint64_t>(asked.begin(), asked.end()).size(), 3u);
  EXPECT_EQ(chosen[0], asked[2]);
  // A clip's seed doesn't depend on what else is made.
  asked.clear();
  const auto alone = seeds_that_stand({8}, {led()}, 8, [&](const std::vector<uint64_t>& now) {
    asked.push_back(now[0]);
    return goes(asked.size() >= 2).unsqueeze(0);
  });
  EXPECT_EQ(alone[0], chosen[1]);
}

TEST(SeedChoice, KeepsTheSeedsOfThoseWhoMayGoAnywhere) {
  int made = 0;
  const auto drawn = [&](const std::vector<uint64_t>& now) {
    ++made;
    return goes(false).expand({static_cast<int64_t>(now.size()), -1, -1});
  };
  EXPECT_EQ(seeds_that_stand({5}, {Constraints(kFrames)}, 4, drawn), std::vector<uint64_t>{5});
  EXPECT_EQ(made, 0);
  Constraints reaches = led();
  reaches.goals.push_back(reach({.first = 30, .last = 31, .points = {{0, 1, 1}}}));
  EXPECT_EQ(seeds_that_stand({5}, {reaches}, 4, drawn), std::vector<uint64_t>{5});
  EXPECT_EQ(made, 0);
  // When none is better than the first, the first stays.
  EXPECT_EQ(seeds_that_stand({5, 6}, {led(), Constraints(kFrames)}, 4, drawn),
            (std::vector<uint64_t>{5, 6}));
  EXPECT_EQ(made, 4);
}

}  // namespace
}  // namespace pantomime::conditions
