// The axes that a body is made from, and how they are written: "sex=female,age=70,height=1.62m".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pantomime::body {

/// One person's shape. Axes without a unit run from 0 to 1 with the average at 0.5.
struct BodyShape {
  double sex = 0.5;  ///< 0 female … 1 male
  double age = 30;   ///< years, 1 … 90
  double muscle = 0.5;
  double weight = 0.5;       ///< thin … heavy
  double height = 0.5;       ///< axis; adults are found between about 0.3 and 0.65
  double stature = 0;        ///< metres; when not 0 the height axis is solved for it
  double proportions = 0.5;  ///< uncommon … ideal
  std::array<double, 3> ethnicity{1. / 3, 1. / 3, 1. / 3};  ///< african, asian, caucasian; sum 1
  double cup = 0.5;                                         ///< breast size, female only
  double firmness = 0.5;
  /// Lengths of parts next to what the other axes give, -1 … 1 each, see kLengthKeys.
  std::array<double, 8> lengths{};
  uint64_t face = 0;  ///< seed of the small features of the face; 0: the plain average face
};

/// Keys of BodyShape::lengths.
inline constexpr std::array<std::string_view, 8> kLengthKeys = {
    "upper_arm", "forearm", "thigh", "shin", "shoulders", "torso", "neck", "waist"};

/// The axes' names in the order they are written.
inline constexpr std::array<std::string_view, 20> kShapeKeys = {
    "sex",   "age",       "muscle", "weight",   "height",    "proportions", "african",
    "asian", "caucasian", "cup",    "firmness", "upper_arm", "forearm",     "thigh",
    "shin",  "shoulders", "torso",  "neck",     "waist",     "face"};

/// Sets one axis from text. `sex` takes female, male or a number; `height` an axis value or metres
/// ("1.62m"); african, asian and caucasian are weights (call finish_ethnicity afterwards). Returns
/// false when `key` is not a shape key. Throws Error naming the key for a bad value.
bool set_axis(BodyShape& shape, std::string_view key, std::string_view value);

/// "sex=female,age=70,weight=0.7" to a shape; what isn't named keeps its default. Ethnicity weights
/// are scaled to sum 1; when some are named, the others are 0. Throws Error for an unknown key, a
/// key used twice, a number out of range.
BodyShape parse_shape(std::string_view text);
/// Text that parse_shape() turns into the same shape, bit for bit.
std::string to_text(const BodyShape& shape);

/// Splits "key=value,key=value"; used for shapes and whole persons. Throws Error for a part without
/// "=" or a key used twice.
std::vector<std::pair<std::string, std::string>> split_settings(std::string_view text);

/// A number in [low, high] from text; throws Error naming `key`.
double parse_number(std::string_view key, std::string_view value, double low, double high);

/// Age in years to the position on MakeHuman's age axis: baby (1 y) 0, child (10 y) 0.1875,
/// young (25 y) 0.5, old (90 y) 1, linear between.
double age_axis(double years);

/// A morph target and how much of it.
struct TargetWeight {
  std::string target;  ///< e.g. "macrodetails/height/male-young-maxmuscle-minweight-maxheight"
  double weight;
};

/// Weights of the targets of a shape (stature is ignored): the weight of a target is the
/// product of its axes, each of which is piecewise linear between anchors that sum to 1. Targets of
/// the length axes follow, weighted by how far from 0 they are.
std::vector<TargetWeight> shape_targets(const BodyShape& shape);
/// Every target that shape_targets() may name for a length axis: shorter, longer.
std::array<std::string_view, 2> length_targets(size_t axis);

}  // namespace pantomime::body
