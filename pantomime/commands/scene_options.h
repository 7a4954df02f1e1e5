// What a generated clip must keep to: kept frames, paths, joints, seats, boxes. Options of
// generate.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pantomime/commands/commands.h"
#include "pantomime/conditions/constraints.h"
#include "pantomime/motion/clip.h"

namespace pantomime::commands {

/// As typed. Times are seconds, places metres on the floor (x, z), angles degrees about +Y (0 faces
/// +Z, 90 faces +X). TIME is a second or FROM:TO.
struct SceneOptions {
  std::vector<std::string> keep;       ///< FILE@TIME or FILE@TIME=SECOND OF THE FILE
  std::string joints = "all";          ///< of the kept frames
  std::string places;                  ///< joints; of the kept frames only where these are
  std::string path;                    ///< SECOND=X,Z; …
  std::string heading;                 ///< SECOND=ANGLE; …
  std::vector<std::string> reach;      ///< JOINT@TIME=X,Y,Z
  std::vector<std::string> carry;      ///< TIME=METRES between the hands
  std::vector<std::string> sit;        ///< TIME=X,Z,HEIGHT,ANGLE
  std::vector<std::string> lie;        ///< TIME=X,Z,HEIGHT,ANGLE
  std::vector<std::string> avoid;      ///< X,Z,WIDTH,DEPTH,HEIGHT[,ANGLE]
  std::vector<std::string> step_over;  ///< X,Z,WIDTH,DEPTH,HEIGHT[,ANGLE]
  std::vector<std::string> hold;       ///< HAND@FROM:TO=X,Y,Z; X,Y,Z
  std::string floor;                   ///< X,Z; X,Z; …
  bool loop = false;
  std::filesystem::path edit;  ///< a clip to be changed
  double change = 0.6;         ///< how much, 0 … 1
};
/// Something that is carried about: where it is in each frame.
struct HeldObject {
  std::string hand;                     ///< "left hand", "right hand"
  int64_t first = 0, last = 0;          ///< frames in which it is held, [first, last]
  std::vector<motion::Vec3> positions;  ///< [F] metres, of its middle
  std::vector<motion::Quat> rotations;  ///< [F]; it stands upright before it is taken
};

/// A motion file on the canonical skeleton, at 30 frames per second on its floor, where it was
/// recorded. Throws Error that begins with `option`.
motion::Clip read_motion(const std::string& option, const std::filesystem::path& path);
void add_scene_options(CLI::App& app, SceneOptions& options);

/// The options, parsed. Its world is that of the kept files and of all places given.
class Scene {
 public:
  /// `frames` of the clips to be made. Reads the kept files. Throws Error naming the option.
  Scene(const SceneOptions& options, int64_t frames);

  bool empty() const { return empty_; }
  /// Kept motion, as read; its people decide about bodies. Null without.
  const motion::Clip* person() const { return keeps_.empty() ? nullptr : &keeps_[0].clip; }
  /// For a body with these bones, in the clip's own world.
  conditions::Constraints constraints(const motion::Skeleton& body) const;
  /// A generated clip where it belongs.
  motion::Clip in_world(const motion::Clip& clip) const;
  /// What --hold asked for, in a clip that in_world() has placed: still where it is taken, then
  /// with the hand as if it were part of it, then still where the hand let it go.
  std::vector<HeldObject> held(const motion::Clip& clip) const;

 private:
  struct Span {
    int64_t first, last;  ///< frames [first, last)
  };
  struct Keep {
    motion::Clip clip;  ///< canonical, 30 fps, on its floor
    int64_t first, count, at;
  };
  struct Listed {  ///< an item of a list: where in time, and its numbers
    Span span;
    std::vector<double> numbers;
  };

  Span parse_span(const std::string& option, const std::string& text) const;
  Listed parse_item(const std::string& option, const std::string& text, size_t fewest,
                    size_t most) const;
  std::vector<Listed> parse_list(const std::string& option, const std::string& text,
                                 size_t numbers) const;
  void read_keep(const std::string& text);
  void read_hold(const std::string& text);
  void find_start();
  /// Whoever sits or lies later, but early in the clip, begins on their feet.
  void stand_before(conditions::Constraints& out, const motion::Skeleton& body) const;
  motion::Vec3 inside(double x, double y, double z) const;  ///< from the world to the clip's

  int64_t frames_;
  bool empty_ = true, loop_ = false, anchored_ = true;
  bool tracked_ = false;  // of kept frames only where joints_ are counts
  conditions::JointMask joints_{};
  std::vector<Keep> keeps_;
  std::vector<Listed> path_, heading_, carry_, sit_, lie_;
  std::vector<std::pair<motion::Joint, Listed>> reach_;
  struct Hold {
    motion::Joint hand;
    Span span;
    motion::Vec3 from, to;
  };
  std::vector<Hold> hold_;
  std::vector<std::vector<double>> avoid_, step_over_;
  std::vector<std::array<double, 2>> floor_;
  conditions::Placement world_;  ///< of the clip's world in the world
};

/// What somebody does who is only told a way: "walk" or "run", by its pace; empty for those who
/// hardly move, and where kept poses or goals say more.
std::string gait_of(const conditions::Constraints& constraints);

}  // namespace pantomime::commands
