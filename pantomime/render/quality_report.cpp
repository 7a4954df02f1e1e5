#include "pantomime/render/quality_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/render/canvas.h"
#include "pantomime/render/image_file.h"
#include "pantomime/render/sheet.h"
#include "pantomime/render/skeleton_strip.h"

namespace pantomime::render {
namespace {

using motion::Finding;
using motion::Severity;

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Recordings that no body did</title>
<style>
body{font:15px/1.4 sans-serif;margin:2em;color:#22262b}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.15em .7em;text-align:right}
td:first-child,th:first-child{text-align:left}tr:nth-child(even){background:#f4f5f7}
h2{font-size:1em;margin:2em 0 .3em}ul{margin:.2em 0}img{max-width:100%}
.serious{color:#b3261e;font-weight:bold}.mended{color:#7a828a}
</style>
<h1>Recordings that no body did</h1>
<p>Figures on red are the frames that a finding names; the ring is its joint.
Serious findings are those that <code>pantomime import --strict</code> refuses.</p>
)";

}  // namespace

Image finding_strip(const motion::Clip& clip, const Finding& finding, const std::string& label) {
  constexpr int64_t kFigures = 12;
  const auto frames = static_cast<int64_t>(clip.frame_count());
  const int64_t first = std::clamp<int64_t>(finding.first, 0, frames - 1);
  const int64_t last = std::clamp<int64_t>(finding.last, first + 1, frames);
  // As many frames as figures where the finding is short, else with a fifth of it around it.
  const int64_t around = std::max((kFigures - (last - first)) / 2, (last - first) / 5);
  const int64_t from = std::max<int64_t>(0, first - around);
  const int64_t to = std::min(frames, std::max(last + around, from + 1));
  StripOptions options;
  options.label = label;
  options.cell_width = 84;
  options.cell_height = 140;
  options.figures = static_cast<int>(std::min(kFigures, to - from));
  options.begin_seconds = static_cast<double>(from) / clip.fps;
  if (finding.severity != Severity::kMended || (finding.first >= 0 && finding.first < frames))
    options.marks = {{first - from, last - from, finding.joint}};
  return skeleton_strip(
      motion::cut(clip, static_cast<size_t>(from), static_cast<size_t>(to - from)), options);
}

QualityReport::QualityReport(std::filesystem::path folder, size_t most_strips)
    : folder_(std::move(folder)), most_strips_(most_strips) {
  std::filesystem::create_directories(folder_ / "strips");
}

void QualityReport::add(const std::string& set, const std::string& name, const motion::Clip& clip,
                        const std::vector<Finding>& findings) {
  ++clips_[set];
  if (findings.empty()) return;
  std::set<motion::Defect> kinds;
  bool open = false;
  for (const Finding& f : findings) {
    if (f.severity == Severity::kMended) continue;
    kinds.insert(f.defect);
    open = true;
  }
  for (const motion::Defect kind : kinds) ++counts_[set][kind];
  if (open) ++flagged_[set];
  if (motion::any_serious(findings)) ++serious_[set];

  rows_ += fmt::format("<h2>{}</h2>\n<ul>\n", escaped(name));
  for (const Finding& f : findings)
    rows_ += fmt::format("<li class=\"{0}\">{0}: {1}</li>\n", motion::name_of(f.severity),
                         escaped(motion::describe(f)));
  rows_ += "</ul>\n";
  if (strips_ >= most_strips_ || clip.frame_count() == 0) return;
  constexpr size_t kShown = 3;
  std::vector<Finding> shown = findings;
  std::stable_sort(shown.begin(), shown.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  if (shown.size() > kShown) shown.resize(kShown);
  std::vector<Image> pictures;
  for (const Finding& f : shown)
    pictures.push_back(finding_strip(clip, f, name + ": " + motion::describe(f)));
  const std::string file = fmt::format("strips/{:04}.png", ++strips_);
  write_png(folder_ / file, tile(pictures, 1));
  rows_ += fmt::format("<img src=\"{}\" alt=\"\" loading=\"lazy\">\n", file);
}

void QualityReport::finish() const {
  std::string page = kHead;
  page += "<table><tr><th>set</th><th>clips</th><th>flagged</th><th>serious</th>";
  for (int d = 0; d < motion::kDefectCount; ++d)
    page += fmt::format("<th>{}</th>", motion::name_of(static_cast<motion::Defect>(d)));
  page += "</tr>\n";
  const auto count = [](const auto& map, const auto& key) {
    const auto at = map.find(key);
    return at == map.end() ? 0 : at->second;
  };
  for (const auto& [set, clips] : clips_) {
    page += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td>", escaped(set), clips,
                        count(flagged_, set), count(serious_, set));
    const auto kinds = counts_.find(set);
    for (int d = 0; d < motion::kDefectCount; ++d)
      page += fmt::format(
          "<td>{}</td>",
          kinds == counts_.end() ? 0 : count(kinds->second, static_cast<motion::Defect>(d)));
    page += "</tr>\n";
  }
  page += "</table>\n" + rows_ + "</html>\n";
  write_file(folder_ / "index.html", page);
}

}  // namespace pantomime::render
