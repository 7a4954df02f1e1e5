// Motion made for a given body.
#pragma once

#include "pantomime/conditions/condition.h"
#include "pantomime/motion/skeleton.h"

namespace pantomime::conditions {

/// Holds the geometry channels of every estimate at the bones of a body, exactly as a known frame
/// is held: the prior has learnt how bodies and motions go together, so the rest follows.
///
/// An estimate comes with bones of its own, and its root goes at the height and pace of their legs.
/// It gets those of the body's legs (as motion::fit_to_body() does with finished clips): with the
/// bones alone, what is mostly recorded of short people would be done on tall ones' bent knees.
///
/// A prior knows only bodies like those it was trained on. Each channel is held at most `reach`
/// deviations of the training data away from their mean; motion::fit_to_body() does the rest.
class GeometryCondition : public Condition {
 public:
  /// One geometry per clip. In a batch of n times as many rows, n consecutive rows (the particles
  /// of a clip) share a body.
  GeometryCondition(const std::vector<motion::Geometry>& bodies,
                    const features::Normaliser& normaliser, double reach = 2.5);
  at::Tensor guide(Call& call, const at::Tensor& estimate) override;
  /// What is held for a clip: its body, as far as the prior knows such bodies.
  motion::Geometry held(size_t clip) const;

 private:
  at::Tensor raw_of(const at::Tensor& geometry) const;

  at::Tensor held_;                            ///< [bodies, 1, 26] normalised
  at::Tensor centre_, scale_;                  ///< [26]
  std::vector<double> legs_;                   ///< [bodies] metres, of what is held
  at::Tensor lengths_centre_, lengths_scale_;  ///< [3], of root velocity and height
};

}  // namespace pantomime::conditions
