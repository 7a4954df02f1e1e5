// A canonical clip as signals: what describe() looks at. Metres, radians, seconds.
#pragma once

#include <array>

#include "pantomime/motion/clip.h"
#include "pantomime/motion/signal.h"

namespace pantomime::motion {

inline constexpr double kGravity = 9.81;  ///< m/s^2

/// One arm and leg. Everything sideways is measured outwards, away from the body's middle, so that
/// a mirrored clip has exactly the other side's signals.
struct SideSignals {
  Signal hand_out, hand_up, hand_ahead;  ///< wrist from shoulder, in arm lengths; up is the world's
  Signal hand_height;                    ///< wrist over the floor, m
  Signal hand_speed;                     ///< of the wrist against the chest, arm lengths per second
  Signal palm_over_shoulder, palm_over_head;  ///< middle of the hand over these joints, m
  Signal foot_ahead;                          ///< ankle before the pelvis, in leg lengths
  Signal foot_out;                            ///< ankle outwards of the pelvis, in leg lengths
  Signal foot_height;  ///< ankle over where it is when the foot stands flat, m
  Signal foot_clear;   ///< lower one of heel and toe over where it rests, m
  Signal foot_speed;   ///< of the ankle in the world, leg lengths per second
  Signal knee_height;  ///< over the floor, m
  Signal thigh_lift;   ///< angle of the thigh from straight down along the trunk's plumb, rad
};

struct BodySignals {
  double fps = kFps;
  size_t frames = 0;
  double leg = 0;        ///< thigh and shin, m, mean of both sides
  double arm = 0;        ///< upper arm and forearm, m, mean of both sides
  double standing = 0;   ///< height of the pelvis over the floor of a person who stands straight, m
  Signal x, z;           ///< pelvis on the floor plan, m
  Signal height;         ///< of the pelvis, in `standing`
  Signal head_height;    ///< of the head joint, m
  Signal facing;         ///< about +Y from +Z, to the left positive, unwrapped, rad
  Signal ahead, left;    ///< velocity of the pelvis in the direction faced and to its left, m/s
  Signal speed;          ///< length of that
  Signal course;         ///< direction of that velocity in the world, unwrapped, rad
  Signal tilt;           ///< angle of the trunk (pelvis to neck) from upright, rad
  Signal lean;           ///< the part of it forwards (backwards negative), rad
  Signal face_down;      ///< +1: the chest looks at the floor, -1: at the ceiling
  Signal sink;           ///< vertical speed of the pelvis, m/s
  Signal rise;           ///< vertical acceleration of the pelvis, m/s^2
  Signal support_ahead;  ///< middle of the feet before the middle of the trunk, in leg lengths
  std::array<SideSignals, 2> sides;  ///< left, right

  /// Speed as a Froude number, v / sqrt(g leg): legs of all lengths walk alike at the same number
  /// (Alexander & Jayes 1983, "A dynamic similarity hypothesis for the gaits of quadrupedal
  /// mammals"; people change from walking to running near 0.7).
  double froude(double speed_in_m_s) const;
  size_t frames_of(double seconds) const;  ///< rounded, at least 1
};

/// Throws Error for clips that are not canonical, without frames, or with legs or arms of no
/// length. The floor is y = 0.
BodySignals body_signals(const Clip& clip);

}  // namespace pantomime::motion
