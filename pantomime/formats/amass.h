// AMASS motion files (.npz): SMPL pose parameters of a recorded person.
// Source: Mahmood et al., "AMASS: Archive of Motion Capture as Surface Shapes", ICCV 2019, and the
// SMPL model, Loper et al. 2015.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::formats {

/// What an AMASS file says, in our terms. AMASS is Z up; both directions turn it by a proper
/// rotation, (x, y, z) -> (x, z, -y). SMPL's rest pose is a T-pose with x to the left, y up and z
/// forward, so its joint frames are the canonical ones.
struct Amass {
  motion::Clip clip;          ///< canonical 22 joints, at the file's own frame rate
  std::string gender;         ///< "male", "female", "neutral", or what the file says
  std::vector<double> betas;  ///< body shape coefficients of the SMPL model; may be empty
  std::string model;          ///< "smplx", "smplh" …, when the file says it
  std::string settings;       ///< how Pantomime made it (JSON), or empty
};

struct AmassOptions {
  /// Bones to give the clip. Absent: those that Pantomime wrote into the file, else
  /// default_geometry(). The file itself has none: they come out of the licensed SMPL model.
  std::optional<motion::Geometry> geometry;
  /// Where the pelvis is in the SMPL model at rest, metres, in the axes of the FILE (SMPL adds it
  /// to `trans` without turning it). It depends on betas and on the licensed model, so it is not
  /// known here; zero shifts a whole clip by a constant (0.2 to 0.35 m sideways, 1 to 3 cm
  /// upwards).
  motion::Vec3 pelvis_at_rest{};
};

/// Reads the files of all releases (SMPL, SMPL+H, SMPL-X): `poses` [F, 66 or more] or [F, 22 or
/// more, 3] (rotation vectors; first the root, then the 21 body joints; hands, jaw and eyes are
/// left out), or, when there is none, `root_orient` [F, 3] and `pose_body` [F, 63 or more]; `trans`
/// [F, 3]; `mocap_framerate` or `mocap_frame_rate`; and, when there, `betas`, `gender` and
/// `surface_model_type`. Pickled objects beside them are never opened. Throws ParseError for a
/// broken file, a missing array, another shape, a frame rate outside 1 … 1000, or a number that is
/// not finite.
Amass parse_amass(std::string_view bytes, const std::string& name,
                  const AmassOptions& options = {});
Amass read_amass(const std::filesystem::path& path, const AmassOptions& options = {});

/// Writes poses [F, 156] (SMPL+H, hands at rest) as float64, and, beside AMASS's own arrays,
/// `pantomime_offsets` [22, 3] (the bones, so that reading gives the same clip) and
/// `pantomime_settings`. Throws Error for a clip that isn't canonical.
std::string to_amass(const Amass& motion, const AmassOptions& options = {});
void write_amass(const std::filesystem::path& path, const Amass& motion,
                 const AmassOptions& options = {});

}  // namespace pantomime::formats
