// The same action by a quicker or a bigger person: variety that a small library lacks.
#pragma once

#include <ATen/core/Tensor.h>

namespace pantomime::features {

/// Frames of features [F, D] (real units) at times 0, rate, 2 rate, ... up to F - 1: the motion
/// played `rate` times as fast, [floor((F - 1) / rate) + 1, D]. Cubic between frames (Catmull and
/// Rom 1974), because straight lines would take the edge off quick movements; decode() makes
/// rotations of the 6D columns again.
at::Tensor played(const at::Tensor& x, double rate);

/// The body and its way over the ground `factor` times as big, angles as they are.
at::Tensor resized(const at::Tensor& x, double factor);

}  // namespace pantomime::features
