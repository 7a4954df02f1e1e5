#include "pantomime/commands/library_table.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "pantomime/motion/clip.h"

namespace pantomime::commands {
namespace {

using nlohmann::json;

double minutes(int64_t frames) {
  return static_cast<double>(frames) / motion::kFps / 60;
}

/// What one group of clips adds up to.
struct Tally {
  int64_t clips = 0;
  std::map<std::string, int64_t> frames;  ///< by split

  void add(const std::string& split, int64_t count) {
    ++clips;
    frames[split] += count;
  }
  json to_json() const {
    json result = {{"clips", clips}};
    int64_t all = 0;
    for (const char* split : {"train", "val", "test", "benchmark"}) {
      const auto found = frames.find(split);
      const int64_t count = found == frames.end() ? 0 : found->second;
      result[std::string(split) + "_minutes"] = minutes(count);
      all += count;
    }
    result["minutes"] = minutes(all);
    return result;
  }
};

std::string row(const std::string& name, const json& tally, const std::string& more = {}) {
  return fmt::format("  {:<20} {:>6} {:>8.2f} {:>8.2f} {:>7.2f} {:>7.2f} {:>9.2f}  {}\n", name,
                     tally.at("clips").get<int64_t>(), tally.at("minutes").get<double>(),
                     tally.at("train_minutes").get<double>(), tally.at("val_minutes").get<double>(),
                     tally.at("test_minutes").get<double>(),
                     tally.at("benchmark_minutes").get<double>(), more);
}

}  // namespace

json library_json(const library::Library& library) {
  Tally all;
  std::map<std::string, Tally> sets, labels;
  std::map<std::string, std::set<std::string>> licences, people;
  for (const library::ClipInfo& clip : library.clips()) {
    all.add(clip.split, clip.frames);
    sets[clip.set].add(clip.split, clip.frames);
    licences[clip.set].insert(clip.licence);
    people[clip.set].insert(clip.subject);
    std::map<std::string, int64_t> frames;
    for (const library::Segment& segment : clip.segments)
      frames[segment.label] += segment.last - segment.first;
    for (const auto& [label, count] : frames) labels[label].add(clip.split, count);
  }
  json result = {{"kind", "motion library"}, {"all", all.to_json()}};
  for (const auto& [name, tally] : sets) {
    result["sets"][name] = tally.to_json();
    result["sets"][name]["licences"] = licences[name];
    result["sets"][name]["subjects"] = people[name].size();
  }
  for (const auto& [name, tally] : labels) result["labels"][name] = tally.to_json();
  return result;
}

std::string library_table(const json& summary) {
  std::string text = fmt::format("  {:<20} {:>6} {:>8} {:>8} {:>7} {:>7} {:>9}\n", "", "clips",
                                 "minutes", "train", "val", "test", "benchmark");
  for (const char* group : {"sets", "labels"}) {
    if (!summary.contains(group)) continue;
    text += std::string(group) + "\n";
    for (const auto& [name, tally] : summary.at(group).items()) {
      std::string more;
      if (tally.contains("licences")) {
        for (const auto& licence : tally.at("licences"))
          more += (more.empty() ? "" : ", ") + licence.get<std::string>();
        const auto people = tally.at("subjects").get<int64_t>();
        more += fmt::format(", {} {}", people, people == 1 ? "person" : "people");
      }
      text += row(name, tally, more);
    }
  }
  return text + row("all", summary.at("all"));
}

}  // namespace pantomime::commands
