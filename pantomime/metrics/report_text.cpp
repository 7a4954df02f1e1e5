#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "pantomime/metrics/report.h"
#include "pantomime/metrics/report_fields.h"

namespace pantomime::metrics {
namespace {

std::string shown(double value, double scale, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value * scale, digits) : "–";
}

std::string shown(const Interval& number, const Field& field) {
  std::string text = shown(number.value, field.scale, field.digits);
  if (std::isfinite(number.value) && std::isfinite(number.half_width))
    text += " ± " + shown(number.half_width, field.scale, field.digits);
  return text;
}

std::string table(std::span<const SetNumbers> sets, Field::Table which) {
  std::string head = "| set | clips |", rule = "|---|---:|", body;
  for (const Field& f : fields()) {
    if (f.table != which || *f.heading == '\0') continue;
    head += fmt::format(" {} |", f.heading);
    rule += "---:|";
  }
  const bool judge = which == Field::Table::Judge;
  if (judge) head += " smallest |", rule += "---:|";
  for (const SetNumbers& set : sets) {
    body += fmt::format("| {} | {} |", set.name, set.clips);
    for (const Field& f : fields())
      if (f.table == which && *f.heading != '\0') body += fmt::format(" {} |", shown(f.of(set), f));
    if (judge) body += fmt::format(" {} |", shown(set.nearest_smallest_mm, 1, 0));
    body += "\n";
  }
  return head + "\n" + rule + "\n" + body;
}

nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

}  // namespace

const std::vector<Field>& fields() {
  using enum Field::Table;
#define PANTOMIME_FIELD(name) [](SetNumbers& s) -> Interval& { return s.name; }
  static const std::vector<Field> list = {
      {"accuracy", "accuracy %", Judge, 100, 1, PANTOMIME_FIELD(accuracy)},
      {"balanced_accuracy", "by label %", Judge, 100, 1, PANTOMIME_FIELD(balanced_accuracy)},
      {"fid", "FID", Judge, 1, 2, PANTOMIME_FIELD(fid)},
      {"fid_infinity", "FID∞", Judge, 1, 2, PANTOMIME_FIELD(fid_infinity)},
      {"kid", "KID", Judge, 1, 3, PANTOMIME_FIELD(kid)},
      {"precision", "precision", Judge, 1, 3, PANTOMIME_FIELD(precision)},
      {"recall", "recall", Judge, 1, 3, PANTOMIME_FIELD(recall)},
      {"density", "density", Judge, 1, 3, PANTOMIME_FIELD(density)},
      {"coverage", "coverage", Judge, 1, 3, PANTOMIME_FIELD(coverage)},
      {"class_coverage", "labels shown", Judge, 1, 2, PANTOMIME_FIELD(class_coverage)},
      {"effective_classes", "", Judge, 1, 2, PANTOMIME_FIELD(effective_classes)},
      {"diversity", "diversity", Judge, 1, 2, PANTOMIME_FIELD(diversity)},
      {"multimodality", "multimodality", Judge, 1, 2, PANTOMIME_FIELD(multimodality)},
      {"pose_mm", "poses mm", Judge, 1, 1, PANTOMIME_FIELD(pose_mm)},
      {"speed_mm", "speeds mm/s", Judge, 1, 0, PANTOMIME_FIELD(speed_mm)},
      {"nearest_mm", "nearest mm", Judge, 1, 0, PANTOMIME_FIELD(nearest_mm)},
      {"skating", "skating", Physics, 1, 3, PANTOMIME_FIELD(skating)},
      {"slide_mm", "slide mm/frame", Physics, 1, 2, PANTOMIME_FIELD(slide_mm)},
      {"penetration_mm", "penetration mm", Physics, 1, 1, PANTOMIME_FIELD(penetration_mm)},
      {"floating_mm", "floating mm", Physics, 1, 1, PANTOMIME_FIELD(floating_mm)},
      {"skin_penetration_mm", "skin below mm", Physics, 1, 1, PANTOMIME_FIELD(skin_penetration_mm)},
      {"skin_floating_mm", "skin above mm", Physics, 1, 1, PANTOMIME_FIELD(skin_floating_mm)},
      {"bone_mm", "bones mm", Physics, 1, 2, PANTOMIME_FIELD(bone_mm)},
      {"jerk", "jerk m/s³", Physics, 1, 0, PANTOMIME_FIELD(jerk)},
      {"jerk_distance", "jerk W1", Physics, 1, 0, PANTOMIME_FIELD(jerk_distance)},
      {"root_jerk", "root jerk", Physics, 1, 0, PANTOMIME_FIELD(root_jerk)},
      {"jerk_phase_0", "", Physics, 1, 0, PANTOMIME_FIELD(jerk_by_phase[0])},
      {"jerk_phase_1", "", Physics, 1, 0, PANTOMIME_FIELD(jerk_by_phase[1])},
      {"jerk_phase_2", "", Physics, 1, 0, PANTOMIME_FIELD(jerk_by_phase[2])},
      {"jerk_phase_3", "", Physics, 1, 0, PANTOMIME_FIELD(jerk_by_phase[3])},
      {"phase_imbalance", "worst phase", Physics, 1, 2, PANTOMIME_FIELD(phase_imbalance)},
  };
#undef PANTOMIME_FIELD
  return list;
}

std::string to_markdown(std::span<const SetNumbers> sets) {
  return table(sets, Field::Table::Judge) + "\n" + table(sets, Field::Table::Physics);
}

std::string labels_to_markdown(std::span<const SetNumbers> sets) {
  std::set<std::string> names;
  for (const SetNumbers& set : sets)
    for (const LabelNumbers& l : set.labels) names.insert(l.label);
  const auto table = [&](const char* what, auto&& cell) {
    std::string text = fmt::format("| {} |", what), rule = "|---|";
    for (const std::string& name : names) {
      text += fmt::format(" {} |", name);
      rule += "---:|";
    }
    text += "\n" + rule + "\n";
    for (const SetNumbers& set : sets) {
      if (set.labels.empty()) continue;
      std::map<std::string, const LabelNumbers*> found;
      for (const LabelNumbers& l : set.labels) found[l.label] = &l;
      text += fmt::format("| {} |", set.name);
      for (const std::string& name : names) {
        const auto at = found.find(name);
        text += fmt::format(" {} |", at == found.end() ? "–" : cell(*at->second));
      }
      text += "\n";
    }
    return text;
  };
  return table("right %, taken for",
               [](const LabelNumbers& l) {
                 return shown(l.accuracy, 100, 0) +
                        (l.taken_for.empty() ? "" : " (" + l.taken_for + ")");
               }) +
         "\n" + table("clips", [](const LabelNumbers& l) { return fmt::format("{}", l.clips); }) +
         "\n" + table("skating", [](const LabelNumbers& l) { return shown(l.skating, 1, 3); }) +
         "\n" + table("jerk m/s³", [](const LabelNumbers& l) { return shown(l.jerk, 1, 0); });
}

std::string to_json(std::span<const SetNumbers> sets) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const SetNumbers& set : sets) {
    nlohmann::ordered_json entry = {{"name", set.name}, {"clips", set.clips}};
    for (const Field& f : fields())
      entry[f.key] = {{"value", number(f.of(set).value)},
                      {"half_width", number(f.of(set).half_width)}};
    entry["nearest_smallest_mm"] = number(set.nearest_smallest_mm);
    entry["labels"] = nlohmann::ordered_json::array();
    for (const LabelNumbers& l : set.labels)
      entry["labels"].push_back({{"label", l.label},
                                 {"clips", l.clips},
                                 {"accuracy", number(l.accuracy)},
                                 {"skating", number(l.skating)},
                                 {"jerk", number(l.jerk)},
                                 {"taken_for", l.taken_for}});
    const Confusion confusion = set.confusion.occurring();
    entry["confusion"] = {{"labels", confusion.labels}, {"counts", confusion.counts}};
    list.push_back(std::move(entry));
  }
  return nlohmann::ordered_json{{"sets", std::move(list)}}.dump(1) + "\n";
}

}  // namespace pantomime::metrics
