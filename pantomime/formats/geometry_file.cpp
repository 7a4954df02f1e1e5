#include "pantomime/formats/geometry_file.h"

#include <toml++/toml.h>

#include <cmath>
#include <functional>
#include <map>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::formats {
namespace {

using motion::Geometry;

// Places in motion::Geometry.
constexpr size_t kTrunkFirst = 0, kNeck = 6, kHead = 8, kCollar = 10, kShoulder = 13,
                 kUpperArm = 16, kForearm = 17, kHip = 18, kThigh = 21, kShin = 22, kFoot = 23;

float size_of(const Geometry& g, size_t first, size_t count) {
  float squares = 0;
  for (size_t i = first; i < first + count; ++i) squares += g[i] * g[i];
  return std::sqrt(squares);
}

void scale(Geometry& g, size_t first, size_t count, float by) {
  for (size_t i = first; i < first + count; ++i) g[i] *= by;
}

/// Lengths of the bones from the pelvis to the neck, one after another.
float trunk_of(const Geometry& g) {
  float length = 0;
  for (size_t i = kTrunkFirst; i < kHead; i += 2) length += size_of(g, i, 2);
  return length;
}

struct Measure {
  double least, most;  ///< metres that people have, from infants to the tallest
  std::function<void(Geometry&, float)> set;
};

const std::map<std::string, Measure, std::less<>>& measures() {
  static const std::map<std::string, Measure, std::less<>> kMeasures = {
      {"upper_arm", {0.08, 0.6, [](Geometry& g, float v) { g[kUpperArm] = v; }}},
      {"forearm", {0.08, 0.6, [](Geometry& g, float v) { g[kForearm] = v; }}},
      {"thigh", {0.1, 0.9, [](Geometry& g, float v) { g[kThigh] = v; }}},
      {"shin", {0.1, 0.9, [](Geometry& g, float v) { g[kShin] = v; }}},
      {"foot",
       {0.04, 0.4, [](Geometry& g, float v) { scale(g, kFoot, 3, v / size_of(g, kFoot, 3)); }}},
      {"shoulder_width",
       {0.1, 0.8,
        [](Geometry& g, float v) {
          const float by = v / 2 / (g[kCollar] + g[kShoulder]);
          g[kCollar] *= by;
          g[kShoulder] *= by;
        }}},
      {"hip_width", {0.05, 0.5, [](Geometry& g, float v) { g[kHip] = v / 2; }}},
      {"trunk",
       {0.15, 1.0, [](Geometry& g, float v) { scale(g, kTrunkFirst, kHead, v / trunk_of(g)); }}},
      {"neck",
       {0.02, 0.3, [](Geometry& g, float v) { scale(g, kHead, 2, v / size_of(g, kHead, 2)); }}}};
  return kMeasures;
}

double number_of(const toml::node& node, const std::string& key, double least, double most,
                 const std::string& name) {
  const auto value = node.value<double>();
  if (!node.is_number() || !value || !(*value >= least && *value <= most))
    fail_at_line(name, node.source().begin.line, "{}: expected {} to {} metres", key, least, most);
  return *value;
}

}  // namespace

Geometry parse_geometry(std::string_view text, const std::string& name) {
  toml::table root;
  try {
    root = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    fail_at_line(name, error.source().begin.line, "{}", error.description());
  }
  Geometry geometry = motion::default_geometry();
  if (const toml::node* stature = root.get("stature")) {
    const double wanted = number_of(*stature, "stature", 0.5, 2.6, name);
    // 0.24 m of skull and foot are not made of bones.
    constexpr double kBoneless = 0.24;
    const double have = static_cast<double>(motion::approximate_stature(geometry));
    scale(geometry, 0, geometry.size(),
          static_cast<float>((wanted - kBoneless) / (have - kBoneless)));
  }
  for (const auto& [key, node] : root) {
    const std::string measure(key.str());
    if (measure == "stature") continue;
    const auto found = measures().find(measure);
    if (found == measures().end())
      fail_at_line(name, node.source().begin.line,
                   "{}: no such measure, expected stature, trunk, neck, shoulder_width, hip_width, "
                   "upper_arm, forearm, thigh, shin or foot",
                   measure);
    found->second.set(geometry, static_cast<float>(number_of(node, measure, found->second.least,
                                                             found->second.most, name)));
  }
  return geometry;
}

Geometry read_geometry(const std::filesystem::path& path) {
  return parse_geometry(read_file(path), path.string());
}

}  // namespace pantomime::formats
