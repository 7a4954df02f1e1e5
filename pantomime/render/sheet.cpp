#include "pantomime/render/sheet.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/render/canvas.h"

namespace pantomime::render {

Image tile(const std::vector<Image>& pictures, int columns,
           const std::vector<std::string>& captions, const std::string& title) {
  PANTOMIME_CHECK(columns >= 1, "sheet: {} columns, expected at least 1", columns);
  PANTOMIME_CHECK(captions.empty() || captions.size() == pictures.size(),
                  "sheet: {} captions for {} pictures", captions.size(), pictures.size());
  constexpr int kGap = 6;
  const int head = title.empty() ? 0 : 28;
  if (pictures.empty()) {
    PixelCanvas canvas(320, head + 40);
    if (!title.empty()) canvas.text({8, 20}, fitted(title, 304, {.size = 15}), {.size = 15});
    canvas.text({8, static_cast<float>(head) + 24}, "nothing to show");
    return canvas.image();
  }
  columns = std::min(columns, static_cast<int>(pictures.size()));
  const int rows = (static_cast<int>(pictures.size()) + columns - 1) / columns;
  int cell_w = 0, cell_h = 0;
  for (const Image& picture : pictures) {
    cell_w = std::max(cell_w, picture.width);
    cell_h = std::max(cell_h, picture.height);
  }
  const int foot = captions.empty() ? 0 : 18;
  PixelCanvas canvas(kGap + columns * (cell_w + kGap), head + kGap + rows * (cell_h + foot + kGap));
  const TextStyle title_style{.size = 15, .bold = true};
  canvas.text({kGap, 20}, fitted(title, static_cast<float>(canvas.width()) - 2 * kGap, title_style),
              title_style);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
    const int x = kGap + column * (cell_w + kGap);
    const int y = head + kGap + row * (cell_h + foot + kGap);
    canvas.picture(x + (cell_w - pictures[i].width) / 2, y, pictures[i]);
    if (captions.empty()) continue;
    const TextStyle style{.size = 11, .align = Align::kCentre};
    canvas.text({static_cast<float>(x) + static_cast<float>(cell_w) / 2,
                 static_cast<float>(y + cell_h) + 13},
                fitted(captions[i], static_cast<float>(cell_w), style), style);
  }
  return canvas.image();
}

Image resized(const Image& image, int width, int height) {
  PANTOMIME_CHECK(width >= 1 && height >= 1 && image.width >= 1 && image.height >= 1,
                  "resize: {} x {} to {} x {}, expected at least 1 x 1", image.width, image.height,
                  width, height);
  // Weights of the source pixels under each target pixel, along one axis.
  struct Tap {
    int first;
    std::vector<float> weights;
  };
  auto taps = [](int from, int to) {
    std::vector<Tap> all;
    const double step = static_cast<double>(from) / to, radius = std::max(1.0, step);
    for (int i = 0; i < to; ++i) {
      const double centre = (i + 0.5) * step - 0.5;
      const int first = std::max(0, static_cast<int>(std::ceil(centre - radius)));
      const int last = std::min(from - 1, static_cast<int>(std::floor(centre + radius)));
      Tap tap{first, {}};
      double sum = 0;
      for (int k = first; k <= last; ++k) sum += std::max(1e-9, 1 - std::abs(k - centre) / radius);
      for (int k = first; k <= last; ++k)
        tap.weights.push_back(
            static_cast<float>(std::max(1e-9, 1 - std::abs(k - centre) / radius) / sum));
      all.push_back(std::move(tap));
    }
    return all;
  };
  const std::vector<Tap> across = taps(image.width, width), down = taps(image.height, height);
  const auto channels = static_cast<size_t>(image.channels);
  std::vector<float> wide(static_cast<size_t>(image.height) * static_cast<size_t>(width) *
                          channels);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < width; ++x)
      for (size_t c = 0; c < channels; ++c) {
        const Tap& tap = across[static_cast<size_t>(x)];
        float sum = 0;
        for (size_t k = 0; k < tap.weights.size(); ++k)
          sum += tap.weights[k] * image.at(tap.first + static_cast<int>(k), y)[c];
        wide[(static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) *
                 channels +
             c] = sum;
      }
  Image out(width, height, image.channels);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (size_t c = 0; c < channels; ++c) {
        const Tap& tap = down[static_cast<size_t>(y)];
        float sum = 0;
        for (size_t k = 0; k < tap.weights.size(); ++k)
          sum += tap.weights[k] *
                 wide[((static_cast<size_t>(tap.first) + k) * static_cast<size_t>(width) +
                       static_cast<size_t>(x)) *
                          channels +
                      c];
        out.at(x, y)[c] = static_cast<uint8_t>(std::clamp(sum + 0.5f, 0.0f, 255.0f));
      }
  return out;
}

}  // namespace pantomime::render
