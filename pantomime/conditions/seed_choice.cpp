#include "pantomime/conditions/seed_choice.h"

#include <algorithm>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/features/features.h"
#include "pantomime/motion/contacts.h"
#include "pantomime/motion/retarget.h"

namespace pantomime::conditions {

std::vector<uint64_t> seeds_that_stand(
    const std::vector<uint64_t>& seeds, const std::vector<Constraints>& constraints, int tries,
    const std::function<at::Tensor(const std::vector<uint64_t>&)>& make) {
  PANTOMIME_CHECK(seeds.size() == constraints.size(), "seeds: {} for {} clips", seeds.size(),
                  constraints.size());
  constexpr double kGood = 0.1;  // as real people who walk
  std::vector<uint64_t> best = seeds, now = seeds;
  std::vector<double> least(seeds.size());
  for (size_t i = 0; i < seeds.size(); ++i) least[i] = constraints[i].leads_on() ? 1e9 : 0;
  for (int attempt = 0; attempt < tries; ++attempt) {
    if (std::ranges::all_of(least, [](double faults) { return faults <= kGood; })) break;
    if (attempt > 0)
      for (size_t i = 0; i < seeds.size(); ++i)
        now[i] = derive_seed(seeds[i], "try", static_cast<uint64_t>(attempt));
    const at::Tensor made = make(now);
    for (size_t i = 0; i < seeds.size(); ++i) {
      if (least[i] <= kGood) continue;
      motion::Clip clip = features::decode(made[static_cast<int64_t>(i)]);
      if (!constraints[i].fixes_height()) clip = motion::on_floor(clip);
      const double faults = motion::footing_faults(clip);
      if (faults < least[i]) least[i] = faults, best[i] = now[i];
    }
  }
  return best;
}

void choose_seeds(GenerateOptions& options, ConstraintCondition& condition,
                  const std::vector<Constraints>& constraints, int tries,
                  const std::function<at::Tensor(const GenerateOptions&)>& sample) {
  condition.set_rough(true);
  GenerateOptions with = options;
  options.seeds =
      seeds_that_stand(options.seeds, constraints, tries, [&](const std::vector<uint64_t>& seeds) {
        with.seeds = seeds;
        return sample(with);
      });
  condition.set_rough(false);
}

}  // namespace pantomime::conditions
