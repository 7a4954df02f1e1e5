// Acts of limbs and of the whole body in words.
#include <algorithm>
#include <cmath>

#include "pantomime/library/caption_teller.h"

namespace pantomime::library {
namespace {

using motion::Act;
using motion::Movement;
using motion::Posture;
using motion::Reach;
using motion::Side;
using motion::Way;

/// Movements in a row of the same side and way are one, several times.
std::vector<std::vector<const Movement*>> rows(const std::vector<const Movement*>& movements) {
  std::vector<std::vector<const Movement*>> result;
  for (const Movement* movement : movements) {
    if (result.empty() || result.back().back()->side != movement->side ||
        result.back().back()->way != movement->way)
      result.emplace_back();
    result.back().push_back(movement);
  }
  return result;
}

Side other(Side side) {
  return motion::mirrored(side);
}

}  // namespace

void set_side(Clause& clause, Side side) {
  const auto put = [&](const char* slot, const std::string& text) { clause.slots[slot] = {text}; };
  if (side == Side::kNone) return;
  const bool both = side == Side::kBoth;
  const std::string name(name_of(side));
  put("arm", both ? "both arms" : "{the} " + name + " arm");
  put("hand", both ? "both hands" : "{the} " + name + " hand");
  put("foot", both ? "both feet" : "{the} " + name + " foot");
  put("knee", both ? "both knees" : "{the} " + name + " knee");
  put("with", both ? " with both hands" : " with {the} " + name + " hand");
  put("withfoot", both ? " with both feet" : " with {the} " + name + " foot");
  put("it", both ? "them" : "it");
  if (!both) put("side", name);
}

Side side_in(const std::string& words) {
  const auto has = [&](const char* word) { return words.find(word) != std::string::npos; };
  if (has("both") || (has("left") && has("right"))) return Side::kBoth;
  return has("left") ? Side::kLeft : has("right") ? Side::kRight : Side::kNone;
}

Side joint_side(const std::vector<const Movement*>& movements) {
  Side side = Side::kNone;
  for (const Movement* movement : movements)
    side = side == Side::kNone || side == movement->side ? movement->side : Side::kBoth;
  return side;
}

std::vector<Clause> Teller::jumps(const Segment* segment, double from, double to) const {
  const bool hops = segment != nullptr && segment->label == "hop";
  std::vector<Clause> clauses;
  for (const auto& row : rows(found(Act::kJump, from, to))) {
    const Movement& jump = *row.front();
    const bool one = jump.side != Side::kBoth;
    const bool up = jump.way == Way::kNone;
    Clause clause = phrase(one    ? "hop one"
                           : hops ? "hop both"
                           : up   ? "jump up"
                                  : "jump",
                           jump.first, row.back()->last);
    set_side(clause, jump.side);
    if (!up) clause.slots["way"] = words_.way(std::string(name_of(jump.way)));
    set_times(clause, static_cast<int>(row.size()));
    clauses.push_back(clause);
  }
  return clauses;
}

std::vector<Clause> Teller::raised_arms(const Segment* segment, double from, double to) const {
  auto raised = found(Act::kRaiseArm, from, to);
  std::vector<Clause> clauses;
  for (const auto& row : rows(raised)) {
    bool returns = true;
    Reach reach = row.front()->reach;
    for (const Movement* raise : row) {
      returns = returns && raise->returns;
      if (raise->reach != reach) reach = Reach::kNone;
    }  // At these heights the hand is meant: the elbow may hang.
    const bool hand = reach == Reach::kShoulder || reach == Reach::kHead;
    Clause clause =
        phrase(std::string(returns ? "raise and lower " : "raise ") + (hand ? "hand" : "arm"),
               row.front()->first, row.back()->last);
    set_side(clause, row.front()->side);
    if (reach != Reach::kNone) clause.slots["height"] = words_.height(std::string(name_of(reach)));
    set_times(clause, static_cast<int>(row.size()));
    clauses.push_back(clause);
  }
  if (clauses.size() > 3) {
    Clause clause = phrase("raise arm", from, to);
    set_side(clause, joint_side(raised));
    return {clause};
  }
  if (!clauses.empty() || segment == nullptr) return clauses;
  Clause clause = labelled(*segment, from, to);
  set_side(clause, side_in(segment->detail));
  if (!clause.slots.contains("arm")) clause.slots["arm"] = {"an arm"};
  return {clause};
}

std::vector<Clause> Teller::waves(const Segment* segment, double from, double to) const {
  auto waved = found(Act::kWaveHand, from, to);
  const auto raised = found(Act::kRaiseArm, from, to);
  if (waved.empty() && segment == nullptr) return {};
  Side side = joint_side(waved);
  if (side == Side::kNone) side = joint_side(raised);
  if (side == Side::kNone && segment != nullptr) side = side_in(segment->detail);
  if (side == Side::kNone) side = busy_hand(d_, from, to);
  const double first = waved.empty() ? from : waved.front()->first;
  const double last = waved.empty() ? to : waved.back()->last;
  const bool plain = segment == nullptr || segment->detail.empty() || segment->detail == "wave" ||
                     side_in(segment->detail) != Side::kNone;
  const bool from_hanging = !raised.empty() && raised.front()->side == side;
  Clause clause = plain && side != Side::kNone
                      ? phrase(from_hanging ? "wave raised" : "wave", first, last)
                  : segment != nullptr ? labelled(*segment, first, last)
                                       : phrase("wave", first, last);
  set_side(clause, side);
  return {clause};
}

std::vector<Clause> Teller::kicks(const Segment& segment, double from, double to) const {
  const auto kicked = found(Act::kKick, from, to);
  const Side side = joint_side(kicked);
  const bool forward = segment.detail == "kick forward";
  if (forward && kicked.size() == 1 && kicked[0]->way == Way::kForward) {
    Clause clause = phrase("kick", kicked[0]->first, kicked[0]->last);
    set_side(clause, side);
    clause.slots["way"] = words_.way("forward");
    return {clause};
  }
  Clause clause = labelled(segment, kicked.empty() ? from : kicked.front()->first,
                           kicked.empty() ? to : kicked.back()->last);
  if (kicked.size() > 1 && segment.detail == segment.label) clause.phrases = words_.phrase("kicks");
  if (side != Side::kBoth) set_side(clause, side);
  return {clause};
}

std::vector<Clause> Teller::squats(const Segment* segment, double from, double to) const {
  const auto squatted = found(Act::kSquat, from, to);
  std::vector<Clause> clauses;
  if (!squatted.empty()) {
    const int count = static_cast<int>(squatted.size());
    Clause clause = phrase("squat", squatted.front()->first, squatted.back()->last);
    set_times(clause, count);
    clause.slots["squats"] = {count == 1 ? "a squat" : words_.number(count) + " squats"};
    clauses.push_back(clause);
  }
  for (const Movement* down : found(Act::kSquatDown, from, to))
    clauses.push_back(phrase("squat down", down->first, down->last));
  for (const Movement* rise : found(Act::kRiseFromSquat, from, to))
    clauses.push_back(phrase("rise from squat", rise->first, rise->last));
  if (clauses.empty() && segment != nullptr) clauses.push_back(labelled(*segment, from, to));
  return clauses;
}

std::vector<Clause> Teller::arm_circles(const Segment& segment, double from, double to) const {
  const auto circled = found(Act::kSwingArm, from, to);
  Side side = joint_side(circled);
  // One arm seen going round, the other one hidden by a bent elbow: who moves as much does the
  // same.
  const Side busy = busy_hand(d_, from, to, 2.5, 1.6);
  if (side != Side::kBoth && busy == Side::kBoth) side = Side::kBoth;
  if (side == Side::kNone) side = busy;
  int count = 0;
  for (const Movement* circle : circled) count = std::max(count, circle->count);
  Clause clause = labelled(segment, from, to);
  set_side(clause, side);
  if (side == Side::kNone) clause.slots["arm"] = {"{the} arms"};
  set_times(clause, std::max(count, 1));
  clause.slots["circles"] = {count > 1 ? "circles" : "a circle"};
  return {clause};
}

std::vector<Clause> Teller::elbow_to_knee(const Segment& segment, double from, double to) const {
  auto lifted = found(Act::kLiftKnee, from, to);
  const auto kicked = found(Act::kKick, from, to);
  lifted.insert(lifted.end(), kicked.begin(), kicked.end());
  const Side knee = joint_side(lifted);
  auto raised = found(Act::kRaiseArm, from, to);
  const auto lowered = found(Act::kLowerArm, from, to);
  raised.insert(raised.end(), lowered.begin(), lowered.end());
  const Side arm = joint_side(raised);
  Clause clause = labelled(segment, from, to);
  clause.slots["knee"] = {"a knee"};
  clause.slots["elbow"] = {"an elbow"};
  if (knee == Side::kLeft || knee == Side::kRight) {
    set_side(clause, knee);
    // The label says that elbow and knee meet; of one that was seen up we know which.
    if (arm == other(knee) || arm == knee)
      clause.slots["elbow"] = {"{the} " + std::string(name_of(arm)) + " elbow"};
  }
  return {clause};
}

std::vector<Clause> Teller::with_hand(const Segment& segment, double from, double to,
                                      Scope scope) const {
  Side side = Side::kNone;
  double first = from, last = to;
  bool several = false;
  if (segment.label == "pick up") {
    const auto down = found(Act::kReachDown, from, to);
    side = joint_side(down);
    if (!down.empty()) first = down.front()->first, last = down.back()->last;
  } else if (segment.label == "reach" || segment.label == "throw") {
    auto raised = found(Act::kRaiseArm, from, to);
    side = joint_side(raised);
    if (!raised.empty()) first = raised.front()->first, last = raised.back()->last;
    // Two arms one after the other: only the busy one is sure.
    if (raised.size() > 1) side = Side::kNone;
  } else if (segment.label == "punch") {
    const auto punched = found(Act::kPunch, from, to);
    side = joint_side(punched);
    several = punched.size() > 1;
  }
  if (side == Side::kNone) {
    side = busy_hand(d_, from, to, 2.0, 1.0);
  }
  const bool plain = segment.detail.empty() || segment.detail == segment.label;
  std::vector<Clause> clauses;
  if (segment.label == "pick up" && scope == Scope::kFull) clauses = going_down(from, to);
  Clause clause =
      several && plain ? phrase("punches", first, last) : labelled(segment, first, last);
  set_side(clause, side);
  // The first of what is told of going down comes before the hand's work, the second after it.
  clauses.insert(clauses.begin() + (clauses.empty() ? 0 : 1), clause);
  return clauses;
}

std::vector<Clause> Teller::going_down(double from, double to) const {
  const auto bent = found(Act::kBend, from, to);
  const auto squatted = found(Act::kSquat, from, to);
  if (bent.size() + squatted.size() != 1) return {};
  const bool bends = !bent.empty();
  const Movement& down = bends ? *bent[0] : *squatted[0];
  std::vector<Clause> clauses = {
      phrase(bends ? "bend down" : "crouch down", down.first, down.first)};
  if (!bends || down.returns) clauses.push_back(phrase("straighten up", down.last, down.last));
  return clauses;
}

std::vector<Clause> Teller::lying_down(const Segment& segment, double from, double to) const {
  const auto down = found(Act::kLieDown, from, to);
  Clause clause = labelled(segment, down.empty() ? from : down.front()->first,
                           down.empty() ? to : down.back()->last);
  const motion::PostureSpan& end = d_.postures.back();
  if (to > d_.seconds - 0.5 && end.posture == Posture::kLying) {
    if (end.face_down < -0.6) clause.slots["where"] = {" on {the} back"};
    if (end.face_down > 0.6) clause.slots["where"] = {" on {the} belly"};
  }
  return {clause};
}

std::vector<Clause> Teller::posture_changes(double from, double to) const {
  static const std::pair<Act, const char*> kChanges[] = {
      {Act::kSitDown, "sit down"},     {Act::kStandUp, "stand up"},
      {Act::kKneelDown, "kneel down"}, {Act::kRiseFromKnees, "rise from knees"},
      {Act::kLieDown, "lie down"},     {Act::kGetUp, "get up"}};
  std::vector<Clause> clauses;
  for (const auto& [act, key] : kChanges)
    for (const Movement* change : found(act, from, to))
      clauses.push_back(phrase(key, change->first, change->last));
  return clauses;
}

bool Teller::still(double from, double to) const {
  double path = 0;
  for (size_t i = 0; i < d_.left_hand.size(); ++i) {
    const double middle = (static_cast<double>(i) + 0.5) * d_.sample;
    if (middle >= from && middle <= to)
      path += d_.left_hand[i] + d_.right_hand[i] + d_.left_foot[i] + d_.right_foot[i];
  }
  return path < 0.25 * (to - from) + 0.1;
}

Clause Teller::posture(double from, double to) const {
  double longest = 0;
  Posture held = Posture::kStanding;
  for (const auto& span : d_.postures) {
    const double seconds = std::min(span.last, to) - std::max(span.first, from);
    if (seconds > longest) longest = seconds, held = span.posture;
  }
  Clause clause = phrase(held != Posture::kStanding ? "posture " + std::string(name_of(held))
                         : still(from, to)          ? "stand"
                                                    : "stand about",
                         from, to);
  const Side up = joint_side(found(Act::kHoldArm, from, to));
  if (up != Side::kNone) {
    for (std::string& text : clause.phrases) text += " with {arm} raised";
    set_side(clause, up);
  }
  return clause;
}

}  // namespace pantomime::library
