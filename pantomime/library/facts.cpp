#include "pantomime/library/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace pantomime::library {
namespace {

using motion::Act;
using motion::Movement;

constexpr double kCurve = 50, kCircle = 300;  // degrees that a way bends
constexpr double kSmallest = 30;              // degrees of a turn
constexpr double kPostureSeconds = 0.5;       // shorter ones are on the way to another
constexpr int kMostTimes = 4;                 // from here on "many"

const char* size_of_turn(double degrees) {
  return degrees < 65 ? "slight" : degrees < 115 ? "quarter" : degrees < 220 ? "half" : "full";
}

bool is_travel(Act act) {
  return act == Act::kWalk || act == Act::kRun || act == Act::kCrawl;
}

/// Acts that people count; of travel, `count` is of steps.
int times_of(const Movement& m) {
  return m.act == Act::kWaveHand || m.act == Act::kSwingArm ? m.count : 1;
}

void add_movement(const Movement& m, std::set<std::string>& facts) {
  const std::string act(name_of(m.act));
  const char* bent = m.degrees > 0 ? "left" : "right";
  if (m.act == Act::kTurn) {
    if (std::abs(m.degrees) < kSmallest) return;
    facts.insert(act);
    facts.insert(fmt::format("{} {}", act, bent));
    facts.insert(fmt::format("{} {} {}", act, bent, size_of_turn(std::abs(m.degrees))));
    return;
  }
  facts.insert(act);
  if (m.side != motion::Side::kNone) facts.insert(fmt::format("{} side {}", act, name_of(m.side)));
  if (m.way != motion::Way::kNone) facts.insert(fmt::format("{} way {}", act, name_of(m.way)));
  if (m.pace != motion::Pace::kNone) facts.insert(fmt::format("{} pace {}", act, name_of(m.pace)));
  if (m.reach != motion::Reach::kNone)
    facts.insert(fmt::format("{} height {}", act, name_of(m.reach)));
  if (m.returns) facts.insert(act + " and returns");
  if (is_travel(m.act)) {
    if (std::abs(m.degrees) > kCurve) facts.insert(fmt::format("{} curve {}", act, bent));
    if (std::abs(m.degrees) > kCircle) facts.insert(fmt::format("{} circle {}", act, bent));
    if (!m.begins_before && !m.goes_on && m.count <= 5)
      facts.insert(fmt::format("{} few steps", act));
  }
}

}  // namespace

std::vector<std::string> facts_of(const ClipInfo& info, const motion::Description& description) {
  std::set<std::string> facts;
  std::map<std::string, int> times;
  for (const Movement& m : description.movements) {
    add_movement(m, facts);
    if (is_travel(m.act) || m.act == Act::kTurn) continue;
    times[std::string(name_of(m.act))] += times_of(m);
    if (m.side == motion::Side::kLeft || m.side == motion::Side::kRight)
      times[fmt::format("{} side {}", name_of(m.act), name_of(m.side))] += times_of(m);
  }
  for (const auto& [act, count] : times)
    facts.insert(
        fmt::format("{} times {}", act, count >= kMostTimes ? "many" : std::to_string(count)));
  for (const motion::PostureSpan& span : description.postures)
    if (span.last - span.first >= kPostureSeconds)
      facts.insert(fmt::format("posture {}", name_of(span.posture)));
  const motion::Side busy = motion::busy_hand(description, 0, description.seconds);
  if (busy != motion::Side::kNone) facts.insert(fmt::format("busy hand {}", name_of(busy)));
  if (!info.style.empty()) facts.insert("style " + info.style);
  for (const Segment& segment : info.segments) {
    facts.insert("label " + segment.label);
    if (!segment.detail.empty() && segment.detail != segment.label)
      facts.insert(fmt::format("label {}: {}", segment.label, segment.detail));
    if (busy == motion::Side::kLeft || busy == motion::Side::kRight)
      facts.insert(fmt::format("label {} hand {}", segment.label, name_of(busy)));
  }
  return {facts.begin(), facts.end()};
}

std::string opposite(std::string_view fact) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kContraries = {
      {{"left", "right"},
       {"pace slow", "pace fast"},
       {"way forward", "way backward"},
       {"times 1", "times many"},
       {"times many", "times 1"},
       {"times 2", "times 1"},
       {"times 3", "times 1"}}};
  std::string text(fact);
  for (const auto& [one, other] : kContraries)
    for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)})
      if (const size_t at = text.find(from); at != std::string::npos)
        return text.replace(at, from.size(), to);
  return {};
}

}  // namespace pantomime::library
