#include "pantomime/dataset/occluder.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

namespace pantomime::dataset {

void SightLines::add(const render::Camera& camera, const render::FrameTruth& truth) {
  const render::PersonTruth& person = truth.people.at(0);
  Frame frame{camera.position, {}, person.whole_pixels};
  for (int y = 0; y < camera.height; ++y)
    for (int x = 0; x < camera.width; ++x) {
      const size_t at = truth.surfaces.index(x, y);
      if (truth.surfaces.objects[at] != person.object) continue;
      const Vec3 ray = camera.ray(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
      const float size = length(ray);
      frame.seen.push_back({(1 / size) * ray, size * truth.surfaces.depth[at]});
    }
  frames_.push_back(std::move(frame));
}

double SightLines::visible() const {
  double sum = 0;
  for (const Frame& frame : frames_)
    if (frame.whole > 0)
      sum += static_cast<double>(frame.seen.size()) / static_cast<double>(frame.whole);
  return frames_.empty() ? 0 : sum / static_cast<double>(frames_.size());
}

OccluderFinder::OccluderFinder(const scene::Furnishings& furnishings) {
  static const std::set<std::string> kRoles = {
      "armchair", "chair", "table", "shelves", "plant",   "wardrobe",  "desk",        "fridge",
      "sofa",     "box",   "stool", "bedside", "counter", "low_table", "office_chair"};
  std::set<std::string> known;
  for (const auto& [role, models] : furnishings.roles()) {
    if (!kRoles.contains(role)) continue;
    for (const auto& model : models) {
      if (model->size.y < 0.35f || model->elevation > 0 || !known.insert(model->id).second)
        continue;
      std::vector<Vec3> points;
      std::vector<uint32_t> triangles;
      for (const formats::ModelPiece& piece : model->pieces) {
        const auto first = static_cast<uint32_t>(points.size());
        points.insert(points.end(), piece.positions.begin(), piece.positions.end());
        for (const auto& triangle : piece.triangles)
          for (const uint32_t corner : triangle) triangles.push_back(first + corner);
      }
      candidates_.push_back({model, std::make_shared<body::Occluders>(points, triangles)});
    }
  }
}

double OccluderFinder::visible_behind(const Candidate& candidate, const scene::Placed& place,
                                      const SightLines& lines) const {
  const float c = std::cos(place.turn), s = std::sin(place.turn);
  const auto inside = [&](Vec3 v) { return Vec3{c * v.x - s * v.z, v.y, s * v.x + c * v.z}; };
  double sum = 0;
  for (const SightLines::Frame& frame : lines.frames_) {
    if (frame.whole == 0) continue;
    const Vec3 from = inside(frame.from - place.position);
    size_t seen = 0;
    for (const SightLines::Ray& ray : frame.seen)
      if (!candidate.surface->hit(from, inside(ray.direction), 0.05f, ray.reach - 0.02f)) ++seen;
    sum += static_cast<double>(seen) / static_cast<double>(frame.whole);
  }
  return sum / static_cast<double>(lines.frames_.size());
}

std::optional<OccluderFinder::Choice> OccluderFinder::find(
    const scene::Home& home, const SightLines& lines, const std::vector<render::Camera>& cameras,
    const std::vector<Vec3>& people, double wanted, Random& random) const {
  constexpr float kClear = 0.14f;
  Vec3 subject{}, eye{};
  for (const Vec3 p : people) subject += (1 / static_cast<float>(people.size())) * p;
  for (const render::Camera& camera : cameras)
    eye += (1 / static_cast<float>(cameras.size())) * camera.position;
  const Vec3 way{subject.x - eye.x, 0, subject.z - eye.z};
  const Vec3 aside = normalized(Vec3{way.z, 0, -way.x}, {1, 0, 0});

  auto stands_free = [&](const scene::Placed& thing) {
    const scene::Footprint box = thing.footprint();
    if (box.low_x < -home.width / 2 || box.high_x > home.width / 2 || box.low_z < -home.depth / 2 ||
        box.high_z > home.depth / 2)
      return false;
    for (const scene::Placed& other : home.things)
      if (other.position.y < box.height && box.overlaps(other.footprint(), 0.02f)) return false;
    for (const Vec3 p : people)
      if (p.y < box.height + 0.1f && box.distance(p.x, p.z) < kClear) return false;
    for (const render::Camera& camera : cameras)
      if (camera.position.y < box.height + 0.1f &&
          box.distance(camera.position.x, camera.position.z) < 0.25f)
        return false;
    return true;
  };

  std::vector<size_t> order(candidates_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<uint32_t>(i))]);
  std::optional<Choice> best;
  double best_miss = 1e9;
  for (const size_t k : order) {
    const std::string& role = candidates_[k].model->role;
    if ((role == "fridge" || role == "counter") && home.kind != scene::RoomKind::Kitchen) continue;
    for (int attempt = 0; attempt < 60; ++attempt) {
      const auto along = static_cast<float>(random.uniform(0.2, 0.9));
      const auto off = static_cast<float>(random.uniform(-1, 1));
      scene::Placed thing;
      thing.model = candidates_[k].model;
      thing.position = Vec3{eye.x, 0, eye.z} + along * way + off * aside;
      thing.turn = static_cast<float>(random.below(4)) * std::numbers::pi_v<float> / 2 +
                   static_cast<float>(random.uniform(-0.2, 0.2));
      if (!stands_free(thing)) continue;
      const double visible = visible_behind(candidates_[k], thing, lines);
      const double miss = std::abs(visible - wanted);
      if (miss >= best_miss) continue;
      best_miss = miss;
      best = Choice{thing, visible};
    }
    if (best_miss < 0.012) break;
  }
  return best;
}

}  // namespace pantomime::dataset
