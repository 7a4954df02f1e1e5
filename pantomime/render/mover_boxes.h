// Where what moves may keep light from what stands still. Internal to this room.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "pantomime/motion/rotation.h"

namespace pantomime::render {

/// Boxes around what moves: each person or thing is cut into slices along its longest side, which
/// lie much closer to it than one box would. Every answer "false" is certain.
class MoverBoxes {
 public:
  /// Forgets everybody.
  void clear();
  /// Bounds of all vertices of one person or thing, metres; its meshes follow.
  void start(motion::Vec3 low, motion::Vec3 high);
  void add(std::span<const motion::Vec3> positions,
           std::span<const std::array<uint32_t, 3>> triangles);

  bool empty() const { return boxes_.empty(); }
  /// Whether anything may be nearer than `reach` to a point.
  bool near(motion::Vec3 point, float reach) const;
  /// Whether anything may come between a ball of radius `extent` about a point and another ball.
  bool between(motion::Vec3 point, float extent, motion::Vec3 centre, float radius) const;

 private:
  struct Box {
    motion::Vec3 low{1e30f, 1e30f, 1e30f}, high{-1e30f, -1e30f, -1e30f};
    void take(motion::Vec3 p);
    bool near(motion::Vec3 p, float reach) const;
    bool between(motion::Vec3 point, float extent, motion::Vec3 way, float radius) const;
  };
  static constexpr size_t kSlices = 8;
  Box all_;
  std::vector<Box> boxes_;  // kSlices for each person or thing; those that hold nothing never meet
  size_t axis_ = 1;         // of the last one's slices
  float from_ = 0, slices_a_metre_ = 0;
};

}  // namespace pantomime::render
