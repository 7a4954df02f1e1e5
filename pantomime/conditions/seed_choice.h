// Seeds of clips that go on their feet.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "pantomime/conditions/condition.h"
#include "pantomime/conditions/constraint_condition.h"
#include "pantomime/conditions/constraints.h"

namespace pantomime::conditions {

/// The noise decides early whether somebody who is told a way walks it or stands and is drawn along
/// it, whatever else is asked. So clips whose constraints lead them somewhere are made up to
/// `tries` times, with other seeds, until their feet stand well (motion::footing_faults), and the
/// seeds of those that stood best are returned; other clips keep theirs. `make`: features [B, F, D]
/// in real units for one seed a clip; a rough sample will do. The same seeds come out for a clip
/// whatever else is in the batch.
std::vector<uint64_t> seeds_that_stand(
    const std::vector<uint64_t>& seeds, const std::vector<Constraints>& constraints, int tries,
    const std::function<at::Tensor(const std::vector<uint64_t>&)>& make);

/// The same for what is about to be sampled with `condition`, which is rough meanwhile: sets
/// options.seeds.
void choose_seeds(GenerateOptions& options, ConstraintCondition& condition,
                  const std::vector<Constraints>& constraints, int tries,
                  const std::function<at::Tensor(const GenerateOptions&)>& sample);

}  // namespace pantomime::conditions
