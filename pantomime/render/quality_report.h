// Clips with faults as a page to look at: what is wrong, where, and a strip of it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pantomime/base/image.h"
#include "pantomime/motion/quality.h"

namespace pantomime::render {

/// The figures around a finding, those of its frames on red and its joint ringed: frame by frame
/// where it is short, the whole of it where it is long. `label` stands above. Frames that were left
/// out are not in the clip: then the nearest end is shown.
Image finding_strip(const motion::Clip& clip, const motion::Finding& finding,
                    const std::string& label);

/// A folder with index.html and strips/0001.png and so on, one picture a clip.
class QualityReport {
 public:
  /// @param most_strips  further clips are listed without a picture
  QualityReport(std::filesystem::path folder, size_t most_strips);
  /// A clip, with or without findings. The picture shows the three worst: serious ones first.
  void add(const std::string& set, const std::string& name, const motion::Clip& clip,
           const std::vector<motion::Finding>& findings);
  /// Writes index.html. Throws Error naming the file that can't be written.
  void finish() const;

 private:
  std::filesystem::path folder_;
  size_t most_strips_, strips_ = 0;
  std::string rows_;                                                 ///< HTML of the clips so far
  std::map<std::string, int64_t> clips_;                             ///< of each set
  std::map<std::string, std::map<motion::Defect, int64_t>> counts_;  ///< clips by set and kind
  std::map<std::string, int64_t> flagged_, serious_;
};

}  // namespace pantomime::render
