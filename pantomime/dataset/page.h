// Looking at a data set: a sheet of all clips, and a page on which a clip runs beside its truth.
#pragma once

#include <filesystem>

#include "pantomime/base/image.h"
#include "pantomime/base/progress.h"
#include "pantomime/dataset/builder.h"

namespace pantomime::dataset {

/// Pictures for people to look at, RGB.
Image depth_picture(const std::string& png, const std::string& name);   ///< near bright, far dark
Image flow_picture(const std::string& png, const std::string& name);    ///< direction as hue
Image labels_picture(const std::string& png, const std::string& name);  ///< a colour an id

struct PageOptions {
  int64_t sheet_clips = 60;  ///< on the sheet: the first so many
  int64_t page_clips = 4;    ///< on the page
  int threads = 0;
};

/// Writes folder/preview: sheet.jpg (one picture a clip, at the action's peak) and index.html with
/// its pictures. Needs the shards. Throws Error when they are not there.
void write_preview(const std::filesystem::path& folder, const PageOptions& options,
                   Progress& progress);

}  // namespace pantomime::dataset
