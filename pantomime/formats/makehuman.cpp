#include "pantomime/formats/makehuman.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "pantomime/formats/makehuman_items.h"
#include "pantomime/formats/png.h"

namespace pantomime::formats {

using makehuman::Package;
using motion::Vec3;

namespace {

/// A weighted set of points being put together.
class PointSet {
 public:
  PointSet& add(const std::vector<uint32_t>& points, float weight) {
    for (const uint32_t p : points) sums_[p] += weight / static_cast<float>(points.size());
    return *this;
  }
  void write(std::string_view name, body::RecordWriter& out) const {
    std::vector<uint32_t> points;
    std::vector<float> weights;
    for (const auto& [p, w] : sums_) {
      points.push_back(p);
      weights.push_back(w);
    }
    out.text(name);
    out.array(points);
    out.array(weights);
  }

 private:
  std::map<uint32_t, float> sums_;
};

/// The visible body's point that is furthest by some measure among those that qualify.
uint32_t furthest(const Package& package, auto&& measure, auto&& qualifies) {
  uint32_t best = 0;
  float most = -1e9f;
  for (uint32_t p = 0; p < package.body_points(); ++p) {
    const Vec3 v = package.base().points[p];
    if (qualifies(v) && measure(v) > most) most = measure(v), best = p;
  }
  return best;
}

Vec3 mean_of(const Package& package, const std::vector<uint32_t>& points) {
  Vec3 sum;
  for (const uint32_t p : points) sum += package.base().points[p];
  return (1 / static_cast<float>(points.size())) * sum;
}

/// The point of the visible body's front, on its middle line, at the height of a joint.
uint32_t front_at(const Package& package, const std::vector<uint32_t>& joint) {
  const float height = mean_of(package, joint).y;
  return furthest(
      package, [&](Vec3 v) { return -std::abs(v.y - height); },
      [](Vec3 v) { return std::abs(v.x) < 0.002f && v.z > 0.03f; });
}

/// Where the 22 joints are: ends of bones of the package's rig. The spine's five bones and the
/// neck's three are gathered so that the joints lie about as high as SMPL's.
void write_joints(const Package& package, body::RecordWriter& out) {
  auto head = [&](const std::string& bone) -> const std::vector<uint32_t>& {
    return package.bone_end(bone, "head");
  };
  for (const std::string_view name : motion::kJointNames) {
    const bool left = name.starts_with("left_");
    const std::string side = left ? ".L" : ".R";
    const std::string_view part = name.substr(name.find('_') + 1);
    PointSet set;
    if (name == "pelvis") {
      set.add(head("spine05"), 0.5f).add(package.bone_end("spine05", "tail"), 0.5f);
    } else if (name == "spine1") {
      set.add(head("spine03"), 1);
    } else if (name == "spine2" || name == "spine3") {
      // Motion capture's upper spine lies nearer to the middle of the chest than the vertebrae do.
      const float front = name == "spine2" ? 0.15f : 0.2f, low = name == "spine2" ? 0.5f : 0.f;
      if (low > 0)
        set.add(head("spine02"), low - front / 2)
            .add({front_at(package, head("spine02"))}, front / 2);
      set.add(head("spine01"), 1 - low - (low > 0 ? front / 2 : front));
      set.add({front_at(package, head("spine01"))}, low > 0 ? front / 2 : front);
    } else if (name == "neck") {
      set.add(head("neck01"), 1);
    } else if (name == "head") {
      set.add(head("head"), 1);
    } else if (part == "collar") {
      // The true joint is at the breast bone; motion capture's is half way along the collar bone.
      set.add(head("clavicle" + side), 0.55f).add(head("upperarm01" + side), 0.45f);
    } else if (part == "shoulder") {
      set.add(head("upperarm01" + side), 1);
    } else if (part == "elbow") {
      set.add(head("lowerarm01" + side), 1);
    } else if (part == "wrist") {
      set.add(head("wrist" + side), 1);
    } else if (part == "hip") {
      // The rig's hip is where the thigh's skin folds; the ball of the joint lies further in.
      set.add(head("upperleg01" + side), 0.85f).add(head("spine05"), 0.15f);
    } else if (part == "knee") {
      set.add(head("lowerleg01" + side), 1);
    } else if (part == "ankle") {
      set.add(head("foot" + side), 1);
    } else {
      for (const char* toe : {"toe1-1", "toe2-1", "toe3-1", "toe4-1", "toe5-1"})
        set.add(head(toe + side), 0.2f);
    }
    set.write(name, out);
  }
}

void write_landmarks(const Package& package, body::RecordWriter& out) {
  std::vector<std::pair<std::string, PointSet>> sets;
  auto one = [&](const std::string& name, uint32_t point) {
    sets.emplace_back(name, PointSet().add({point}, 1));
  };
  const Vec3 head = mean_of(package, package.bone_end("head", "head"));
  one("nose", furthest(
                  package, [](Vec3 v) { return v.z; }, [&](Vec3 v) { return v.y > head.y; }));
  one("head_top", furthest(
                      package, [](Vec3 v) { return v.y; }, [](Vec3) { return true; }));
  sets.emplace_back("head_centre", PointSet()
                                       .add(package.bone_end("head", "head"), 0.45f)
                                       .add(package.bone_end("head", "tail"), 0.55f));
  for (const bool left : {true, false}) {
    const std::string name = left ? "left_" : "right_", side = left ? ".L" : ".R";
    const float sign = left ? 1.f : -1.f;
    const auto [first, last] = package.group(left ? "helper-l-eye" : "helper-r-eye");
    uint32_t pupil = first;
    for (uint32_t p = first; p < last; ++p)
      if (package.base().points[p].z > package.base().points[pupil].z) pupil = p;
    one(name + "eye", pupil);
    // The ear's hole: the side of the head just in front of the ear, half way up it.
    const uint32_t rim = furthest(
        package, [&](Vec3 v) { return sign * v.x; }, [&](Vec3 v) { return v.y > head.y - 0.02f; });
    const Vec3 ear = package.base().points[rim];
    one(name + "ear", furthest(
                          package,
                          [&](Vec3 v) {
                            return -length(v - (ear + Vec3{-0.018f * sign, -0.018f, 0.022f}));
                          },
                          [](Vec3) { return true; }));
    auto end = [&](const std::string& bone, const char* which) -> const std::vector<uint32_t>& {
      return package.bone_end(bone + side, which);
    };
    sets.emplace_back(name + "index_knuckle", PointSet().add(end("finger2-1", "head"), 1));
    sets.emplace_back(name + "middle_knuckle", PointSet().add(end("finger3-1", "head"), 1));
    sets.emplace_back(name + "little_knuckle", PointSet().add(end("finger5-1", "head"), 1));
    sets.emplace_back(
        name + "hand",
        PointSet().add(end("wrist", "head"), 0.4f).add(end("finger3-1", "head"), 0.6f));
    sets.emplace_back(name + "hand_tip", PointSet().add(end("finger3-3", "tail"), 1));
    sets.emplace_back(name + "thumb_tip", PointSet().add(end("finger1-3", "tail"), 1));
    const Vec3 ankle = mean_of(package, end("foot", "head"));
    auto in_foot = [&](Vec3 v) { return sign * v.x > 0 && v.y < ankle.y - 0.02f; };
    one(name + "heel", furthest(
                           package, [](Vec3 v) { return -v.z; }, in_foot));
    one(name + "toe_tip", furthest(
                              package, [](Vec3 v) { return v.z; }, in_foot));
  }
  out.count(sets.size());
  for (const auto& [name, set] : sets) set.write(name, out);
}

std::string base_section(const Package& package) {
  std::vector<const makehuman::Face*> faces;
  for (const makehuman::Face& f : package.base().faces)
    if (f.points[0] < package.body_points()) faces.push_back(&f);
  const makehuman::SplitSurface surface = split(package.base(), faces);
  std::vector<float> xyz;
  for (const Vec3 p : package.base().points) xyz.insert(xyz.end(), {p.x, p.y, p.z});
  body::RecordWriter out;
  makehuman::write_credit(makehuman::team_credit("body", "MakeHuman team"), out);
  out.array(xyz);
  out.count(package.body_points());
  out.array(surface.points);
  out.array(surface.uvs);
  out.array(surface.triangles);
  out.array(package.skin().joints);
  out.array(package.skin().weights);
  return out.take();
}

/// Opposite endings of the names of detail targets.
constexpr std::pair<std::string_view, std::string_view> kOpposites[] = {{"min", "max"},
                                                                        {"less", "more"},
                                                                        {"decr", "incr"},
                                                                        {"in", "out"},
                                                                        {"down", "up"},
                                                                        {"backward", "forward"},
                                                                        {"concave", "convex"},
                                                                        {"deflate", "inflate"},
                                                                        {"small", "big"},
                                                                        {"compress", "uncompress"},
                                                                        {"lessgreek", "moregreek"},
                                                                        {"lesshump", "morehump"},
                                                                        {"decrease", "increase"},
                                                                        {"point", "potato"}};

/// Details of the face that make people differ, each with its opposite. Those that shift the head,
/// age it or make it lopsided are left to the macro axes.
std::vector<std::pair<std::string, std::array<std::string, 2>>> face_details(
    const Package& package) {
  const std::vector<std::string>& names = package.target_names();
  // No feature of a face moves anything by 5 cm: such a target is broken (one of the right eye is).
  auto sound = [&](const std::string& name) {
    const auto row = std::lower_bound(names.begin(), names.end(), name) - names.begin();
    for (const int16_t step : package.target(static_cast<size_t>(row)))
      if (std::abs(static_cast<float>(step)) * body::kTargetStep > 0.05f) return false;
    return true;
  };
  auto kept = [](const std::string& n) {
    for (const std::string_view room : {"forehead/", "eyes/", "nose/", "mouth/", "ears/", "chin/",
                                        "cheek/", "eyebrows/", "head/head-scale-"})
      if (n.starts_with(room))
        return n.find("trans-horiz") == std::string::npos &&
               n.find("mouth-trans-in") == std::string::npos &&
               n.find("mouth-trans-out") == std::string::npos &&
               n.find("eye-push") == std::string::npos &&
               n.find("mouth-angles") == std::string::npos &&
               n.find("epicanthus") == std::string::npos && n.find("nubian") == std::string::npos;
    return false;
  };
  std::vector<std::pair<std::string, std::array<std::string, 2>>> out;
  for (const std::string& name : names) {
    if (!kept(name)) continue;
    for (const auto& [less, more] : kOpposites) {
      if (!name.ends_with("-" + std::string(less))) continue;
      const std::string stem = name.substr(0, name.size() - less.size());
      if (!std::binary_search(names.begin(), names.end(), stem + std::string(more))) continue;
      if (!sound(name) || !sound(stem + std::string(more))) continue;
      std::string common = stem.substr(0, stem.size() - 1);
      // The two sides of the face share a name, so that they are drawn alike.
      for (const std::string_view side : {"/l-", "/r-"})
        if (const size_t at = common.find(side); at != std::string::npos)
          common.replace(at, 3, "/");
      out.push_back({common, {name, stem + std::string(more)}});
    }
  }
  return out;
}

std::string targets_section(const Package& package) {
  const auto details = face_details(package);
  std::vector<size_t> rows;
  for (size_t row = 0; row < package.target_names().size(); ++row) {
    const std::string& name = package.target_names()[row];
    bool macro = name.starts_with("macrodetails/") || name.starts_with("breast/female-");
    for (size_t axis = 0; axis < body::kLengthKeys.size(); ++axis)
      for (const std::string_view length : body::length_targets(axis)) macro |= name == length;
    const bool detail = std::any_of(details.begin(), details.end(), [&](const auto& d) {
      return d.second[0] == name || d.second[1] == name;
    });
    if (macro || detail) rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end(), [&](size_t a, size_t b) {
    return package.target_names()[a] < package.target_names()[b];
  });
  body::RecordWriter out;
  out.count(rows.size());
  std::map<std::string, int32_t> index;
  for (const size_t row : rows) {
    const auto delta = package.target(row);
    std::vector<uint32_t> runs;
    std::vector<int16_t> kept;
    for (uint32_t p = 0; p < delta.size() / 3; ++p) {
      const int16_t* d = &delta[3 * size_t{p}];
      if (d[0] == 0 && d[1] == 0 && d[2] == 0) continue;
      if (runs.empty() || runs[runs.size() - 2] + runs.back() != p) {
        runs.push_back(p);
        runs.push_back(0);
      }
      ++runs.back();
      kept.insert(kept.end(), d, d + 3);
    }
    const std::string& name = package.target_names()[row];
    index[name] = static_cast<int32_t>(index.size());
    out.text(name);
    out.array(runs);
    out.array(kept);
  }
  out.count(details.size());
  for (const auto& [name, pair] : details) {
    out.text(name);
    out.value(index.at(pair[0]));
    out.value(index.at(pair[1]));
  }
  return out.take();
}

}  // namespace

void compile_makehuman(const std::filesystem::path& package_dir,
                       const std::filesystem::path& out_path, Progress& progress) {
  const std::span<const makehuman::Choice> wardrobe = makehuman::wardrobe();
  progress.begin("compiling the body", static_cast<int64_t>(wardrobe.size()) + 3);
  int64_t done = 0;
  auto step = [&](const std::string& what) {
    progress.step(++done, what);
    progress.check();
  };
  const Package package(package_dir);
  body::AssetWriter file;
  file.add("base", base_section(package));
  step("base mesh");
  file.add("targets", targets_section(package));
  body::RecordWriter points;
  write_joints(package, points);
  write_landmarks(package, points);
  file.add("points", points.take());
  step("morphs");

  makehuman::Textures textures;
  const std::vector<makehuman::ModelBody> bodies = makehuman::model_bodies(package);
  body::RecordWriter items;
  items.count(wardrobe.size());
  for (const makehuman::Choice& choice : wardrobe) {
    const makehuman::CompiledItem item = compile_item(package, bodies, choice, textures, items);
    // An item off by more than this would float or cut into every body.
    if (item.misfit > 0.004f)
      progress.note(fmt::format("{}: nearest model body \"{}\" is {:.1f} mm off", item.name,
                                item.modelled_on, 1000 * item.misfit));
    step(item.name);
  }
  const std::string skins = makehuman::compile_skins(package, textures);
  file.add("textures", textures.section());
  file.add("items", items.take());
  file.add("skins", skins);
  write_file(out_path, file.finish());
  step("written");
  progress.end();
}

body::BodyAssets open_body_assets(const std::filesystem::path& path) {
  return body::BodyAssets::open(path, [](std::string_view bytes, const std::string& name) {
    return parse_image(bytes, name);
  });
}

std::filesystem::path body_assets_path() {
  return resource_path("assets/body.pantomime");
}

}  // namespace pantomime::formats
