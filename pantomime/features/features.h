// A clip as numbers for the network, and back.
#pragma once

#include <ATen/core/Tensor.h>

#include "pantomime/features/spectrum.h"
#include "pantomime/motion/clip.h"

namespace pantomime::features {

/// One frame is D = 161 numbers. The geometry of the body is part of the sample, constant over the
/// clip, so that bodies and motions are learnt together and a body is given by clamping it.
inline constexpr int64_t kRootVelocity = 0;  ///< 2: x, z of the pelvis, m/s, from the frame before
inline constexpr int64_t kRootHeight = 2;    ///< 1: y of the pelvis, m
inline constexpr int64_t kRootRotation = 3;  ///< 6: pelvis in the world, 6D (two columns)
inline constexpr int64_t kJointRotations = 9;  ///< 21 x 6: joints 1 ... 21 in their parents, 6D
inline constexpr int64_t kGeometry = 135;      ///< 26: motion::Geometry, m
inline constexpr int64_t kFeatureSize = kGeometry + motion::kGeometrySize;
/// Name and version of this layout, kept in every model file.
inline constexpr const char* kFeatureLayout = "root-velocity-6d-geometry/1";

/// Features [F, D] float32 of a canonical clip at 30 frames per second. The clip is first turned
/// and moved so that frame 0 stands over the origin facing +Z. The velocity of frame 0 repeats
/// frame 1's.
at::Tensor encode(const motion::Clip& clip);

/// The same without turning or moving: for clips that stand in a common world.
at::Tensor encode_in_place(const motion::Clip& clip);

/// Clip of features [F, D]: positions are the sum of velocities from the origin (the velocity of
/// frame 0 is not used), geometry is the mean over frames, 6D is orthonormalised.
motion::Clip decode(const at::Tensor& features);

/// Turns features [F, D] so that frame 0 faces +Z (what encode does, for a window cut from a longer
/// clip).
void face_forward_(at::Tensor& features);

/// Left and right exchanged, for [..., D]; its own inverse.
at::Tensor mirror(const at::Tensor& features);

/// Centre and scale: z = (x - mean) / scale. One scale for each block of features (velocity,
/// height, rotations, geometry), because one scale per channel would blow up channels that hardly
/// move.
struct Normaliser {
  at::Tensor mean;    ///< [D]
  at::Tensor scale;   ///< [D], equal inside a block, positive
  at::Tensor spread;  ///< [D] standard deviation of normalised training data
  Spectrum spectrum;  ///< the same by frequency, for the denoiser's skip

  at::Tensor normalise(const at::Tensor& x) const;  ///< [..., D]
  at::Tensor restore(const at::Tensor& z) const;    ///< [..., D]
  Normaliser to(const at::Device& device) const;
};

/// Without a spectrum: from training features [N, D] with weights [N] (any positive scale). Its
/// mirror image counts too, so that left and right are treated alike.
Normaliser fit_normaliser(const at::Tensor& features, const at::Tensor& weights);

}  // namespace pantomime::features
