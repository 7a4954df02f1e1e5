// What the trainings of guides have in common: so many steps with their losses told, and the end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "pantomime/base/progress.h"
#include "pantomime/diffusion/parameters.h"
#include "pantomime/training/optimiser.h"

namespace pantomime::training {

/// `steps` calls of `step_of`, which say a loss; every ten steps, and after the last, the mean of
/// theirs is told to `on_log` (step, loss; may be empty) and shown as progress under the name
/// `what`.
void run_steps(const std::string& what, int64_t steps,
               const std::function<double(int64_t)>& step_of,
               const std::function<void(int64_t, double)>& on_log, Progress& progress);

/// The optimiser's averaged weights become the parameters, which then learn no more.
void take_average(diffusion::Parameters& parameters, const Optimiser& optimiser);

}  // namespace pantomime::training
