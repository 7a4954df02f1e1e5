#include "pantomime/features/variation.h"

#include <ATen/ATen.h>

#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/features/features.h"

namespace pantomime::features {

at::Tensor played(const at::Tensor& x, double rate) {
  PANTOMIME_CHECK(x.dim() == 2 && x.size(1) == kFeatureSize && x.size(0) > 0 && rate > 0,
                  "played: expected features [F, {}] and a positive rate, got {} dimensions and {}",
                  kFeatureSize, x.dim(), rate);
  const int64_t last = x.size(0) - 1;
  const auto count = static_cast<int64_t>(std::floor(static_cast<double>(last) / rate + 1e-9)) + 1;
  const at::Tensor time = (at::arange(count, at::kDouble) * rate).clamp_max(last);
  const at::Tensor frame = time.floor();
  const at::Tensor u = (time - frame).to(x.scalar_type()).unsqueeze(1);
  const at::Tensor middle = frame.to(at::kLong);
  const auto at_frame = [&](int64_t offset) {
    return x.index_select(0, (middle + offset).clamp(0, last));
  };
  const at::Tensor a = at_frame(-1), b = at_frame(0), c = at_frame(1), d = at_frame(2);
  at::Tensor out =
      b + 0.5 * u * ((c - a) + u * ((2 * a - 5 * b + 4 * c - d) + u * (3 * (b - c) + d - a)));
  out.narrow(1, kRootVelocity, 2).mul_(rate);
  return out;
}

at::Tensor resized(const at::Tensor& x, double factor) {
  at::Tensor out = x.clone();
  out.narrow(1, kRootVelocity, 2).mul_(factor);
  out.narrow(1, kRootHeight, 1).mul_(factor);
  out.narrow(1, kGeometry, motion::kGeometrySize).mul_(factor);
  return out;
}

}  // namespace pantomime::features
