// What somebody does in a clip, measured: where they go and how fast, which limb moves, how often,
// how the posture changes, and when. No labels, no learning: kinematics and thresholds.
//
// Mirroring a clip mirrors its description and changes nothing else. A clip played faster has the
// same movements at other times, with another pace. Thresholds stand in describe_*.cpp beside what
// they decide.
#pragma once

#include <string_view>
#include <vector>

#include "pantomime/motion/clip.h"

namespace pantomime::motion {

enum class Act {
  // Travel: the body goes somewhere.
  kWalk,   ///< on the feet, one of them always near the floor
  kRun,    ///< on the feet, with flight
  kCrawl,  ///< on hands and knees, or lower
  // Turns and jumps of the whole body.
  kTurn,  ///< about the vertical axis, by `degrees`
  kJump,  ///< both feet leave the floor; see `side` for the foot or feet that push off
  // Changes of posture, each from the first to the last moment of the change.
  kSquat,          ///< down and up again, on both feet
  kSquatDown,      ///< down, and not up again
  kRiseFromSquat,  ///< up, from a squat the clip begins with or that lasted
  kSitDown,
  kStandUp,  ///< from a seat or from the floor where one sat
  kKneelDown,
  kRiseFromKnees,
  kLieDown,
  kGetUp,  ///< from lying or from hands and knees
  kBend,   ///< the trunk goes forward, the legs stay nearly straight, and back up if `returns`
  // Limbs.
  kRaiseArm,   ///< the hand goes from hanging up to the shoulder or higher; down again if `returns`
  kLowerArm,   ///< from a raised beginning
  kHoldArm,    ///< raised all the time
  kWaveHand,   ///< a raised hand goes to and fro, `count` times
  kPunch,      ///< a fast stretch of the arm ahead
  kSwingArm,   ///< the arm goes round in a circle, `count` times
  kKick,       ///< a fast foot ahead, in the air
  kReachDown,  ///< a hand goes down to the shins, below 0.42 of the height of the pelvis
  kLiftKnee,   ///< the thigh goes up to the level or higher, standing on the other foot
};

/// Side of the body. For movements of one limb; both: left and right at the same time.
enum class Side { kNone, kLeft, kRight, kBoth };

/// Direction of travel against the direction faced, in sectors of 45 degrees.
enum class Way {
  kNone,
  kForward,
  kForwardLeft,
  kLeft,
  kBackLeft,
  kBackward,
  kBackRight,
  kRight,
  kForwardRight
};

/// Speed against what is usual for the act.
enum class Pace { kNone, kSlow, kNormal, kFast };

/// How high a raised hand comes; none between the levels, and for two hands at different ones.
enum class Reach { kNone, kShoulder, kHead, kOverhead };

/// One thing that somebody does. Numbers that make no sense for the act are 0.
struct Movement {
  Act act = Act::kWalk;
  Side side = Side::kNone;
  Way way = Way::kNone;        ///< travel, jumps, kicks, circles of an arm
  Pace pace = Pace::kNone;     ///< travel
  Reach reach = Reach::kNone;  ///< raised arms
  double first = 0, last = 0;  ///< seconds from the clip's begin
  int count = 1;               ///< steps of travel, waves, circles
  double metres = 0;           ///< length of the way; height of a jump over standing
  double speed = 0;            ///< m/s, mean over the way
  double froude = 0;           ///< speed / sqrt(9.81 leg length)
  double degrees = 0;  ///< turns: change of direction faced; travel: bend of the way. Left positive
  double aside = 0;    ///< raised arms: 0 straight ahead, 90 straight out to the side, degrees
  bool begins_before = false;  ///< it is on already in the first frame
  bool goes_on = false;        ///< it is still on in the last frame
  bool returns = false;        ///< bends and raised arms: and back again
};

enum class Posture {
  kStanding,
  kCrouching,
  kSquatting,
  kKneeling,
  kSitting,
  kOnFloor,
  kAllFours,
  kLying
};

/// A posture held for a while.
struct PostureSpan {
  Posture posture = Posture::kStanding;
  double face_down = 0;        ///< mean; 1: the chest looks at the floor, -1: at the ceiling
  double first = 0, last = 0;  ///< seconds
};

struct Description {
  double seconds = 0;
  double leg = 0;                     ///< length of the legs, m
  std::vector<Movement> movements;    ///< by time of their begin, then by act
  std::vector<PostureSpan> postures;  ///< by time, without gaps or overlap
  /// How much each limb moves, in stretches of `sample` seconds: for busy_hand() and the like.
  double sample = 0.1;
  std::vector<double> left_hand, right_hand;  ///< path of the hand against the chest, arm lengths
  std::vector<double> left_foot, right_foot;  ///< of the foot against the pelvis, leg lengths
};

/// Describes a canonical clip that stands on the floor y = 0. Throws Error for other clips.
Description describe(const Clip& clip);

/// Which hand does something between two times: one when it goes at least `ratio` times as far as
/// the other, both when they go about as far (less than `even` times), none when it is unclear or
/// hardly anything moves (less than half an arm's length).
Side busy_hand(const Description& description, double first, double last, double ratio = 1.8,
               double even = 1.3);

/// What a speed is called in walking (kWalk) or running (kRun): for motion that is known to be one
/// of them. Backwards and sideways everything is slower.
Pace pace_of(Act gait, Way way, double froude);

/// Left for right and right for left, the others as they are.
Side mirrored(Side side);
Way mirrored(Way way);
Movement mirrored(const Movement& movement);

std::string_view name_of(Act act);  ///< "walk", "sit down" …
std::string_view name_of(Side side);
std::string_view name_of(Way way);
std::string_view name_of(Pace pace);
std::string_view name_of(Reach reach);
std::string_view name_of(Posture posture);

}  // namespace pantomime::motion
