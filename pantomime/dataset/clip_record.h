// One finished clip: its pictures as file bytes, and everything that is known about it.
#pragma once

#include <string>
#include <vector>

#include "pantomime/body/character.h"
#include "pantomime/dataset/camera_rig.h"
#include "pantomime/dataset/recipe.h"
#include "pantomime/render/stage.h"

namespace pantomime::dataset {

/// When the action happens: seconds from the clip's first frame.
struct Phases {
  double onset = 0, peak = 0, end = 0;
};

/// A person in one frame, without what is only needed while rendering.
struct PersonFrame {
  int64_t visible_pixels = 0, amodal_pixels = 0, whole_pixels = 0;
  render::PixelBox box, amodal_box;
  std::string modal_rle, amodal_rle;  ///< COCO's compressed strings
  std::array<float, body::kPartCount> parts{};
  std::vector<render::JointTruth> joints;  ///< render::kTruthJoints
  double visible_fraction() const {
    return whole_pixels == 0
               ? 0
               : static_cast<double>(visible_pixels) / static_cast<double>(whole_pixels);
  }
};

struct FrameRecord {
  render::Camera camera;
  std::vector<PersonFrame> people;  ///< the one who acts first
};

/// Somebody in the clip.
struct PersonRecord {
  std::string description;  ///< makes the same body again, see body/person.h
  std::string label;        ///< what the prior was asked for
  motion::Clip clip;        ///< in the room, at the data set's frame rate
};

struct ObjectRecord {
  std::string name;
  int object = 0;               ///< id in the instance layer
  bool occluder = false;        ///< put there to hide
  std::vector<Vec3> positions;  ///< one, or one a frame
  std::vector<motion::Quat> rotations;
};

/// Name of a clip or of a shard of a data set: "care-000012". No dots, so that WebDataset takes all
/// that begins with it as one sample.
std::string numbered_name(const std::string& set, int64_t number);

/// A file of a clip: "0003.depth.png" and its bytes.
struct ClipFile {
  std::string field, bytes;
};

struct ClipRecord {
  int64_t index = 0;
  std::string key;  ///< numbered_name() of the index
  uint64_t seed = 0;
  std::string action;
  int number = 0;
  Phases phases;
  double fps = 10;
  int width = 0, height = 0;
  scene::RoomKind room = scene::RoomKind::LivingRoom;
  uint64_t home_seed = 0;
  bool day = true;
  std::string sky;  ///< Sky::id() of what stands outside; empty: none
  CameraShot shot;  ///< its cameras are in the frames
  float exposure = 1, noise = 0;
  double requested_visible = -1;  ///< -1: nothing was asked for
  double missed = 0;              ///< metres: the motion's worst miss of its goal
  std::vector<PersonRecord> people;
  std::vector<ObjectRecord> objects;  ///< those of this clip; the room's own follow from its seed
  std::vector<body::Credit> credits;
  std::vector<FrameRecord> frames;
  std::vector<ClipFile> files;  ///< pictures and layers, frame by frame
  std::string video;            ///< MP4 bytes; empty when not asked for

  /// Mean visible part of the acting person.
  double measured_visible() const;
};

}  // namespace pantomime::dataset
