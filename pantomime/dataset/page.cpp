#include "pantomime/dataset/page.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/dataset/check.h"
#include "pantomime/formats/archive.h"
#include "pantomime/formats/json.h"
#include "pantomime/formats/npz.h"
#include "pantomime/formats/png.h"
#include "pantomime/render/canvas.h"
#include "pantomime/render/sheet.h"

namespace pantomime::dataset {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A colour of full strength; hue in [0, 1).
std::array<uint8_t, 3> hue_colour(float hue, float strength) {
  std::array<uint8_t, 3> out{};
  for (size_t c = 0; c < 3; ++c) {
    const float h = std::fmod(hue + 1 - static_cast<float>(c) / 3, 1.0f);
    const float wave = std::clamp(std::abs(6 * h - 3) - 1, 0.0f, 1.0f);
    out[c] = static_cast<uint8_t>(std::lround(255 * (1 - strength * (1 - wave))));
  }
  return out;
}

using Sample = std::map<std::string, std::string>;  // field: bytes

/// One sample of a shard.
Sample read_sample(const fs::path& shard, const std::string& key) {
  Sample out;
  bool found = false;
  formats::read_archive(
      shard, [&](const std::string& name) { return name.starts_with(key + "."); },
      [&](const std::string& name, std::string&& content) {
        found = true;
        out[name.substr(key.size() + 1)] = std::move(content);
        return true;
      });
  if (!found) fail("{}: holds no {}", shard.string(), key);
  return out;
}

fs::path shard_of(const fs::path& folder, const DatasetInfo& info, int64_t clip) {
  const fs::path path =
      folder / "shards" / (numbered_name(info.name, clip / info.clips_per_shard) + ".tar");
  if (!fs::exists(path)) fail("{}: is missing: a preview needs the shards", path.string());
  return path;
}

/// Joints of COCO's skeleton over a picture: green seen, red hidden.
void draw_joints(Image& picture, const json& line, size_t frame, const formats::Npz& joints) {
  static constexpr std::array<std::array<int, 2>, 12> kBones = {{{5, 7},
                                                                 {7, 9},
                                                                 {6, 8},
                                                                 {8, 10},
                                                                 {5, 6},
                                                                 {11, 12},
                                                                 {5, 11},
                                                                 {6, 12},
                                                                 {11, 13},
                                                                 {13, 15},
                                                                 {12, 14},
                                                                 {14, 16}}};
  render::PixelCanvas canvas(picture.width, picture.height);
  canvas.picture(0, 0, picture);
  const formats::NpyArray& points = joints.at("joints_2d");
  const std::vector<double> values =
      formats::doubles_of(formats::rows_of(points, static_cast<int64_t>(frame), 1), "joints_2d");
  const auto people = line.at("people").size();
  for (size_t p = 0; p < people; ++p) {
    const auto states = line.at("people").at(p).at("joint_states").at(frame).get<std::string>();
    const auto at = [&](int j) {
      const size_t i = (p * render::kTruthJoints + render::kFirstCoco + static_cast<size_t>(j)) * 2;
      return render::Point{static_cast<float>(values.at(i)), static_cast<float>(values.at(i + 1))};
    };
    const auto seen = [&](int j) {
      return states.at(render::kFirstCoco + static_cast<size_t>(j)) == '4';
    };
    for (const auto& [a, b] : kBones)
      canvas.line(at(a), at(b), render::hex_colour(seen(a) && seen(b) ? 0x30c060 : 0xe05050, 0.8f),
                  2);
    for (int j = 0; j < body::kCocoCount; ++j)
      canvas.circle(at(j), 3, render::hex_colour(seen(j) ? 0x10ff60 : 0xff2020));
  }
  picture = canvas.image();
}

constexpr int kPageWidth = 420;

std::string small_jpeg(const Image& image) {
  return formats::to_jpeg(
      render::resized(image, kPageWidth, kPageWidth * image.height / image.width), 85);
}

}  // namespace

Image depth_picture(const std::string& png, const std::string& name) {
  const formats::Image16 depth = formats::parse_png16(png, name);
  Image out(depth.width, depth.height, 3);
  for (size_t i = 0; i < depth.values.size(); ++i) {
    const auto mm = static_cast<float>(depth.values[i]);
    const float bright = mm == 0 ? 0 : std::clamp(1.05f - mm / 8000, 0.05f, 1.0f);
    const auto colour = hue_colour(0.60f - 0.55f * bright, 0.55f);
    for (size_t c = 0; c < 3; ++c)
      out.pixels[3 * i + c] =
          static_cast<uint8_t>(std::lround(bright * static_cast<float>(colour[c])));
  }
  return out;
}

Image flow_picture(const std::string& png, const std::string& name) {
  const formats::Image16 flow = formats::parse_png16(png, name);
  Image out(flow.width, flow.height, 3, 255);
  for (size_t i = 0; 3 * i + 2 < flow.values.size(); ++i) {
    if (flow.values[3 * i + 2] == 0) continue;
    const float u = (static_cast<float>(flow.values[3 * i]) - 32768) / 64;
    const float v = (static_cast<float>(flow.values[3 * i + 1]) - 32768) / 64;
    const float hue = std::atan2(v, u) / 6.2831853f + 0.5f;
    const auto colour = hue_colour(std::fmod(hue, 1.0f), std::min(1.0f, std::hypot(u, v) / 12));
    std::copy(colour.begin(), colour.end(), &out.pixels[3 * i]);
  }
  return out;
}

Image labels_picture(const std::string& png, const std::string& name) {
  std::vector<int> ids;
  int width = 0, height = 0;
  if (png.size() > 24 && png[24] == 16) {
    const formats::Image16 image = formats::parse_png16(png, name);
    width = image.width, height = image.height;
    ids.assign(image.values.begin(), image.values.end());
  } else {
    const Image image = formats::parse_png(png, name);
    width = image.width, height = image.height;
    ids.assign(image.pixels.begin(), image.pixels.end());
  }
  Image out(width, height, 3);
  for (size_t i = 0; i < ids.size() && 3 * i + 2 < out.pixels.size(); ++i) {
    if (ids[i] == 0) continue;
    const auto colour = hue_colour(std::fmod(0.618034f * static_cast<float>(ids[i]), 1.0f), 0.75f);
    std::copy(colour.begin(), colour.end(), &out.pixels[3 * i]);
  }
  return out;
}

void write_preview(const fs::path& folder, const PageOptions& options, Progress& progress) {
  const DatasetInfo info = read_info(folder);
  const std::vector<ClipSummary> clips = read_manifest(folder);
  const fs::path out = folder / "preview";
  fs::create_directories(out);
  const auto sheet_clips = std::min<int64_t>(options.sheet_clips, std::ssize(clips));
  std::vector<Image> pictures(static_cast<size_t>(sheet_clips));
  std::vector<std::string> captions(pictures.size());
  progress.begin("preview", sheet_clips);
  // One shard is read at a time by one thread.
  parallel_for(sheet_clips, options.threads, [&](int64_t i) {
    const ClipSummary& clip = clips[static_cast<size_t>(i)];
    const Sample sample = read_sample(shard_of(folder, info, i), clip.key);
    const json line = formats::parse_json(sample.at("json"), clip.key);
    const double peak = line.at("phases").at("peak").get<double>();
    const auto frame = std::clamp<int64_t>(std::lround(peak * clip.fps), 0, clip.frames - 1);
    const Image image = formats::parse_image(sample.at(fmt::format("{:04d}.jpg", frame)), clip.key);
    pictures[static_cast<size_t>(i)] =
        render::resized(image, 240, 240 * image.height / image.width);
    captions[static_cast<size_t>(i)] = fmt::format("{} {:.0f} %", clip.action, 100 * clip.measured);
  });
  progress.step(sheet_clips);
  progress.end();
  const Image sheet =
      render::tile(pictures, 6, captions,
                   fmt::format("{}: at each action's peak; part that is seen", info.name));
  write_file(out / "sheet.jpg", formats::to_jpeg(sheet, 88));

  // On the page: hidden people first, they show most.
  std::vector<size_t> order(clips.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return clips[a].occluder && !clips[b].occluder; });
  order.resize(std::min<size_t>(order.size(), static_cast<size_t>(options.page_clips)));
  json page = json::array();
  for (const size_t i : order) {
    progress.check();
    const ClipSummary& clip = clips[i];
    const Sample sample = read_sample(shard_of(folder, info, static_cast<int64_t>(i)), clip.key);
    const json line = formats::parse_json(sample.at("json"), clip.key);
    const formats::Npz joints = formats::parse_npz(sample.at("joints.npz"), clip.key);
    fs::create_directories(out / clip.key);
    std::vector<std::string> layers = {"colour", "joints"};
    // "light" is the colour picture before it was developed: there is nothing new to see in it.
    std::vector<std::string> truths;
    std::copy_if(info.layers.begin(), info.layers.end(), std::back_inserter(truths),
                 [](const std::string& layer) { return layer != "light"; });
    layers.insert(layers.end(), truths.begin(), truths.end());
    for (int64_t f = 0; f < clip.frames; ++f) {
      const auto save = [&](const std::string& layer, const Image& image) {
        write_file(out / clip.key / fmt::format("{}-{:04d}.jpg", layer, f), small_jpeg(image));
      };
      Image colour = formats::parse_image(sample.at(fmt::format("{:04d}.jpg", f)), clip.key);
      save("colour", colour);
      draw_joints(colour, line, static_cast<size_t>(f), joints);
      save("joints", colour);
      for (const std::string& layer : truths) {
        const std::string& png = sample.at(fmt::format("{:04d}.{}.png", f, layer));
        save(layer, layer == "depth"     ? depth_picture(png, clip.key)
                    : layer == "flow"    ? flow_picture(png, clip.key)
                    : layer == "normals" ? formats::parse_png(png, clip.key)
                                         : labels_picture(png, clip.key));
      }
    }
    page.push_back({{"key", clip.key},
                    {"action", clip.action},
                    {"frames", clip.frames},
                    {"fps", clip.fps},
                    {"layers", layers},
                    {"phases", line.at("phases")},
                    {"visible", line.at("people").at(0).at("visible_fraction")},
                    {"body", clip.body}});
  }
  std::string html = read_file(resource_path(fs::path("web") / "dataset" / "page.html"));
  const std::string mark = "/*CLIPS*/[]";
  const size_t at = html.find(mark);
  if (at == std::string::npos) fail("web/dataset/page.html: has no {}", mark);
  html.replace(at, mark.size(), page.dump());
  write_file(out / "index.html", html);
}

}  // namespace pantomime::dataset
