#include "pantomime/dataset/coco_rle.h"

#include "pantomime/base/error.h"

namespace pantomime::dataset {

std::string to_rle(std::span<const uint8_t> mask, int width, int height) {
  PANTOMIME_CHECK(mask.size() == static_cast<size_t>(width) * static_cast<size_t>(height),
                  "mask: {} pixels for {} x {}", mask.size(), width, height);
  std::vector<int64_t> runs;
  bool inside = false;
  int64_t run = 0;
  for (size_t x = 0; x < static_cast<size_t>(width); ++x)
    for (size_t y = 0; y < static_cast<size_t>(height); ++y) {
      const bool is = mask[y * static_cast<size_t>(width) + x] != 0;
      if (is != inside) {
        runs.push_back(run);
        run = 0;
        inside = is;
      }
      ++run;
    }
  runs.push_back(run);
  std::string out;
  for (size_t i = 0; i < runs.size(); ++i) {
    int64_t value = i > 2 ? runs[i] - runs[i - 2] : runs[i];
    for (bool more = true; more;) {
      auto group = static_cast<int>(value & 31);
      value >>= 5;
      more = (group & 16) != 0 ? value != -1 : value != 0;
      if (more) group |= 32;
      out += static_cast<char>(group + 48);
    }
  }
  return out;
}

std::vector<uint8_t> parse_rle(std::string_view counts, int width, int height,
                               const std::string& name) {
  const auto w = static_cast<size_t>(width), h = static_cast<size_t>(height), size = w * h;
  std::vector<uint8_t> mask(size, 0);
  std::vector<int64_t> runs;
  size_t at = 0;
  uint8_t value = 0;
  for (size_t i = 0; i < counts.size();) {
    int64_t run = 0;
    int shift = 0;
    for (bool more = true; more; shift += 5) {
      const int group = i < counts.size() ? counts[i] - 48 : -1;
      if (group < 0 || group > 63 || shift > 40)
        fail_at_byte(name, i, "not a run-length string of COCO");
      ++i;
      run |= static_cast<int64_t>(group & 31) << shift;
      more = (group & 32) != 0;
      if (!more && (group & 16) != 0) run |= -(int64_t{1} << (shift + 5));
    }
    if (runs.size() > 2) run += runs[runs.size() - 2];
    if (run < 0 || static_cast<uint64_t>(run) > size - at)
      fail_at_byte(name, i, "runs of {} and more pixels, {} x {} has {}",
                   static_cast<int64_t>(at) + run, width, height, size);
    runs.push_back(run);
    for (int64_t k = 0; k < run; ++k, ++at) mask[at % h * w + at / h] = value;
    value ^= 1;
  }
  if (at != size)
    fail_at_byte(name, counts.size(), "{} pixels, {} x {} has {}", at, width, height, size);
  return mask;
}

}  // namespace pantomime::dataset
