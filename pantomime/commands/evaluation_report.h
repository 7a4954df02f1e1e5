// An evaluation as files to read: tables, JSON, plots, and one page that holds everything.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pantomime/commands/condition_trials.h"
#include "pantomime/commands/evaluation_bodies.h"
#include "pantomime/commands/evaluation_label.h"
#include "pantomime/commands/evaluation_text.h"
#include "pantomime/commands/evaluation_timeline.h"

namespace pantomime::commands {

/// What is known of a judge that marked the rows.
struct JudgeNote {
  std::string name, kind, hash;
  double real_accuracy = 0;  ///< on all windows of held-out people that have a label it knows
};

struct Evaluation {
  std::string command_line, prior, prior_hash;
  std::vector<JudgeNote> judges;
  LabelPart label;                ///< no rows: not asked for
  TextPart text;                  ///< no rows: not asked for
  std::vector<Trial> conditions;  ///< empty: not asked for
  std::vector<BodyRow> bodies;    ///< empty: not asked for
  TimelineNumbers timeline;       ///< no acts: not asked for
  int64_t frames = 96, repetitions = 1;
  uint64_t seed = 1;
};

/// The tables as markdown.
std::string to_markdown(const Evaluation& evaluation);
/// Everything measured, with seeds, hashes and the command; NaN is null.
std::string to_json(const Evaluation& evaluation);

/// Writes report.md, report.json, report.html and plots/*.png and *.svg into a folder.
void write_report(const std::filesystem::path& folder, const Evaluation& evaluation);

}  // namespace pantomime::commands
