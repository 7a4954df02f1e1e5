// A room, its people and what they carry: everything that one thread needs for any frame of a clip,
// and the exact truth about what is seen in it.
#pragma once

#include <optional>
#include <vector>

#include "pantomime/body/parts.h"
#include "pantomime/render/camera.h"
#include "pantomime/render/light_map.h"
#include "pantomime/render/renderer.h"
#include "pantomime/render/scene3d.h"
#include "pantomime/render/still_view.h"
#include "pantomime/scene/home.h"

namespace pantomime::render {

/// Object ids of people begin here; things of the home have 1, 2, …, its shell 0.
inline constexpr int kFirstPerson = 1000;
/// Object ids of things that move.
inline constexpr int kFirstHeld = 2000;

/// What became of a joint in the picture.
enum class JointState : uint8_t {
  OutOfFrame,
  HiddenByObject,
  HiddenBySelf,
  HiddenByOther,
  Visible
};
inline constexpr std::array<const char*, 5> kJointStates = {"out of frame", "hidden by an object",
                                                            "hidden by the own body",
                                                            "hidden by another person", "visible"};

struct JointTruth {
  Vec3 position;       ///< metres, world
  float u = 0, v = 0;  ///< pixels; also outside the picture. NaN behind the camera
  float depth = 0;     ///< metres along the optical axis
  JointState state = JointState::OutOfFrame;
};

struct PersonTruth {
  int object = 0;
  int64_t visible_pixels = 0;   ///< in the picture
  int64_t amodal_pixels = 0;    ///< if nothing else were there, in the picture
  int64_t whole_pixels = 0;     ///< the same, with the picture going on for its size on each side
  PixelBox box, amodal_box;     ///< around the first two
  std::vector<uint8_t> amodal;  ///< [h * w] 1 where the body is, seen or not
  /// Part of each body part's own pixels that is seen; -1 where a part would not be seen even
  /// alone.
  std::array<float, body::kPartCount> parts{};
  std::vector<JointTruth> joints;  ///< 22 canonical, then 17 of COCO, then 25 of NTU

  /// Visible part of the whole body, 0 … 1: BOP's visib_fract, where what the border of the picture
  /// cuts off counts as hidden. 0 when nothing of it would be seen.
  float visible_fraction() const {
    return whole_pixels == 0
               ? 0
               : static_cast<float>(visible_pixels) / static_cast<float>(whole_pixels);
  }
};
inline constexpr size_t kFirstCoco = 22, kFirstNtu = 22 + body::kCocoCount;
inline constexpr size_t kTruthJoints = kFirstNtu + body::kNtuCount;

/// What can be known about one frame.
struct FrameTruth {
  Truth surfaces;
  /// [h * w] pixels from here to the same point in the next frame (u right, v down); NaN where
  /// nothing is or the point is not in front of the next camera.
  std::vector<std::array<float, 2>> flow;
  std::vector<PersonTruth> people;
};

/// Where somebody or something is, frame by frame.
struct Movement {
  std::vector<Vec3> positions;          ///< [F] metres, of the model's origin
  std::vector<motion::Quat> rotations;  ///< [F]
};

class Stage {
 public:
  /// The home must outlive the stage.
  explicit Stage(const scene::Home& home, std::shared_ptr<TextureStore> textures = nullptr);

  /// Somebody who moves as `pose` says; both must outlive the stage. Returns the object id.
  int add_person(const body::Character& character, const motion::WorldPose& pose);
  /// A thing that moves.
  int add_thing(const scene::Model& model, Movement movement);
  /// A thing of this clip that stands still. `place.object` is set.
  int add_still(const scene::Model& model, scene::Placed place);

  /// Puts everything where it is in a frame, ready to be rendered. Frames past the end of
  /// somebody's movement show its last.
  void show(size_t frame);

  const Scene3d& scene() const { return scene_; }
  Scene3d& scene() { return scene_; }
  size_t person_count() const { return people_.size(); }

  /// For a camera that stands still: renders what does not move once, with `samples` for each
  /// pixel; truth() and colour() of this camera then cost a fraction. Call after the last still
  /// thing was added and show().
  void stand_still(const Camera& camera, int samples, const RenderOptions& options = {});
  /// For cameras that move: finds the light of lamps and sky on walls and floors once, with
  /// `samples` for each square of 4 cm. Call as stand_still().
  void map_light(int samples, const RenderOptions& options = {});
  /// The picture of the frame that is shown. `truth` of the same camera spares rays.
  Image colour(const Camera& camera, RenderOptions options,
               const FrameTruth* truth = nullptr) const;

  /// The truth of the frame that is shown. `next`: the camera of the following frame.
  FrameTruth truth(const Camera& camera, const Camera& next) const;

 private:
  struct Mover {
    int first_mesh = 0;
    std::vector<std::vector<Vec3>> positions, normals;            // of each mesh, now
    std::vector<std::vector<Vec3>> next_positions, next_normals;  // and in the next frame
    size_t shown = SIZE_MAX;
  };
  /// A person without the others: what would be seen of it.
  class Alone;
  struct Person {
    const body::Character* character;
    const motion::WorldPose* pose;
    size_t frames;
    Mover mover;
    int object;
    float height;  // metres
    std::shared_ptr<Alone> alone;
  };
  struct Thing {
    const scene::Model* model;
    Movement movement;
    Mover mover;
  };

  template <class Fill>
  void move(Mover& mover, size_t frame, size_t frames, const Fill& fill);
  void find_flow(const Camera& camera, const Camera& next, FrameTruth& out) const;
  void find_amodal(const Camera& camera, const Person& person, const Truth& seen,
                   PersonTruth& out) const;
  void find_joints(const Camera& camera, const Person& person, PersonTruth& out) const;

  Scene3d scene_;
  std::vector<Person> people_;
  std::vector<Thing> things_;
  int next_thing_ = kFirstHeld;
  size_t frame_ = 0;
  std::shared_ptr<const StillView> still_;
  std::shared_ptr<const LightMaps> maps_;
};

}  // namespace pantomime::render
