// Is a recording what a body did? Automatic checks of canonical clips.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::motion {

/// What can be wrong with a clip. docs/QUALITY.md says how each is measured and why so.
enum class Defect {
  kNotANumber,  ///< numbers that are not finite, or rotations that are none
  kTeleport,    ///< the body, or a joint, is suddenly elsewhere
  kFlip,        ///< a joint turns at once by more than any joint can
  kJitter,      ///< a joint shakes from frame to frame
  kFrozen,      ///< nothing moves at all
  kDeadJoint,   ///< one joint does not move while the body does
  kFloor,       ///< the floor is not at height 0
  kSunk,        ///< a joint is below the floor
  kFloating,    ///< nothing touches the floor, and the body does not fall
  kFootSlide,   ///< feet carry the body and slide
  kScale,       ///< bones that no person has
  kFrameRate,   ///< free fall, steps or accelerations that fit another frame rate
};
inline constexpr int kDefectCount = 12;
/// "teleport", as in the library's table; see find_defect().
std::string_view name_of(Defect defect);
std::optional<Defect> find_defect(std::string_view name);

enum class Severity {
  kMended,   ///< was so in the file; import drew these frames anew or left them out
  kNote,     ///< worth a look; may be a property of the action (stairs, a chair, a slide)
  kSerious,  ///< no body did this: `pantomime import --strict` refuses the clip
};
std::string_view name_of(Severity severity);
std::optional<Severity> find_severity(std::string_view name);

struct Finding {
  static constexpr double kNone = std::numeric_limits<double>::infinity();

  Defect defect = Defect::kNotANumber;
  Severity severity = Severity::kSerious;
  int64_t first = 0, last = 0;  ///< frames [first, last); those left out lie before 0 or behind F
  int joint = -1;               ///< canonical joint it is worst at; -1: the whole body
  double measured = 0;          ///< in the unit that ends `measure`
  double low = -kNone, high = kNone;  ///< expected range
  std::string measure;  ///< what was measured, then its unit: "turn in a step, degrees"

  bool operator==(const Finding&) const = default;
};

/// "flip at 1.20 s (frames 36 to 38), right_hip: turn in a step 171 degrees, expected at most 57".
std::string describe(const Finding& finding);

/// Limits of the checks, at 30 frames per second. Defaults were set on 3,436 clips of seven sets so
/// that what they find is wrong when looked at (docs/QUALITY.md has the numbers).
struct QualityLimits {
  /// False for motion made by hand: there joints may rest exactly, so nothing is said of frozen
  /// frames and dead joints.
  bool recorded = true;

  /// The pelvis, the heaviest part, in one step beyond the steps before and after it; 4 cm would
  /// take 36 m/s² and the same back. Metres.
  double pelvis_step = 0.04;
  /// A joint's turn in one to three steps beyond that before and after. The fastest joints (a
  /// pitcher's shoulder aside) reach 40 rad/s, 1.3 rad a frame, but never from rest. Radians.
  double sudden_turn = 1.0;
  double largest_turn = 2.1;  ///< the same without comparison: 63 rad/s, radians a step
  /// Noise of a position estimated over half a second (see docs): trunk and shoulders, and limbs
  /// (which shake when a foot strikes the ground). Metres per axis.
  double trunk_noise = 0.007, limb_noise = 0.014;
  double dead_seconds = 1.0;  ///< of a hip, knee, shoulder, elbow or ankle that doesn't turn
  /// floor_height() of the clip, metres; beyond 30 cm it is serious.
  double lowest_floor = -0.05, highest_floor = 0.10, serious_floor = 0.30;
  /// Joints lie inside the body, so one this far below the floor has the skin deeper. Metres.
  double sunk = 0.04, deeply_sunk = 0.15;
  double float_height = 0.08;   ///< metres between floor and skin all over the body
  double float_seconds = 0.4;   ///< a hop is as long; longer must be a fall
  double longest_flight = 1.2;  ///< seconds: a jump of 1.8 m
  double slide_speed = 0.4;     ///< metres per second of the slowest foot point at the floor
  double slide_seconds = 0.3;   ///< running feet skim the floor for up to 0.27 s
  double slide_distance = 0.2;  ///< metres
  double slide_share = 0.4;     ///< of the frames: serious, the feet never carry the body
  double shortest = 0.8, tallest = 2.3;      ///< stature, metres: a child of two; the tallest man
  double least_leg = 0.34, most_leg = 0.60;  ///< thigh and shin to stature
  double least_arm = 0.20, most_arm = 0.40;  ///< upper arm and forearm to stature
  double leg_difference = 0.08, arm_difference = 0.15;  ///< left to right, of the longer
  /// Acceleration in flight, m/s² upwards: bodies turn and arms swing, so joints tell 9.81 only
  /// within some 30 %; beyond these the clip plays at less than 0.7 or more than 1.4 times its
  /// speed.
  double least_fall = -20.0, most_fall = -5.0;
  double most_steps = 4.6, least_steps = 0.7;  ///< a second: sprinters reach 4.5 to 5
  /// Root mean square of the pelvis' acceleration, median over windows of a second, m/s². Running
  /// has 10 to 15, a back flip 32.
  double pelvis_acceleration = 35;
};

/// All findings of a canonical clip at 30 frames per second, ordered by defect and frame.
/// Overlapping findings of one kind are one finding, with the joint that is worst; shaking is not
/// told again where the clip jumps. Throws Error for other skeletons and frame rates; numbers that
/// are not finite are a finding, and then the only one.
std::vector<Finding> check_quality(const Clip& clip, const QualityLimits& limits = {});

/// True when one of them is serious.
bool any_serious(const std::vector<Finding>& findings);

}  // namespace pantomime::motion
