// COCO's run-length coding of masks.
// Source: Lin et al., "Microsoft COCO", ECCV 2014, and its maskApi: runs go down the columns, the
// first one counts zeros; from the fourth run on the difference to the run two before is stored, in
// groups of five bits, lowest first, each as one printable character.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pantomime::dataset {

/// The string that COCO files keep as "counts". `mask` [h * w] rows from the top, not 0: inside.
std::string to_rle(std::span<const uint8_t> mask, int width, int height);
/// Back to a mask of 0 and 1. Throws ParseError naming `name` for a string that is not one or does
/// not fill width x height.
std::vector<uint8_t> parse_rle(std::string_view counts, int width, int height,
                               const std::string& name);

}  // namespace pantomime::dataset
