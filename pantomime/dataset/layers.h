// Truth of a frame as picture files.
#pragma once

#include <string>

#include "pantomime/render/stage.h"

namespace pantomime::dataset {

/// What a layer's files end with, after the frame's number: "depth.png", "light.exr".
std::string layer_ending(const std::string& layer);

/// 16-bit grey: millimetres along the optical axis; 0: nothing there or farther than 65.5 m.
std::string depth_png(const render::FrameTruth& truth);
/// 8-bit colour: normals in camera axes (x right, y down, z forward), 255 / 2 (n + 1); 0, 0, 0:
/// nothing there.
std::string normals_png(const render::FrameTruth& truth, const render::Camera& camera);
/// 16-bit colour as KITTI's: 64 u + 32768, 64 v + 32768, valid 0 or 1; u, v in pixels to the next
/// frame, within +-511.
std::string flow_png(const render::FrameTruth& truth);
/// OpenEXR: R, G, B half floats, linear light as exposed, before tone mapping and noise; Z float,
/// metres along the optical axis, 0: nothing there. `light`: see render::RenderOptions::light.
std::string light_exr(const FloatImage& light, const render::FrameTruth& truth);
/// 8-bit grey: body part, see body/parts.h.
std::string parts_png(const render::FrameTruth& truth);
/// 16-bit grey: object id + 1; 0: nothing there.
std::string instances_png(const render::FrameTruth& truth);
/// 8-bit grey: bit p is set where person p would be seen if nothing else were there.
std::string amodal_png(const render::FrameTruth& truth);

}  // namespace pantomime::dataset
