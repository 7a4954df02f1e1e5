#include "pantomime/commands/findings_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pantomime::commands {

using motion::Finding;
using motion::Severity;

void FindingCounts::add(const std::vector<Finding>& findings) {
  if (findings.empty()) return;
  ++clips_;
  if (motion::any_serious(findings)) ++serious_;
  std::map<motion::Defect, bool> kinds;
  for (const Finding& f : findings) kinds[f.defect] |= f.severity == Severity::kSerious;
  for (const auto& [kind, serious] : kinds) {
    ++kinds_[kind].first;
    if (serious) ++kinds_[kind].second;
  }
}

std::string FindingCounts::table() const {
  std::string text = fmt::format("{} {} findings, {} of them serious ones:", clips_,
                                 clips_ == 1 ? "clip has" : "clips have", serious_);
  for (const auto& [kind, counts] : kinds_)
    text += fmt::format("\n  {:<14} {:>5} clips  {:>5} serious", motion::name_of(kind),
                        counts.first, counts.second);
  return text;
}

nlohmann::json finding_json(const std::string& clip, const Finding& f) {
  nlohmann::json result = {{"clip", clip},
                           {"kind", motion::name_of(f.defect)},
                           {"first", f.first},
                           {"last", f.last},
                           {"measure", f.measure},
                           {"severity", motion::name_of(f.severity)},
                           {"text", motion::describe(f)}};
  const auto number = [](double v) {
    return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json();
  };
  result["measured"] = number(f.measured);
  result["low"] = number(f.low);
  result["high"] = number(f.high);
  result["joint"] = f.joint < 0 ? nlohmann::json()
                                : nlohmann::json(motion::kJointNames[static_cast<size_t>(f.joint)]);
  return result;
}

std::optional<Finding> first_serious(const std::vector<Finding>& findings) {
  const auto at = std::find_if(findings.begin(), findings.end(),
                               [](const Finding& f) { return f.severity == Severity::kSerious; });
  if (at == findings.end()) return std::nullopt;
  return *at;
}

}  // namespace pantomime::commands
