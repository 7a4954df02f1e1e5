// The parts of describe(): each adds the movements it finds.
#pragma once

#include <vector>

#include "pantomime/motion/body_signals.h"
#include "pantomime/motion/describe.h"

namespace pantomime::motion {

/// Posture of every frame, [F]; changes of less than 0.3 s are not one.
std::vector<Posture> find_postures(const BodySignals& body);
std::vector<PostureSpan> posture_spans(const std::vector<Posture>& postures,
                                       const BodySignals& body);

/// Leaves out the jumps that are in `movements`.
void add_travel(const BodySignals& body, const std::vector<Posture>& postures,
                std::vector<Movement>& movements);
void add_turns(const BodySignals& body, const std::vector<Posture>& postures,
               std::vector<Movement>& movements);
void add_jumps(const BodySignals& body, const std::vector<Posture>& postures,
               std::vector<Movement>& movements);
void add_posture_changes(const BodySignals& body, const std::vector<Posture>& postures,
                         std::vector<Movement>& movements);
void add_arms(const BodySignals& body, const std::vector<Posture>& postures,
              std::vector<Movement>& movements);
void add_legs(const BodySignals& body, const std::vector<Posture>& postures,
              std::vector<Movement>& movements);

/// Frames to seconds of a movement over [first, last], and whether it touches the clip's ends.
void set_times(Movement& movement, const BodySignals& body, size_t first, size_t last);

/// Sector of a velocity ahead and to the left.
Way way_of(double ahead, double left);

}  // namespace pantomime::motion
