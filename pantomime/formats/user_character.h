// A user's own rigged character (GLB), moved by our clips: mesh, skin and materials stay as they
// are.
#pragma once

#include <string>
#include <string_view>

#include "pantomime/formats/gltf.h"
#include "pantomime/motion/retarget.h"
#include "pantomime/motion/rig_match.h"

namespace pantomime::formats {

class UserCharacter {
 public:
  /// Reads a .glb with its data inside and at least one skin. Throws ParseError for anything else.
  UserCharacter(std::string glb, std::string name);

  /// Joints matched by names and geometry; throws Error in one line when the rig is no person's.
  motion::RigMatch match() const;
  /// Uses this mapping from now on. Throws Error naming the joint that isn't there.
  void use(motion::Mapping mapping);
  const motion::Mapping& mapping() const { return mapping_; }

  /// The rig's body in our terms: canonical joints, bones in metres.
  const motion::Skeleton& body() const { return body_; }
  /// The file with its animations replaced by this one: a canonical clip on bones of body() (see
  /// motion/fit_to_body.h) with its floor at y = 0. Only nodes that the mapping names turn, and the
  /// pelvis moves. Same input, same bytes. `settings`: JSON, kept in asset.extras.
  std::string animated(const motion::Clip& clip, const std::string& title,
                       const std::string& settings = "{}") const;

 private:
  std::string glb_, name_;
  GltfRig rig_;
  motion::Mapping mapping_;
  motion::Skeleton body_;
  float floor_ = 0;  ///< metres by which the rig at rest stands lower than our clips do
};

/// A mapping as a page for people: what was found, and how.
std::string mapping_page(const motion::RigMatch& match, const std::string& character);

}  // namespace pantomime::formats
