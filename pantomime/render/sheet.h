// Contact sheets: many pictures in one.
#pragma once

#include <string>
#include <vector>

#include "pantomime/base/image.h"

namespace pantomime::render {

/// Pictures side by side in `columns` columns (rows filled first), each cell as large as the
/// largest picture, captions (may be empty, else one each) under them, a title over all. No
/// pictures give a sheet that says so. Throws Error when captions and pictures differ in number.
Image tile(const std::vector<Image>& pictures, int columns,
           const std::vector<std::string>& captions = {}, const std::string& title = {});

/// The picture at another size: area average when shrinking, bilinear when growing.
Image resized(const Image& image, int width, int height);

}  // namespace pantomime::render
