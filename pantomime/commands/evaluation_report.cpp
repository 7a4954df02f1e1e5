#include "pantomime/commands/evaluation_report.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/features/features.h"
#include "pantomime/render/image_file.h"
#include "pantomime/render/motion_page.h"
#include "pantomime/render/plot.h"

namespace pantomime::commands {
namespace {

namespace fs = std::filesystem;
using metrics::Interval;
using metrics::SetNumbers;
using nlohmann::ordered_json;

std::vector<SetNumbers> numbers_of(const LabelPart& part) {
  std::vector<SetNumbers> all;
  for (const LabelRow& row : part.rows) all.push_back(row.numbers);
  return all;
}

std::string shown(const Interval& i, int digits, double scale = 1) {
  if (!std::isfinite(i.value)) return "–";
  std::string text = fmt::format("{:.{}f}", scale * i.value, digits);
  if (std::isfinite(i.half_width)) text += fmt::format(" ± {:.{}f}", scale * i.half_width, digits);
  return text;
}

std::string judges_table(const Evaluation& e) {
  std::string text =
      "| judge | kind | accuracy on all held-out windows % | SHA-256 |\n|---|---|---:|---|\n";
  for (const JudgeNote& j : e.judges)
    text += fmt::format(
        "| {} | {} | {} | {} |\n", j.name, j.kind,
        std::isfinite(j.real_accuracy) ? fmt::format("{:.1f}", 100 * j.real_accuracy) : "–",
        j.hash.substr(0, 12));
  return text;
}

std::string others_table(const Evaluation& e) {
  std::string head = "| set |", rule = "|---|", body;
  std::vector<std::string> names;
  for (const JudgeNote& j : e.judges)
    if (j.kind != "text") names.push_back(j.name);
  if (names.size() < 2) return "";
  for (const std::string& name : names) {
    head += fmt::format(" {0}: accuracy % | {0}: FID |", name);
    rule += "---:|---:|";
  }
  for (const LabelRow& row : e.label.rows) {
    body += fmt::format("| {} | {} | {} |", row.numbers.name, shown(row.numbers.accuracy, 1, 100),
                        shown(row.numbers.fid, 2));
    for (const SetNumbers& other : row.by_others)
      body += fmt::format(" {} | {} |", shown(other.accuracy, 1, 100), shown(other.fid, 4));
    body += "\n";
  }
  return head + "\n" + rule + "\n" + body;
}

std::string cost_table(const Evaluation& e) {
  std::string text =
      "| set | ms a clip, 32 at once | GFLOP a clip | peak memory MB | seeds |\n"
      "|---|---:|---:|---:|---|\n";
  for (const LabelRow& row : e.label.rows)
    if (!row.seeds.empty())
      text += fmt::format("| {} | {:.0f} | {:.2f} | {:.0f} | {} |\n", row.numbers.name, row.cost.ms,
                          row.cost.gflop, row.cost.peak_mb, fmt::join(row.seeds, ", "));
  return text;
}

/// Sections of the report: a heading and a markdown text.
std::vector<std::pair<std::string, std::string>> sections_of(const Evaluation& e) {
  std::vector<std::pair<std::string, std::string>> sections;
  if (!e.judges.empty())
    sections.emplace_back(
        "Judges",
        judges_table(e) + "\nTrained on real motion only, never used to guide or to choose.\n");
  if (!e.label.rows.empty()) {
    const auto all = numbers_of(e.label);
    sections.emplace_back(
        "Labels, realism, physics",
        fmt::format("{} labels: {}.\n\n", e.label.labels.size(), fmt::join(e.label.labels, ", ")) +
            metrics::to_markdown(all));
    if (const std::string others = others_table(e); !others.empty())
      sections.emplace_back("What each judge says", others);
    sections.emplace_back("Label by label", metrics::labels_to_markdown(all));
    sections.emplace_back("Cost", cost_table(e));
  }
  if (!e.text.rows.empty()) sections.emplace_back("Sentences", to_markdown(e.text.rows));
  if (!e.conditions.empty()) sections.emplace_back("Conditions", to_markdown(e.conditions));
  if (!e.bodies.empty()) sections.emplace_back("Bodies", to_markdown(e.bodies));
  if (!e.timeline.acts.empty()) sections.emplace_back("Timeline", to_markdown(e.timeline));
  return sections;
}

std::string introduction(const Evaluation& e) {
  return fmt::format(
      "Prior {} ({}), clips of {} frames, seed {}, {} repetition{} of generated rows. Intervals "
      "are "
      "95 %: over random halves of the clips, or over repetitions where there are several. What "
      "each number is: docs/EVALUATION.md.",
      e.prior, e.prior_hash.substr(0, 12), e.frames, e.seed, e.repetitions,
      e.repetitions == 1 ? "" : "s");
}

ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}
ordered_json number(const Interval& i) {
  return {{"value", number(i.value)}, {"half_width", number(i.half_width)}};
}

ordered_json label_json(const LabelPart& part) {
  ordered_json all = ordered_json::parse(metrics::to_json(numbers_of(part)));
  for (size_t r = 0; r < part.rows.size(); ++r) {
    const LabelRow& row = part.rows[r];
    ordered_json& entry = all["sets"][r];
    entry["other_judges"] = ordered_json::array();
    for (const SetNumbers& other : row.by_others)
      entry["other_judges"].push_back({{"accuracy", number(other.accuracy)},
                                       {"balanced_accuracy", number(other.balanced_accuracy)},
                                       {"fid", number(other.fid)}});
    if (row.seeds.empty()) continue;
    entry["seeds"] = row.seeds;
    entry["cost"] = {{"ms", row.cost.ms}, {"gflop", row.cost.gflop}, {"peak_mb", row.cost.peak_mb}};
  }
  all["labels"] = part.labels;
  return all;
}

ordered_json text_json(const TextPart& part) {
  ordered_json rows = ordered_json::array();
  for (const TextRow& r : part.rows)
    rows.push_back({{"name", r.name},
                    {"clips", r.clips},
                    {"top1", number(r.top1)},
                    {"top2", number(r.top2)},
                    {"top3", number(r.top3)},
                    {"mm_distance", number(r.distance)},
                    {"fid", number(r.fid)},
                    {"diversity", number(r.diversity)},
                    {"one_word_changed", number(r.words)},
                    {"skating", number(r.skating)},
                    {"jerk", number(r.jerk)},
                    {"ms", r.ms}});
  return rows;
}

ordered_json conditions_json(const std::vector<Trial>& trials) {
  ordered_json rows = ordered_json::array();
  for (const Trial& t : trials)
    rows.push_back({{"task", t.task},
                    {"way", t.method},
                    {"clips", t.clips},
                    {"error_mm", number(t.error_mm)},
                    {"error_deg", number(t.error_deg)},
                    {"accuracy", number(t.numbers.accuracy)},
                    {"worst_mm", number(t.worst_mm)},
                    {"keyframe_mean_m", number(t.keyframes.mean_m)},
                    {"trajectory_fail", t.keyframes.trajectory_fail},
                    {"location_fail", t.keyframes.location_fail},
                    {"rest_mm", number(t.rest_mm)},
                    {"peak_jerk", number(t.seams.peak)},
                    {"jerk_area", number(t.seams.area)},
                    {"fid", number(t.numbers.fid)},
                    {"skating", number(t.numbers.skating)},
                    {"jerk", number(t.numbers.jerk)},
                    {"ms", number(t.ms)}});
  return rows;
}

ordered_json bodies_json(const std::vector<BodyRow>& bodies) {
  ordered_json rows = ordered_json::array();
  for (const BodyRow& b : bodies)
    rows.push_back({{"person", b.person},
                    {"clips", b.clips},
                    {"leg_ratio", number(b.leg_ratio)},
                    {"accuracy", number(b.accuracy)},
                    {"accuracy_average", number(b.accuracy_average)},
                    {"skating", number(b.skating)},
                    {"slide_mm", number(b.slide_mm)},
                    {"bone_mm", number(b.bone_mm)},
                    {"skin_below_mm", number(b.skin_below_mm)},
                    {"skin_above_mm", number(b.skin_above_mm)},
                    {"jerk", number(b.jerk)}});
  return rows;
}

ordered_json timeline_json(const TimelineNumbers& n) {
  ordered_json all = {{"clips", n.clips},
                      {"accuracy", number(n.accuracy)},
                      {"ms_a_second", number(n.ms_a_second)},
                      {"memory",
                       {{{"seconds", n.short_seconds}, {"mb", n.short_mb}},
                        {{"seconds", n.long_seconds}, {"mb", n.long_mb}}}},
                      {"jerk", ordered_json::array()},
                      {"acts", ordered_json::array()}};
  for (const auto& j : n.jerks)
    all["jerk"].push_back({{"where", j.where},
                           {"windows", j.at.windows},
                           {"peak", number(j.at.peak)},
                           {"area", number(j.at.area)}});
  for (const auto& a : n.acts)
    all["acts"].push_back({{"label", a.label},
                           {"right", number(a.right)},
                           {"taken_for", a.taken_for},
                           {"skating", number(a.skating)},
                           {"jerk", number(a.jerk)}});
  return all;
}

/// A plot in both forms.
struct Plot {
  std::string file, words;
  Image png;
  std::string svg;
};

std::vector<Plot> plots_of(const LabelPart& part) {
  std::vector<Plot> plots;
  if (part.rows.empty()) return plots;
  const auto bars = [&](const char* file, const char* title, Interval SetNumbers::*field,
                        double scale) {
    std::vector<render::Bar> list;
    for (const LabelRow& row : part.rows)
      list.push_back({row.numbers.name, scale * (row.numbers.*field).value,
                      scale * (row.numbers.*field).half_width});
    const render::PlotOptions options{.title = title, .width = 620};
    plots.push_back(
        {file, "", render::bar_plot(list, options), render::bar_plot_svg(list, options)});
  };
  bars("accuracy", "Accuracy, %", &SetNumbers::accuracy, 100);
  bars("fid", "FID to held-out people", &SetNumbers::fid, 1);
  bars("coverage", "Coverage", &SetNumbers::coverage, 1);
  bars("skating", "Foot skating ratio", &SetNumbers::skating, 1);
  bars("jerk_distance", "Jerk: Wasserstein-1 to held-out people, m/s³", &SetNumbers::jerk_distance,
       1);
  bars("nearest", "Nearest training window, mm", &SetNumbers::nearest_mm, 1);
  const auto confusion = [&](const SetNumbers& set, const std::string& file) {
    const metrics::Confusion small = set.confusion.occurring();
    if (small.labels.empty()) return;
    std::vector<std::vector<double>> shares;
    for (const auto& row : small.counts) {
      double all = 0;
      for (const int64_t n : row) all += static_cast<double>(n);
      shares.emplace_back();
      for (const int64_t n : row)
        shares.back().push_back(all > 0 ? static_cast<double>(n) / all : std::nan(""));
    }
    const render::PlotOptions options{.title = "Taken for: " + set.name};
    plots.push_back({file,
                     "Row: the label asked for; column: what the judge says; shares of a row.",
                     render::grid_plot(shares, small.labels, small.labels, 0, 1, options),
                     render::grid_plot_svg(shares, small.labels, small.labels, 0, 1, options)});
  };
  confusion(part.rows[0].numbers, "confusion_real");
  for (const LabelRow& row : part.rows)
    if (row.numbers.name == part.ranked_name) confusion(row.numbers, "confusion_generated");
  return plots;
}

/// Places of best, median and worst in a ranked list: up to three of each.
std::vector<std::pair<size_t, const char*>> shown_places(size_t count) {
  std::vector<std::pair<size_t, const char*>> places;
  const size_t each = std::min<size_t>(3, count / 3);
  for (size_t k = 0; k < each; ++k) places.emplace_back(k, "best");
  const size_t middle = count / 2 - each / 2;
  for (size_t k = 0; k < each; ++k) places.emplace_back(middle + k, "median");
  for (size_t k = 0; k < each; ++k) places.emplace_back(count - each + k, "worst");
  return places;
}

}  // namespace

std::string to_markdown(const Evaluation& e) {
  std::string text = "# Evaluation\n\n" + introduction(e) + "\n";
  for (const auto& [heading, body] : sections_of(e))
    text += fmt::format("\n## {}\n\n{}", heading, body);
  return text + fmt::format("\ncommand: `{}`\n", e.command_line);
}

std::string to_json(const Evaluation& e) {
  ordered_json all = {{"command", e.command_line},
                      {"prior", e.prior},
                      {"prior_hash", e.prior_hash},
                      {"frames", e.frames},
                      {"seed", e.seed},
                      {"repetitions", e.repetitions},
                      {"judges", ordered_json::array()}};
  for (const JudgeNote& j : e.judges)
    all["judges"].push_back({{"name", j.name},
                             {"kind", j.kind},
                             {"hash", j.hash},
                             {"accuracy_on_held_out", number(j.real_accuracy)}});
  if (!e.label.rows.empty()) all["label"] = label_json(e.label);
  if (!e.text.rows.empty()) all["text"] = text_json(e.text);
  if (!e.conditions.empty()) all["conditions"] = conditions_json(e.conditions);
  if (!e.bodies.empty()) all["bodies"] = bodies_json(e.bodies);
  if (!e.timeline.acts.empty()) all["timeline"] = timeline_json(e.timeline);
  return all.dump(1) + "\n";
}

void write_report(const fs::path& folder, const Evaluation& e) {
  fs::create_directories(folder / "plots");
  render::MotionPage page("Evaluation of " + e.prior);
  page.paragraph(introduction(e));
  page.paragraph("command: `" + e.command_line + "`");
  const auto sections = sections_of(e);
  for (const auto& [heading, body] : sections) {
    page.heading(heading);
    page.table(body);
    if (heading != "Labels, realism, physics") continue;
    for (const Plot& plot : plots_of(e.label)) {
      render::write_png(folder / "plots" / (plot.file + ".png"), plot.png);
      write_file(folder / "plots" / (plot.file + ".svg"), plot.svg);
      page.drawing(plot.svg, plot.words);
    }
  }
  if (!e.label.ranked.empty()) {
    page.heading("Best, median and worst samples: " + e.label.ranked_name);
    page.paragraph(
        "Ranked by how sure the first judge is of the label that was asked for. Drag to "
        "turn, click to stop.");
    for (const auto& [place, word] : shown_places(e.label.ranked.size())) {
      const RankedClip& clip = e.label.ranked[place];
      page.motion(features::decode(clip.clip),
                  fmt::format("{}: {} ({:.0f} % sure{})", word, clip.label, 100 * clip.sureness,
                              clip.taken_for.empty() ? "" : ", taken for " + clip.taken_for));
    }
  }
  if (!e.text.told.empty()) {
    page.heading("Best, median and worst samples of sentences");
    for (const auto& [place, word] : shown_places(e.text.told.size())) {
      const TextPart::Told& told = e.text.told[place];
      page.motion(features::decode(told.clip),
                  fmt::format("{}: \"{}\" (distance {:.2f})", word, told.sentence, told.distance));
    }
  }
  page.write(folder / "report.html");
  write_file(folder / "report.md", to_markdown(e));
  write_file(folder / "report.json", to_json(e));
}

}  // namespace pantomime::commands
