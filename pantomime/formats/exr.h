// OpenEXR: pictures of linear numbers, for light from all around and for exact depth.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pantomime/base/image.h"

namespace pantomime::formats {

/// One channel of an EXR file.
struct ExrPlane {
  std::string channel;        ///< "R", "G", "B", "Z" (metres), …
  bool half = false;          ///< kept as 16-bit floats: three digits, up to 65504
  std::vector<float> values;  ///< [height * width], rows from the top
};

struct ExrPicture {
  int width = 0, height = 0;
  std::vector<ExrPlane> planes;  ///< in the order of their names
};

/// Parses a file of any compression that the library knows (DWA too), scan lines or tiles, the
/// first of several parts. `name` is used in errors. Throws ParseError for anything broken, a
/// picture over the limits of png.h or that its bytes can't hold, more than 64 channels, channels
/// of whole numbers or of fewer values than pixels.
ExrPicture parse_exr(std::string_view bytes, const std::string& name);
/// R, G and B of such a file, what is below zero as zero (lossy compression overshoots); throws
/// ParseError when one is missing or a value is not finite.
FloatImage parse_exr_light(std::string_view bytes, const std::string& name);

/// The file of a picture, ZIP compressed; same picture, same bytes. Throws Error for a picture
/// without pixels or channels, or with a wrong count of values.
std::string to_exr(const ExrPicture& picture);

}  // namespace pantomime::formats
