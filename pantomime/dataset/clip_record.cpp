#include "pantomime/dataset/clip_record.h"

#include "pantomime/base/error.h"

namespace pantomime::dataset {

std::string numbered_name(const std::string& set, int64_t number) {
  return fmt::format("{}-{:06d}", set, number);
}

double ClipRecord::measured_visible() const {
  double sum = 0;
  for (const FrameRecord& frame : frames) sum += frame.people.at(0).visible_fraction();
  return frames.empty() ? 0 : sum / static_cast<double>(frames.size());
}

}  // namespace pantomime::dataset
