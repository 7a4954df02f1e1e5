// What the renderer sees: meshes with materials, and light.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pantomime/body/character.h"
#include "pantomime/motion/clip.h"
#include "pantomime/render/mover_boxes.h"
#include "pantomime/render/near_map.h"
#include "pantomime/render/rays.h"
#include "pantomime/render/texture.h"
#include "pantomime/scene/home.h"

namespace pantomime::render {

using motion::Vec3;

/// A triangle mesh in the world.
struct Mesh {
  std::string name;
  int material = 0;  ///< from Scene3d::add_material
  int object = 0;    ///< id of the person or thing it belongs to; written to the truth layers
  std::vector<Vec3> positions;                     ///< [V] metres, world
  std::vector<Vec3> normals;                       ///< [V] unit, or empty: flat triangles
  std::vector<std::array<float, 2>> uvs;           ///< [V] v = 0 at the picture's top, or empty
  std::vector<std::array<uint32_t, 3>> triangles;  ///< counter-clockwise seen from outside
  std::vector<uint8_t> parts;                      ///< [V] body part labels, or empty: all 0
};

/// A light so far away that its rays are parallel, like the sun.
struct KeyLight {
  Vec3 towards{0.45f, 0.75f, 0.5f};  ///< direction to the light, any length
  Vec3 colour{0.80f, 0.76f, 0.70f};  ///< linear: what a white surface facing it sends back
  float radius = 0.06f;              ///< radians, half the angle it fills: softness of shadows
  /// Not empty: the light comes through one of these alone, everything else around is closed.
  /// Spares most of the rays to the sun in a room.
  std::vector<scene::Opening3d> openings = {};
};

/// Light from all around, and what is seen where nothing is.
struct Surroundings {
  Vec3 sky{0.42f, 0.45f, 0.50f};      ///< linear: a white surface facing up sends this back
  Vec3 ground{0.26f, 0.25f, 0.24f};   ///< the same for one facing down
  Vec3 zenith{0.62f, 0.68f, 0.75f};   ///< linear background colour straight up
  Vec3 horizon{0.80f, 0.81f, 0.82f};  ///< and at and below the horizon
  scene::SkyView sky_view;            ///< not null: is seen instead, and lights through windows
  float haze_from = 1e9f;             ///< metres from the camera where surfaces begin to turn
  float haze_to = 2e9f;               ///< into the background, and where they are gone
  float occlusion_reach = 0.7f;       ///< metres: how near a surface must be to keep sky light away
};

/// Meshes with fixed triangles and moving vertices. Objects are cheap to make again, so threads
/// that render different frames have one each and share a TextureStore.
class Scene3d : public CutOut {
 public:
  /// `mixed`: much of it stands still while people move (see RayScene).
  explicit Scene3d(std::shared_ptr<TextureStore> textures = nullptr, bool mixed = false);

  KeyLight key;
  Surroundings surroundings;
  std::vector<scene::Lamp> lamps;  ///< each sample of a pixel asks one of them, by its share

  /// Returns the number of the material.
  int add_material(const body::Material& material);
  /// Returns the number of the mesh: 0, 1, … Throws Error when arrays differ in length, an index or
  /// the material does not exist, or a position is not finite.
  int add_mesh(Mesh mesh);
  /// New positions (and normals, if the mesh has them) of a mesh.
  void move_mesh(int mesh, const std::vector<Vec3>& positions, const std::vector<Vec3>& normals);
  /// Must follow changes before anything is rendered.
  void commit();

  size_t mesh_count() const { return meshes_.size(); }
  const Mesh& mesh(size_t i) const { return meshes_[i].mesh; }
  const RayScene& rays() const { return rays_; }
  /// Whether a mesh lies in one axis-parallel plane, as floors and walls do.
  bool is_flat(size_t i) const { return meshes_[i].flat; }
  /// Whether its normals are everywhere those of its triangles, without a map that bends them.
  bool has_plain_normals(size_t i) const {
    return meshes_[i].even && !paints_[static_cast<size_t>(meshes_[i].mesh.material)].normals;
  }
  /// Whether it was moved since it was added (only in a mixed scene).
  bool is_moving(uint32_t mesh) const { return rays_.is_moving(mesh); }
  /// Where what moves is, committed.
  const MoverBoxes& movers() const { return movers_; }
  /// Whether rays may pass through some of its surface.
  bool is_see_through(size_t i) const {
    return paints_[static_cast<size_t>(meshes_[i].mesh.material)].see_through;
  }

  /// Whether all of its surface lets more than half of the light through, as glass.
  bool is_sheer(size_t i) const {
    return is_see_through(i) &&
           paints_[static_cast<size_t>(meshes_[i].mesh.material)].base[3] < 0.5f;
  }

  /// Where a ray met a mesh.
  struct Hit {
    uint32_t mesh, triangle;
    float u, v;      ///< barycentric weights of the triangle's second and third corner
    Vec3 position;   ///< metres, world
    Vec3 direction;  ///< unit, of the ray
    Vec3 normal;     ///< of the triangle, (b - a) x (c - a), any length
  };
  /// A point on a surface, ready to be lit.
  struct Surface {
    Vec3 position;          ///< metres, world
    Vec3 geometric_normal;  ///< unit, on the side of the viewer
    Vec3 normal;            ///< unit, interpolated and with the normal map
    Vec3 colour;            ///< linear reflectance
    float coverage = 1;     ///< below 1 the rest of the light comes from behind
    float gloss = 0;        ///< exponent of the highlight, 0: none
  };
  /// Fills `out` for a footprint of so many metres across.
  void surface(const Hit& hit, float footprint, Surface& out) const;
  /// Interpolated normal there without the normal map, unit, on the side of the viewer.
  Vec3 smooth_normal(const Hit& hit) const;
  /// (b - a) x (c - a) of a triangle.
  Vec3 triangle_normal(uint32_t mesh, uint32_t triangle) const {
    const Mesh& m = meshes_[mesh].mesh;
    const auto& [a, b, c] = m.triangles[triangle];
    return cross(m.positions[b] - m.positions[a], m.positions[c] - m.positions[a]);
  }
  /// Part label of the triangle's corner nearest to (u, v).
  uint8_t part(uint32_t mesh, uint32_t triangle, float u, float v) const;

  /// Whether anything could keep light from a point of `mesh` that comes from about `direction`
  /// (the ray may stray by `stray` metres for each metre). False is certain; true means that a ray
  /// must tell. Spares most of the rays of an empty floor.
  bool may_be_blocked(uint32_t mesh, Vec3 point, Vec3 direction, float stray) const;
  /// Lights that what moves may take from still points within `extent` metres of this one: bit k
  /// for lamp k (of the first kMostLamps), then kSun and kSky. What is not named is certain.
  uint32_t lights_movers_may_take(Vec3 point, float extent) const;
  static constexpr size_t kMostLamps = 8;
  static constexpr uint32_t kSun = 1u << kMostLamps, kSky = 2 * kSun, kAllLights = 2 * kSky - 1;
  /// Whether the key light can come to a point through one of its openings.
  bool key_may_enter(Vec3 point, float extent = 0) const;
  /// Where other meshes that stand still are nearer than `reach` to a flat mesh.
  NearMap near_map(size_t mesh, float reach) const;
  /// Corners of the box around a mesh.
  Vec3 low(size_t mesh) const { return meshes_[mesh].low; }
  Vec3 high(size_t mesh) const { return meshes_[mesh].high; }
  /// Whether anything outside the plane of a flat `mesh` may be nearer than `reach` metres to a
  /// point of it; always for other meshes. False is certain.
  bool may_be_near(uint32_t mesh, Vec3 point, float reach) const;

  float coverage(uint32_t mesh, uint32_t triangle, float u, float v,
                 float footprint) const override;

 private:
  struct Paint {
    std::shared_ptr<const Texture> colour, normals;
    std::array<float, 4> base;
    float gloss;  // exponent of the highlight, 0: none
    bool see_through;
  };
  struct Entry {
    Mesh mesh;
    std::vector<float> texels_per_metre;  // [triangles] of the colour texture; empty without uvs
    Vec3 low, high;                       // bounds
    bool flat = false;                    // all in one axis-parallel plane: can't shade itself
    bool even = false;                    // its normals are those of its triangles
    Vec3 others_low, others_high;         // of flat ones: bounds of all other meshes
    NearMap near;                         // of flat ones in a mixed scene: others that stand still
  };
  std::array<float, 2> uv(const Entry& entry, uint32_t triangle, float u, float v) const;
  /// Turns out.normal as the texel of a normal map says.
  static void bend_normal(const Entry& entry, uint32_t triangle, const std::array<float, 4>& texel,
                          Surface& out);

  void box_movers();

  std::shared_ptr<TextureStore> textures_;
  bool mixed_, still_changed_ = true;
  std::vector<Paint> paints_;
  std::vector<Entry> meshes_;
  RayScene rays_;
  MoverBoxes movers_;
};

/// The meshes of a character in a scene.
class PosedCharacter {
 public:
  /// Adds the character's meshes and materials in the bind pose. The character must outlive this.
  PosedCharacter(Scene3d& scene, const body::Character& character, int object);
  /// Skins it into a frame; call scene.commit() afterwards.
  void pose(Scene3d& scene, const motion::WorldPose& pose, size_t frame);

 private:
  const body::Character* character_;
  std::vector<int> meshes_;
  std::vector<Vec3> positions_, normals_;
};

/// A horizontal square floor at height y about (x, z), chequered in two sRGB greys (equal: plain).
Mesh floor_mesh(Scene3d& scene, float x, float y, float z, float half_size, float tile_size,
                uint8_t light, uint8_t dark, int object = 0);

}  // namespace pantomime::render
