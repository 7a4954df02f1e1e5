// Ray casting through Embree 3 or 4, eight rays at a time. Internal to this room: it hides what
// differs between the two versions.
#pragma once

#if __has_include(<embree4/rtcore.h>)
#include <embree4/rtcore.h>
#define PANTOMIME_EMBREE 4
#else
#include <embree3/rtcore.h>
#define PANTOMIME_EMBREE 3
#endif

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pantomime/motion/rotation.h"

namespace pantomime::render {

/// Rays in a packet. Eight is the native width of AVX2, which nearly every server has; wider
/// packets would make results differ between kinds of processors.
inline constexpr int kPacket = 8;

using RayPacket = RTCRay8;
using HitPacket = RTCRayHit8;
/// -1: this ray is traced, 0: it is not. Aligned as Embree wants it.
struct alignas(32) LaneMask : std::array<int, kPacket> {};

/// Decides whether a ray stops at a point of a see-through surface.
class CutOut {
 public:
  virtual ~CutOut() = default;
  /// Coverage 0 … 1 of mesh `mesh` at triangle `triangle`, barycentric (u, v), as wide as
  /// `footprint` metres.
  virtual float coverage(uint32_t mesh, uint32_t triangle, float u, float v,
                         float footprint) const = 0;
};

/// Meshes of a mixed scene: those that stand still, those that have moved, or both.
enum class Meshes : uint8_t { All, Still, Moving };

/// How a batch of rays is traced.
struct RayQuery {
  const CutOut* cut_out = nullptr;
  float least_coverage = 0.5f;  ///< a surface with less coverage than this is passed through
  float spread = 0;             ///< radians: width of a ray's footprint per metre
  float width = 0;              ///< metres: width of a ray's footprint at its start
  bool coherent = true;         ///< neighbours go in nearly the same direction
  Meshes which = Meshes::All;
  bool* met_see_through = nullptr;  ///< set when cut_out was asked
};

/// Triangle meshes that rays can meet. Not copyable; one thread builds it, many may trace.
class RayScene {
 public:
  /// `mixed`: much stands still while some of it moves. Meshes that move get a second tree, which
  /// is adapted to them rather than built again; rays pass both. Else there is one tree for all.
  explicit RayScene(bool mixed = false);
  ~RayScene();
  RayScene(RayScene&&) noexcept;
  RayScene& operator=(RayScene&&) noexcept;

  /// Adds a mesh; returns its number (0, 1, …). `see_through`: hits are shown to the query's
  /// cut_out first.
  uint32_t add_mesh(std::span<const motion::Vec3> positions,
                    std::span<const std::array<uint32_t, 3>> triangles, bool see_through);
  /// New positions of a mesh's vertices; their number must not change.
  void move_mesh(uint32_t mesh, std::span<const motion::Vec3> positions);
  /// Makes the last changes visible to rays. Build time grows with the number of triangles.
  void commit();

  /// Whether a mesh is one of those that move.
  bool is_moving(uint32_t mesh) const;
  /// Corners of the box around what moves, committed; false when nothing does.
  bool movers_bounds(motion::Vec3& low, motion::Vec3& high) const;

  /// Nearest hits: fills rays.hit and rays.ray.tfar.
  void intersect(const RayQuery& query, const LaneMask& valid, HitPacket& rays) const;
  /// True in each lane whose ray meets anything before its tfar.
  void occluded(const RayQuery& query, const LaneMask& valid, RayPacket& rays,
                std::array<bool, kPacket>& blocked) const;

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace pantomime::render
