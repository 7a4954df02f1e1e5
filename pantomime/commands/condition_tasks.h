// What conditions are put to the test with: tasks of which each asks the same of every clip.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pantomime/conditions/constraints.h"

namespace pantomime::commands {

struct Task {
  std::string name;
  /// Of a clip like the real one it is given: what is asked for is taken from it where it can be.
  std::function<void(conditions::Constraints&, const motion::Clip&)> ask;
  std::vector<int64_t> seams = {};  ///< frames where kept motion and free motion meet
  std::string label = {};           ///< what is done meanwhile; empty: anything
};

/// Tasks for clips of so many frames (at least 96): given motion, places, goals, and scenes as
/// `generate` takes them.
std::vector<Task> condition_tasks(int64_t frames);

/// How far a clip is from what was asked for.
struct TaskErrors {
  std::vector<double> metres;   ///< of each place and goal
  std::vector<double> degrees;  ///< of each goal that is an angle
  double loop_mm = 0;           ///< joints at the end of a loop, to those at its begin
};
TaskErrors task_errors(const conditions::Constraints& wanted, const motion::Clip& clip);

}  // namespace pantomime::commands
