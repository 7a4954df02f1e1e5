#include "pantomime/motion/body_signals.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/motion/contacts.h"

namespace pantomime::motion {
namespace {

struct Vec {
  double x = 0, y = 0, z = 0;
};
Vec operator-(Vec a, Vec b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
Vec middle(Vec a, Vec b) {
  // Of two sides: the sum has no order, so a mirrored clip rounds alike.
  return {0.5 * (a.x + b.x), 0.5 * (a.y + b.y), 0.5 * (a.z + b.z)};
}
double size(Vec a) {
  return std::sqrt(a.x * a.x + a.y * a.y + a.z * a.z);
}

constexpr double kPalm = 0.09;  // m from the wrist to the middle of the hand

/// Joint positions in double, and the direction faced.
struct Poses {
  std::vector<Vec3> positions;
  const Vec operator()(size_t f, int joint) const {
    const Vec3 p = positions[f * kJointCount + static_cast<size_t>(joint)];
    return {p.x, p.y, p.z};
  }
};

double bone(const Clip& clip, int joint) {
  return length(clip.skeleton.offsets[static_cast<size_t>(joint)]);
}

/// Length of the change of a vector (x, y, z) per second.
Signal speed_of(const Signal& x, const Signal& y, const Signal& z, double fps) {
  constexpr double kWindow = 0.04;  // one frame to each side at 30 per second
  const Signal vx = slope(x, kWindow, fps), vy = slope(y, kWindow, fps),
               vz = slope(z, kWindow, fps);
  Signal result(x.size());
  for (size_t f = 0; f < result.size(); ++f)
    result[f] = std::sqrt(vx[f] * vx[f] + vy[f] * vy[f] + vz[f] * vz[f]);
  return result;
}

/// Direction faced, from the lines through hips and shoulders; the pelvis' own turn where these
/// say nothing (lying on the side, upside down).
Signal facing_of(const Clip& clip, const Poses& at) {
  Signal result(clip.frame_count());
  for (size_t f = 0; f < result.size(); ++f) {
    const Vec hips = at(f, kLeftHip) - at(f, kRightHip);
    const Vec shoulders = at(f, kLeftShoulder) - at(f, kRightShoulder);
    // A line to the left, turned a quarter about +Y, looks ahead.
    const double x = hips.x + shoulders.x, z = hips.z + shoulders.z;
    if (std::hypot(x, z) > 0.1) {
      result[f] = std::atan2(-z, x);
    } else {
      result[f] = f > 0 ? result[f - 1] : 0.0;
    }
  }
  return unwrapped(result);
}

void fill_travel(BodySignals& body) {
  constexpr double kTravelWindow =
      0.3;  // half a stride of walking: the sway within it averages out
  constexpr double kFacingSmooth =
      0.15;  // s, hips and shoulders turn against each other in a stride
  body.facing = smoothed(body.facing, kFacingSmooth, body.fps);
  const Signal vx = slope(body.x, kTravelWindow, body.fps);
  const Signal vz = slope(body.z, kTravelWindow, body.fps);
  body.course.resize(body.frames);
  for (size_t f = 0; f < body.frames; ++f) {
    const double s = std::sin(body.facing[f]), c = std::cos(body.facing[f]);
    body.ahead.push_back(vx[f] * s + vz[f] * c);
    body.left.push_back(vx[f] * c - vz[f] * s);
    body.speed.push_back(std::hypot(vx[f], vz[f]));
    body.course[f] = std::atan2(vx[f], vz[f]);
  }
  body.course = unwrapped(body.course);
}

void fill_side(BodySignals& body, const Poses& at, const std::array<float, 4>& rest, size_t side) {
  SideSignals& s = body.sides[side];
  const int k = static_cast<int>(side);  // left and right joints alternate in SMPL's order
  const double out_sign = side == 0 ? 1 : -1;
  const double heel_rest = rest[side == 0 ? kLeftHeel : kRightHeel];
  const double toe_rest = rest[side == 0 ? kLeftToe : kRightToe];
  Signal chest_x, chest_y, chest_z, foot_x, foot_y, foot_z;
  for (size_t f = 0; f < body.frames; ++f) {
    const double sn = std::sin(body.facing[f]), cs = std::cos(body.facing[f]);
    const auto ahead = [&](Vec v) { return v.x * sn + v.z * cs; };
    const auto out = [&](Vec v) { return out_sign * (v.x * cs - v.z * sn); };
    const Vec pelvis = at(f, kPelvis), wrist = at(f, kLeftWrist + k), ankle = at(f, kLeftAnkle + k);
    const Vec hand = wrist - at(f, kLeftShoulder + k);
    s.hand_out.push_back(out(hand) / body.arm);
    s.hand_up.push_back(hand.y / body.arm);
    s.hand_ahead.push_back(ahead(hand) / body.arm);
    s.hand_height.push_back(wrist.y);
    const Vec chest = wrist - at(f, kSpine3);
    chest_x.push_back(chest.x / body.arm);
    chest_y.push_back(chest.y / body.arm);
    chest_z.push_back(chest.z / body.arm);
    // The skeleton ends at the wrist: the hand goes on along the forearm.
    const Vec forearm = wrist - at(f, kLeftElbow + k);
    const double palm = wrist.y + kPalm * forearm.y / std::max(size(forearm), 1e-6);
    s.palm_over_shoulder.push_back(palm - at(f, kLeftShoulder + k).y);
    s.palm_over_head.push_back(palm - at(f, kHead).y);
    s.foot_ahead.push_back(ahead(ankle - pelvis) / body.leg);
    s.foot_out.push_back(out(ankle - pelvis) / body.leg);
    s.foot_height.push_back(ankle.y - heel_rest);
    s.foot_clear.push_back(std::min(ankle.y - heel_rest, at(f, kLeftFoot + k).y - toe_rest));
    foot_x.push_back(ankle.x / body.leg);
    foot_y.push_back(ankle.y / body.leg);
    foot_z.push_back(ankle.z / body.leg);
    s.knee_height.push_back(at(f, kLeftKnee + k).y);
    const Vec thigh = at(f, kLeftKnee + k) - at(f, kLeftHip + k);
    s.thigh_lift.push_back(std::atan2(ahead(thigh), -thigh.y));
  }
  s.hand_speed = speed_of(chest_x, chest_y, chest_z, body.fps);
  s.foot_speed = speed_of(foot_x, foot_y, foot_z, body.fps);
}

void fill_trunk(BodySignals& body, const Clip& clip, const Poses& at, const WorldPose& pose) {
  Signal pelvis_y;
  for (size_t f = 0; f < body.frames; ++f) {
    const double sn = std::sin(body.facing[f]), cs = std::cos(body.facing[f]);
    const Vec pelvis = at(f, kPelvis), neck = at(f, kNeck);
    const Vec trunk = neck - pelvis;
    pelvis_y.push_back(pelvis.y);
    body.height.push_back(pelvis.y / body.standing);
    body.head_height.push_back(at(f, kHead).y);
    body.tilt.push_back(std::atan2(std::hypot(trunk.x, trunk.z), trunk.y));
    body.lean.push_back(std::atan2(trunk.x * sn + trunk.z * cs, trunk.y));
    const Vec3 chest = pose.rotations[f * kJointCount + kSpine2] * Vec3{0, 0, 1};
    body.face_down.push_back(-chest.y);
    const Vec feet = middle(middle(at(f, kLeftAnkle), at(f, kRightAnkle)),
                            middle(at(f, kLeftFoot), at(f, kRightFoot)));
    const Vec support = feet - middle(pelvis, neck);
    body.support_ahead.push_back((support.x * sn + support.z * cs) / body.leg);
  }
  body.sink = slope(pelvis_y, 0.1, clip.fps);
  body.rise = slope(slope(pelvis_y, 0.07, clip.fps), 0.07, clip.fps);
}

}  // namespace

double BodySignals::froude(double speed_in_m_s) const {
  return speed_in_m_s / std::sqrt(kGravity * leg);
}

size_t BodySignals::frames_of(double seconds) const {
  return static_cast<size_t>(std::max(1.0, std::round(seconds * fps)));
}

BodySignals body_signals(const Clip& clip) {
  PANTOMIME_CHECK(clip.joint_count() == kJointCount,
                  "describe: a skeleton of {} joints, expected the canonical {}",
                  clip.joint_count(), kJointCount);
  PANTOMIME_CHECK(clip.frame_count() > 0, "describe: a clip without frames");
  BodySignals body;
  body.fps = clip.fps;
  body.frames = clip.frame_count();
  body.leg = 0.5 * (bone(clip, kLeftKnee) + bone(clip, kRightKnee)) +
             0.5 * (bone(clip, kLeftAnkle) + bone(clip, kRightAnkle));
  body.arm = 0.5 * (bone(clip, kLeftElbow) + bone(clip, kRightElbow)) +
             0.5 * (bone(clip, kLeftWrist) + bone(clip, kRightWrist));
  PANTOMIME_CHECK(body.leg > 0.05 && body.arm > 0.05,
                  "describe: legs of {:.3f} m and arms of {:.3f} m, expected more than 0.05",
                  body.leg, body.arm);
  const auto rest = rest_heights(clip.skeleton);
  const double hip_drop =
      -0.5 * (clip.skeleton.offsets[kLeftHip].y + clip.skeleton.offsets[kRightHip].y);
  body.standing =
      std::max(0.5 * body.leg, hip_drop + body.leg + 0.5 * (rest[kLeftHeel] + rest[kRightHeel]));
  const WorldPose pose = forward_kinematics(clip);
  const Poses at{pose.positions};
  for (size_t f = 0; f < body.frames; ++f) {
    const Vec pelvis = at(f, kPelvis);
    body.x.push_back(pelvis.x);
    body.z.push_back(pelvis.z);
  }
  body.facing = facing_of(clip, at);
  fill_travel(body);
  fill_trunk(body, clip, at, pose);
  for (size_t side = 0; side < 2; ++side) fill_side(body, at, rest, side);
  return body;
}

}  // namespace pantomime::motion
