// What is wrong with clips, for the terminal.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pantomime/motion/quality.h"

namespace pantomime::commands {

/// How many clips have findings of each kind.
class FindingCounts {
 public:
  /// The findings of one clip.
  void add(const std::vector<motion::Finding>& findings);
  int64_t clips() const { return clips_; }      ///< with any finding
  int64_t serious() const { return serious_; }  ///< with a serious one
  /// "12 clips have findings, 3 of them serious ones:" and a line a kind.
  std::string table() const;

 private:
  int64_t clips_ = 0, serious_ = 0;
  std::map<motion::Defect, std::pair<int64_t, int64_t>> kinds_;  ///< clips: any, serious
};

nlohmann::json finding_json(const std::string& clip, const motion::Finding& finding);

/// The first serious finding, or nothing.
std::optional<motion::Finding> first_serious(const std::vector<motion::Finding>& findings);

}  // namespace pantomime::commands
