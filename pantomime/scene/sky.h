// The world outside the windows: light from all around, measured by photographs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pantomime/base/image.h"
#include "pantomime/body/character.h"

namespace pantomime::scene {

using motion::Vec3;

/// Light from all directions in the picture's own units; +y is up. Kept as octahedral maps (Cigolle
/// et al. 2014, "A Survey of Efficient Representations for Independent Unit Vectors"), which are
/// asked without an angle: a fine one to look at, a coarse one to light surfaces with.
class Sky {
 public:
  /// `picture`: latitude and longitude, linear, from a panorama whose left and right border meet:
  /// the upper row is straight up, the middle column looks to -z, the right half to +x. What a
  /// small bright spot sends beyond the rest, if there is one, becomes the sun. Throws Error for a
  /// picture that is not twice as wide as high, or black.
  Sky(std::string id, const FloatImage& picture, body::Credit credit);

  const std::string& id() const { return id_; }
  const body::Credit& credit() const { return credit_; }

  /// What is seen in a direction (of any length), without the sun.
  Vec3 seen(Vec3 direction) const { return fine_.at(direction); }
  /// The same in steps of about three degrees, and nowhere above three times the mean: who asks
  /// does so for many directions.
  Vec3 light(Vec3 direction) const;

  /// Mean of the upper half, each direction counting the same.
  Vec3 mean_above() const { return above_; }
  bool has_sun() const { return sun_ != Vec3{}; }
  Vec3 towards_sun() const { return towards_sun_; }
  /// What a white surface that faces the sun alone sends back.
  Vec3 sun() const { return sun_; }

 private:
  /// A square whose middle is straight up and whose corners are straight down.
  struct Octahedron {
    int side = 0;
    std::vector<Vec3> texels;
    Vec3 at(Vec3 direction) const;
    Vec3 direction(int x, int y) const;
  };

  std::string id_;
  body::Credit credit_;
  Octahedron fine_, coarse_;
  Vec3 above_, sun_, towards_sun_{0, 1, 0};
};

/// A sky as it stands over a home.
struct SkyView {
  std::shared_ptr<const Sky> sky;  ///< null: the same light from everywhere
  float cosine = 1, sine = 0;      ///< of its turn about +y
  float light = 1;                 ///< factor of its light
  float seen = 1;                  ///< factor of what is seen of it

  /// From the world to the sky's own axes.
  Vec3 to_sky(Vec3 v) const { return {cosine * v.x - sine * v.z, v.y, sine * v.x + cosine * v.z}; }
  Vec3 to_world(Vec3 v) const {
    return {cosine * v.x + sine * v.z, v.y, cosine * v.z - sine * v.x};
  }
  Vec3 light_from(Vec3 direction) const { return light * sky->light(to_sky(direction)); }
  Vec3 seen_in(Vec3 direction) const { return seen * sky->seen(to_sky(direction)); }
};

/// All skies that a home can stand under.
struct Skies {
  std::vector<std::shared_ptr<const Sky>> day, night;
};

}  // namespace pantomime::scene
