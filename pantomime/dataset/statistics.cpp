#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "pantomime/base/text.h"
#include "pantomime/body/shape.h"
#include "pantomime/dataset/check.h"
#include "pantomime/render/plot.h"
#include "pantomime/render/sheet.h"

namespace pantomime::dataset {
namespace {

using nlohmann::ordered_json;
using render::Bar;

/// How often each word comes, in the order of the words.
template <class Word>
std::vector<Bar> counted(const std::vector<ClipSummary>& clips, const Word& word) {
  std::map<std::string, double> counts;
  for (const ClipSummary& clip : clips) counts[word(clip)] += 1;
  std::vector<Bar> bars;
  for (const auto& [name, count] : counts) bars.push_back({name, count});
  return bars;
}

/// Tenths from 0 to 1.
template <class Value>
std::vector<Bar> tenths(const std::vector<ClipSummary>& clips, const Value& value) {
  std::vector<Bar> bars;
  for (int i = 0; i < 10; ++i)
    bars.push_back({fmt::format("{:.1f} to {:.1f}", 0.1 * i, 0.1 * (i + 1)), 0});
  for (const ClipSummary& clip : clips) {
    const double v = value(clip);
    if (v >= 0) bars[static_cast<size_t>(std::clamp(static_cast<int>(10 * v), 0, 9))].value += 1;
  }
  return bars;
}

/// The value of a key of a body's description; empty: it says nothing.
std::string of_body(const ClipSummary& clip, std::string_view key) {
  for (const std::string_view part : split_list(clip.body, ',')) {
    const size_t equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == key)
      return std::string(part.substr(equals + 1));
  }
  return {};
}

std::string age_band(const ClipSummary& clip) {
  const std::string age = of_body(clip, "age");
  if (age.empty()) return "not said";
  const int years = static_cast<int>(body::parse_number("age", age, 0, 200));
  return years < 18   ? "under 18"
         : years < 40 ? "18 to 39"
         : years < 60 ? "40 to 59"
         : years < 75 ? "60 to 74"
                      : "75 and more";
}

std::string sex_of(const ClipSummary& clip) {
  const std::string sex = of_body(clip, "sex");
  if (sex == "female" || sex == "0") return "female";
  if (sex == "male" || sex == "1") return "male";
  return "between or not said";
}

ordered_json as_json(const std::vector<Bar>& bars) {
  ordered_json out = ordered_json::object();
  for (const Bar& bar : bars) out[bar.name] = static_cast<int64_t>(bar.value);
  return out;
}

struct Table {
  const char* name;
  std::vector<Bar> bars;
};

std::vector<Table> tables_of(const std::vector<ClipSummary>& clips) {
  std::vector<Bar> states;
  for (size_t s = 0; s < render::kJointStates.size(); ++s) {
    double sum = 0;
    for (const ClipSummary& clip : clips) sum += static_cast<double>(clip.states[s]);
    states.push_back({render::kJointStates[s], sum});
  }
  return {
      {"action", counted(clips, [](const auto& c) { return c.action; })},
      {"visible fraction", tenths(clips, [](const auto& c) { return c.measured; })},
      {"wanted visible fraction", tenths(clips, [](const auto& c) { return c.requested; })},
      {"age", counted(clips, age_band)},
      {"sex", counted(clips, sex_of)},
      {"room", counted(clips, [](const auto& c) { return c.room; })},
      {"light", counted(clips, [](const auto& c) { return c.light; })},
      {"camera", counted(clips, [](const auto& c) { return c.place + ", " + c.move; })},
      {"people in the room",
       counted(clips, [](const auto& c) { return fmt::format("{}", c.people); })},
      {"joints of the acting person, all frames", states},
  };
}

}  // namespace

double visible_error(const std::vector<ClipSummary>& clips) {
  double sum = 0;
  int64_t count = 0;
  for (const ClipSummary& clip : clips) {
    if (clip.requested < 0) continue;
    sum += std::abs(clip.requested - clip.measured);
    ++count;
  }
  return count == 0 ? -1 : sum / static_cast<double>(count);
}

std::string statistics_json(const std::vector<ClipSummary>& clips) {
  ordered_json out;
  int64_t frames = 0;
  double seconds = 0;
  for (const ClipSummary& clip : clips) {
    frames += clip.frames;
    seconds += static_cast<double>(clip.frames) / clip.fps;
  }
  out["clips"] = clips.size();
  out["frames"] = frames;
  out["seconds"] = std::round(10 * seconds) / 10;
  out["visible_fraction_mean_absolute_error"] = std::round(1e4 * visible_error(clips)) / 1e4;
  for (const Table& table : tables_of(clips)) out[table.name] = as_json(table.bars);
  return out.dump(2) + "\n";
}

Image statistics_picture(const std::vector<ClipSummary>& clips, const std::string& title) {
  std::vector<Image> pictures;
  for (const Table& table : tables_of(clips))
    pictures.push_back(
        render::bar_plot(table.bars, {.title = table.name, .x_label = "", .width = 560}));
  return render::tile(pictures, 3, {}, title);
}

}  // namespace pantomime::dataset
