// The size of recordings whose unit nobody knows: landmarks in widths of a picture, say.
#pragma once

#include "pantomime/motion/point_recording.h"
#include "pantomime/motion/point_set.h"

namespace pantomime::motion {

/// Metres a unit of the recording, if the person has the bones of default_geometry(): limbs and
/// trunk as long as they ever look (the 90th percentile over the frames, since one camera
/// shortens what points at it) against how long they are. An estimate: people differ by 10 %.
/// Throws Error when no two ends of a limb or the trunk are ever seen together.
double metres_per_unit(const PointRecording& recording, const PointSet& set);

/// The recording with all places times `factor`.
PointRecording scaled(PointRecording recording, double factor);

}  // namespace pantomime::motion
