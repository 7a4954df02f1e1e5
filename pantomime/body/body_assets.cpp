#include "pantomime/body/body_assets.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "pantomime/base/error.h"

namespace pantomime::body {

namespace {

constexpr uint32_t kMaxPoints = 1u << 20, kMaxNames = 1u << 16;

void check_finite(const RecordReader& in, std::span<const float> values, float limit,
                  const char* what) {
  for (const float v : values)
    if (!(std::abs(v) <= limit)) in.fail("{} {} is out of range (at most {})", what, v, limit);
}

void check_below(const RecordReader& in, std::span<const uint32_t> values, size_t limit,
                 const char* what) {
  for (const uint32_t v : values)
    if (v >= limit) in.fail("{} {} of {}", what, v, limit);
}

/// Every group of `size` weights is positive and sums to 1.
void check_weights(const RecordReader& in, std::span<const float> weights, size_t size, float low,
                   const char* what) {
  for (size_t i = 0; i < weights.size(); i += size) {
    float sum = 0;
    for (size_t k = i; k < i + size; ++k) {
      if (!(weights[k] >= low && weights[k] <= 1 - low)) in.fail("{} {}", what, weights[k]);
      sum += weights[k];
    }
    if (std::abs(sum - 1) > 1e-3f) in.fail("{} sum to {}, expected 1", what, sum);
  }
}

Surface read_surface(RecordReader& in, size_t point_count) {
  Surface s;
  s.points = in.array<uint32_t>("surface points");
  s.uvs = in.array<float>("uvs", 2 * s.points.size());
  s.triangles = in.array<uint32_t>("triangles");
  if (s.points.size() > 4 * size_t{kMaxPoints}) in.fail("{} surface points", s.points.size());
  if (s.triangles.size() % 3 != 0) in.fail("{} triangle corners", s.triangles.size());
  check_below(in, s.points, point_count, "surface point");
  check_below(in, s.triangles, s.points.size(), "triangle corner");
  check_finite(in, s.uvs, 100, "uv");
  return s;
}

void read_skin_weights(RecordReader& in, size_t points, std::span<const uint8_t>& joints,
                       std::span<const float>& weights) {
  joints = in.array<uint8_t>("joints", 4 * points);
  weights = in.array<float>("joint weights", 4 * points);
  for (const uint8_t j : joints)
    if (j >= motion::kJointCount) in.fail("joint {} of {}", j, motion::kJointCount);
  check_weights(in, weights, 4, 0, "joint weights");
}

Credit read_credit(RecordReader& in) {
  Credit c;
  c.item = in.text("credit item");
  c.author = in.text("credit author");
  c.licence = in.text("credit licence");
  c.source = in.text("credit source");
  return c;
}

Regressor read_regressor(RecordReader& in, size_t point_count) {
  Regressor r;
  r.name = in.text("regressor name");
  r.points = in.array<uint32_t>("regressor points");
  r.weights = in.array<float>("regressor weights", r.points.size());
  if (r.points.empty()) in.fail("regressor \"{}\" without points", r.name);
  check_below(in, r.points, point_count, "regressor point");
  check_weights(in, r.weights, r.weights.size(), -1, "regressor weights");
  return r;
}

bool read_flag(RecordReader& in, const char* what) {
  const uint8_t v = in.value<uint8_t>(what);
  if (v > 1) in.fail("\"{}\" is {}, expected 0 or 1", what, v);
  return v == 1;
}

int read_texture_index(RecordReader& in, size_t texture_count) {
  const int32_t t = in.value<int32_t>("texture");
  if (t < kNoTexture || t >= static_cast<int64_t>(texture_count))
    in.fail("texture {} of {}", t, texture_count);
  return t;
}

std::string names_of(const auto& things, auto&& keep) {
  std::string out;
  for (const auto& thing : things)
    if (keep(thing)) out += (out.empty() ? "" : ", ") + thing.name;
  return out;
}

}  // namespace

struct BodyAssets::Cache {
  std::mutex mutex;
  ImageDecoder decoder;
  std::vector<std::weak_ptr<const Image>> images;
};

BodyAssets BodyAssets::open(const std::filesystem::path& path, ImageDecoder decoder) {
  return open(AssetFile(path), std::move(decoder));
}

BodyAssets BodyAssets::open(AssetFile file, ImageDecoder decoder) {
  BodyAssets out;
  out.file_ = std::move(file);
  out.read_base();
  out.read_targets();
  out.read_regressors();
  out.read_textures();
  out.read_items();
  out.read_skins();
  out.cache_ = std::make_shared<Cache>();
  out.cache_->decoder = std::move(decoder);
  out.cache_->images.resize(out.textures_.size());
  return out;
}

void BodyAssets::read_base() {
  RecordReader in(file_, file_.section("base"));
  credit_ = read_credit(in);
  base_ = in.array<float>("points");
  if (base_.empty() || base_.size() % 3 != 0 || base_.size() / 3 > kMaxPoints)
    in.fail("{} coordinates of points", base_.size());
  check_finite(in, base_, 100, "coordinate");
  body_points_ = in.count("body points", static_cast<uint32_t>(point_count()));
  if (body_points_ == 0) in.fail("a body without points");
  surface_ = read_surface(in, body_points_);
  read_skin_weights(in, point_count(), joints_, joint_weights_);
  in.expect_end();
}

void BodyAssets::read_targets() {
  RecordReader in(file_, file_.section("targets"));
  const uint32_t count = in.count("targets", kMaxNames);
  for (uint32_t i = 0; i < count; ++i) {
    Target t;
    t.name = in.text("target name");
    t.runs = in.array<uint32_t>("runs");
    if (t.runs.size() % 2 != 0) in.fail("odd number of run values in \"{}\"", t.name);
    size_t moved = 0, end = 0;
    for (size_t r = 0; r < t.runs.size(); r += 2) {
      const size_t first = t.runs[r], n = t.runs[r + 1];
      if (first < end || n == 0 || first + n > point_count())
        in.fail("run of {} points from {} in target \"{}\"", n, first, t.name);
      end = first + n;
      moved += n;
    }
    t.deltas = in.array<int16_t>("deltas", 3 * moved);
    if (!targets_.empty() && targets_.back().name >= t.name)
      in.fail("target \"{}\" is not in order of names", t.name);
    targets_.push_back(t);
  }
  const uint32_t details = in.count("details", kMaxNames);
  for (uint32_t i = 0; i < details; ++i) {
    Detail d;
    d.name = in.text("detail name");
    d.less = in.value<int32_t>("detail target");
    d.more = in.value<int32_t>("detail target");
    for (const int t : {d.less, d.more})
      if (t < -1 || t >= static_cast<int>(targets_.size())) in.fail("target {} of {}", t, count);
    details_.push_back(d);
  }
  in.expect_end();
}

void BodyAssets::read_regressors() {
  RecordReader in(file_, file_.section("points"));
  for (const std::string_view joint : motion::kJointNames) {
    joint_regressors_.push_back(read_regressor(in, point_count()));
    if (joint_regressors_.back().name != joint)
      in.fail("joint \"{}\", expected \"{}\"", joint_regressors_.back().name, joint);
  }
  const uint32_t count = in.count("landmarks", kMaxNames);
  for (uint32_t i = 0; i < count; ++i) landmarks_.push_back(read_regressor(in, point_count()));
  in.expect_end();
}

void BodyAssets::read_textures() {
  RecordReader in(file_, file_.section("textures"));
  const uint32_t count = in.count("textures", kMaxNames);
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view name = in.text("texture name");
    const auto bytes = in.array<char>("picture file");
    textures_.emplace_back(name, std::string_view(bytes.data(), bytes.size()));
  }
  in.expect_end();
}

void BodyAssets::read_items() {
  RecordReader in(file_, file_.section("items"));
  const uint32_t count = in.count("items", kMaxNames);
  for (uint32_t i = 0; i < count; ++i) {
    Item item;
    item.name = in.text("item name");
    const uint8_t kind = in.value<uint8_t>("kind");
    if (kind >= kItemKinds.size()) in.fail("item kind {} of {}", kind, kItemKinds.size());
    item.kind = static_cast<ItemKind>(kind);
    item.for_women = read_flag(in, "for women");
    item.for_men = read_flag(in, "for men");
    item.youngest = in.value<float>("youngest");
    item.oldest = in.value<float>("oldest");
    item.style = in.text("style");
    item.layer = in.value<int32_t>("layer");
    item.credit = read_credit(in);
    const uint32_t colours = in.count("colours", 256);
    for (uint32_t c = 0; c < colours; ++c) {
      std::string name(in.text("colour name"));
      item.colours.emplace_back(std::move(name), read_texture_index(in, textures_.size()));
    }
    item.normals = read_texture_index(in, textures_.size());
    for (float& v : item.base_colour) v = in.value<float>("base colour");
    check_finite(in, item.base_colour, 1, "base colour");
    item.see_through = read_flag(in, "see-through");
    const size_t points = in.count("item points", kMaxPoints);
    item.surface = read_surface(in, points);
    item.references = in.array<uint32_t>("references", 3 * points);
    check_below(in, item.references, point_count(), "reference");
    item.weights = in.array<float>("weights", 3 * points);
    check_finite(in, item.weights, 1000, "weight");
    item.offsets = in.array<float>("offsets", 3 * points);
    check_finite(in, item.offsets, 10, "offset");
    for (size_t axis = 0; axis < 3; ++axis) {
      item.scale_a[axis] = in.count("scale point", static_cast<uint32_t>(point_count() - 1));
      item.scale_b[axis] = in.count("scale point", static_cast<uint32_t>(point_count() - 1));
      item.scale_distance[axis] = in.value<float>("scale distance");
      if (!(item.scale_distance[axis] > 1e-4f && item.scale_distance[axis] < 10))
        in.fail("scale distance {} of \"{}\"", item.scale_distance[axis], item.name);
    }
    read_skin_weights(in, points, item.joints, item.joint_weights);
    item.cover = in.array<uint8_t>("cover", point_count());
    items_.push_back(std::move(item));
  }
  in.expect_end();
}

void BodyAssets::read_skins() {
  RecordReader in(file_, file_.section("skins"));
  const uint32_t count = in.count("skins", kMaxNames);
  for (uint32_t i = 0; i < count; ++i) {
    Skin s;
    s.name = in.text("skin name");
    s.texture = read_texture_index(in, textures_.size());
    s.female = read_flag(in, "female");
    s.age = in.value<float>("age");
    s.ethnicity = static_cast<int>(in.count("ethnicity", 2));
    s.credit = read_credit(in);
    skins_.push_back(std::move(s));
  }
  in.expect_end();
}

const Regressor& BodyAssets::landmark(std::string_view name) const {
  for (const Regressor& r : landmarks_)
    if (r.name == name) return r;
  fail("body assets: no landmark \"{}\", expected one of {}", name,
       names_of(landmarks_, [](const Regressor&) { return true; }));
}

std::optional<size_t> BodyAssets::find_target(std::string_view name) const {
  const auto it = std::lower_bound(targets_.begin(), targets_.end(), name,
                                   [](const Target& t, std::string_view n) { return t.name < n; });
  if (it == targets_.end() || it->name != name) return std::nullopt;
  return static_cast<size_t>(it - targets_.begin());
}

const Item& BodyAssets::item(ItemKind kind, std::string_view name) const {
  for (const Item& i : items_)
    if (i.kind == kind && i.name == name) return i;
  fail("person: no {} called \"{}\", expected one of {}", kItemKinds[static_cast<size_t>(kind)],
       name, names_of(items_, [&](const Item& i) { return i.kind == kind; }));
}

const Skin& BodyAssets::skin(std::string_view name) const {
  for (const Skin& s : skins_)
    if (s.name == name) return s;
  fail("person: no skin called \"{}\", expected one of {}", name,
       names_of(skins_, [](const Skin&) { return true; }));
}

std::string_view BodyAssets::texture_file(int index) const {
  PANTOMIME_CHECK(index >= 0 && static_cast<size_t>(index) < textures_.size(), "texture {} of {}",
                  index, textures_.size());
  return textures_[static_cast<size_t>(index)].second;
}

std::shared_ptr<const Image> BodyAssets::texture(int index) const {
  if (index == kNoTexture || !cache_->decoder) return nullptr;
  const std::string_view file = texture_file(index);
  // Decoding stays under the lock: two people made at once then share one picture.
  const std::lock_guard lock(cache_->mutex);
  std::weak_ptr<const Image>& slot = cache_->images[static_cast<size_t>(index)];
  if (auto image = slot.lock()) return image;
  const std::string name(textures_[static_cast<size_t>(index)].first);
  auto image = std::make_shared<const Image>(cache_->decoder(file, file_.name() + ":" + name));
  slot = image;
  return image;
}

}  // namespace pantomime::body
