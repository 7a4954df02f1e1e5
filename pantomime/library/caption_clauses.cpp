#include "pantomime/library/caption_clauses.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "pantomime/library/caption_teller.h"

namespace pantomime::library {
namespace {

using motion::Act;
using motion::Movement;

constexpr double kGapTold = 1.5;  // s without a label that are worth a word

/// Labels whose act has a moment, so that what comes before and after it can be told.
const std::set<std::string, std::less<>> kMomentary = {
    "jump",  "hop",  "squat",    "raise arm", "wave",   "kick",     "punch", "reach",  "pick up",
    "throw", "bend", "lie down", "sit down",  "get up", "stand up", "kneel", "push-up"};

/// Labels whose act is done with a hand, when one does clearly more.
const std::set<std::string, std::less<>> kWithHand = {"reach", "pick up", "throw", "punch"};

bool is_gait(const Segment& segment) {
  return segment.label == "walk" || segment.label == "run";
}

}  // namespace

Clause Teller::phrase(const std::string& key, double first, double last) const {
  return {.first = first, .last = last, .phrases = words_.phrase(key), .slots = {}};
}

Clause Teller::labelled(const Segment& segment, double first, double last) const {
  const Wordings* said = words_.label(segment.label, segment.detail);
  if (said != nullptr) return {.first = first, .last = last, .phrases = *said, .slots = {}};
  // A label of somebody's own may be any word: it is quoted.
  return {.first = first,
          .last = last,
          .phrases = {"[do] \"" + segment.label + "\"", "[perform] \"" + segment.label + "\""},
          .slots = {}};
}

void Teller::set_times(Clause& clause, int count) const {
  if (count == 1)
    clause.slots["times"] = {"", "", "", " once"};
  else
    clause.slots["times"] = {words_.times(count)};
}

std::vector<const Movement*> Teller::found(Act act, double from, double to) const {
  std::vector<const Movement*> result;
  for (const Movement& movement : d_.movements) {
    const double overlap = std::min(movement.last, to) - std::max(movement.first, from);
    if (movement.act == act && overlap > 0.5 * std::min(movement.last - movement.first, to - from))
      result.push_back(&movement);
  }
  return result;
}

std::vector<const Movement*> Teller::travels(double from, double to) const {
  std::vector<const Movement*> result;
  for (const Movement& movement : d_.movements) {
    const double overlap = std::min(movement.last, to) - std::max(movement.first, from);
    if ((movement.act == Act::kWalk || movement.act == Act::kRun || movement.act == Act::kCrawl) &&
        overlap > 0.3)
      result.push_back(&movement);
  }
  return result;
}

void Teller::add_around(double from, double to, double first, double last,
                        std::vector<Clause>& clauses) const {
  constexpr double kSlack = 0.4;  // s: travel fades into the act
  for (const Movement* travel : travels(from, to)) {
    const bool before = travel->last <= first + kSlack, after = travel->first >= last - kSlack;
    if (!before && !after) continue;
    if (travel->act == Act::kCrawl) continue;  // moving the hips while lying down
    const Act gait = travel->act;
    const std::string key = gait == Act::kRun ? "run" : gait == Act::kCrawl ? "crawl" : "walk";
    const bool whole = !travel->begins_before && !travel->goes_on;
    const bool few = travel->count <= 4 && gait == Act::kWalk;
    Clause clause =
        travel_clause(few ? whole ? "travel steps" : "travel few" : "travel", key, gait, travel);
    if (few) clause.slots["count"] = {words_.number(travel->count)};
    clauses.push_back(clause);
  }
  for (const Movement* turn : found(Act::kTurn, from, to)) {
    if (std::abs(turn->degrees) < 60) continue;
    if (turn->last <= first + kSlack || turn->first >= last - kSlack)
      clauses.push_back(turn_clause(*turn));
  }
}

const Movement* Teller::change_of(const std::string& label, double from, double to) const {
  static const std::pair<const char*, Act> kChanges[] = {{"sit down", Act::kSitDown},
                                                         {"stand up", Act::kStandUp},
                                                         {"get up", Act::kGetUp},
                                                         {"bend", Act::kBend}};
  for (const auto& [name, act] : kChanges) {
    if (label != name) continue;
    const auto changes = found(act, from, to);
    return changes.size() == 1 ? changes[0] : nullptr;
  }
  return nullptr;
}

std::vector<Clause> Teller::act(const Segment& segment, double from, double to, Scope scope) const {
  const std::string& label = segment.label;
  if (is_gait(segment)) {
    const std::string key =
        words_.gait(segment.detail) != nullptr || words_.where(segment.detail) != nullptr
            ? segment.detail
            : label;
    return gait(key, label == "run" ? Act::kRun : Act::kWalk, from, to, scope);
  }
  if (segment.detail == "crouch walk") return gait("crouch walk", Act::kWalk, from, to, scope);
  std::vector<Clause> clauses;
  if (label == "jump" || label == "hop") {
    if (segment.detail != "jump turn" && segment.detail != "dodge")
      clauses = jumps(&segment, from, to);
    const bool seen = !clauses.empty() || !travels(from, to).empty() ||
                      segment.detail == "jump turn" || segment.detail == "dodge";
    if (clauses.empty() || clauses.size() > 4) clauses = {labelled(segment, from, to)};
    // A take-off or a landing: no flight in the clip.
    if (!seen && label == "jump") clauses[0].phrases = words_.phrase("part of jump");
  } else if (label == "squat") {
    clauses = squats(&segment, from, to);
  } else if (label == "raise arm" && segment.detail != "hold") {
    clauses = raised_arms(&segment, from, to);
  } else if (label == "wave") {
    clauses = waves(&segment, from, to);
  } else if (label == "kick") {
    clauses = kicks(segment, from, to);
  } else if (label == "arm circle") {
    clauses = arm_circles(segment, from, to);
  } else if (segment.detail == "elbow to knee") {
    clauses = elbow_to_knee(segment, from, to);
  } else if (label == "lie down") {
    clauses = lying_down(segment, from, to);
  } else if (label == "turn") {
    clauses = turns(from, to);
    if (clauses.empty()) clauses = {labelled(segment, from, to)};
  } else if (scope == Scope::kFull && (label == "sit down" || label == "stand up") &&
             posture_changes(from, to).size() > 1) {
    return measured(from, to, scope);
  } else if (kWithHand.contains(label)) {
    clauses = with_hand(segment, from, to, scope);
  } else {
    Clause clause = labelled(segment, from, to);
    if (label == "gesture" || label == "swing") set_side(clause, busy_hand(d_, from, to, 2.5, 1.0));
    if (label == "dance" && still(from, to)) clause.phrases = words_.phrase("dance pose");
    if (const Movement* change = change_of(label, from, to)) {
      clause.first = change->first;
      clause.last = change->last;
    }
    clauses = {clause};
  }
  if (scope == Scope::kFull && kMomentary.contains(label)) {
    double first = to, last = from;
    for (const Clause& clause : clauses) {
      first = std::min(first, clause.first);
      last = std::max(last, clause.last);
    }
    // Only of an act with a measured time can it be said what came before.
    if (first > from + 0.05 || last < to - 0.05) add_around(from, to, first, last, clauses);
  }
  std::stable_sort(clauses.begin(), clauses.end(),
                   [](const Clause& a, const Clause& b) { return a.first < b.first; });
  return clauses;
}

std::vector<Clause> Teller::measured(double from, double to, Scope scope) const {
  std::vector<Clause> clauses;
  const auto went = travels(from, to);
  if (!went.empty()) {
    double running = 0, all = 0;
    for (const Movement* travel : went) {
      all += travel->last - travel->first;
      if (travel->act == Act::kRun) running += travel->last - travel->first;
    }
    const bool crawls = went.front()->act == Act::kCrawl;
    const bool runs = running > 0.5 * all;
    clauses = gait(crawls ? "crawl"
                   : runs ? "run"
                          : "walk",
                   runs ? Act::kRun : Act::kWalk, from, to, Scope::kTravel);
  } else {
    clauses = turns(from, to);
  }
  constexpr size_t kBetweenTold = 2;
  if (scope == Scope::kTravel && clauses.size() > kBetweenTold && !went.empty()) {
    clauses = {travel_clause("travel around", "walk", Act::kWalk, went.front())};
    clauses[0].slots.erase("pace");
  }
  for (const Clause& change : posture_changes(from, to)) clauses.push_back(change);
  if (scope == Scope::kFull) {
    for (const Clause& clause : jumps(nullptr, from, to)) clauses.push_back(clause);
    if (went.empty()) {
      for (const Clause& clause : squats(nullptr, from, to)) clauses.push_back(clause);
      const auto waved = waves(nullptr, from, to);
      for (const Clause& clause : waved.empty() ? raised_arms(nullptr, from, to) : waved)
        clauses.push_back(clause);
    }
  }
  if (clauses.empty() && scope == Scope::kFull) clauses.push_back(posture(from, to));
  std::stable_sort(clauses.begin(), clauses.end(),
                   [](const Clause& a, const Clause& b) { return a.first < b.first; });
  return clauses;
}

namespace {

/// A labelled act; the same one again right after it is the same act several times.
struct Told {
  Segment segment;
  double from = 0, to = 0;
  int count = 1;
  std::vector<Segment> inside;
};

std::vector<Told> told_segments(const ClipInfo& info, double fps) {
  auto segments = info.segments;
  std::stable_sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });
  std::vector<Told> result;
  for (const Segment& segment : segments) {
    const double from = static_cast<double>(segment.first) / fps;
    const double to = static_cast<double>(segment.last) / fps;
    if (!result.empty()) {
      Told& last = result.back();
      if (last.segment.label == segment.label && last.segment.detail == segment.detail &&
          from < last.to + 3) {
        last.to = std::max(last.to, to);
        ++last.count;
        continue;
      }
      const double inside = std::min(to, last.to) - from;
      // Something short at the end of an act comes after it.
      const bool at_end = last.inside.empty() && from - last.from > 0.6 * (last.to - last.from) &&
                          to > last.to - 0.1 * (last.to - last.from);
      if (inside > 0.8 * (to - from) && !at_end) {
        last.inside.push_back(segment);
        continue;
      }
      if (at_end) last.to = std::min(last.to, from);
    }
    result.push_back({segment, from, to, 1, {}});
  }
  return result;
}

/// What else is done during an act.
std::vector<Clause> meanwhile(const Teller& teller, const Told& part) {
  std::vector<Clause> clauses;
  // Where somebody goes is told once, over the whole time; of walks it is told already, and who
  // climbs walks anyway.
  bool goes = is_gait(part.segment) || part.segment.label == "climb";
  for (const Segment& inside : part.inside) {
    const bool travel = is_gait(inside) || inside.label == "turn";
    if (travel && goes) continue;
    goes = goes || travel;
    const double fps = motion::kFps;
    const auto told = travel && inside.label != "turn"
                          ? teller.act(inside, part.from, part.to, Scope::kBrief)
                          : teller.act(inside, static_cast<double>(inside.first) / fps,
                                       static_cast<double>(inside.last) / fps, Scope::kBrief);
    clauses.insert(clauses.end(), told.begin(), told.end());
  }
  return clauses;
}

}  // namespace

std::vector<ToldClause> clauses_of(const ClipInfo& info, const motion::Description& description,
                                   const CaptionWords& words) {
  const Teller teller(description, words);
  const double end = description.seconds;
  std::vector<ToldClause> result;
  std::set<const Movement*> done;
  const auto add = [&](const std::vector<Clause>& clauses) {
    for (const Clause& clause : clauses) {
      // A walk through several labels is told once, and so is one with a short stop.
      if (clause.source != nullptr && !done.insert(clause.source).second) continue;
      const Movement* before = result.empty() ? nullptr : result.back().clause.source;
      if (clause.source != nullptr && before != nullptr && before->way == clause.source->way)
        continue;
      result.push_back({clause, {}});
    }
  };
  const auto told = told_segments(info, motion::kFps);
  if (told.empty()) {
    add(teller.measured(0, end, Scope::kFull));
    return result;
  }
  if (told.size() == 1 && told[0].inside.empty() && told[0].to - told[0].from > 0.8 * end) {
    add(teller.act(told[0].segment, 0, end, Scope::kFull));
    return result;
  }
  double now = 0;
  for (size_t i = 0; i < told.size(); ++i) {
    const Told& part = told[i];
    // Who sat down sits: only a long while is worth a word.
    constexpr double kSitTold = 10;
    if (i > 0 && part.segment.label == "sit" && part.inside.empty() &&
        told[i - 1].segment.label == "sit down" && part.to - part.from < kSitTold) {
      now = std::max(now, part.to);
      continue;
    }
    if (part.from - now > kGapTold) add(teller.measured(now, part.from, Scope::kTravel));
    const size_t begin = result.size();
    add(teller.act(part.segment, part.from, part.to, Scope::kBrief));
    if (part.count > 1 && result.size() == begin + 1 && !is_gait(part.segment))
      for (std::string& phrase : result.back().clause.phrases)
        if (phrase.find("{times}") == std::string::npos) phrase += words.times(part.count);
    if (result.size() > begin)
      for (const Clause& clause : meanwhile(teller, part))
        result.back().meanwhile.push_back(clause);
    now = std::max(now, part.to);
  }
  if (end - now > kGapTold) add(teller.measured(now, end, Scope::kTravel));
  return result;
}

}  // namespace pantomime::library
