#include "pantomime/motion/rig_match.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "pantomime/base/error.h"

namespace pantomime::motion {
namespace {

enum class Side { None, Left, Right };
enum class Part { Other, Hips, Head, Hand, Foot, Toe };

using Words = std::vector<std::string>;

/// "mixamorig:LeftUpLeg" -> mixamorig left up leg; "thigh.L.001" -> thigh l 001.
Words words_of(const std::string& name) {
  Words out;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) out.push_back(word);
    word.clear();
  };
  char before = ' ';
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]), b = static_cast<unsigned char>(before);
    const bool next_lower =
        i + 1 < name.size() && std::islower(static_cast<unsigned char>(name[i + 1])) != 0;
    const bool begins = (std::isupper(c) != 0 && (std::islower(b) != 0 || next_lower)) ||
                        (std::isdigit(c) != 0) != (std::isdigit(b) != 0);
    if (std::isalnum(c) == 0 || begins) flush();
    if (std::isalnum(c) != 0) word += static_cast<char>(std::tolower(c));
    before = name[i];
  }
  flush();
  return out;
}

bool any_of(const Words& words, std::initializer_list<std::string_view> wanted) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(wanted.begin(), wanted.end(), word) != wanted.end();
  });
}

Side side_of(const Words& words) {
  if (any_of(words, {"left", "l", "lft"})) return Side::Left;
  if (any_of(words, {"right", "r", "rgt", "rt"})) return Side::Right;
  return Side::None;
}

Part part_of(const Words& words) {
  if (any_of(words, {"ik",     "pole",   "target", "ctrl",       "control", "twist",  "roll",
                     "end",    "nub",    "tip",    "top",        "socket",  "slot",   "prop",
                     "weapon", "item",   "helper", "thumb",      "index",   "middle", "ring",
                     "pinky",  "little", "finger", "metacarpal", "hold"}))
    return Part::Other;
  if (any_of(words, {"toe", "toes", "ball", "toebase"})) return Part::Toe;
  if (any_of(words, {"hand", "wrist"})) return Part::Hand;
  if (any_of(words, {"foot", "ankle"})) return Part::Foot;
  if (any_of(words, {"head"})) return Part::Head;
  if (any_of(words, {"hips", "pelvis"}) || (any_of(words, {"hip"}) && side_of(words) == Side::None))
    return Part::Hips;
  return Part::Other;
}

class Matcher {
 public:
  Matcher(const Clip& rest, const std::string& what)
      : what_(what),
        skeleton_(rest.skeleton),
        at_(forward_kinematics(cut(rest, 0, 1)).positions),
        children_(rest.joint_count()) {
    for (size_t j = 0; j < size(); ++j) {
      words_.push_back(words_of(skeleton_.names[j]));
      if (skeleton_.parents[j] >= 0)
        children_[static_cast<size_t>(skeleton_.parents[j])].push_back(static_cast<int>(j));
    }
  }

  RigMatch run() {
    find_legs();
    find_arms();
    settle_sides();
    find_spine();
    find_head();
    RigMatch out;
    Mapping& mapping = out.mapping;
    mapping.name = "character";
    for (size_t j = 0; j < kJointCount; ++j) {
      if (joints_[j] < 0) continue;
      mapping.rotation_from[j] = skeleton_.names[static_cast<size_t>(joints_[j])];
      mapping.signature.push_back(mapping.rotation_from[j]);
      out.by[j] = by_[j];
    }
    set_axes(mapping);
    // Feet stand flat in a rest pose, whatever the legs do.
    const Quat flat = conjugate(canonical_from(mapping.axes));
    for (const size_t j : {kLeftAnkle, kRightAnkle, kLeftFoot, kRightFoot})
      if (joints_[j] >= 0) mapping.frames[j] = flat;
    return out;
  }

 private:
  size_t size() const { return skeleton_.joint_count(); }
  Vec3 place(int joint) const { return at_[static_cast<size_t>(joint)]; }
  int parent(int joint) const { return skeleton_.parents[static_cast<size_t>(joint)]; }
  const std::vector<int>& children(int joint) const {
    return children_[static_cast<size_t>(joint)];
  }
  float apart(int a, int b) const { return length(place(a) - place(b)); }

  [[noreturn]] void give_up(const char* lack) const {
    fail("{}: a rig of {} joints {}; name its joints in a mapping (--character-mapping)", what_,
         size(), lack);
  }

  bool is_below(int joint, int ancestor) const {
    for (; joint >= 0; joint = parent(joint))
      if (joint == ancestor) return true;
    return false;
  }
  int meeting(int a, int b) const {
    while (a >= 0 && !is_below(b, a)) a = parent(a);
    return a;
  }
  /// Joints from below `from` down to `to`.
  std::vector<int> path(int from, int to) const {
    std::vector<int> out;
    for (int j = to; j >= 0 && j != from; j = parent(j)) out.push_back(j);
    std::reverse(out.begin(), out.end());
    return out;
  }
  std::vector<int> leaves() const {
    std::vector<int> out;
    for (size_t j = 0; j < size(); ++j)
      if (children_[j].empty()) out.push_back(static_cast<int>(j));
    return out;
  }

  /// The joint of a part and side nearest to the root, or -1.
  int named(Part part, Side side) const {
    int best = -1;
    size_t fewest = size() + 1;
    for (size_t j = 0; j < size(); ++j) {
      if (part_of(words_[j]) != part || side_of(words_[j]) != side) continue;
      const size_t deep = path(-1, static_cast<int>(j)).size();
      if (deep < fewest) best = static_cast<int>(j), fewest = deep;
    }
    return best;
  }

  void set(size_t joint, int found, FoundBy by) { joints_[joint] = found, by_[joint] = by; }

  /// Where a limb bends: of joints a < b < the last, those that make two long pieces alike.
  std::pair<size_t, size_t> bends(const std::vector<int>& limb) const {
    std::pair<size_t, size_t> best{0, 1};
    float most = -1e9f;
    for (size_t a = 0; a + 2 < limb.size(); ++a)
      for (size_t b = a + 1; b + 1 < limb.size(); ++b) {
        const float upper = apart(limb[a], limb[b]), lower = apart(limb[b], limb.back());
        const float score = std::min(upper, lower) - 0.5f * std::abs(upper - lower);
        if (score > most + 1e-5f) most = score, best = {a, b};
      }
    return best;
  }

  /// Legs by height: the two branches that come down from one joint to the floor.
  bool lowest_limbs(std::vector<int>& limbs) const {
    float low = 1e9f, high = -1e9f;
    for (const Vec3 p : at_) low = std::min(low, p.y), high = std::max(high, p.y);
    const float floor = low + 0.15f * (high - low), hip = low + 0.35f * (high - low);
    for (size_t j = 0; j < size(); ++j) {
      limbs.clear();
      for (const int child : children_[j]) {
        int lowest = -1;
        for (const int leaf : leaves())
          if (is_below(leaf, child) && place(leaf).y < floor &&
              (lowest < 0 || path(child, leaf).size() > path(child, lowest).size()))
            lowest = leaf;
        if (lowest >= 0 && place(child).y > hip && path(child, lowest).size() >= 2)
          limbs.push_back(lowest);
      }
      if (limbs.size() == 2) return true;
    }
    return false;
  }

  void find_legs() {
    const int left = named(Part::Foot, Side::Left), right = named(Part::Foot, Side::Right);
    std::array<std::vector<int>, 2> legs;
    FoundBy by = FoundBy::Name;
    int crotch = -1;
    if (left >= 0 && right >= 0 && meeting(left, right) >= 0) {
      crotch = meeting(left, right);
      legs = {path(crotch, left), path(crotch, right)};
    }
    if (legs[0].size() < 3 || legs[1].size() < 3) {
      std::vector<int> limbs;
      if (!lowest_limbs(limbs)) give_up("without two legs");
      by = FoundBy::Place;
      crotch = meeting(limbs[0], limbs[1]);
      for (size_t i = 0; i < 2; ++i) {
        legs[i] = path(crotch, limbs[i]);
        // A leg ends in the ankle: what follows goes forward, not down.
        while (legs[i].size() > 3 &&
               place(legs[i][legs[i].size() - 2]).y < place(legs[i][0]).y * 0.25f)
          legs[i].pop_back();
      }
      sides_known_ = false;
    }
    hips_ = crotch;
    const int called = named(Part::Hips, Side::None);
    if (called >= 0 && is_below(legs[0].back(), called)) hips_ = called;
    set(kPelvis, hips_, hips_ == called ? FoundBy::Name : FoundBy::Place);
    constexpr std::array<std::array<size_t, 4>, 2> kLegs = {
        {{kLeftHip, kLeftKnee, kLeftAnkle, kLeftFoot},
         {kRightHip, kRightKnee, kRightAnkle, kRightFoot}}};
    for (size_t i = 0; i < 2; ++i) {
      const auto [hip, knee] = bends(legs[i]);
      set(kLegs[i][0], legs[i][hip], by);
      set(kLegs[i][1], legs[i][knee], by);
      set(kLegs[i][2], legs[i].back(), by);
      int toe = -1;
      for (const int child : children(legs[i].back())) {
        const bool is_toe = part_of(words_[static_cast<size_t>(child)]) == Part::Toe;
        if (toe < 0 || is_toe) toe = child;
        if (is_toe) break;
      }
      set(kLegs[i][3], toe, by);
    }
  }

  bool in_leg(int joint) const {
    return is_below(joint, joints_[kLeftHip]) || is_below(joint, joints_[kRightHip]);
  }

  /// Arms by reach: the leaf furthest to a side, and the one furthest the other way.
  bool widest_limbs(std::array<int, 2>& limbs) const {
    const auto sideways = [&](int joint) {
      const Vec3 d = place(joint) - place(hips_);
      return Vec3{d.x, 0, d.z};
    };
    limbs = {-1, -1};
    float most = 0;
    for (const int leaf : leaves())
      if (is_below(leaf, hips_) && !in_leg(leaf) && length(sideways(leaf)) > most)
        limbs[0] = leaf, most = length(sideways(leaf));
    if (limbs[0] < 0) return false;
    most = 0.5f * most;
    for (const int leaf : leaves()) {
      const float reach = -dot(sideways(leaf), normalized(sideways(limbs[0]), {1, 0, 0}));
      if (is_below(leaf, hips_) && !in_leg(leaf) && reach > most) limbs[1] = leaf, most = reach;
    }
    return limbs[1] >= 0;
  }

  void find_arms() {
    const int left = named(Part::Hand, Side::Left), right = named(Part::Hand, Side::Right);
    std::array<std::vector<int>, 2> arms;
    FoundBy by = FoundBy::Name;
    if (left >= 0 && right >= 0 && meeting(left, right) >= 0 && sides_known_) {
      chest_ = meeting(left, right);
      arms = {path(chest_, left), path(chest_, right)};
    }
    if (arms[0].size() < 3 || arms[1].size() < 3) {
      std::array<int, 2> limbs{};
      if (!widest_limbs(limbs)) give_up("without two arms");
      by = FoundBy::Place;
      chest_ = meeting(limbs[0], limbs[1]);
      for (size_t i = 0; i < 2; ++i) arms[i] = without_fingers(path(chest_, limbs[i]));
      if (arms[0].size() < 3 || arms[1].size() < 3) give_up("without two arms of three joints");
      // The leg on an arm's side is on the arm's side.
      const Vec3 arm = place(arms[0].back()) - place(arms[1].back());
      const Vec3 leg = place(joints_[kLeftHip]) - place(joints_[kRightHip]);
      if (dot(arm, leg) < 0) std::swap(arms[0], arms[1]);
    }
    constexpr std::array<std::array<size_t, 4>, 2> kArms = {
        {{kLeftCollar, kLeftShoulder, kLeftElbow, kLeftWrist},
         {kRightCollar, kRightShoulder, kRightElbow, kRightWrist}}};
    for (size_t i = 0; i < 2; ++i) {
      const auto [shoulder, elbow] = bends(arms[i]);
      if (shoulder > 0) set(kArms[i][0], arms[i][shoulder - 1], by);
      set(kArms[i][1], arms[i][shoulder], by);
      set(kArms[i][2], arms[i][elbow], by);
      set(kArms[i][3], arms[i].back(), by);
    }
  }

  /// An arm up to its wrist: where fingers part, else after collar, upper arm and forearm.
  std::vector<int> without_fingers(std::vector<int> arm) const {
    for (size_t i = 2; i < arm.size(); ++i)
      if (children(arm[i]).size() > 1) {
        arm.resize(i + 1);
        return arm;
      }
    const bool collar = arm.size() > 3 && apart(arm[0], arm[1]) < 0.7f * apart(arm[1], arm[2]);
    arm.resize(std::min<size_t>(arm.size(), collar ? 4 : 3));
    return arm;
  }

  /// Without names that tell, toes show where front is, and so which side is left.
  void settle_sides() {
    if (sides_known_) return;
    Vec3 front;
    for (const auto& [ankle, toe] : {std::pair(kLeftAnkle, kLeftFoot), {kRightAnkle, kRightFoot}})
      if (joints_[toe] >= 0) front += place(joints_[toe]) - place(joints_[ankle]);
    front.y = 0;
    if (length(front) < 1e-4f) front = {0, 0, 1};
    const Vec3 left = cross({0, 1, 0}, front);
    if (dot(place(joints_[kLeftHip]) - place(joints_[kRightHip]), left) >= 0) return;
    for (size_t j = 0; j < kJointCount; ++j) {
      const auto other = static_cast<size_t>(kMirrorJoint[j]);
      if (other <= j) continue;
      std::swap(joints_[j], joints_[other]);
      std::swap(by_[j], by_[other]);
    }
  }

  void find_spine() {
    if (!is_below(chest_, hips_)) {  // legs and spine hang on something above both
      hips_ = meeting(hips_, chest_);
      set(kPelvis, hips_, FoundBy::Place);
    }
    if (hips_ < 0 || chest_ == hips_) give_up("without a spine between legs and arms");
    const std::vector<int> spine = path(hips_, chest_);
    const FoundBy by = FoundBy::Place;
    set(kSpine3, spine.back(), by);
    if (spine.size() > 1) set(kSpine1, spine[0], by);
    if (spine.size() > 2) set(kSpine2, spine[spine.size() / 2], by);
  }

  void find_head() {
    int head = named(Part::Head, Side::None);
    FoundBy by = FoundBy::Name;
    if (head < 0 || !is_below(head, chest_)) {
      by = FoundBy::Place;
      int highest = -1;
      for (const int leaf : leaves())
        if (is_below(leaf, chest_) && !is_below(leaf, joints_[kLeftShoulder]) &&
            !is_below(leaf, joints_[kRightShoulder]) &&
            (highest < 0 || place(leaf).y > place(highest).y))
          highest = leaf;
      if (highest < 0 || highest == chest_ || place(highest).y <= place(chest_).y)
        give_up("without a head");
      const std::vector<int> neck = path(chest_, highest);
      head = neck[std::min<size_t>(1, neck.size() - 1)];
    }
    set(kHead, head, by);
    const std::vector<int> neck = path(chest_, head);
    if (neck.size() > 1) set(kNeck, neck[0], FoundBy::Place);
  }

  void set_axes(Mapping& mapping) const {
    const Vec3 across = place(joints_[kLeftHip]) - place(joints_[kRightHip]);
    const Vec3 front = normalized(cross({across.x, 0, across.z}, {0, 1, 0}), {0, 0, 1});
    mapping.axes.up = Axis::PlusY;
    float best = -2;
    for (const Axis axis : {Axis::PlusZ, Axis::MinusZ, Axis::PlusX, Axis::MinusX})
      if (dot(direction(axis), front) > best + 1e-3f)
        best = dot(direction(axis), front), mapping.axes.forward = axis;
    mapping.posed_rest = best < 0.995f;
    constexpr float kGiant = 8;  // in metres nobody is as tall: then it is centimetres
    const float leg = apart(joints_[kLeftHip], joints_[kLeftKnee]) +
                      apart(joints_[kLeftKnee], joints_[kLeftAnkle]);
    mapping.axes.metres_per_unit = leg > kGiant ? 0.01 : 1;
  }

  const std::string& what_;
  const Skeleton& skeleton_;
  std::vector<Vec3> at_;
  std::vector<std::vector<int>> children_;
  std::vector<Words> words_;
  std::array<int, kJointCount> joints_ = [] {
    std::array<int, kJointCount> none{};
    none.fill(-1);
    return none;
  }();
  std::array<FoundBy, kJointCount> by_{};
  int hips_ = -1, chest_ = -1;
  bool sides_known_ = true;
};

}  // namespace

RigMatch match_rig(const Clip& rest, const std::string& what) {
  PANTOMIME_CHECK(rest.frame_count() > 0, "{}: no rest pose", what);
  return Matcher(rest, what).run();
}

}  // namespace pantomime::motion
