// What a data set shall contain: actions and their shares, people, rooms, cameras, occlusion.
// Written in TOML; docs/DATASETS.md lists every key.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "pantomime/scene/home.h"

namespace pantomime::dataset {

/// A range to draw from, both ends possible.
struct Range {
  double low = 0, high = 0;
};

/// Where in a clip the person sits or lies, if at all.
enum class RestUse : uint8_t { None, Seat, Bed };
enum class RestWhen : uint8_t { All, Begin, End };

/// One class of the data set.
struct Action {
  std::string name;                 ///< class name, e.g. "sit_down"
  int number = 0;                   ///< class number in the outputs
  double share = 1;                 ///< of the clips, next to the others'
  int64_t least = 0;                ///< clips of it at any rate
  std::vector<std::string> labels;  ///< of the prior's guide; one is chosen for each clip
  std::string before;  ///< label of what is done before (rest: end) or after (rest: begin)
  Range seconds{3, 4};
  RestUse rest = RestUse::None;
  RestWhen when = RestWhen::All;
  double travel = 0;               ///< metres that the person goes at least
  std::vector<std::string> holds;  ///< objects in a hand, one is chosen; empty: none
};

/// Something to choose by weight.
template <class T>
using Weighted = std::vector<std::pair<T, double>>;

enum class CameraMove : uint8_t { Fixed, Panning, Following };
inline constexpr std::array<const char*, 3> kCameraMoves = {"fixed", "panning", "following"};
enum class CameraPlace : uint8_t { Robot, Ceiling };
inline constexpr std::array<const char*, 2> kCameraPlaces = {"robot", "ceiling"};

struct Recipe {
  std::string name;     ///< of the data set, begins its files' names
  int64_t clips = 100;  ///< unless --clips says otherwise
  int64_t clips_per_shard = 20;
  std::vector<Action> actions;

  double fps = 10;
  int width = 640, height = 480;
  int samples = 2;  ///< rays through each pixel for the colour picture
  int jpeg_quality = 90;

  Range age{18, 90};     ///< years
  double others = 0.15;  ///< chance of a second person in the room

  Weighted<scene::RoomKind> rooms;
  double day = 0.7;  ///< share of clips in daylight

  Weighted<CameraMove> moves;
  Weighted<CameraPlace> places;
  Range field_of_view{62, 85};    ///< degrees, across the picture
  Range distortion{-0.12, 0.02};  ///< k1 of the lens
  Range noise{0, 0.5};            ///< level of sensor noise, see render::add_noise
  double heads = 0;  ///< part of a clip in which the head of who acts is in the picture, at least

  double occluded = 0.4;       ///< share of clips with a requested visible fraction
  Range visible{0.3, 0.9};     ///< what is requested of them
  double least_visible = 0.6;  ///< of the others: mean visible fraction at least

  std::vector<std::string> layers;   ///< of depth, normals, flow, parts, instances, amodal, light
  std::vector<std::string> formats;  ///< of webdataset, coco, ntu, pyskl, amass, video

  bool wants_layer(const std::string& layer) const;
  bool wants_format(const std::string& format) const;
};

/// Reads a recipe. Throws Error `file: …` for a key that does not exist, a value out of range,
/// classes with the same name or number, or a recipe without actions.
Recipe parse_recipe(const std::string& text, const std::string& name);
/// A file, or the name of one in configs/recipes ("care").
std::filesystem::path recipe_path(const std::string& name);

/// Which action each clip shows. Every action gets its share of the clips to the nearest whole clip
/// (largest remainders), at least its `least`; the order is drawn from the seed. Throws Error when
/// the least numbers together exceed `clips`.
std::vector<size_t> plan_actions(const Recipe& recipe, int64_t clips, uint64_t seed);

}  // namespace pantomime::dataset
