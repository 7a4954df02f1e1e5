// The makers of clauses behind caption_clauses.h, by what is told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pantomime/library/caption_clauses.h"

namespace pantomime::library {

/// How much of what happens in a stretch of time is told.
enum class Scope {
  kFull,   ///< a clip of one label: what comes before and after the act too
  kBrief,  ///< one of several labelled acts: only the act
  kTravel  ///< between labelled acts: only where the body goes
};

/// Knows one clip. Times are seconds.
class Teller {
 public:
  Teller(const motion::Description& description, const CaptionWords& words)
      : d_(description), words_(words) {}

  /// What a segment's label says, between two times.
  std::vector<Clause> act(const Segment& segment, double from, double to, Scope scope) const;
  /// What is measured where no label says anything.
  std::vector<Clause> measured(double from, double to, Scope scope) const;

 private:
  using Movement = motion::Movement;

  Clause phrase(const std::string& key, double first, double last) const;
  Clause labelled(const Segment& segment, double first, double last) const;
  std::vector<const Movement*> found(motion::Act act, double from, double to) const;
  std::vector<const Movement*> travels(double from, double to) const;

  // Travel and turns (caption_travel.cpp).
  std::vector<Clause> gait(const std::string& key, motion::Act gait, double from, double to,
                           Scope scope) const;
  void add_travel(const Movement& travel, const std::vector<const Movement*>& turns,
                  const std::string& key, motion::Act gait, bool again, Scope scope,
                  std::vector<Clause>& clauses) const;
  Clause travel_clause(const std::string& phrase_key, const std::string& key, motion::Act gait,
                       const Movement* travel) const;
  Clause turn_clause(const Movement& turn) const;
  std::vector<Clause> turns(double from, double to) const;
  bool feet_move(double from, double to) const;

  // Acts of the whole body and of limbs (caption_acts.cpp).
  std::vector<Clause> jumps(const Segment* segment, double from, double to) const;
  std::vector<Clause> raised_arms(const Segment* segment, double from, double to) const;
  std::vector<Clause> waves(const Segment* segment, double from, double to) const;
  std::vector<Clause> kicks(const Segment& segment, double from, double to) const;
  std::vector<Clause> squats(const Segment* segment, double from, double to) const;
  std::vector<Clause> arm_circles(const Segment& segment, double from, double to) const;
  std::vector<Clause> elbow_to_knee(const Segment& segment, double from, double to) const;
  std::vector<Clause> with_hand(const Segment& segment, double from, double to, Scope scope) const;
  std::vector<Clause> lying_down(const Segment& segment, double from, double to) const;
  std::vector<Clause> posture_changes(double from, double to) const;
  std::vector<Clause> going_down(double from, double to) const;
  bool still(double from, double to) const;
  /// The change of posture that a label names, when there is one.
  const Movement* change_of(const std::string& label, double from, double to) const;
  Clause posture(double from, double to) const;

  /// Travel and turns before and after an act that fills [first, last].
  void add_around(double from, double to, double first, double last,
                  std::vector<Clause>& clauses) const;
  void set_times(Clause& clause, int count) const;

  const motion::Description& d_;
  const CaptionWords& words_;
};

/// Slots for a side: {arm} {hand} {foot} {knee} {with} {withfoot} {it} {side}. kNone fills none.
void set_side(Clause& clause, motion::Side side);
/// The side a label names ("raise left arm", "wave both hands"), or none.
motion::Side side_in(const std::string& words);
/// The side of all, or both when there are several, or none for none.
motion::Side joint_side(const std::vector<const motion::Movement*>& movements);

}  // namespace pantomime::library
