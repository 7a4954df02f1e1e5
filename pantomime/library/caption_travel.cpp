// Walking, running, turning in words.
#include <algorithm>
#include <cmath>

#include "pantomime/library/caption_teller.h"

namespace pantomime::library {
namespace {

using motion::Act;
using motion::Movement;
using motion::Pace;
using motion::Way;

constexpr double kTurnTold = 50;     // degrees: smaller ones are left out beside walking
constexpr double kStandTold = 1.2;   // s of standing that is worth a word
constexpr double kWalkOnTold = 1.0;  // s of walking on after a turn
constexpr double kFirstTold = 0.8;   // s of walking before a turn
constexpr size_t kTurnsTold = 3;     // more are "around"
constexpr double kCircle = 300;      // degrees of a way that is a circle
constexpr double kEarlyCurveShare = 0.35;
constexpr double kCurveShare = 0.5;  // of the time of a walk: it is one curve

const char* side_word(double degrees) {
  return degrees > 0 ? "left" : "right";
}

}  // namespace

Clause Teller::turn_clause(const Movement& turn) const {
  const double size = std::abs(turn.degrees);
  const char* key = size < 65    ? "turn slight"
                    : size < 115 ? "turn quarter"
                    : size < 145 ? "turn wide"
                    : size < 220 ? "turn half"
                    : size < 310 ? "turn most"
                    : size < 450 ? "turn full"
                                 : "turn many";
  Clause clause = phrase(key, turn.first, turn.last);
  clause.slots["side"] = {side_word(turn.degrees)};
  // To 45 degrees, as people say it.
  clause.slots["degrees"] = {std::to_string(static_cast<int>(std::round(size / 45) * 45))};
  if (size >= 450) set_times(clause, static_cast<int>(std::round(size / 360)));
  return clause;
}

std::vector<Clause> Teller::turns(double from, double to) const {
  std::vector<Clause> clauses;
  for (const Movement* turn : found(Act::kTurn, from, to))
    if (std::abs(turn->degrees) >= kTurnTold) clauses.push_back(turn_clause(*turn));
  return clauses;
}

Clause Teller::travel_clause(const std::string& phrase_key, const std::string& key, Act gait,
                             const Movement* travel) const {
  Clause clause = phrase(phrase_key, travel != nullptr ? travel->first : 0,
                         travel != nullptr ? travel->last : 0);
  const Wordings* verbs = words_.gait(key);
  if (verbs == nullptr) verbs = words_.gait(gait == Act::kRun ? "run" : "walk");
  clause.slots["verb"] = verbs != nullptr ? *verbs : Wordings{"move"};
  if (const Wordings* where = words_.where(key)) clause.slots["where"] = *where;
  if (travel == nullptr) return clause;
  if (phrase_key != "travel on") clause.source = travel;
  clause.slots["way"] = words_.way(std::string(name_of(travel->way)));
  // A sprint is fast and a stealthy walk slow by its name; people say it of plain walks and runs.
  if (key == "walk" || key == "run" || key == "walking" || key == "running" ||
      key.starts_with("walk ") || key == "crouch walk") {
    const Pace pace = motion::pace_of(gait, travel->way, travel->froude);
    clause.slots["pace"] =
        words_.pace((gait == Act::kRun ? "run " : "walk ") + std::string(name_of(pace)));
  }
  clause.slots["side"] = {side_word(travel->degrees)};
  return clause;
}

void Teller::add_travel(const Movement& travel, const std::vector<const Movement*>& turns,
                        const std::string& key, Act gait, bool again, Scope scope,
                        std::vector<Clause>& clauses) const {
  const double seconds = travel.last - travel.first;
  const double bend = std::abs(travel.degrees);
  const bool straight_way = travel.way == Way::kForward || travel.way == Way::kBackward;
  if (bend >= kCircle && straight_way && seconds > 2) {
    clauses.push_back(
        travel_clause(bend > 1.6 * 360 ? "travel circles" : "travel circle", key, gait, &travel));
    return;
  }
  if (turns.size() > kTurnsTold) {
    clauses.push_back(travel_clause("travel around", key, gait, &travel));
    return;
  }
  // One turn that takes long, or that is on from the begin, is a curve.
  if (turns.size() == 1 && straight_way && seconds > 1.5 && bend > 50 &&
      turns[0]->degrees * travel.degrees > 0) {
    const double share = (turns[0]->last - turns[0]->first) / seconds;
    const bool at_once = turns[0]->first - travel.first < kFirstTold;
    if (share > kCurveShare || (at_once && share > kEarlyCurveShare)) {
      clauses.push_back(travel_clause("travel curve", key, gait, &travel));
      return;
    }
  }
  double now = travel.first;
  bool told = false;
  for (const Movement* turn : turns) {
    if (turn->first - now >= (told ? kWalkOnTold : kFirstTold)) {
      Clause walk = travel_clause(told    ? "travel on"
                                  : again ? "travel again"
                                          : "travel",
                                  key, gait, &travel);
      walk.first = now;
      clauses.push_back(walk);
      told = true;
    }
    clauses.push_back(turn_clause(*turn));
    now = turn->last;
  }
  if (turns.empty()) {
    const bool whole = !travel.begins_before && !travel.goes_on;
    if (scope == Scope::kFull && whole && travel.count >= 2 && travel.count <= 5 &&
        gait == Act::kWalk && key == "walk") {
      Clause steps = travel_clause("travel steps", key, gait, &travel);
      steps.slots["count"] = {words_.number(travel.count)};
      clauses.push_back(steps);
    } else {
      clauses.push_back(travel_clause(again ? "travel again" : "travel", key, gait, &travel));
    }
  } else if (travel.last - now >= kWalkOnTold || !told) {
    Clause walk = travel_clause(told    ? "travel on"
                                : again ? "travel again"
                                        : "travel",
                                key, gait, &travel);
    walk.first = now;
    clauses.push_back(walk);
  }
}

bool Teller::feet_move(double from, double to) const {
  double left = 0, right = 0;
  for (size_t i = 0; i < d_.left_foot.size(); ++i) {
    const double middle = (static_cast<double>(i) + 0.5) * d_.sample;
    if (middle < from || middle > to) continue;
    left += d_.left_foot[i];
    right += d_.right_foot[i];
  }
  return std::min(left, right) > 0.4;
}

std::vector<Clause> Teller::gait(const std::string& key, Act gait, double from, double to,
                                 Scope scope) const {
  const auto all_travels = travels(from, to);
  std::vector<const Movement*> all_turns;
  for (const Movement* turn : found(Act::kTurn, from, to))
    if (std::abs(turn->degrees) >= kTurnTold) all_turns.push_back(turn);
  if (all_travels.empty()) {
    std::vector<Clause> clauses;
    if (scope != Scope::kTravel) {
      Clause clause = travel_clause(feet_move(from, to) ? "travel in place" : "travel unclear", key,
                                    gait, nullptr);
      clause.first = from;
      clause.last = to;
      clauses.push_back(clause);
    }
    for (const Movement* turn : all_turns) clauses.push_back(turn_clause(*turn));
    return clauses;
  }
  // Many bits and pieces: what people call walking around.
  if (all_travels.size() > 3 || all_turns.size() > kTurnsTold + 1) {
    Clause clause = travel_clause("travel around", key, gait, all_travels.front());
    clause.slots.erase("pace");
    clause.last = all_travels.back()->last;
    return {clause};
  }
  std::vector<Clause> clauses;
  double now = from;
  for (size_t i = 0; i < all_travels.size(); ++i) {
    const Movement& travel = *all_travels[i];
    std::vector<const Movement*> inside;
    for (const Movement* turn : all_turns) {
      const double overlap =
          std::min(turn->last, travel.last) - std::max(turn->first, travel.first);
      const double middle = 0.5 * (turn->first + turn->last);
      if (overlap > 0.5 * (turn->last - turn->first)) {
        inside.push_back(turn);
      } else if ((middle < travel.first && middle >= now) ||
                 (i + 1 == all_travels.size() && middle > travel.last)) {
        clauses.push_back(turn_clause(*turn));
        clauses.back().first = middle;  // it may begin while walking still
      }
    }
    if (scope == Scope::kFull && travel.first - now >= kStandTold &&
        motion::Posture::kStanding == d_.postures.front().posture) {
      Clause wait = phrase(i == 0 ? "wait" : "stop", now, travel.first);
      clauses.push_back(wait);
    }
    add_travel(travel, inside, key, gait, i > 0, scope, clauses);
    now = travel.last;
  }
  if (scope == Scope::kFull && to - now >= kStandTold && !all_travels.back()->goes_on &&
      d_.postures.back().posture == motion::Posture::kStanding)
    clauses.push_back(phrase("stop", now, to));
  std::stable_sort(clauses.begin(), clauses.end(),
                   [](const Clause& a, const Clause& b) { return a.first < b.first; });
  return clauses;
}

}  // namespace pantomime::library
