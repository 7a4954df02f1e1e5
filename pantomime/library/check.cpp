#include "pantomime/library/check.h"

#include <algorithm>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/parallel.h"
#include "pantomime/library/set_description.h"

namespace pantomime::library {

void check_library(const Library& library, const Filter& filter, const std::filesystem::path& sets,
                   int threads, Progress& progress,
                   const std::function<void(const CheckedClip&)>& take) {
  constexpr size_t kBatch = 64;
  std::set<std::string> made;
  for (const SetDescription& set :
       read_set_descriptions(sets.empty() ? resource_path("configs/sets") : sets))
    if (!set.recorded) made.insert(set.name);
  const std::vector<ClipInfo> infos = library.clips(filter);
  progress.begin("check", static_cast<int64_t>(infos.size()));
  for (size_t first = 0; first < infos.size(); first += kBatch) {
    progress.check();
    std::vector<CheckedClip> batch;
    for (size_t i = first; i < std::min(first + kBatch, infos.size()); ++i) {
      std::vector<motion::Finding> stored = library.findings(infos[i].id);
      std::erase_if(stored, [](const auto& f) { return f.severity != motion::Severity::kMended; });
      batch.push_back({infos[i], library.load(infos[i].id), std::move(stored)});
    }
    parallel_for(static_cast<int64_t>(batch.size()), threads, [&](int64_t i) {
      CheckedClip& one = batch[static_cast<size_t>(i)];
      const auto found =
          motion::check_quality(one.clip, {.recorded = !made.contains(one.info.set)});
      one.findings.insert(one.findings.end(), found.begin(), found.end());
    });
    for (const CheckedClip& one : batch) take(one);
    progress.step(static_cast<int64_t>(first + batch.size()));
  }
  progress.end();
}

}  // namespace pantomime::library
