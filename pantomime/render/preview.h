// Quick looks at generated people: videos and contact sheets on a plain studio floor.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pantomime/base/image.h"
#include "pantomime/base/progress.h"
#include "pantomime/body/character.h"
#include "pantomime/motion/clip.h"
#include "pantomime/render/camera.h"
#include "pantomime/render/renderer.h"

namespace pantomime::render {

struct PreviewOptions {
  FramingOptions framing;  ///< picture size and camera
  double fps = 30;         ///< the clip is resampled to this rate
  int samples = 4;         ///< rays through each pixel
  uint64_t seed = 0;
  int threads = 0;  ///< 0: all cores. The pictures are the same for any number.
};

/// Renders a character that moves as the clip says (which must be canonical; bone lengths are the
/// character's own as far as forward kinematics of `clip` has them) and calls `frame(picture)` for
/// each frame in order. Progress steps once a frame; throws Cancelled when it is stopped.
void render_preview(const body::Character& character, const motion::Clip& clip,
                    const PreviewOptions& options, const std::function<void(const Image&)>& frame,
                    Progress& progress);

/// One person of a contact sheet.
struct SheetRow {
  const body::Character* character = nullptr;
  const motion::Clip* clip = nullptr;
  std::string caption;
};

struct ContactSheetOptions {
  int moments = 6;  ///< pictures for each person, at equal time steps
  int picture_width = 180;
  int picture_height = 240;
  int columns = 1;  ///< people side by side
  int samples = 9;
  uint64_t seed = 0;
  int threads = 0;
  std::string title;
};

/// A row of pictures for each person, with its caption.
Image contact_sheet(const std::vector<SheetRow>& rows, const ContactSheetOptions& options,
                    Progress& progress);

}  // namespace pantomime::render
