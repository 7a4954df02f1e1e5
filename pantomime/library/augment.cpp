#include "pantomime/library/augment.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/base/random.h"
#include "pantomime/motion/augment.h"

namespace pantomime::library {
namespace {

using motion::Clip;

constexpr int64_t kShortest = 16;      // frames: what training takes at least
constexpr double kLeastChange = 0.08;  // speeds nearer to 1 teach nothing new

struct Variation {
  ClipInfo info;
  Clip clip;
  int64_t AugmentReport::*count;
};

/// The segments of a clip that is played `speed` times as fast.
std::vector<Segment> hurried(std::vector<Segment> segments, double speed, size_t frames) {
  const auto at = [&](int64_t frame) {
    return std::min(static_cast<int64_t>(frames),
                    static_cast<int64_t>(std::llround(static_cast<double>(frame) / speed)));
  };
  for (Segment& s : segments) s.first = at(s.first), s.last = at(s.last);
  std::erase_if(segments, [](const Segment& s) { return s.last <= s.first; });
  return segments;
}

/// A speed as different from 1 as the act bears, evenly in the logarithm; nothing when it bears
/// none.
std::optional<double> other_speed(const Clip& clip, Random& random) {
  const auto range = motion::plausible_speeds(motion::dynamics_of(clip), 0, clip.frame_count());
  const double slow = std::max(0.0, -std::log(range.slowest) - kLeastChange);
  const double fast = std::max(0.0, std::log(range.fastest) - kLeastChange);
  if (slow + fast <= 0) return std::nullopt;
  const double u = random.uniform(-slow, fast);
  return std::exp(u < 0 ? u - kLeastChange : u + kLeastChange);
}

class Augmenter {
 public:
  explicit Augmenter(const AugmentOptions& options) : options_(options) {}

  /// All variations of a clip that look meant.
  std::vector<Variation> of(const ClipInfo& info, const Clip& clip) const {
    std::vector<Variation> all;
    const auto add = [&](const char* kind, int number, Clip&& varied, std::vector<Segment> segments,
                         int64_t AugmentReport::*count) {
      Variation v{info, motion::face_forward(varied), count};
      v.info.name += fmt::format("~{}{}", kind, number);
      v.info.caption.clear();
      v.info.segments = std::move(segments);
      all.push_back(std::move(v));
    };
    for (int i = 1; i <= options_.bodies; ++i)
      add("body", i,
          motion::on_body(clip, options_.body(derive_seed(options_.seed, info.name + "~body",
                                                          static_cast<uint64_t>(i)))),
          info.segments, &AugmentReport::bodies);
    Random random(derive_seed(options_.seed, info.name + "~speed"));
    for (int i = 1; i <= options_.speeds; ++i)
      if (const auto speed = other_speed(clip, random)) {
        Clip varied = motion::at_speed(clip, *speed);
        const size_t frames = varied.frame_count();
        add("speed", i, std::move(varied), hurried(info.segments, *speed, frames),
            &AugmentReport::speeds);
      }
    if (options_.backwards) {
      const motion::Dynamics dynamics = motion::dynamics_of(clip);
      std::set<std::pair<int64_t, int64_t>> done;
      for (size_t i = 0; i < info.segments.size(); ++i) {
        const Segment& s = info.segments[i];
        const int64_t last = std::min(s.last, static_cast<int64_t>(clip.frame_count()));
        if (last - s.first < kShortest || !done.insert({s.first, last}).second) continue;
        const auto label = options_.table.find("backwards", s.label);
        const auto first = static_cast<size_t>(s.first), count = static_cast<size_t>(last) - first;
        if (!label || !motion::plausible_backwards(dynamics, first, count)) continue;
        // Its own name said which way it went.
        add("back", static_cast<int>(i), motion::reversed(motion::cut(clip, first, count)),
            {{0, last - s.first, label->label, label->label}}, &AugmentReport::backwards);
      }
    }
    return all;
  }

 private:
  const AugmentOptions& options_;
};

}  // namespace

AugmentReport augment(const Library& from, const Filter& filter, const AugmentOptions& options,
                      Library& to, Progress& progress) {
  PANTOMIME_CHECK(options.bodies == 0 || options.body, "augment: {} bodies, but none to draw from",
                  options.bodies);
  constexpr size_t kBatch = 32;
  const Augmenter augmenter(options);
  AugmentReport report;
  const std::vector<ClipInfo> infos = from.clips(filter);
  progress.begin("augment", static_cast<int64_t>(infos.size()));
  struct Job {
    Clip clip;
    std::vector<Variation> variations;
    int64_t refused = 0;
  };
  for (size_t first = 0; first < infos.size(); first += kBatch) {
    progress.check();
    std::vector<Job> jobs(std::min(kBatch, infos.size() - first));
    for (size_t i = 0; i < jobs.size(); ++i) jobs[i].clip = from.load(infos[first + i].id);
    parallel_for(static_cast<int64_t>(jobs.size()), options.threads, [&](int64_t i) {
      Job& job = jobs[static_cast<size_t>(i)];
      const ClipInfo& info = infos[first + static_cast<size_t>(i)];
      if (info.split != "train" || info.frames < kShortest) return;
      job.variations = augmenter.of(info, job.clip);
      if (job.variations.empty() ||
          motion::any_serious(motion::check_quality(job.clip, {.recorded = false})))
        return;
      job.refused = static_cast<int64_t>(std::erase_if(job.variations, [](const Variation& v) {
        return motion::any_serious(motion::check_quality(v.clip, {.recorded = false}));
      }));
    });
    for (size_t i = 0; i < jobs.size(); ++i) {
      ClipInfo info = infos[first + i];
      const auto findings = from.findings(info.id);
      info.weight /= static_cast<double>(1 + jobs[i].variations.size());
      to.put(info, jobs[i].clip, from.source_hash(info.name).value_or(""), findings);
      ++report.taken;
      report.refused += jobs[i].refused;
      for (Variation& v : jobs[i].variations) {
        // Backwards it is another act, which counts for itself.
        if (v.count != &AugmentReport::backwards) v.info.weight = info.weight;
        to.put(v.info, v.clip);
        ++(report.*v.count);
        report.seconds += v.clip.seconds();
      }
    }
    progress.step(static_cast<int64_t>(first + jobs.size()));
  }
  progress.end();
  return report;
}

}  // namespace pantomime::library
