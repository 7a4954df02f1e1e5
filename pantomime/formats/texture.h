// Getting pictures ready to be textures in a file that others draw.
#pragma once

#include "pantomime/base/image.h"

namespace pantomime::formats {

/// Half the size in each direction (each pixel the mean of up to four; alpha weighs the colours),
/// as often as it takes until no side is longer than `max_side`.
Image shrunk(const Image& image, int max_side);

/// The picture with a colour where nothing is covered (alpha 0): that of the nearest covered
/// region. Painters leave black there, and viewers that filter would draw it as a dark rim. Alpha
/// stays. Pictures without alpha come back as they are.
Image bled(const Image& image);

/// Of the pixels that are covered at all (alpha above a tenth), the share that is neither bare nor
/// full (below nine tenths): near 0 for cut-out clothes and locks of hair, near 1 for eyebrows and
/// lashes painted in strokes. 0 for pictures without alpha.
double soft_share(const Image& image);

}  // namespace pantomime::formats
