#include "pantomime/training/motion_data.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "pantomime/base/error.h"
#include "pantomime/base/random.h"
#include "pantomime/features/variation.h"

namespace pantomime::training {
namespace {

constexpr int64_t kShortest = 16;  // frames: half a second is the least that shows an action
constexpr int64_t kHop = 32;       // frames between windows
constexpr double kTempo = 0.15;    // logarithm of how much faster or slower windows are played
constexpr double kSize = 0.06;     // and of how much bigger or smaller bodies become

/// The label that covers most of [first, last), at least half of it; empty when there is none.
std::string label_of(const library::ClipInfo& info, int64_t first, int64_t last) {
  std::map<std::string, int64_t> covered;
  for (const library::Segment& s : info.segments)
    covered[s.label] += std::max<int64_t>(0, std::min(last, s.last) - std::max(first, s.first));
  std::string best;
  int64_t most = (last - first) / 2 - 1;
  for (const auto& [label, frames] : covered)
    if (frames > most) best = label, most = frames;
  return best;
}

}  // namespace

MotionData MotionData::load(const library::Library& library, const library::Filter& filter,
                            int64_t window, Progress& progress) {
  PANTOMIME_CHECK(window >= kShortest && window % 4 == 0,
                  "training data: window of {} frames, expected a multiple of 4, at least {}",
                  window, kShortest);
  MotionData data;
  data.window_ = window;
  const auto infos = library.clips(filter);
  progress.begin("load", static_cast<int64_t>(infos.size()));
  std::vector<std::string> window_labels;
  for (const library::ClipInfo& info : infos) {
    progress.check();
    if (info.frames >= kShortest) {
      data.clips_.push_back(features::encode(library.load(info.id)));
      data.infos_.push_back(info);
      const int64_t frames = data.clips_.back().size(0);
      data.frames_ += frames;
      const int64_t longest = std::min(window, frames);
      for (int64_t first = 0; first == 0 || first + longest <= frames; first += kHop) {
        data.windows_.push_back({data.clips_.size() - 1, first, longest, -1, 1.0});
        window_labels.push_back(label_of(info, first, first + longest));
      }
      // Labelled intervals shorter than a window would drown in it: they get windows of their own.
      for (const library::Segment& s : info.segments) {
        const int64_t last = std::min(s.last, frames), count = last - s.first;
        if (count < kShortest || count >= longest) continue;
        data.windows_.push_back({data.clips_.size() - 1, s.first, count, -1, 1.0});
        window_labels.push_back(s.label);
      }
    }
    progress.step(static_cast<int64_t>(&info - infos.data()) + 1);
  }
  progress.end();
  PANTOMIME_CHECK(!data.windows_.empty(),
                  "training data: no clip of at least {} frames passes the filter", kShortest);

  std::set<std::string> names(window_labels.begin(), window_labels.end());
  names.erase("");
  data.labels_.assign(names.begin(), names.end());
  std::map<std::string, double> per_label;
  for (size_t i = 0; i < data.windows_.size(); ++i)
    per_label[window_labels[i]] += data.infos_[data.windows_[i].clip].weight;
  double total = 0;
  for (size_t i = 0; i < data.windows_.size(); ++i) {
    Window& w = data.windows_[i];
    if (!window_labels[i].empty())
      w.label = std::lower_bound(data.labels_.begin(), data.labels_.end(), window_labels[i]) -
                data.labels_.begin();
    w.weight = data.infos_[w.clip].weight / std::sqrt(per_label[window_labels[i]]);
    data.cumulative_.push_back(total += w.weight);
  }
  return data;
}

std::map<std::string, std::pair<int64_t, double>> MotionData::label_counts() const {
  std::map<std::string, std::pair<int64_t, double>> counts;
  for (const Window& w : windows_)
    if (w.label >= 0) counts[labels_[static_cast<size_t>(w.label)]].first += 1;
  for (const library::ClipInfo& info : infos_)
    for (const library::Segment& s : info.segments)
      counts[s.label].second += static_cast<double>(s.last - s.first) / motion::kFps;
  return counts;
}

features::Normaliser MotionData::fit_normaliser() const {
  std::vector<at::Tensor> rows, weights;
  for (const Window& w : windows_) {
    // Every fourth frame of the windows as they are drawn: the numbers that training will see.
    at::Tensor part = clips_[w.clip].narrow(0, w.first, w.count).clone();
    features::face_forward_(part);
    rows.push_back(part.slice(0, 0, c10::nullopt, 4));
    weights.push_back(at::full({rows.back().size(0)}, w.weight, at::kFloat));
  }
  features::Normaliser normaliser = features::fit_normaliser(at::cat(rows), at::cat(weights));
  std::vector<at::Tensor> whole;
  std::vector<double> whole_weights;
  for (size_t i = 0; i < windows_.size(); ++i) {
    const Window& w = windows_[i];
    whole.push_back(normaliser.normalise(cut(w, w.first, w.count, i % 2 == 1)));
    whole_weights.push_back(w.weight);
  }
  normaliser.spectrum = features::fit_spectrum(whole, whole_weights);
  return normaliser;
}

at::Tensor MotionData::cut(const Window& window, int64_t first, int64_t count,
                           bool mirrored) const {
  at::Tensor part = clips_[window.clip].narrow(0, first, count).clone();
  features::face_forward_(part);
  return mirrored ? features::mirror(part) : part;
}

Batch MotionData::pack(const std::vector<at::Tensor>& parts, const std::vector<int64_t>& labels,
                       const features::Normaliser& normaliser) const {
  const auto size = static_cast<int64_t>(parts.size());
  Batch batch;
  batch.x = at::zeros({size, window_, features::kFeatureSize}, at::kFloat);
  batch.mask = at::zeros({size, window_}, at::kBool);
  for (int64_t b = 0; b < size; ++b) {
    const at::Tensor& part = parts[static_cast<size_t>(b)];
    batch.x[b].narrow(0, 0, part.size(0)).copy_(normaliser.normalise(part));
    batch.mask[b].narrow(0, 0, part.size(0)).fill_(true);
  }
  batch.labels = at::tensor(labels, at::kLong);
  return batch;
}

Batch MotionData::draw(uint64_t seed, int64_t step, int64_t size,
                       const features::Normaliser& normaliser, double vary) const {
  Random random(derive_seed(seed, "batch", static_cast<uint64_t>(step)));
  std::vector<at::Tensor> parts;
  std::vector<int64_t> labels;
  for (int64_t b = 0; b < size; ++b) {
    const double at = random.uniform(0, cumulative_.back());
    const auto index = static_cast<size_t>(
        std::upper_bound(cumulative_.begin(), cumulative_.end(), at) - cumulative_.begin());
    const Window& w = windows_[std::min(index, windows_.size() - 1)];
    int64_t count = w.count;
    if (random.uniform() < 0.3 && count > 32)
      count = 32 + random.below(static_cast<uint32_t>(count - 32));
    // Start anywhere in the window that is left, and up to half a hop beside it.
    const int64_t frames = clips_[w.clip].size(0);
    const int64_t low = std::max<int64_t>(0, w.first - kHop / 2);
    const int64_t high = std::min(frames, w.first + w.count + kHop / 2) - count;
    const int64_t first =
        low + random.below(static_cast<uint32_t>(std::max<int64_t>(high - low, 0) + 1));
    at::Tensor part = cut(w, std::min(first, frames - count), count, random.uniform() < 0.5);
    if (random.uniform() < vary) {
      part = features::played(part, std::exp(random.uniform(-kTempo, kTempo)));
      part = part.narrow(0, 0, std::min(part.size(0), window_));  // slower is longer
      part = features::resized(part, std::exp(random.uniform(-kSize, kSize)));
    }
    parts.push_back(part);
    labels.push_back(w.label);
  }
  return pack(parts, labels, normaliser);
}

Batch MotionData::collect(const std::vector<size_t>& windows,
                          const features::Normaliser& normaliser,
                          const std::vector<char>& mirrored) const {
  std::vector<at::Tensor> parts;
  std::vector<int64_t> labels;
  for (size_t i = 0; i < windows.size(); ++i) {
    parts.push_back(window_features(windows[i], i < mirrored.size() && mirrored[i] != 0));
    labels.push_back(windows_.at(windows[i]).label);
  }
  return pack(parts, labels, normaliser);
}

at::Tensor MotionData::window_features(size_t window, bool mirrored) const {
  const Window& w = windows_.at(window);
  return cut(w, w.first, w.count, mirrored);
}

}  // namespace pantomime::training
