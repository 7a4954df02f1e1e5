#include "pantomime/formats/texture.h"

#include <algorithm>
#include <array>
#include <vector>

#include "pantomime/base/error.h"

namespace pantomime::formats {
namespace {

Image half(const Image& image) {
  const int channels = image.channels;
  const int colours = std::min(channels, 3);
  Image out(std::max(1, image.width / 2), std::max(1, image.height / 2), channels);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      std::array<uint32_t, 3> sum{}, plain{};
      uint32_t weight = 0;
      for (int k = 0; k < 4; ++k) {
        const uint8_t* pixel = image.at(std::min(2 * x + k % 2, image.width - 1),
                                        std::min(2 * y + k / 2, image.height - 1));
        const uint32_t alpha = channels == 4 ? pixel[3] : 255U;
        weight += alpha;
        for (int c = 0; c < colours; ++c) {
          sum[static_cast<size_t>(c)] += alpha * pixel[c];
          plain[static_cast<size_t>(c)] += pixel[c];
        }
      }
      uint8_t* to = out.at(x, y);
      for (int c = 0; c < colours; ++c) {
        const auto i = static_cast<size_t>(c);
        to[c] =
            static_cast<uint8_t>(weight > 0 ? (sum[i] + weight / 2) / weight : (plain[i] + 2) / 4);
      }
      // Rounded up: what was covered a little stays covered.
      if (channels == 4) to[3] = static_cast<uint8_t>((weight + 3) / 4);
    }
  return out;
}

}  // namespace

Image shrunk(const Image& image, int max_side) {
  PANTOMIME_CHECK(max_side >= 1, "shrunk: side of {}, expected at least 1", max_side);
  Image out = image;
  while (out.width > max_side || out.height > max_side) out = half(out);
  return out;
}

Image bled(const Image& image) {
  if (image.channels != 4) return image;
  // Down to one pixel, gathering colours of what is covered; then up again, filling what is not.
  std::vector<Image> levels = {image};
  while (levels.back().width > 1 || levels.back().height > 1) levels.push_back(half(levels.back()));
  for (size_t l = levels.size() - 1; l-- > 0;) {
    Image& fine = levels[l];
    const Image& coarse = levels[l + 1];
    for (int y = 0; y < fine.height; ++y)
      for (int x = 0; x < fine.width; ++x) {
        uint8_t* pixel = fine.at(x, y);
        if (pixel[3] != 0) continue;
        const uint8_t* from =
            coarse.at(std::min(x / 2, coarse.width - 1), std::min(y / 2, coarse.height - 1));
        std::copy(from, from + 3, pixel);
      }
  }
  return levels[0];
}

double soft_share(const Image& image) {
  if (image.channels != 4) return 0;
  int64_t covered = 0, soft = 0;
  for (size_t i = 3; i < image.pixels.size(); i += 4) {
    const bool some = image.pixels[i] > 25;
    covered += some ? 1 : 0;
    soft += some && image.pixels[i] < 230 ? 1 : 0;
  }
  return covered > 0 ? static_cast<double>(soft) / static_cast<double>(covered) : 0;
}

}  // namespace pantomime::formats
