// One number a frame, and what can be found in it: smoothing, slopes, turning points, stretches.
//
// All of it treats a signal and its negative alike, to the last bit: what is found in a mirrored
// motion is exactly the mirror image.
#pragma once

#include <cstddef>
#include <vector>

namespace pantomime::motion {

using Signal = std::vector<double>;  ///< [F]

/// Gaussian mean with standard deviation `seconds`; at the ends over the frames that are there.
Signal smoothed(const Signal& signal, double seconds, double fps);

/// Slope per second of the least-squares line through the frames at most `half_window` seconds
/// away (at least one frame to each side that is there). Zero for a signal of one frame.
Signal slope(const Signal& signal, double half_window, double fps);

/// Angles without jumps: multiples of 2 pi are added so that neighbours differ by at most pi.
Signal unwrapped(const Signal& angles);

/// A stretch of frames [first, last), not empty.
struct Stretch {
  size_t first = 0, last = 0;
  size_t frames() const { return last - first; }
};

/// Frames where the signal has risen over `on` and not yet fallen under `off` again (off <= on). At
/// the begin it counts as risen when it is over the middle of the two.
std::vector<bool> held_above(const Signal& signal, double on, double off);

/// Stretches of true flags; gaps of less than `gap` frames are closed, then stretches of less than
/// `shortest` frames dropped.
std::vector<Stretch> stretches(const std::vector<bool>& flags, size_t gap = 0, size_t shortest = 1);

/// From one turning point to the next: signal[last] - signal[first] = change.
struct Swing {
  size_t first = 0, last = 0;  ///< frames, both belong to the swing
  double change = 0;
};

/// The signal as swings that go up and down in turn, each by at least `least` (> 0): smaller ones
/// are part of the swing around them. Empty when the whole signal moves by less.
std::vector<Swing> swings(const Signal& signal, double least);

}  // namespace pantomime::motion
